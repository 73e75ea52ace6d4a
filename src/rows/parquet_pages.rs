//! What a Parquet file's pages ask of whoever unpacks them, found out before the first one is.
//!
//! A page's header says how large the page is once unpacked and how many values a dictionary has, and decoders allocate by
//! that: a lie of five bytes could cost gigabytes. So the headers are walked first. They are structs of Thrift's compact
//! protocol, of which four numbers matter here and the rest is stepped over.

use parquet::basic::Type;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::ChunkReader;

use super::RowsError;
use super::limits::{MOST_PAGE_BYTES, MOST_PAGES_BYTES};
use super::parquet_file::{contradictory, malformed};

/// How much is read for a header: mostly the first is enough; with long statistics the last.
const HEADER_BYTES: [u64; 3] = [256, 8 << 10, 1 << 20];
/// How deep a header's structs may nest.
const MOST_DEPTH: u8 = 8;

/// Refuses a file of which some page, or the pages of a row group that are held at a time, one a column and its dictionary,
/// go past a cap once unpacked.
pub(super) fn check(source: &impl ChunkReader, metadata: &ParquetMetaData) -> Result<(), RowsError> {
    for group in metadata.row_groups() {
        let mut held = 0u64;
        for column in group.columns() {
            held = held.saturating_add(held_of(source, column)?);
        }
        if held > MOST_PAGES_BYTES {
            return Err(RowsError::pages_bytes());
        }
    }
    Ok(())
}

/// The most bytes of a column that are held at a time: its dictionary and its largest page.
fn held_of(source: &impl ChunkReader, column: &ColumnChunkMetaData) -> Result<u64, RowsError> {
    let (mut at, length) = column.byte_range();
    let mut left = length;
    let (mut dictionary, mut largest) = (0, 0);
    while left > 0 {
        let (header, header_bytes) = read_header(source, at, left)?;
        left -= header_bytes;
        if header.packed > left {
            return Err(contradictory());
        }
        left -= header.packed;
        at += header_bytes + header.packed;
        let bytes = header.packed.max(header.unpacked);
        if bytes > MOST_PAGE_BYTES {
            return Err(RowsError::page_bytes());
        }
        match header.dictionary_values {
            Some(values) if values > header.unpacked / least_width(column) => return Err(contradictory()),
            Some(_) => dictionary = bytes,
            None => largest = bytes.max(largest),
        }
    }
    Ok(dictionary + largest)
}

/// The fewest bytes of a value in a dictionary.
fn least_width(column: &ColumnChunkMetaData) -> u64 {
    match column.column_type() {
        Type::BOOLEAN => 1,
        Type::INT32 | Type::FLOAT | Type::BYTE_ARRAY => 4,
        Type::INT64 | Type::DOUBLE => 8,
        Type::INT96 => 12,
        Type::FIXED_LEN_BYTE_ARRAY => u64::try_from(column.column_descr().type_length())
            .unwrap_or(1)
            .max(1),
    }
}

/// A page's header and its own length.
fn read_header(source: &impl ChunkReader, at: u64, left: u64) -> Result<(Header, u64), RowsError> {
    for bytes in HEADER_BYTES {
        let wanted = bytes.min(left);
        let read = source
            .get_bytes(at, wanted as usize)
            .map_err(|error| malformed(&error))?;
        let mut input = Input { rest: &read };
        if let Some(header) = input.header() {
            return Ok((header, (read.len() - input.rest.len()) as u64));
        }
        if wanted < bytes {
            break;
        }
    }
    Err(malformed(&"a page's header is damaged"))
}

/// What matters of a page's header.
#[derive(Debug, Default, PartialEq, Eq)]
struct Header {
    /// Bytes once unpacked.
    unpacked: u64,
    /// Bytes as they are stored, the header aside.
    packed: u64,
    /// How many values a dictionary has; none of other pages.
    dictionary_values: Option<u64>,
}

/// Bytes of Thrift's compact protocol; what ends early or makes no sense is `None`.
struct Input<'a> {
    rest: &'a [u8],
}

/// The protocol's type codes that are told apart.
mod code {
    pub(super) const STOP: u8 = 0;
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const BYTE: u8 = 3;
    pub(super) const I16: u8 = 4;
    pub(super) const I32: u8 = 5;
    pub(super) const I64: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const BINARY: u8 = 8;
    pub(super) const LIST: u8 = 9;
    pub(super) const SET: u8 = 10;
    pub(super) const STRUCT: u8 = 12;
}

