//! The list of settings: what each is called, what it takes, what it is by default.

use super::{
    admin, consumer, database, exports, http, kafka, limits, narrate, objects, relay, serve, telemetry,
};

/// One setting, as `docs/configuration.md` lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its dotted path (`kafka.group`): section, then key.
    pub path: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Its default as text; empty means unset.
    pub default: &'static str,
    /// One or two sentences: what it does.
    pub doc: &'static str,
    /// A plain environment variable that is understood as well (`DATABASE_URL`).
    pub alias: Option<&'static str>,
}

/// What a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A text that is never printed; also read from the file that `<NAME>_FILE` names.
    Secret,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A duration such as `250ms`, `10s`, `15m`, `2h`, `90d`.
    Duration,
    /// A size in bytes such as `512KiB`, `8MiB`, `1GiB`.
    Size,
    /// An address to listen on (`127.0.0.1:9090`).
    Address,
    /// One of the words listed.
    OneOf(&'static [&'static str]),
    /// Some of the words listed, separated by commas.
    SomeOf(&'static [&'static str]),
}

impl Setting {
    /// The environment variable that sets it: `DASHLOOM_KAFKA__GROUP`.
    pub fn env(&self) -> String {
        format!("DASHLOOM_{}", self.path.replace('.', "__").to_uppercase())
    }

    /// Whether its value must not be printed.
    pub fn is_secret(&self) -> bool {
        self.kind == Kind::Secret
    }
}

/// A setting without a plain environment variable.
pub(super) const fn setting(
    path: &'static str,
    kind: Kind,
    default: &'static str,
    doc: &'static str,
) -> Setting {
    Setting {
        path,
        kind,
        default,
        doc,
        alias: None,
    }
}

/// Every setting, room by room.
pub fn all_settings() -> impl Iterator<Item = &'static Setting> {
    [
        serve::SETTINGS,
        kafka::SETTINGS,
        database::SETTINGS,
        consumer::SETTINGS,
        relay::SETTINGS,
        limits::SETTINGS,
        objects::SETTINGS,
        exports::SETTINGS,
        http::SETTINGS,
        narrate::SETTINGS,
        admin::SETTINGS,
        telemetry::SETTINGS,
    ]
    .into_iter()
    .flatten()
}

/// The setting with a path.
pub(super) fn find(path: &str) -> Option<&'static Setting> {
    all_settings().find(|setting| setting.path == path)
}
