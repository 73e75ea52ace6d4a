//! The text in hand: a piece of the whole, which moves on as rows are done with.

use std::io::Read;

use crate::rows::RowsError;
use crate::rows::limits::MOST_ROW_BYTES;
use crate::rows::text::Text;

/// A piece of text, from where the row in the making begins.
pub(super) struct Feed<R> {
    source: Text<R>,
    text: String,
    format: &'static str,
    /// Whether the piece reaches to the end of the text.
    whole: bool,
    /// Line and column of the piece's beginning, both from 0.
    line: usize,
    column: usize,
}

impl<R> Feed<R> {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    pub(super) fn set_whole(&mut self) {
        self.whole = true;
    }

    /// Leaves the piece's first `used` bytes behind.
    pub(super) fn consume(&mut self, used: usize) {
        (self.line, self.column) = self.position(used);
        self.text.drain(..used);
    }

    /// Line and column of a place in the piece, both from 1, in words.
    pub(super) fn place(&self, at: usize) -> String {
        let (line, column) = self.position(at.min(self.text.len()));
        format!("line {}, column {}", line + 1, column + 1)
    }

    fn position(&self, at: usize) -> (usize, usize) {
        let before = &self.text.as_bytes()[..at];
        let lines = before.iter().filter(|byte| **byte == b'\n').count();
        let behind = before.iter().rev().take_while(|byte| **byte != b'\n').count();
        match lines {
            0 => (self.line, self.column + behind),
            _ => (self.line + lines, behind),
        }
    }
}

impl<R: Read> Feed<R> {
    /// Whether what was read so far is Windows-1252.
    pub(super) fn is_windows_1252(&self) -> bool {
        self.source.is_windows_1252()
    }

    pub(super) fn new(plain: R, format: &'static str) -> Self {
        Self {
            source: Text::new(plain),
            text: String::new(),
            format,
            whole: false,
            line: 0,
            column: 0,
        }
    }

    /// Makes the piece longer: twice as long where a row did not fit, so that long rows are not looked at too often;
    /// `false` when there is no more text.
    pub(super) fn more(&mut self) -> Result<bool, RowsError> {
        let wanted = 2 * self.text.len();
        loop {
            if self.text.len() as u64 > MOST_ROW_BYTES {
                return Err(RowsError::row_bytes());
            }
            let more = self.source.more(&mut self.text);
            if !more.map_err(|error| RowsError::from_io(error, self.format))? {
                return Ok(self.text.len() > wanted / 2);
            }
            if self.text.len() >= wanted {
                return Ok(true);
            }
        }
    }
}
