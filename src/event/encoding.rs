//! The three encodings of the incoming event, told apart by header and first bytes.

use bytes::{Buf, Bytes};
use prost::Message as _;
use serde_json::Value;

use super::error::{Problem, excerpt};
use super::wire::WorkflowExecutionSucceeded;

/// The first byte of Confluent framing; no protobuf message and no JSON text starts with it.
const MAGIC: u8 = 0;
/// The magic byte and the schema id.
const FRAME_BYTES: usize = 5;
/// How much of a reader's message a sentence takes over.
const MAX_DETAIL_CHARS: usize = 200;

/// How a record's value is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Plain protobuf.
    Protobuf,
    /// Protobuf behind a schema registry's frame.
    Confluent,
    /// Protobuf-JSON.
    Json,
}

/// Reads the event, whichever its encoding.
pub(super) fn read(
    content_type: Option<&str>,
    payload: &Bytes,
) -> Result<WorkflowExecutionSucceeded, Problem> {
    match detect(content_type, payload) {
        Encoding::Protobuf => protobuf(payload.clone()),
        Encoding::Confluent => protobuf(unframe(payload)?),
        Encoding::Json => match content_type {
            Some(content_type) if is_structured_mode(content_type) => Err(Problem::StructuredMode {
                content_type: excerpt(content_type),
            }),
            _ => json(payload),
        },
    }
}

/// Tells the encoding: a leading zero byte is framing, else a known `content-type` decides, else the first characters.
pub(super) fn detect(content_type: Option<&str>, payload: &[u8]) -> Encoding {
    if payload.first() == Some(&MAGIC) {
        return Encoding::Confluent;
    }
    match content_type.and_then(named_encoding) {
        Some(encoding) => encoding,
        None if starts_like_json(payload) => Encoding::Json,
        None => Encoding::Protobuf,
    }
}

/// The encoding a media type names; `None` for those that say nothing about it.
fn named_encoding(content_type: &str) -> Option<Encoding> {
    let media_type = media_type(content_type);
    let is = |name: &str| media_type.eq_ignore_ascii_case(name);
    if is("application/json") || is("text/json") || has_json_suffix(media_type) {
        Some(Encoding::Json)
    } else if is("application/protobuf")
        || is("application/x-protobuf")
        || is("application/vnd.google.protobuf")
    {
        Some(Encoding::Protobuf)
    } else {
        None
    }
}

fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

fn has_json_suffix(media_type: &str) -> bool {
    media_type
        .rsplit_once('+')
        .is_some_and(|(_, suffix)| suffix.eq_ignore_ascii_case("json"))
}

fn is_structured_mode(content_type: &str) -> bool {
    media_type(content_type).eq_ignore_ascii_case("application/cloudevents+json")
}

/// Whether the text opens a JSON object. Blanks and `{` are valid protobuf tags too, hence the look at what follows.
fn starts_like_json(payload: &[u8]) -> bool {
    let Some(rest) = payload.trim_ascii_start().strip_prefix(b"{") else {
        return false;
    };
    matches!(rest.trim_ascii_start().first(), Some(b'"' | b'}'))
}

fn protobuf(payload: Bytes) -> Result<WorkflowExecutionSucceeded, Problem> {
    WorkflowExecutionSucceeded::decode(payload).map_err(|error| Problem::Protobuf {
        detail: brief(&error.to_string()),
    })
}

/// What stands behind Confluent framing: magic, schema id, and the index path of the message in its file, which is
/// either the single byte 0 (the first message) or a count and so many indexes, all zigzag varints.
pub(super) fn unframe(payload: &Bytes) -> Result<Bytes, Problem> {
    if payload.len() < FRAME_BYTES {
        return Err(frame_problem("the frame is cut short"));
    }
    let mut rest = payload.slice(FRAME_BYTES..);
    let count = zigzag_varint(&mut rest)?;
    let first_message = count == 0 || (count == 1 && zigzag_varint(&mut rest)? == 0);
    if first_message {
        Ok(rest)
    } else {
        Err(frame_problem(
            "its message index names another message than the first",
        ))
    }
}

fn zigzag_varint(buffer: &mut Bytes) -> Result<i64, Problem> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        if !buffer.has_remaining() {
            return Err(frame_problem("its message index is cut short"));
        }
        let byte = buffer.get_u8();
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    Err(frame_problem("its message index is no varint"))
}

fn frame_problem(detail: &str) -> Problem {
    Problem::Frame {
        detail: detail.to_owned(),
    }
}

fn json(payload: &[u8]) -> Result<WorkflowExecutionSucceeded, Problem> {
    serde_json::from_slice(payload)
        .or_else(|error| json_with_nulls(payload).ok_or(error))
        .map_err(|error: serde_json::Error| Problem::Json {
            detail: brief(&error.to_string()),
        })
}

/// A reader's message without its general opening, cut where it quotes a long value.
fn brief(message: &str) -> String {
    let message = message
        .strip_prefix("failed to decode Protobuf message: ")
        .unwrap_or(message);
    match message.char_indices().nth(MAX_DETAIL_CHARS) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

/// Protobuf-JSON lets any field be null, meaning unset, which the generated reader allows for some types only. Reads
/// the event without its null members; `None` when that does not mend it.
fn json_with_nulls(payload: &[u8]) -> Option<WorkflowExecutionSucceeded> {
    let mut value: Value = serde_json::from_slice(payload).ok()?;
    drop_nulls(&mut value).then(|| serde_json::from_value(value).ok())?
}

/// Removes every null member; whether there was one.
fn drop_nulls(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => {
            let before = members.len();
            members.retain(|_, member| !member.is_null());
            let dropped = members.len() < before;
            members
                .values_mut()
                .fold(dropped, |any, member| drop_nulls(member) | any)
        }
        Value::Array(items) => items.iter_mut().fold(false, |any, item| drop_nulls(item) | any),
        _ => false,
    }
}
