//! What an event must say to be used, field by field.

use bytes::Bytes;
use chrono::{DateTime, Days, NaiveDate};
use pbjson_types::Timestamp;
use uuid::Uuid;

use super::error::{Problem, excerpt};
use super::wire::workflow_execution_succeeded::Result as WireResult;
use super::wire::{self, WorkflowExecutionSucceeded};
use super::{ColumnHint, ColumnRole, Compression, ResultFormat, ResultLocation, ResultSource};
use crate::ids::{ExecutionId, TemplateId, WorkflowId};
use crate::window::{MAX_DAYS, Window};

/// The longest location URI in bytes.
const MAX_URI_BYTES: usize = 4096;

/// The validated fields of an event.
pub(super) struct Fields {
    pub id: ExecutionId,
    pub workflow_id: WorkflowId,
    pub template_id: Option<TemplateId>,
    pub run: u32,
    pub finished_at_ns: i64,
    pub window: Window,
    pub hints: Vec<ColumnHint>,
    pub result: ResultSource,
}

/// Validates an event against itself and the record's key.
pub(super) fn validate(event: WorkflowExecutionSucceeded, key: Option<&[u8]>) -> Result<Fields, Problem> {
    let id = ExecutionId(required_uuid("execution_id", &event.execution_id)?);
    let workflow_id = WorkflowId(required_uuid("workflow_id", &event.workflow_id)?);
    check_key(key, workflow_id)?;
    let template_id = match event.query_template_id.as_deref() {
        None | Some("") => None,
        Some(text) => Some(TemplateId(uuid("query_template_id", text)?)),
    };
    let (finished_at_ns, finished) = finished_at(event.finished_at)?;
    Ok(Fields {
        id,
        workflow_id,
        template_id,
        run: event.run,
        finished_at_ns,
        window: window(&event.data_start_date, &event.data_end_date, finished)?,
        hints: event.columns.into_iter().map(hint).collect(),
        result: result(event.result)?,
    })
}

fn required_uuid(field: &'static str, text: &str) -> Result<Uuid, Problem> {
    if text.is_empty() {
        return Err(Problem::Missing {
            field,
            expected: "a UUID",
        });
    }
    uuid(field, text)
}

fn uuid(field: &'static str, text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| Problem::Uuid {
        field,
        value: excerpt(text),
    })
}

/// A key, where there is one, must be the workflow id: its text in any form UUIDs have, quoted or not, or its 16 bytes.
fn check_key(key: Option<&[u8]>, workflow_id: WorkflowId) -> Result<(), Problem> {
    let Some(key) = key.filter(|key| !key.is_empty()) else {
        return Ok(());
    };
    let text = String::from_utf8_lossy(key);
    let named = Uuid::parse_str(text.trim_matches('"')) == Ok(workflow_id.0);
    if named || key == workflow_id.0.as_bytes() {
        return Ok(());
    }
    Err(Problem::Key {
        key: excerpt(&text),
        workflow_id,
    })
}

/// The time in nanoseconds since 1970 and its date in UTC.
fn finished_at(timestamp: Option<Timestamp>) -> Result<(i64, NaiveDate), Problem> {
    let Some(Timestamp { seconds, nanos }) = timestamp else {
        return Err(Problem::Missing {
            field: "finished_at",
            expected: "the time the run finished",
        });
    };
    let fraction = u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    fraction
        .and_then(|fraction| DateTime::from_timestamp(seconds, fraction))
        .and_then(|time| Some((time.timestamp_nanos_opt()?, time.date_naive())))
        .ok_or(Problem::FinishedAt { seconds, nanos })
}

fn window(start: &str, end: &str, finished: NaiveDate) -> Result<Window, Problem> {
    let start = date("data_start_date", start)?;
    let end = date("data_end_date", end)?;
    let window = Window::new(start, end).ok_or(Problem::WindowReversed { start, end })?;
    if window.days() > MAX_DAYS {
        return Err(Problem::WindowTooLong {
            start,
            end,
            days: window.days(),
        });
    }
    if finished
        .checked_add_days(Days::new(1))
        .is_some_and(|last| end > last)
    {
        return Err(Problem::WindowBeyondFinish { end, finished });
    }
    Ok(window)
}

/// Reads exactly `YYYY-MM-DD`, from the year 1 on.
fn date(field: &'static str, text: &str) -> Result<NaiveDate, Problem> {
    if text.is_empty() {
        return Err(Problem::Missing {
            field,
            expected: "a date as YYYY-MM-DD",
        });
    }
    parse_date(text.as_bytes()).ok_or_else(|| Problem::Date {
        field,
        value: excerpt(text),
    })
}

