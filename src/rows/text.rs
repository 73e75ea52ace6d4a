//! Bytes to clean text, piece by piece: byte order marks, UTF-16, and characters that no database takes.

use std::io::{self, Read};

use super::RowsError;
use super::limits::MOST_ROW_BYTES;

/// Bytes read at a time.
const PIECE: usize = 64 << 10;

/// The text of UTF-8, UTF-16 or Windows-1252 bytes, without a byte order mark. UTF-16 is known by its mark, or by the zero
/// bytes of its first two characters; Windows-1252 by its first byte beyond ASCII, where that begins no UTF-8 character. NUL,
/// lone surrogates and bytes that stand for nothing become U+FFFD.
pub(super) struct Text<R> {
    bytes: R,
    /// Bytes that are not text yet: at most a character's beginning, between two pieces.
    raw: Vec<u8>,
    encoding: Option<Encoding>,
    ended: bool,
}

/// What bytes that a file begins with say, read as a result is.
#[derive(Debug)]
pub struct BeginningOfText {
    /// Their text, without a byte order mark.
    pub text: String,
    /// Whether they are UTF-16.
    pub is_utf16: bool,
}

impl BeginningOfText {
    /// Reads them; a character that they end within is U+FFFD.
    pub fn of(beginning: &[u8]) -> Self {
        let mut bytes = Text::new(beginning);
        let mut text = String::new();
        // Bytes at hand are always read.
        while matches!(bytes.more(&mut text), Ok(true)) {}
        Self {
            text,
            is_utf16: matches!(bytes.encoding, Some(Encoding::Utf16(_))),
        }
    }
}

#[derive(Clone, Copy)]
enum Encoding {
    /// Nothing but ASCII so far.
    Ascii,
    Utf8,
    Windows1252,
    Utf16(fn([u8; 2]) -> u16),
}

impl<R: Read> Text<R> {
    pub(super) fn new(bytes: R) -> Self {
        Self {
            bytes,
            raw: Vec::new(),
            encoding: None,
            ended: false,
        }
    }

    /// Appends another piece; `false` when there is none.
    pub(super) fn more(&mut self, text: &mut String) -> io::Result<bool> {
        let before = text.len();
        while !self.ended && text.len() == before {
            self.read()?;
            let encoding = match self.encoding {
                Some(encoding) => encoding,
                None if self.raw.len() < 4 && !self.ended => continue,
                None => self.find_encoding(),
            };
            let (encoding, ascii) = match encoding {
                Encoding::Ascii => {
                    let ascii = self.raw.iter().take_while(|byte| byte.is_ascii()).count();
                    (
                        beyond_ascii(&self.raw[ascii..], self.ended).unwrap_or(encoding),
                        ascii,
                    )
                }
                known => (known, 0),
            };
            self.encoding = Some(encoding);
            let used = match encoding {
                Encoding::Ascii => utf8(&self.raw[..ascii], true, text),
                Encoding::Utf8 => utf8(&self.raw, self.ended, text),
                Encoding::Windows1252 => windows_1252(&self.raw, text),
                Encoding::Utf16(unit) => utf16(&self.raw, self.ended, unit, text),
            };
            self.raw.drain(..used);
        }
        Ok(text.len() > before)
    }

    /// Whether what was read so far is Windows-1252.
    pub(super) fn is_windows_1252(&self) -> bool {
        matches!(self.encoding, Some(Encoding::Windows1252))
    }

    fn read(&mut self) -> io::Result<()> {
        self.raw.reserve(PIECE);
        let piece = (&mut self.bytes).take(PIECE as u64).read_to_end(&mut self.raw)?;
        self.ended = piece < PIECE;
        Ok(())
    }

