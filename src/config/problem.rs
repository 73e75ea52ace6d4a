//! What is wrong with a configuration, in sentences for the operator.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting's path (`kafka.group`), or where the problem is when no setting is meant (a file's name).
    pub at: String,
    /// What is wrong and what to write instead.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.text)
    }
}

/// Everything that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The problems in the order of the settings; never empty.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        write!(
            f,
            "the configuration has {count} problem{}",
            if count == 1 { "" } else { "s" }
        )?;
        self.problems
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl ConfigError {
    /// A single problem with the setting `at`, said by what it is about.
    pub fn one(at: &str, text: impl fmt::Display) -> Self {
        Self {
            problems: vec![Problem {
                at: at.to_owned(),
                text: text.to_string(),
            }],
        }
    }
}

/// ` Did you mean …?` when one of the known names is a few slips of the pen from what was written, else nothing.
pub(super) fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(written, name), name))
        .filter(|(slips, name)| *slips <= 3 && *slips * 3 <= name.len())
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| format!(" Did you mean `{name}`?"))
        .unwrap_or_default()
}
