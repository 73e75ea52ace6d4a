//! The hash that tells two results of one execution apart.

use sha2::{Digest, Sha256};

use super::{ColumnHint, ColumnRole, Compression, ResultFormat, ResultSource};
use crate::ids::WorkflowId;
use crate::window::Window;

/// Opens the hashed bytes, so that no other hash of ours can equal this one.
const DOMAIN: &[u8] = b"dashloom.content/1\0";

/// SHA-256 over everything of an execution that its partial is made of.
///
/// The bytes hashed, integers big-endian: the domain; the workflow's UUID (16 bytes); first and last date of the
/// window (days since 0001-01-01 counting that as 1, `i32` each); the number of hints (`u32`) and for each, in order,
/// name, role (one byte, 0 = no hint), type and unit, every text preceded by its length in bytes (`u64`); format and
/// compression (a byte each, their numbers in the contract, no compression = 1); the SHA-256 of the result's bytes as
/// delivered. A location brings that last hash along, so the same bytes hash alike inline and by reference. Every
/// part has a fixed or a stated length: different inputs never give the same bytes.
pub(super) fn content_hash(
    workflow_id: WorkflowId,
    window: Window,
    hints: &[ColumnHint],
    result: &ResultSource,
) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    hash.update(workflow_id.0.as_bytes());
    for date in [window.start(), window.end()] {
        hash.update(chrono::Datelike::num_days_from_ce(&date).to_be_bytes());
    }
    hash.update((hints.len() as u32).to_be_bytes());
    for hint in hints {
        update_text(&mut hash, &hint.name);
        hash.update([role_number(hint.role)]);
        update_text(&mut hash, &hint.type_name);
        update_text(&mut hash, &hint.unit);
    }
    let (format, compression, sha256): (_, _, [u8; 32]) = match result {
        ResultSource::Inline {
            format,
            compression,
            data,
        } => (*format, *compression, Sha256::digest(data).into()),
        ResultSource::Location(location) => (location.format, location.compression, location.sha256),
    };
    hash.update([format_number(format), compression_number(compression)]);
    hash.update(sha256);
    hash.finalize().into()
}

fn update_text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
}

fn role_number(role: Option<ColumnRole>) -> u8 {
    match role {
        None => 0,
        Some(ColumnRole::Time) => 1,
        Some(ColumnRole::Dimension) => 2,
        Some(ColumnRole::Measure) => 3,
        Some(ColumnRole::Ratio) => 4,
        Some(ColumnRole::Id) => 5,
        Some(ColumnRole::Stage) => 6,
        Some(ColumnRole::Ignore) => 7,
    }
}

fn format_number(format: ResultFormat) -> u8 {
    match format {
        ResultFormat::JsonRows => 1,
        ResultFormat::Ndjson => 2,
        ResultFormat::Csv => 3,
        ResultFormat::ArrowStream => 4,
        ResultFormat::Parquet => 5,
    }
}

fn compression_number(compression: Compression) -> u8 {
    match compression {
        Compression::None => 1,
        Compression::Gzip => 2,
        Compression::Zstd => 3,
    }
}
