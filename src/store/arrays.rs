//! Array literals, for arrays of arrays that `unnest` would flatten.

use bytes::Bytes;
use uuid::Uuid;

use crate::ids::ExecutionId;

/// The literal of a `text[]`.
pub(super) fn text<'a>(items: impl Iterator<Item = &'a str>) -> String {
    literal(items, |out, item| {
        out.push('"');
        for character in item.chars() {
            match character {
                '"' | '\\' => out.extend(['\\', character]),
                // PostgreSQL's text holds no NUL.
                '\0' => out.push('\u{fffd}'),
                _ => out.push(character),
            }
        }
        out.push('"');
    })
}

/// The literal of a `uuid[]`.
pub(super) fn uuids(ids: &[ExecutionId]) -> String {
    literal(ids.iter(), |out, id| {
        out.push_str(id.0.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    })
}

/// The literal of a `bytea[]`.
pub(super) fn bytes<'a>(items: impl Iterator<Item = Option<&'a Bytes>>) -> String {
    literal(items, |out, item| match item {
        None => out.push_str("NULL"),
        Some(bytes) => {
            out.push_str("\"\\\\x");
            let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
            for byte in bytes.iter() {
                out.extend([digit(byte >> 4), digit(byte & 15)]);
            }
            out.push('"');
        }
    })
}

fn literal<T>(items: impl Iterator<Item = T>, mut write_item: impl FnMut(&mut String, T)) -> String {
    let mut out = String::from("{");
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_item(&mut out, item);
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_quote_what_they_hold() {
        assert_eq!(text(["a", "b\"c\\", ""].into_iter()), r#"{"a","b\"c\\",""}"#);
        let value = Bytes::from_static(b"\x00ab");
        assert_eq!(bytes([Some(&value), None].into_iter()), r#"{"\\x006162",NULL}"#);
        assert_eq!(text(std::iter::empty()), "{}");
    }
}
