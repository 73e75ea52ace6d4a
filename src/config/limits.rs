//! Limits on what comes in.

use super::reader::Reader;
use super::setting::{Kind, Setting, setting};

pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "limits.message",
        Kind::Size,
        "8MiB",
        "The largest message that is read; topics and producer get 1 MiB more.",
    ),
    setting(
        "limits.result",
        Kind::Size,
        "4GiB",
        "The largest result after decompression. Results are read in pieces: memory does not grow with their size.",
    ),
    setting(
        "limits.rows",
        Kind::Integer,
        "50000000",
        "The most rows of a result.",
    ),
    setting(
        "limits.columns",
        Kind::Integer,
        "1000",
        "The most columns of a result.",
    ),
    setting(
        "limits.cell",
        Kind::Size,
        "64KiB",
        "The longest text of one cell.",
    ),
];

/// Limits on what comes in; what is over one is dead-lettered as `oversized`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitsConfig {
    /// The largest message in bytes.
    pub message_bytes: usize,
    /// The largest result in bytes after decompression.
    pub result_bytes: usize,
    /// The most rows of a result.
    pub rows: usize,
    /// The most columns of a result.
    pub columns: usize,
    /// The longest text of one cell in bytes.
    pub cell_bytes: usize,
}

impl LimitsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let mut size = |path| usize::try_from(reader.size(path)).unwrap_or(usize::MAX);
        let (message_bytes, result_bytes, cell_bytes) =
            (size("limits.message"), size("limits.result"), size("limits.cell"));
        Self {
            message_bytes,
            result_bytes,
            rows: reader.integer("limits.rows", 1, 100_000_000),
            columns: reader.integer("limits.columns", 1, 100_000),
            cell_bytes,
        }
    }
}
