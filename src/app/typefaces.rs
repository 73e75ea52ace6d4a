//! Typefaces that an operator adds for files, as configured.

use std::path::{Path, PathBuf};

use crate::config::{Config, ConfigError};
use crate::export::add_typefaces;

const SETTING: &str = "exports.fonts";
/// What typefaces' names end in.
const ENDINGS: [&str; 4] = ["ttf", "otf", "ttc", "otc"];

/// Adds the typefaces of the folder that `exports.fonts` names, if it does; before anything is drawn.
///
/// # Errors
/// When it cannot be read, holds none, or one that cannot be drawn with.
pub fn add(config: &Config) -> Result<(), ConfigError> {
    let Some(folder) = &config.exports.fonts else {
        return Ok(());
    };
    let unread = |error: std::io::Error| refused(format!("{} cannot be read: {error}", folder.display()));
    let mut files = Vec::new();
    for path in files_of(folder).map_err(unread)? {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        files.push((name, std::fs::read(&path).map_err(unread)?));
    }
    if files.is_empty() {
        let text = format!(
            "{} holds no file that ends in .ttf, .otf, .ttc or .otc",
            folder.display()
        );
        return Err(refused(text));
    }
    add_typefaces(files).map_err(|error| refused(error.to_string()))
}

/// The folder's typefaces in the order of their names.
fn files_of(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .to_ascii_lowercase();
        if ENDINGS.contains(&ending.as_str()) {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

fn refused(text: String) -> ConfigError {
    ConfigError::one(SETTING, text)
}
