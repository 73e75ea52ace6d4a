//! Whose record it was, read from bytes that could not be decoded as a whole.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use bytes::{Buf, Bytes};
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::encoding::{self, Encoding};
use super::error::Identity;
use super::{Message, headers};

/// Reads the execution and the workflow from as much of the value as can be read, the workflow else from the key.
pub(super) fn identify(message: &Message, payload: &Bytes) -> Identity {
    let content_type = headers::text(&message.headers, "content-type");
    let mut identity = match encoding::detect(content_type, payload) {
        Encoding::Protobuf => from_protobuf(payload.clone()),
        Encoding::Confluent => encoding::unframe(payload).map_or_else(|_| Identity::default(), from_protobuf),
        Encoding::Json => from_json(payload),
    };
    if identity.workflow_id.is_none() {
        identity.workflow_id = message.key.as_deref().and_then(parse);
    }
    identity
}

/// Walks the fields up to the first broken one.
fn from_protobuf(mut payload: Bytes) -> Identity {
    let mut identity = Identity::default();
    while payload.has_remaining() {
        let Some((tag, text)) = next_field(&mut payload) else {
            break;
        };
        match (tag, text) {
            (1, Some(text)) => identity.execution_id = parse(&text),
            (2, Some(text)) => identity.workflow_id = parse(&text),
            _ => {}
        }
    }
    identity
}

/// The next field's number and, where it has a length, its bytes.
fn next_field(payload: &mut Bytes) -> Option<(u32, Option<Bytes>)> {
    let (tag, wire_type) = decode_key(payload).ok()?;
    if wire_type == WireType::LengthDelimited {
        let length = usize::try_from(decode_varint(payload).ok()?).ok()?;
        return (length <= payload.remaining()).then(|| (tag, Some(payload.split_to(length))));
    }
    skip_field(wire_type, tag, payload, DecodeContext::default()).ok()?;
    Some((tag, None))
}

/// Walks the members up to the first broken one.
fn from_json(payload: &[u8]) -> Identity {
    let mut identity = Identity::default();
    // An error here ends the walk; what was seen before it stays.
    let _ = serde_json::Deserializer::from_slice(payload).deserialize_map(Members(&mut identity));
    identity
}

struct Members<'a>(&'a mut Identity);

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            match name.as_ref() {
                "execution_id" | "executionId" => {
                    self.0.execution_id = parse(members.next_value::<Cow<'de, str>>()?.as_bytes());
                }
                "workflow_id" | "workflowId" => {
                    self.0.workflow_id = parse(members.next_value::<Cow<'de, str>>()?.as_bytes());
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

fn parse<T: FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
