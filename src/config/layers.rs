//! The raw layers: which text each setting has, and where it came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::problem::{Problem, did_you_mean};
use super::setting::{Setting, all_settings, find};

/// Environment variables that begin like settings and are none.
const RESERVED: [&str; 1] = ["DASHLOOM_CONFIG"];
/// The table whose keys go to the Kafka client as they are.
const PROPERTIES: &str = "kafka.properties";

/// Where the configuration comes from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The TOML file (`--config`, `DASHLOOM_CONFIG`).
    pub file: Option<PathBuf>,
    /// The environment, as name and value.
    pub env: Vec<(String, String)>,
    /// Settings given as flags: the flag as written, the path, the value.
    pub flags: Vec<(String, String, String)>,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The built-in default.
    Default,
    /// A line of the TOML file.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// A command line flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Env(name) => write!(f, "environment {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// A value as written, with its origin.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub text: String,
    pub origin: Origin,
}

/// All layers laid over each other.
#[derive(Default)]
pub(super) struct Raw {
    pub values: BTreeMap<&'static str, Given>,
    pub properties: BTreeMap<String, Given>,
    pub problems: Vec<Problem>,
}

impl Raw {
    /// Lays file, environment and flags over the defaults; what cannot be placed becomes a problem.
    pub fn gather(sources: &Sources) -> Self {
        let mut raw = Self::default();
        for setting in all_settings().filter(|setting| !setting.default.is_empty()) {
            raw.set(setting, setting.default.to_owned(), Origin::Default);
        }
        raw.read_file(sources);
        raw.read_env(sources);
        for (flag, path, text) in &sources.flags {
            raw.read_flag(flag, path, text);
        }
        raw
    }

    fn read_file(&mut self, sources: &Sources) {
        let Some(path) = &sources.file else { return };
        let table = match std::fs::read_to_string(path) {
            Ok(text) => text.parse::<toml::Table>().map_err(|error| error.to_string()),
            Err(error) => Err(format!("cannot be read: {error}")),
        };
        match table {
            Ok(table) => self.read_table("", &table, &Origin::File(path.clone())),
            Err(error) => self.problem(path.display(), error.trim_end()),
        }
    }

    fn read_table(&mut self, prefix: &str, table: &toml::Table, origin: &Origin) {
        for (key, value) in table {
            let path = if prefix.is_empty() {
                key.clone()
            } else {
                format!("{prefix}.{key}")
            };
            match value {
                toml::Value::Table(inner) => self.read_table(&path, inner, origin),
                value => match scalar(value) {
                    Some(text) => self.place(&path, text, origin.clone()),
                    None => self.problem(&path, format_args!("takes a text, a number or a list ({origin})")),
                },
            }
        }
    }

    fn place(&mut self, path: &str, text: String, origin: Origin) {
        if let Some(name) = path
            .strip_prefix(PROPERTIES)
            .and_then(|rest| rest.strip_prefix('.'))
        {
            self.properties.insert(name.to_owned(), Given { text, origin });
        } else if let Some(setting) = find(path) {
            self.set(setting, text, origin);
        } else {
            let hint = did_you_mean(path, all_settings().map(|setting| setting.path));
            self.problem(path, format_args!("is not a setting ({origin}).{hint}"));
        }
    }

    /// Plain names first, so that `DASHLOOM_` names win over them.
    fn read_env(&mut self, sources: &Sources) {
        for setting in all_settings() {
            let Some(alias) = setting.alias else { continue };
            for (name, value) in sources.env.iter().filter(|(_, value)| !value.is_empty()) {
                if name == alias {
                    self.set(setting, value.clone(), Origin::Env(name.clone()));
                } else if setting.is_secret() && name.strip_suffix("_FILE") == Some(alias) {
                    self.read_secret_file(setting.path, name, value);
                }
            }
        }
        for (name, value) in &sources.env {
            if let Some(rest) = name
                .strip_prefix("DASHLOOM_")
                .filter(|_| !RESERVED.contains(&name.as_str()))
            {
                self.read_own_env(name, rest, value);
            }
        }
    }

    /// A name without `__` is a problem only where it is a setting with its `__` misspelt: a cluster puts variables such
    /// as `DASHLOOM_SERVICE_HOST` into the environment on its own.
    fn read_own_env(&mut self, name: &str, rest: &str, value: &str) {
        if !rest.contains("__") {
            let meant = all_settings().find(|setting| setting.env().replace("__", "_") == *name);
            if let Some(setting) = meant {
                self.problem(
                    name,
                    format_args!("is not a setting. Did you mean `{}`?", setting.env()),
                );
            }
            return;
        }
        let path = rest.replace("__", ".").to_lowercase();
        if let Some(property) = path.strip_prefix("kafka.properties.") {
            return self.read_property_env(name, &property.replace('_', "."), value);
        }
        match (find(&path), path.strip_suffix("_file").and_then(find)) {
            (Some(setting), _) => self.set(setting, value.to_owned(), Origin::Env(name.to_owned())),
            (None, Some(setting)) if setting.is_secret() => self.read_secret_file(setting.path, name, value),
            _ => {
                let known: Vec<String> = all_settings().map(Setting::env).collect();
                let hint = did_you_mean(name, known.iter().map(String::as_str));
                self.problem(name, format_args!("is not a setting.{hint}"));
            }
        }
    }

    fn read_property_env(&mut self, name: &str, property: &str, value: &str) {
        match property.strip_suffix(".file") {
            Some(property) => self.read_secret_file(&format!("{PROPERTIES}.{property}"), name, value),
            None => self.place(
                &format!("{PROPERTIES}.{property}"),
                value.to_owned(),
                Origin::Env(name.to_owned()),
            ),
        }
    }

    fn read_secret_file(&mut self, path: &str, name: &str, file: &str) {
        match std::fs::read_to_string(file) {
            Ok(text) => self.place(path, text.trim_end().to_owned(), Origin::Env(name.to_owned())),
            Err(error) => self.problem(name, format_args!("the file {file} cannot be read: {error}")),
        }
    }

    fn read_flag(&mut self, flag: &str, path: &str, text: &str) {
        let is_secret = find(path).is_some_and(Setting::is_secret) || is_secret_property(path);
        if is_secret {
            let hint = "is a secret and must not stand on the command line; use the environment or a file";
            return self.problem(path, hint);
        }
        self.place(path, text.to_owned(), Origin::Flag(flag.to_owned()));
    }

    fn set(&mut self, setting: &'static Setting, text: String, origin: Origin) {
        self.values.insert(setting.path, Given { text, origin });
    }

    fn problem(&mut self, at: impl fmt::Display, text: impl fmt::Display) {
        self.problems.push(Problem {
            at: at.to_string(),
            text: text.to_string(),
        });
    }
}

/// Whether a Kafka client property holds a secret, going by its name.
pub(super) fn is_secret_property(name: &str) -> bool {
    let is_one = |part: &str| name.ends_with(part);
    [
        ".password",
        ".secret",
        ".key.pem",
        ".jaas.config",
        "oauthbearer.config",
    ]
    .into_iter()
    .any(is_one)
}

fn scalar(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Datetime(time) => Some(time.to_string()),
        toml::Value::Array(items) => items
            .iter()
            .map(scalar)
            .collect::<Option<Vec<_>>>()
            .map(|all| all.join(",")),
        toml::Value::Table(_) => None,
    }
}
