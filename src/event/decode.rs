//! From a Kafka record to a validated execution.

use bytes::Bytes;

use super::error::{DecodeError, Problem};
use super::{Execution, Message, content_hash, encoding, headers, salvage, validate};

/// The largest record value that is read by default, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 8 * 1024 * 1024;

/// What a record of the topic `workflow-execution-succeeded` says.
#[derive(Debug, Clone)]
pub enum Decoded {
    /// An execution finished.
    Execution(Box<Execution>),
    /// A record without a value; there is nothing to do.
    Tombstone,
}

/// Decodes and validates one record.
///
/// The encoding (protobuf, protobuf-JSON, Confluent framing) is told from the `content-type` header and the first
/// bytes. Inline results are slices of the record's own buffer, never copies. Every error is final for this record:
/// the same bytes fail the same way for ever.
pub fn decode(message: &Message) -> Result<Decoded, DecodeError> {
    decode_within(message, MAX_PAYLOAD_BYTES)
}

/// As [`decode`], with another limit than [`MAX_PAYLOAD_BYTES`] for the record's value.
pub fn decode_within(message: &Message, max_payload_bytes: usize) -> Result<Decoded, DecodeError> {
    let Some(payload) = &message.payload else {
        return Ok(Decoded::Tombstone);
    };
    match read(message, payload, max_payload_bytes) {
        Ok(execution) => Ok(Decoded::Execution(Box::new(execution))),
        Err(problem) => Err(DecodeError::new(problem, salvage::identify(message, payload))),
    }
}

fn read(message: &Message, payload: &Bytes, max_payload_bytes: usize) -> Result<Execution, Problem> {
    if payload.len() > max_payload_bytes {
        return Err(Problem::Oversized {
            size_bytes: payload.len(),
            max_payload_bytes,
        });
    }
    let content_type = headers::text(&message.headers, "content-type");
    let event = encoding::read(content_type, payload)?;
    let fields = validate::validate(event, message.key.as_deref())?;
    Ok(Execution {
        content_hash: content_hash::content_hash(
            fields.workflow_id,
            fields.window,
            &fields.hints,
            &fields.result,
        ),
        id: fields.id,
        workflow_id: fields.workflow_id,
        template_id: fields.template_id,
        run: fields.run,
        finished_at_ns: fields.finished_at_ns,
        window: fields.window,
        hints: fields.hints,
        result: fields.result,
        traceparent: headers::traceparent(&message.headers),
        replay: headers::is_replay(&message.headers),
    })
}
