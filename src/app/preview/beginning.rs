//! What the beginning of a file shows: its compression, its format, or that it is no table.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::event::{Compression, ResultFormat};
use crate::rows::{BEGINNING, BeginningOfText, NoTable};

/// A text has fewer bytes that no text has than one in so many.
const ODD_SHARE: usize = 32;
/// Fewer such bytes say nothing: of a small file, one is a large share.
const LEAST_ODD: usize = 2;

/// How a file is compressed.
pub fn compression(data: &[u8]) -> Compression {
    match data {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
        _ => Compression::None,
    }
}

/// The first bytes of what a file holds.
pub fn beginning(path: &Path, compression: Compression) -> std::io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let mut beginning = Vec::with_capacity(BEGINNING);
    let mut take = |reader: &mut dyn Read| reader.take(BEGINNING as u64).read_to_end(&mut beginning);
    match compression {
        Compression::None => take(&mut { file })?,
        Compression::Gzip => take(&mut flate2::read::MultiGzDecoder::new(file))?,
        Compression::Zstd => take(&mut zstd::Decoder::new(file)?)?,
    };
    Ok(beginning)
}

/// What the first bytes show: Parquet and Arrow by their marks, JSON by its bracket, and else CSV.
///
/// # Errors
/// What a file is that is no table.
pub fn format(beginning: &[u8]) -> Result<ResultFormat, NoTable> {
    if beginning.starts_with(b"PAR1") {
        return Ok(ResultFormat::Parquet);
    }
    if beginning.starts_with(&[0xff; 4]) || beginning.starts_with(b"ARROW1") {
        return Ok(ResultFormat::ArrowStream);
    }
    if let Some(other) = NoTable::of(beginning) {
        return Err(other);
    }
    let BeginningOfText { text, is_utf16 } = BeginningOfText::of(beginning);
    if !is_utf16 && is_binary(beginning) {
        return Err(NoTable {
            what: "a binary file",
            remedy: "give CSV, JSON, NDJSON, Arrow or Parquet",
        });
    }
    match text.trim_start().chars().next() {
        Some('[') => Ok(ResultFormat::JsonRows),
        Some('{') => Ok(ResultFormat::Ndjson),
        _ => Ok(ResultFormat::Csv),
    }
}

/// Why a file has no rows, by its first bytes, as the rest of a sentence about it.
pub fn without_rows(beginning: &[u8]) -> &'static str {
    match BeginningOfText::of(beginning).text.trim_start().is_empty() {
        true => "is empty; look whether the query that made it ran to its end",
        false => "has no rows; look whether the query that made it found anything",
    }
}

/// Whether bytes are of no text in any encoding of one byte a character, or of UTF-8.
fn is_binary(beginning: &[u8]) -> bool {
    let is_odd = |byte: &&u8| match byte {
        b'\t'..=b'\r' | 0x1b => false,
        byte => **byte < b' ',
    };
    let odd = beginning.iter().filter(is_odd).count();
    odd >= LEAST_ODD && odd * ODD_SHARE > beginning.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_first_bytes() {
        for (beginning, expected) in [
            (&b"PAR1\x15"[..], ResultFormat::Parquet),
            (b"\xff\xff\xff\xff\x10", ResultFormat::ArrowStream),
            (b"ARROW1\0\0\xff", ResultFormat::ArrowStream),
            (b" \n[{\"a\":1}]", ResultFormat::JsonRows),
            (b"{\"a\":1}\n", ResultFormat::Ndjson),
            (b"\xef\xbb\xbf[1", ResultFormat::JsonRows),
            (b"\xff\xfe[\0", ResultFormat::JsonRows),
            (b"date,n\n", ResultFormat::Csv),
            (b"\xff\xfed\0a\0t\0e\0,\0n\0", ResultFormat::Csv),
            (b"<5 EUR,5-10 EUR,more\n", ResultFormat::Csv),
            (b"<unset>,clicks\n", ResultFormat::Csv),
            (b"< EUR 5,5-10\n", ResultFormat::Csv),
            ("城市\n北京\n".as_bytes(), ResultFormat::Csv),
            ("é[kg],n\n".as_bytes(), ResultFormat::Csv),
            (b"\xe9[kg],n\n", ResultFormat::Csv),
            (b"a,n\nx\0y,1\n", ResultFormat::Csv),
            (b"", ResultFormat::Csv),
        ] {
            assert_eq!(format(beginning), Ok(expected), "{beginning:?}");
        }
    }

    #[test]
    fn utf_16_is_text_whatever_its_letters_are() {
        for (text, expected) in [
            ("дата;клики\n2026-01-01;5\n", ResultFormat::Csv),
            ("Data;Miejscowość;Łączna wartość\n", ResultFormat::Csv),
            ("ημερομηνία,κλικ\n", ResultFormat::Csv),
            ("التاريخ,نقرات\n", ResultFormat::Csv),
            // Half of the first letter is the byte of a bracket.
            ("字段,n\n", ResultFormat::Csv),
            ("ћерка,n\n", ResultFormat::Csv),
            (" [{\"дата\":1}]", ResultFormat::JsonRows),
        ] {
            let units: Vec<u16> = std::iter::once(0xfeff).chain(text.encode_utf16()).collect();
            for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
                let marked: Vec<u8> = units.iter().copied().flat_map(bytes).collect();
                assert_eq!(format(&marked), Ok(expected), "{text} as {marked:x?}");
            }
        }
        let unmarked: Vec<u8> = "id;клики;дата;місто;країна\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(format(&unmarked), Ok(ResultFormat::Csv));
    }

    #[test]
    fn a_file_without_rows_is_empty_or_has_columns() {
        for (beginning, told) in [
            (&b""[..], "is empty"),
            (b"\xef\xbb\xbf \n", "is empty"),
            (b"\xff\xfe\n\0", "is empty"),
            (b"date,clicks\n", "has no rows"),
            (b"[]", "has no rows"),
            ("城市\n".as_bytes(), "has no rows"),
        ] {
            assert!(without_rows(beginning).starts_with(told), "{beginning:?}");
        }
    }

    #[test]
    fn what_is_no_table_is_told_as_what_it_is() {
        for (beginning, told) in [
            (&b"<!DOCTYPE html>\n<html>"[..], "HTML"),
            (b"PK\x03\x04\x14\0", "workbook"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary"),
            (b"\x7fELF\x02\x01\x01\0", "binary"),
        ] {
            assert!(
                format(beginning).is_err_and(|other| other.what.contains(told)),
                "{beginning:?}"
            );
        }
    }
}
