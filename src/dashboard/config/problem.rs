//! What is wrong with a configuration.

use std::fmt;

/// Every problem of a configuration, in the order of their paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

/// One problem of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The JSON pointer (RFC 6901) of the value concerned; empty for the whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it, where something better than the message can be said.
    pub hint: Option<String>,
}

impl Problem {
    pub(super) fn new(path: &str, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn hinting(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str("the configuration ")?,
            path => write!(f, "{path} ")?,
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("visualization_config is wrong: ")?;
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// `did you mean "…"?` for the nearest of the known words, where one is near.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|known| (distance(&word, known), known))
        .filter(|(distance, known)| *distance <= 1.max(known.len().min(word.len()) / 3))
        .min()
        .map(|(_, known)| format!("did you mean \"{known}\"?"))
}

/// Edits between two words; a word that is the last part of a path (`Berlin` of `Europe/Berlin`) is one edit away.
fn distance(word: &str, known: &str) -> usize {
    let known = known.to_lowercase();
    match known.rsplit_once('/') {
        Some((_, last)) if last == word => 1,
        _ => strsim::damerau_levenshtein(word, &known),
    }
}

/// The JSON pointer of a member.
pub(super) fn child(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}
