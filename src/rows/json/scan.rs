//! A scanner over JSON text that keeps numbers as they are written.

use crate::rows::RowsError;

/// The bytes that end a run of plain characters in a string: quotes, backslashes and control characters.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        special[control] = true;
        control += 1;
    }
    special[b'"' as usize] = true;
    special[b'\\' as usize] = true;
    special
};

/// A value as a cell.
pub(super) enum Cell<'a> {
    /// Null.
    Null,
    /// Text that stands in the source as it is.
    Source(&'a str),
    /// A number as it stands in the source.
    Number(&'a str),
    /// Text that had to be made, in the scratch string.
    Scratch,
}

/// Why scanning stopped.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Something else was expected here.
    Expected(&'static str),
    /// Values nest deeper than allowed.
    TooDeep,
    /// The row could not be taken.
    Rows(RowsError),
}

impl From<RowsError> for Trouble {
    fn from(error: RowsError) -> Self {
        Self::Rows(error)
    }
}

/// A position in JSON text.
pub(super) struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Deepest nesting allowed, the row being 1.
    depth: usize,
}

impl<'a> Scanner<'a> {
    /// The start of `text`.
    pub(super) fn new(text: &'a str, depth: usize) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            depth,
        }
    }

    /// Whether nothing but white space is left.
    pub(super) fn at_end(&mut self) -> bool {
        self.skip_space();
        self.at == self.bytes.len()
    }

    /// Moves past `byte` if it comes next.
    #[inline]
    pub(super) fn accept(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    /// Moves past `byte`, which must come next.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Trouble> {
        if self.accept(byte) {
            Ok(())
        } else {
            Err(Trouble::Expected(what))
        }
    }

    /// Moves past the string `key` if it comes next, written as it is.
    #[inline]
    pub(super) fn accept_key(&mut self, key: &str) -> bool {
        self.skip_space();
        let Some([b'"', rest @ ..]) = self.bytes.get(self.at..) else {
            return false;
        };
        let found = rest.get(key.len()) == Some(&b'"') && rest.starts_with(key.as_bytes());
        self.at += if found { key.len() + 2 } else { 0 };
        found
    }

    /// A string: as it stands in the source, or `None` where it had escapes and is now in `scratch`.
    #[inline]
    pub(super) fn string(&mut self, scratch: &mut String) -> Result<Option<&'a str>, Trouble> {
        self.expect(b'"', "a key in double quotes")?;
        let start = self.at;
        self.skip_plain();
        match self.bytes.get(self.at) {
            Some(b'"') => {
                self.at += 1;
                Ok(Some(&self.text[start..self.at - 1]))
            }
            _ => self.escaped(start, scratch).map(|()| None),
        }
    }

    /// Any value.
    #[inline]
    pub(super) fn value(&mut self, scratch: &mut String) -> Result<Cell<'a>, Trouble> {
        self.skip_space();
        match self.bytes.get(self.at) {
            Some(b'"') => Ok(self.string(scratch)?.map_or(Cell::Scratch, Cell::Source)),
            Some(b'-' | b'0'..=b'9') => self.number().map(Cell::Number),
            Some(b'{' | b'[') => {
                scratch.clear();
                self.nested(scratch, 2)?;
                Ok(Cell::Scratch)
            }
            Some(b'n') => self.word("null").map(|_| Cell::Null),
            Some(b't') => self.word("true").map(Cell::Source),
            Some(b'f') => self.word("false").map(Cell::Source),
            Some(b'N') => self.word("NaN").map(Cell::Source),
            Some(b'I') => self.word("Infinity").map(Cell::Source),
            _ => Err(Trouble::Expected("a value")),
        }
    }

    /// Bytes behind the place at which something is wrong that may have been looked at.
    pub(super) const LOOKS_AHEAD: usize = 16;

    /// How far it has come.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    #[inline]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// Moves to the next quote, backslash or control character.
    #[inline]
    fn skip_plain(&mut self) {
        let rest = &self.bytes[self.at..];
        let special = rest.iter().position(|byte| SPECIAL[usize::from(*byte)]);
        self.at += special.unwrap_or(rest.len());
    }

    fn word(&mut self, word: &'static str) -> Result<&'static str, Trouble> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(Trouble::Expected("a value"));
        }
        self.at += word.len();
        Ok(word)
    }

    #[inline]
    fn number(&mut self) -> Result<&'a str, Trouble> {
        let start = self.at;
        self.at += usize::from(self.bytes[self.at] == b'-');
        match self.bytes.get(self.at) {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            Some(b'I') if self.at > start => drop(self.word("Infinity")?),
            _ => return Err(Trouble::Expected("a digit")),
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            self.at += usize::from(matches!(self.bytes.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    #[inline]
    fn digits(&mut self) -> Result<(), Trouble> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.bytes.get(self.at) {
            self.at += 1;
        }
        if self.at > start {
            Ok(())
        } else {
            Err(Trouble::Expected("a digit"))
        }
    }

    /// The rest of a string that has escapes, from `start`; leaves it in `scratch`.
    fn escaped(&mut self, start: usize, scratch: &mut String) -> Result<(), Trouble> {
        scratch.clear();
        let mut from = start;
        loop {
            scratch.push_str(&self.text[from..self.at]);
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    scratch.push(self.escape()?);
                }
                Some(_) => return Err(Trouble::Expected("control characters to be escaped")),
                None => return Err(Trouble::Expected("the end of the string")),
            }
            from = self.at;
            self.skip_plain();
        }
    }

    fn escape(&mut self) -> Result<char, Trouble> {
        let letter = match self.bytes.get(self.at) {
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(*plain),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(Trouble::Expected("a known escape")),
        };
        self.at += 1;
        Ok(letter)
    }

    /// The character of `\uXXXX` or of a pair of them; NUL and lone surrogates are U+FFFD.
    fn unicode_escape(&mut self) -> Result<char, Trouble> {
        let first = self.hex()?;
        if (0xD800..0xDC00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.hex()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(first)
            .filter(|letter| *letter != '\0')
            .unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32, Trouble> {
        let digits = self
            .bytes
            .get(self.at..self.at + 4)
            .ok_or(Trouble::Expected("four hexadecimal digits"))?;
        let mut code = 0;
        for &digit in digits {
            let value = char::from(digit)
                .to_digit(16)
                .ok_or(Trouble::Expected("four hexadecimal digits"))?;
            code = code * 16 + value;
        }
        self.at += 4;
        Ok(code)
    }

    /// Copies an object or array without white space; `level` is its own nesting.
    fn nested(&mut self, out: &mut String, level: usize) -> Result<(), Trouble> {
        if level > self.depth {
            return Err(Trouble::TooDeep);
        }
        let object = self.bytes[self.at] == b'{';
        let (open, close) = if object { ('{', b'}') } else { ('[', b']') };
        self.at += 1;
        out.push(open);
        let mut first = true;
        while !self.accept(close) {
            if !first {
                self.expect(b',', "a comma or the end of the value")?;
                out.push(',');
            }
            first = false;
            if object {
                self.copied_string(out)?;
                self.expect(b':', "a colon behind the key")?;
                out.push(':');
            }
            self.copied_value(out, level)?;
        }
        out.push(char::from(close));
        Ok(())
    }

    fn copied_value(&mut self, out: &mut String, level: usize) -> Result<(), Trouble> {
        self.skip_space();
        match self.bytes.get(self.at) {
            Some(b'"') => self.copied_string(out),
            Some(b'{' | b'[') => self.nested(out, level + 1),
            Some(b'n') => self.word("null").map(|word| out.push_str(word)),
            _ => match self.value(&mut String::new())? {
                Cell::Source(text) | Cell::Number(text) => {
                    out.push_str(text);
                    Ok(())
                }
                Cell::Null | Cell::Scratch => Ok(()),
            },
        }
    }

    /// Copies a string with its quotes and escapes.
    fn copied_string(&mut self, out: &mut String) -> Result<(), Trouble> {
        self.skip_space();
        let start = self.at;
        self.string(&mut String::new())?;
        out.push_str(&self.text[start..self.at]);
        Ok(())
    }
}
