//! Compressed bytes to plain ones, under caps.

use std::io::{self, Read};

use super::{Limits, RowsError};
use crate::event::Compression;

/// Bytes after decompression below which the ratio is not judged.
const RATIO_FREE_BYTES: u64 = 1 << 20;
/// Largest window a Zstandard frame may ask for, as a power of two: 128 MiB, what the format recommends.
const ZSTD_WINDOW_LOG: u32 = 27;

/// The plain bytes of `packed`, of which there are `packed_bytes`. Reading them fails with a [`RowsError`] inside the
/// input's error once a cap is passed, the bytes are damaged, or they cannot be had.
pub(super) fn plain<'a>(
    compression: Compression,
    packed: impl Read + 'a,
    packed_bytes: u64,
    limits: &Limits,
) -> Result<Box<dyn Read + 'a>, RowsError> {
    let packed = Packed(packed);
    let by_ratio = packed_bytes.saturating_mul(limits.ratio).max(RATIO_FREE_BYTES);
    let (most, over) = match compression != Compression::None && by_ratio < limits.bytes {
        true => (by_ratio, RowsError::ratio(limits)),
        false => (limits.bytes, RowsError::bytes(limits)),
    };
    let (reader, format): (Box<dyn Read + 'a>, _) = match compression {
        Compression::None => (Box::new(packed), "plain bytes"),
        Compression::Gzip => (Box::new(flate2::read::MultiGzDecoder::new(packed)), "gzip"),
        Compression::Zstd => {
            let mut decoder =
                zstd::stream::read::Decoder::new(packed).map_err(|error| damaged("Zstandard", error))?;
            decoder
                .window_log_max(ZSTD_WINDOW_LOG)
                .map_err(|error| damaged("Zstandard", error))?;
            (Box::new(decoder), "Zstandard")
        }
    };
    Ok(Box::new(Capped {
        reader,
        format,
        left: most,
        over,
    }))
}

/// Bytes as delivered; failing to read them says nothing about them.
struct Packed<R>(R);

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => io::Error::other(RowsError::Unavailable {
                problem: error.to_string(),
            }),
        })
    }
}

/// A reader of so many bytes and no more.
struct Capped<'a> {
    reader: Box<dyn Read + 'a>,
    format: &'static str,
    left: u64,
    over: RowsError,
}

impl Read for Capped<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match self.reader.read(buffer) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                return Err(io::Error::other(damaged(self.format, error)));
            }
            result => result? as u64,
        };
        match self.left.checked_sub(read) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other(self.over.clone())),
        }
        Ok(read as usize)
    }
}

fn damaged(format: &'static str, error: io::Error) -> RowsError {
    match RowsError::from_io(error, format) {
        RowsError::Malformed { format, problem, .. } => RowsError::Malformed {
            format,
            problem,
            remedy: "declare the compression the bytes really have and deliver them whole",
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn unpacked(compression: Compression, packed: &[u8], limits: &Limits) -> Result<Vec<u8>, RowsError> {
        let mut out = Vec::new();
        plain(compression, packed, packed.len() as u64, limits)?
            .read_to_end(&mut out)
            .map_err(|error| RowsError::from_io(error, "plain bytes"))?;
        Ok(out)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn unpacks_under_caps() {
        let limits = Limits {
            bytes: 4 << 20,
            ratio: 50,
            ..Limits::default()
        };
        let bomb = vec![b'x'; 3 << 20];
        let zipped = zstd::encode_all(&bomb[..], 3).unwrap();
        for (compression, packed) in [
            (Compression::Gzip, gzip(b"abc")),
            (Compression::Zstd, zstd::encode_all(&b"abc"[..], 3).unwrap()),
        ] {
            assert_eq!(unpacked(compression, &packed, &limits).unwrap(), b"abc");
            let cut = &packed[..packed.len() - 1];
            assert!(matches!(
                unpacked(compression, cut, &limits),
                Err(RowsError::Malformed { .. })
            ));
            assert!(matches!(
                unpacked(compression, b"abc", &limits),
                Err(RowsError::Malformed { .. })
            ));
        }
        assert_eq!(
            unpacked(Compression::Zstd, &zipped, &limits),
            Err(RowsError::ratio(&limits))
        );
        let wide = Limits {
            bytes: 2 << 20,
            ratio: u64::MAX,
            ..Limits::default()
        };
        assert_eq!(
            unpacked(Compression::Gzip, &gzip(&bomb), &wide),
            Err(RowsError::bytes(&wide))
        );
        assert_eq!(
            unpacked(Compression::None, &bomb, &wide),
            Err(RowsError::bytes(&wide))
        );
    }
}
