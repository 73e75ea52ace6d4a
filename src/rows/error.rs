//! Why a result could not be read.

use std::io;

use arrow_schema::ArrowError;
use thiserror::Error;

use super::Limits;
use super::limits::{MOST_BATCH_BYTES, MOST_PAGE_BYTES, MOST_PAGES_BYTES, MOST_ROW_BYTES};

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
    /// The bytes cannot be had just now, which is nobody's fault but the machine's.
    #[error("the result's bytes cannot be read: {problem}; this is tried again")]
    Unavailable {
        /// What went wrong.
        problem: String,
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
            Self::Malformed { .. } | Self::Unavailable { .. } => "unreadable_result",
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

    pub(super) fn row_bytes() -> Self {
        Self::OverLimit {
            what: "bytes in one row",
            limit: MOST_ROW_BYTES,
            remedy: "let the query leave long columns out; in CSV, look for a quote that is never closed",
        }
    }

    pub(super) fn batch_bytes() -> Self {
        Self::OverLimit {
            what: "bytes in one record batch",
            limit: MOST_BATCH_BYTES,
            remedy: "write the stream in batches of at most 65,536 rows",
        }
    }

    pub(super) fn page_bytes() -> Self {
        Self::OverLimit {
            what: "bytes in one page",
            limit: MOST_PAGE_BYTES,
            remedy: "write the Parquet file with pages of a mebibyte, as writers do unless told otherwise",
        }
    }

    pub(super) fn pages_bytes() -> Self {
        Self::OverLimit {
            what: "bytes in the largest pages of all columns together",
            limit: MOST_PAGES_BYTES,
            remedy: "write the Parquet file with smaller pages, or let the query select fewer columns",
        }
    }

    pub(super) fn packed_parquet(limit: u64) -> Self {
        Self::OverLimit {
            what: "bytes of Parquet inside a compressed file",
            limit,
            remedy: "deliver the Parquet file as it is; its columns are compressed already",
        }
    }

    /// What an input failed with on the way: the error that one of our readers put there, else damage in `format`.
    pub(super) fn from_io(error: io::Error, format: &'static str) -> Self {
        let ours = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>());
        ours.cloned().unwrap_or_else(|| Self::Malformed {
            format,
            problem: error.to_string(),
            remedy: "deliver it whole",
        })
    }

    pub(super) fn columns_differ(error: ArrowError) -> Self {
        Self::Malformed {
            format: "table",
            problem: error.to_string(),
            remedy: "deliver every row with the same columns",
        }
    }
}
