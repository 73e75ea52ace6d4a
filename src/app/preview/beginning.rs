//! What the beginning of a file shows: its compression, its format, or that it is no table.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::event::{Compression, ResultFormat};

/// Bytes of a file's beginning that show what it is.
const BEGINNING: usize = 512;
/// A text has fewer bytes that no text has than one in so many.
const ODD_SHARE: usize = 32;

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
/// What a file is, as the rest of a sentence about it, that anything could be read from as CSV but whose rows would be none.
pub fn format(beginning: &[u8]) -> Result<ResultFormat, &'static str> {
    if beginning.starts_with(b"PAR1") {
        return Ok(ResultFormat::Parquet);
    }
    if beginning.starts_with(&[0xff; 4]) || beginning.starts_with(b"ARROW1") {
        return Ok(ResultFormat::ArrowStream);
    }
    if beginning.starts_with(b"PK\x03\x04") {
        return Err("is a workbook or an archive; save its sheet as CSV, or unpack it");
    }
    if is_binary(beginning) {
        return Err("is a binary file and no table; give CSV, JSON, NDJSON, Arrow or Parquet");
    }
    let text = beginning
        .iter()
        .filter(|byte| **byte != 0 && !byte.is_ascii_whitespace());
    let mut text = text.skip_while(|byte| **byte >= 0x80);
    match (text.next(), text.next()) {
        (None, _) => Err("is empty; look whether the query that made it ran to its end"),
        (Some(b'<'), Some(b'!' | b'?' | b'a'..=b'z' | b'A'..=b'Z')) => Err(
            "is a page of HTML or XML and no table; look whether a message was saved in place of the result",
        ),
        (Some(b'['), _) => Ok(ResultFormat::JsonRows),
        (Some(b'{'), _) => Ok(ResultFormat::Ndjson),
        _ => Ok(ResultFormat::Csv),
    }
}

/// Whether bytes are of no text in any encoding that results come in. UTF-16 is known by its mark, or by the zero bytes of its
/// first two characters; half of it may be zeros.
fn is_binary(beginning: &[u8]) -> bool {
    let is_utf16 = match beginning {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [a, b, c, d, ..] => [*a == 0, *b == 0, *c == 0, *d == 0]
            .windows(2)
            .all(|pair| pair[0] != pair[1]),
        _ => false,
    };
    let is_odd = |byte: &&u8| match byte {
        0 => !is_utf16,
        b'\t'..=b'\r' | 0x1b => false,
        byte => **byte < b' ',
    };
    beginning.iter().filter(is_odd).count() * ODD_SHARE > beginning.len()
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
        ] {
            assert_eq!(format(beginning), Ok(expected), "{beginning:?}");
        }
    }

    #[test]
    fn what_is_no_table_is_told_as_what_it_is() {
        for (beginning, told) in [
            (&b""[..], "is empty"),
            (b"\xef\xbb\xbf \n", "is empty"),
            (b"<!DOCTYPE html>\n<html>", "HTML"),
            (b"  <?xml version=\"1.0\"?>", "XML"),
            (b"PK\x03\x04\x14\0", "workbook"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary"),
            (b"\x7fELF\x02\x01\x01\0", "binary"),
        ] {
            assert!(
                format(beginning).is_err_and(|why| why.contains(told)),
                "{beginning:?}"
            );
        }
    }
}