    fn find_encoding(&mut self) -> Encoding {
        let (encoding, mark) = match self.raw[..] {
            [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
            [0xFF, 0xFE, ..] => (Encoding::Utf16(u16::from_le_bytes), 2),
            [0xFE, 0xFF, ..] => (Encoding::Utf16(u16::from_be_bytes), 2),
            [1..=255, 0, 1..=255, 0, ..] => (Encoding::Utf16(u16::from_le_bytes), 0),
            [0, 1..=255, 0, 1..=255, ..] => (Encoding::Utf16(u16::from_be_bytes), 0),
            _ => (Encoding::Ascii, 0),
        };
        self.raw.drain(..mark);
        encoding
    }
}

/// What a text is that goes on like this, beginning with its first byte beyond ASCII; `None` where that cannot be told yet.
fn beyond_ascii(rest: &[u8], ended: bool) -> Option<Encoding> {
    // Half a surrogate pair in three bytes is how some write UTF-8, wrongly.
    let is_surrogate = matches!(rest, [0xED, 0xA0..=0xBF, 0x80..=0xBF, ..]);
    match std::str::from_utf8(&rest[..rest.len().min(4)]) {
        _ if rest.is_empty() => None,
        Err(error) if error.valid_up_to() == 0 => match error.error_len() {
            None if ended => Some(Encoding::Utf8),
            None => None,
            Some(_) if is_surrogate => Some(Encoding::Utf8),
            Some(_) if rest.len() < 3 && rest[0] == 0xED && !ended => None,
            Some(_) => Some(Encoding::Windows1252),
        },
        _ => Some(Encoding::Utf8),
    }
}

/// The characters of Windows-1252 between 0x80 and 0x9F; five of these bytes stand for nothing.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{FFFD}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{FFFD}', 'Ž', '\u{FFFD}',
    '\u{FFFD}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{FFFD}', 'ž', 'Ÿ',
];

fn windows_1252(raw: &[u8], text: &mut String) -> usize {
    text.extend(raw.iter().map(|byte| match byte {
        0 => char::REPLACEMENT_CHARACTER,
        0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
        other => char::from(*other),
    }));
    raw.len()
}

/// Appends the text of `raw`; returns how many bytes that used: all but a character's beginning at the end.
fn utf8(raw: &[u8], ended: bool, text: &mut String) -> usize {
    // Mostly nothing is wrong, and finding that out is quick.
    if let Ok(valid) = std::str::from_utf8(raw) {
        push(valid, text);
        return raw.len();
    }
    let mut used = 0;
    for piece in raw.utf8_chunks() {
        push(piece.valid(), text);
        used += piece.valid().len();
        let wrong = piece.invalid();
        let begins = || matches!(std::str::from_utf8(wrong), Err(error) if error.error_len().is_none());
        if wrong.is_empty() || (!ended && used + wrong.len() == raw.len() && begins()) {
            continue;
        }
        text.push(char::REPLACEMENT_CHARACTER);
        used += wrong.len();
    }
    used
}

fn push(valid: &str, text: &mut String) {
    match valid.as_bytes().contains(&0) {
        true => text.push_str(&valid.replace('\0', "\u{FFFD}")),
        false => text.push_str(valid),
    }
}

fn utf16(raw: &[u8], ended: bool, unit: fn([u8; 2]) -> u16, text: &mut String) -> usize {
    let (mut pairs, _) = raw.as_chunks::<2>();
    if let [before @ .., last] = pairs
        && !ended
        && (0xD800..0xDC00).contains(&unit(*last))
    {
        pairs = before;
    }
    let letters = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)));
    let clean = letters.map(|letter| match letter {
        Ok('\0') | Err(_) => char::REPLACEMENT_CHARACTER,
        Ok(letter) => letter,
    });
    text.extend(clean);
    2 * pairs.len()
}

/// Clean text as bytes, for a reader that splits them itself: always valid UTF-8, unless one row is too long.
pub(super) struct TextBytes<R> {
    text: Text<R>,
    clean: String,
    at: usize,
    /// Bytes given since the last row ended.
    row: u64,
}