fn parse_date(text: &[u8]) -> Option<NaiveDate> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text else {
        return None;
    };
    let number = |digits: &[&u8]| {
        digits.iter().try_fold(0u32, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + u32::from(**digit - b'0'))
        })
    };
    let year = i32::try_from(number(&[y0, y1, y2, y3])?)
        .ok()
        .filter(|year| *year > 0)?;
    NaiveDate::from_ymd_opt(year, number(&[m0, m1])?, number(&[d0, d1])?)
}

fn hint(hint: wire::ColumnHint) -> ColumnHint {
    ColumnHint {
        role: role(hint.role()),
        name: without_nul(hint.name),
        type_name: without_nul(hint.r#type),
        unit: without_nul(hint.unit),
    }
}

/// Labels and units end up in `jsonb`, which cannot hold U+0000; result cells are treated alike.
fn without_nul(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}

/// A role this build does not know is no hint: the engine may be newer than the service.
fn role(role: wire::ColumnRole) -> Option<ColumnRole> {
    match role {
        wire::ColumnRole::Unspecified => None,
        wire::ColumnRole::Time => Some(ColumnRole::Time),
        wire::ColumnRole::Dimension => Some(ColumnRole::Dimension),
        wire::ColumnRole::Measure => Some(ColumnRole::Measure),
        wire::ColumnRole::Ratio => Some(ColumnRole::Ratio),
        wire::ColumnRole::Id => Some(ColumnRole::Id),
        wire::ColumnRole::Stage => Some(ColumnRole::Stage),
        wire::ColumnRole::Ignore => Some(ColumnRole::Ignore),
    }
}

fn result(result: Option<WireResult>) -> Result<ResultSource, Problem> {
    match result {
        None => Err(Problem::Missing {
            field: "result",
            expected: "an inline result or a location",
        }),
        Some(WireResult::Inline(inline)) => Ok(ResultSource::Inline {
            format: format("inline.format", inline.format)?,
            compression: compression("inline.compression", inline.compression)?,
            data: inline.data,
        }),
        Some(WireResult::Location(location)) => Ok(ResultSource::Location(ResultLocation {
            format: format("location.format", location.format)?,
            compression: compression("location.compression", location.compression)?,
            size_bytes: location.size_bytes,
            sha256: sha256(&location.sha256)?,
            uri: uri(location.uri)?,
        })),
    }
}

fn format(field: &'static str, value: i32) -> Result<ResultFormat, Problem> {
    match wire::ResultFormat::try_from(value) {
        Ok(wire::ResultFormat::JsonRows) => Ok(ResultFormat::JsonRows),
        Ok(wire::ResultFormat::Ndjson) => Ok(ResultFormat::Ndjson),
        Ok(wire::ResultFormat::Csv) => Ok(ResultFormat::Csv),
        Ok(wire::ResultFormat::ArrowStream) => Ok(ResultFormat::ArrowStream),
        Ok(wire::ResultFormat::Parquet) => Ok(ResultFormat::Parquet),
        Ok(wire::ResultFormat::Unspecified) => Err(Problem::Missing {
            field,
            expected: "JSON_ROWS, NDJSON, CSV, ARROW_STREAM or PARQUET",
        }),
        Err(_) => Err(Problem::Format { field, value }),
    }
}

fn compression(field: &'static str, value: i32) -> Result<Compression, Problem> {
    match wire::Compression::try_from(value) {
        Ok(wire::Compression::Unspecified | wire::Compression::None) => Ok(Compression::None),
        Ok(wire::Compression::Gzip) => Ok(Compression::Gzip),
        Ok(wire::Compression::Zstd) => Ok(Compression::Zstd),
        Err(_) => Err(Problem::Compression { field, value }),
    }
}

fn uri(uri: String) -> Result<String, Problem> {
    if uri.is_empty() {
        return Err(Problem::Missing {
            field: "location.uri",
            expected: "the object's URI",
        });
    }
    let usable = uri.len() <= MAX_URI_BYTES
        && !uri.contains(|character: char| character.is_control() || character.is_whitespace())
        && uri
            .split_once("://")
            .is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
    if usable {
        Ok(uri)
    } else {
        Err(Problem::Uri { value: excerpt(&uri) })
    }
}

fn sha256(bytes: &Bytes) -> Result<[u8; 32], Problem> {
    <[u8; 32]>::try_from(bytes.as_ref()).map_err(|_| Problem::Sha256 {
        size_bytes: bytes.len(),
    })
}