impl Input<'_> {
    /// `PageHeader` of the format: its sizes are fields 2 and 3, a dictionary's own header is field 7.
    fn header(&mut self) -> Option<Header> {
        let mut header = Header::default();
        self.each_field(|input, field, code| {
            match (field, code) {
                (2, code::I32) => header.unpacked = input.size()?,
                (3, code::I32) => header.packed = input.size()?,
                (7, code::STRUCT) => {
                    let mut values = 0;
                    input.each_field(|input, field, code| {
                        match (field, code) {
                            (1, code::I32) => values = input.size()?,
                            _ => input.skip(code, MOST_DEPTH)?,
                        }
                        Some(())
                    })?;
                    header.dictionary_values = Some(values);
                }
                _ => input.skip(code, MOST_DEPTH)?,
            }
            Some(())
        })?;
        Some(header)
    }

    /// Gives every field of a struct with its number and type; `take` has to step over its value.
    fn each_field(&mut self, mut take: impl FnMut(&mut Self, i64, u8) -> Option<()>) -> Option<()> {
        let mut field = 0;
        loop {
            let head = self.byte()?;
            if head & 0x0f == code::STOP {
                return Some(());
            }
            field = match head >> 4 {
                0 => self.signed()?,
                delta => field + i64::from(delta),
            };
            take(self, field, head & 0x0f)?;
        }
    }

    fn skip(&mut self, code: u8, depth: u8) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match code {
            // A field's truth lies in its type.
            code::TRUE | code::FALSE => Some(()),
            code::BYTE => self.step(1),
            code::I16 | code::I32 | code::I64 => self.unsigned().map(|_| ()),
            code::DOUBLE => self.step(8),
            code::BINARY => {
                let length = self.unsigned()?;
                self.step(usize::try_from(length).ok()?)
            }
            code::LIST | code::SET => self.skip_list(depth),
            code::STRUCT => self.each_field(|input, _, code| input.skip(code, depth)),
            _ => None,
        }
    }

    fn skip_list(&mut self, depth: u8) -> Option<()> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.unsigned()?,
            count => u64::from(count),
        };
        for _ in 0..count {
            match head & 0x0f {
                code::TRUE | code::FALSE => self.step(1)?,
                code => self.skip(code, depth)?,
            }
        }
        Some(())
    }

    /// A number that is no size where it is negative.
    fn size(&mut self) -> Option<u64> {
        self.signed()?.try_into().ok()
    }

    fn signed(&mut self) -> Option<i64> {
        let zigzag = self.unsigned()?;
        Some((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn step(&mut self, bytes: usize) -> Option<()> {
        self.rest = self.rest.get(bytes..)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_whatever_else_it_says() {
        // type 0; unpacked 300; packed 20; crc; a data page's header with statistics, a flag, and an unknown list.
        let bytes = [
            &[0x15, 0, 0x15, 0xd8, 4, 0x15, 40, 0x15, 9, 0x1c][..],
            &[0x15, 6, 0x15, 0, 0x1c, 0x18, 2, b'a', b'b', 0, 0x11, 0][..],
            &[0x19, 0x25, 2, 4, 0],
        ]
        .concat();
        let mut input = Input { rest: &bytes };
        let expected = Header {
            unpacked: 300,
            packed: 20,
            dictionary_values: None,
        };
        assert_eq!(input.header(), Some(expected));
        assert!(input.rest.is_empty());
        for end in 0..bytes.len() {
            assert_eq!(Input { rest: &bytes[..end] }.header(), None, "cut at {end}");
        }
    }

    #[test]
    fn a_dictionary_says_how_many_values_it_has() {
        let bytes = [0x15, 4, 0x15, 16, 0x15, 20, 0x4c, 0x15, 6, 0x15, 0, 0, 0];
        let header = Input { rest: &bytes }.header().unwrap();
        assert_eq!((header.unpacked, header.dictionary_values), (8, Some(3)));
    }

    #[test]
    fn negative_sizes_and_endless_nesting_are_no_header() {
        assert_eq!(Input { rest: &[0x25, 1, 0] }.header(), None);
        assert_eq!(Input { rest: &[0x1c; 64] }.header(), None);
    }
}