impl<R: Read> TextBytes<R> {
    pub(super) fn new(bytes: R) -> Self {
        Self {
            text: Text::new(bytes),
            clean: String::new(),
            at: 0,
            row: 0,
        }
    }

    /// What comes next, at least as far as `enough` says, or up to a row's most bytes.
    pub(super) fn peek(&mut self, enough: impl Fn(&str) -> bool) -> io::Result<&str> {
        while !enough(&self.clean[self.at..]) && self.clean.len() < MOST_ROW_BYTES as usize {
            if !self.text.more(&mut self.clean)? {
                break;
            }
        }
        Ok(&self.clean[self.at..])
    }

    /// Leaves out so many bytes of what was peeked at.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Whether what was read so far is Windows-1252.
    pub(super) fn is_windows_1252(&self) -> bool {
        self.text.is_windows_1252()
    }

    /// A row ended.
    pub(super) fn end_row(&mut self) {
        self.row = 0;
    }
}

impl<R: Read> Read for TextBytes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.clean.len() {
            self.clean.clear();
            self.at = 0;
            self.text.more(&mut self.clean)?;
        }
        let read = (&self.clean.as_bytes()[self.at..]).read(buffer)?;
        self.at += read;
        self.row += read as u64;
        match self.row > MOST_ROW_BYTES {
            true => Err(io::Error::other(RowsError::row_bytes())),
            false => Ok(read),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives at most so many bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = self.1.min(buffer.len());
            self.0.read(&mut buffer[..most])
        }
    }

    fn decode_by(bytes: &[u8], at_a_time: usize) -> String {
        let mut text = Text::new(Slow(bytes, at_a_time));
        let mut all = String::new();
        while text.more(&mut all).unwrap() {}
        all
    }

    fn decode(bytes: &[u8]) -> String {
        decode_by(bytes, usize::MAX)
    }

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
        assert_eq!(decode(b""), "");
        assert_eq!(decode(b"a"), "a");
        assert_eq!(decode(b"\xEF\xBB\xBF"), "");
    }

    #[test]
    fn what_no_database_takes_is_replaced() {
        assert_eq!(decode(b"a\0b"), "a\u{FFFD}b");
        assert!(decode(b"a\xED\xA0\x80b").contains('\u{FFFD}'));
        assert_eq!(decode(b"\xFF\xFEa\0\x00\xD8b\0"), "a\u{FFFD}b");
        assert_eq!(decode(b"ab\xE2\x82"), "ab\u{FFFD}");
    }

    #[test]
    fn bytes_that_are_no_utf8_from_the_first_on_are_windows_1252() {
        assert_eq!(
            decode(b"Stra\xDFe,5 \x80,caf\xE9\n\xC3\xA9\x81"),
            "Straße,5 €,café\nÃ©\u{FFFD}"
        );
        assert_eq!(decode("ß,\u{FFFD}".as_bytes()), "ß,\u{FFFD}");
        assert_eq!(decode(b"\xC3\x9F,caf\xE9,x"), "ß,caf\u{FFFD},x");
        let mut text = Text::new(&b"caf\xE9\n"[..]);
        assert!(text.more(&mut String::new()).unwrap() && text.is_windows_1252());
    }

    proptest! {
        #[test]
        fn pieces_do_not_show(bytes in proptest::collection::vec(any::<u8>(), 0..60), at_a_time in 1usize..7) {
            prop_assert_eq!(decode_by(&bytes, at_a_time), decode(&bytes));
        }

        #[test]
        fn pieces_of_utf8_do_not_show(text in "\\PC{0,40}", at_a_time in 1usize..7) {
            prop_assert_eq!(decode_by(text.as_bytes(), at_a_time), decode(text.as_bytes()));
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let marked = [b"\xFF\xFE", &wide[..]].concat();
            prop_assert_eq!(decode_by(&marked, at_a_time), text.clone());
        }
    }
}
