//! Where exported files are kept, as configured.

use crate::config::{Config, ConfigError, Role};
use crate::objects::Depot;

use super::error::AppError;

/// The place that `exports.location` names, if it does.
///
/// # Errors
/// When it is no place for files.
pub fn configured(config: &Config) -> Result<Option<Depot>, ConfigError> {
    let location = config.exports.location.as_deref();
    let opened = location.map(|location| Depot::open(location, &config.objects));
    opened.transpose().map_err(refused)
}

/// The same for a service; on a developer's machine, where there is no login, a folder for temporary files will do.
///
/// # Errors
/// When it is no place for files.
pub fn of_service(config: &Config) -> Result<Option<Depot>, AppError> {
    let depot = configured(config)?;
    if depot.is_some() || config.http.auth.is_some() || !config.serve.has(Role::Http) {
        return Ok(depot);
    }
    match Depot::temporary() {
        Ok(depot) => Ok(Some(depot)),
        Err(why) => {
            tracing::warn!(why, "nothing can be exported: set exports.location");
            Ok(None)
        }
    }
}

fn refused(text: String) -> ConfigError {
    ConfigError::one("exports.location", text)
}
