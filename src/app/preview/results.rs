//! Files as executions: one each, in the order given.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::super::error::AppError;
use crate::aggregate::{Kind, Partial, aggregate};
use crate::dashboard::{Candidate, RowDays, VisualizationConfig};
use crate::event::{Compression, ResultFormat};
use crate::ids::ExecutionId;
use crate::rows::{Delivered, Limits};
use crate::window::Window;

/// Bytes of a file's beginning that show what it is.
const BEGINNING: usize = 512;

/// Reads the files. Each is one execution: its window is what its time column spans; without one it is the n-th day from
/// 2000-01-01. The n-th finished n seconds after the midnight that ends the newest window.
///
/// # Errors
/// When a file cannot be read.
pub fn read(files: &[PathBuf], config: &VisualizationConfig) -> Result<Vec<(Candidate, Partial)>, AppError> {
    let first = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default();
    let mut results = Vec::with_capacity(files.len());
    for (index, file) in files.iter().enumerate() {
        let day = first.checked_add_days(Days::new(index as u64)).unwrap_or(first);
        results.push(read_one(file, Window::day(day), config)?);
    }
    let newest = results
        .iter()
        .map(|(window, _)| window.end())
        .max()
        .unwrap_or(first);
    let midnight = newest
        .succ_opt()
        .unwrap_or(newest)
        .and_time(chrono::NaiveTime::MIN)
        .and_utc();
    let midnight_ns = midnight.timestamp_nanos_opt().unwrap_or(i64::MAX / 2);
    let spec = config.partial_spec();
    let candidate = |(index, (window, partial)): (usize, (Window, Partial))| {
        let candidate = Candidate {
            execution_id: ExecutionId(Uuid::from_u128(index as u128 + 1)),
            run: 0,
            finished_at_ns: midnight_ns + (index as i64 + 1) * 1_000_000_000,
            window,
            kind: partial.kind,
            content_hash: [0; 32],
            shape: spec.shape(),
            row_days: RowDays::of(window, partial.cells.dates.iter().copied()),
            withdrawn: false,
        };
        (candidate, partial)
    };
    Ok(results.into_iter().enumerate().map(candidate).collect())
}

/// The window and the partial of a file; `untimed` is its window where it has no time column.
fn read_one(
    path: &Path,
    untimed: Window,
    config: &VisualizationConfig,
) -> Result<(Window, Partial), AppError> {
    let unreadable = |error| AppError::failed(format!("{} cannot be read", path.display()), error);
    let data = std::fs::read(path).map_err(unreadable)?;
    let compression = compression(&data);
    let beginning = beginning(path, compression).map_err(unreadable)?;
    let result = Delivered {
        source: Bytes::from(data),
        format: format(&beginning),
        compression,
        limits: Limits::default(),
    };
    let spec = config.partial_spec();
    let aggregated = |window| {
        aggregate(&result, window, &[], &spec)
            .map_err(|error| AppError::failed(format!("{} cannot be taken in", path.display()), error))
    };
    // Which dates there are is known once they are read; what lies between them decides how the rest is read.
    let whole = aggregated(Window::new(NaiveDate::MIN, NaiveDate::MAX).unwrap_or(untimed))?;
    let span = whole.cells.dates.first().zip(whole.cells.dates.last());
    let span = span.and_then(|(first, last)| Window::new(*first, *last));
    let window = span.filter(|_| whole.kind == Kind::Timed).unwrap_or(untimed);
    Ok((window, aggregated(window)?))
}

fn compression(data: &[u8]) -> Compression {
    match data {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
        _ => Compression::None,
    }
}

/// The first bytes of what a file holds.
fn beginning(path: &Path, compression: Compression) -> std::io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let mut beginning = Vec::with_capacity(BEGINNING);
    let mut take = |reader: &mut dyn Read| reader.take(BEGINNING as u64).read_to_end(&mut beginning);
    match compression {
        Compression::None => take(&mut { file })?,
        Compression::Gzip => take(&mut flate2::read::MultiGzDecoder::new(file))?,
        Compression::Zstd => take(&mut zstd::Decoder::new(file)?)?,
    };
    Ok(beginning)
}

/// What the first bytes show: Parquet and Arrow by their marks, JSON by its bracket, and else CSV.
fn format(beginning: &[u8]) -> ResultFormat {
    if beginning.starts_with(b"PAR1") {
        return ResultFormat::Parquet;
    }
    if beginning.starts_with(&[0xff; 4]) {
        return ResultFormat::ArrowStream;
    }
    let text = beginning
        .iter()
        .filter(|byte| **byte != 0 && !byte.is_ascii_whitespace());
    let mut text = text.skip_while(|byte| **byte >= 0x80);
    match text.next() {
        Some(b'[') => ResultFormat::JsonRows,
        Some(b'{') => ResultFormat::Ndjson,
        _ => ResultFormat::Csv,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_first_bytes() {
        for (beginning, expected) in [
            (&b"PAR1\x15"[..], ResultFormat::Parquet),
            (b"\xff\xff\xff\xff\x10", ResultFormat::ArrowStream),
            (b" \n[{\"a\":1}]", ResultFormat::JsonRows),
            (b"{\"a\":1}\n", ResultFormat::Ndjson),
            (b"\xef\xbb\xbf[1", ResultFormat::JsonRows),
            (b"\xff\xfe[\0", ResultFormat::JsonRows),
            (b"date,n\n", ResultFormat::Csv),
            (b"", ResultFormat::Csv),
        ] {
            assert_eq!(format(beginning), expected, "{beginning:?}");
        }
    }
}
