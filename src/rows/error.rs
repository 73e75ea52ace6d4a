//! Why a result could not be read.

use arrow_schema::ArrowError;
use thiserror::Error;

use super::Limits;

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
    /// The format, or a column's type, is not one that can be read.
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

    pub(super) fn bytes(limits: &Limits) -> Self {
        Self::OverLimit {
            what: "bytes once it is unpacked",
            limit: limits.bytes,
            remedy: "let the query aggregate further or cover a shorter window",
        }
    }

    pub(super) fn ratio(limits: &Limits) -> Self {
        Self::OverLimit {
            what: "bytes for each compressed byte",
            limit: limits.ratio,
            remedy: "deliver it uncompressed if it is no mistake",
        }
    }

    pub(super) fn rows(limits: &Limits) -> Self {
        Self::OverLimit {
            what: "rows",
            limit: limits.rows,
            remedy: "let the query aggregate further or cover a shorter window",
        }
    }

    pub(super) fn columns(limits: &Limits) -> Self {
        Self::OverLimit {
            what: "columns",
            limit: limits.columns as u64,
            remedy: "let the query select fewer columns, or turn columns into rows",
        }
    }

    pub(super) fn string_len(limits: &Limits) -> Self {
        Self::OverLimit {
            what: "bytes in one cell or column name",
            limit: limits.string_len as u64,
            remedy: "let the query leave that column out or shorten it",
        }
    }

    pub(super) fn depth(limits: &Limits) -> Self {
        Self::OverLimit {
            what: "levels of nesting",
            limit: limits.depth as u64,
            remedy: "let the query flatten that column",
        }
    }

    pub(super) fn columns_differ(error: ArrowError) -> Self {
        Self::Malformed {
            format: "table",
            problem: error.to_string(),
            remedy: "deliver every row with the same columns",
        }
    }
}
