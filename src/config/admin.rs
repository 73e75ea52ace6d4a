//! The admin port.

use std::net::SocketAddr;

use super::reader::Reader;
use super::setting::{Kind, Setting, setting};

pub(super) const SETTINGS: &[Setting] = &[setting(
    "admin.listen",
    Kind::Address,
    "127.0.0.1:9090",
    "Where `/livez`, `/readyz` and `/metrics` listen. `dashloom healthcheck` asks there.",
)];

/// The admin port.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// Where `/livez`, `/readyz` and `/metrics` listen.
    pub listen: SocketAddr,
}

impl AdminConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            listen: reader.address("admin.listen"),
        }
    }
}
