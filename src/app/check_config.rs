//! `dashloom check-config`: shows what is in effect, and tries the servers when asked.

use std::io::Write;
use std::process::ExitCode;

use crate::config::{Config, ConfigError, Problem};
use crate::kafka::{Topics, check_topics};
use crate::store::Database;

use super::error::AppError;
use super::wait;
use super::{depot, roles, typefaces};

/// Prints every setting with its value and origin; with `connect` also what the servers say.
///
/// # Errors
/// When a server cannot be reached or is not as it must be; all of them are tried first.
pub async fn run(config: &Config, connect: bool) -> Result<ExitCode, AppError> {
    let printed = print(config);
    printed.map_err(|error| AppError::failed("stdout cannot be written", error))?;
    openable(config)?;
    if !connect {
        return Ok(ExitCode::SUCCESS);
    }
    let checks = [
        ("database", database(config).await),
        ("kafka", kafka(config).await),
    ];
    let mut first_failure = None;
    for (name, outcome) in checks {
        let text = match &outcome {
            Ok(concerns) if concerns.is_empty() => "ready".to_owned(),
            Ok(concerns) => format!("ready, but {}", concerns.join("; ")),
            Err(error) => error.explain(),
        };
        let _ = writeln!(std::io::stdout(), "{name}: {text}");
        first_failure = first_failure.or(outcome.err());
    }
    match first_failure {
        Some(error) => Ok(error.exit_code()),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Finds what only opening finds out, as `serve` does: places of objects, of exported files, and typefaces. Nothing is
/// connected, and no folder is made.
fn openable(config: &Config) -> Result<(), ConfigError> {
    let is_folder = |location: &String| location.starts_with("file:");
    let exports = match &config.exports.location {
        Some(location) if is_folder(location) => Ok(()),
        _ => depot::configured(config).map(drop),
    };
    let tried = [roles::objects(config).map(drop), exports, typefaces::add(config)];
    let problems: Vec<Problem> = tried
        .into_iter()
        .filter_map(Result::err)
        .flat_map(|error| error.problems)
        .collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(ConfigError { problems }),
    }
}

fn print(config: &Config) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let widest =
        |of: fn(&crate::config::Effective) -> usize| config.effective.iter().map(of).max().unwrap_or(0);
    let (paths, values) = (
        widest(|item| item.path.len()),
        widest(|item| item.value.len().min(48)),
    );
    for item in &config.effective {
        let value = if item.value.is_empty() { "-" } else { &item.value };
        writeln!(out, "{:paths$}  {value:values$}  {}", item.path, item.origin)?;
    }
    Ok(())
}

async fn database(config: &Config) -> Result<Vec<String>, AppError> {
    config.require_database()?;
    let database = Database::new(&config.database)?;
    wait::look_at_schema(&database, &config.database).await?;
    Ok(Vec::new())
}

/// Looks only: whatever the configuration says, checking makes no topic and waits for none.
async fn kafka(config: &Config) -> Result<Vec<String>, AppError> {
    config.require_kafka()?;
    let topics = Topics::new(&config.kafka, config.limits.message_bytes);
    Ok(check_topics(&config.kafka, &topics).await?.concerns)
}
