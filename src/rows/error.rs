//! Why a result could not be read.

use thiserror::Error;

/// Why a result could not be read; each text is one plain sentence that says what to do about it.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum RowsError {
    /// The result goes past a cap.
    #[error("the result has more than {limit} {what}; {remedy}")]
    OverLimit {
        /// What there is too much of.
        what: &'static str,
        /// The cap.
        limit: u64,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The bytes are not what format and compression say.
    #[error("the result is not valid {format}: {problem}; {remedy}")]
    Malformed {
        /// The format or compression in plain words.
        format: &'static str,
        /// What is wrong, and where.
        problem: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The format, or a column's type, is not one this build reads.
    #[error("{what} cannot be read; {remedy}")]
    Unsupported {
        /// What it is.
        what: String,
        /// What to do about it.
        remedy: &'static str,
    },
}

impl RowsError {
    /// The dead letter's reason in snake case.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::OverLimit { .. } => "oversized",
            Self::Malformed { .. } => "unreadable_result",
            Self::Unsupported { .. } => "unsupported_result",
        }
    }
}
