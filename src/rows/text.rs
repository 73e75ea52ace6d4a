//! Bytes to clean text: byte order marks, UTF-16, and characters that no database takes.

use std::borrow::Cow;

/// The text of UTF-8 or UTF-16 bytes, without a byte order mark. UTF-16 is known by its mark, or by the zero bytes of
/// its first two characters. NUL, lone surrogates and bytes that are not UTF-8 become U+FFFD.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFF, 0xFE, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)),
        [1..=255, 0, 1..=255, 0, ..] => Cow::Owned(utf16(bytes, u16::from_le_bytes)),
        [0, 1..=255, 0, 1..=255, ..] => Cow::Owned(utf16(bytes, u16::from_be_bytes)),
        _ => utf8(bytes),
    };
    if text.as_bytes().contains(&0) {
        return Cow::Owned(text.replace('\0', "\u{FFFD}"));
    }
    text
}

/// Checking first is quicker than replacing what is wrong, and mostly nothing is.
fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    char::decode_utf16(units)
        .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "date,größe\n2024-01-01,1\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(text.as_bytes()), text);
        assert_eq!(decode(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()), text);
        assert_eq!(decode(&[b"\xFF\xFE", &little[..]].concat()), text);
        assert_eq!(decode(&[b"\xFE\xFF", &big[..]].concat()), text);
        assert_eq!(decode(&little), text);
        assert_eq!(decode(&big), text);
    }

    #[test]
    fn what_no_database_takes_is_replaced() {
        assert_eq!(decode(b"a\0b"), "a\u{FFFD}b");
        assert!(decode(b"a\xED\xA0\x80b").contains('\u{FFFD}'));
        assert_eq!(decode(b"\xFF\xFEa\0\x00\xD8b\0"), "a\u{FFFD}b");
    }
}
