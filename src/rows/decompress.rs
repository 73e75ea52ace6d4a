//! Compressed bytes to plain ones, under caps.

use std::borrow::Cow;
use std::io::{self, Read};

use super::{Limits, RowsError};
use crate::event::Compression;

/// Bytes after decompression below which the ratio is not judged.
const RATIO_FREE_BYTES: u64 = 1 << 20;
/// Largest window a Zstandard frame may ask for, as a power of two: 128 MiB, what the format recommends.
const ZSTD_WINDOW_LOG: u32 = 27;

/// The plain bytes; borrowed where they are not compressed.
pub(super) fn plain<'a>(
    compression: Compression,
    data: &'a [u8],
    limits: &Limits,
) -> Result<Cow<'a, [u8]>, RowsError> {
    match compression {
        Compression::None if data.len() as u64 > limits.bytes => Err(RowsError::bytes(limits)),
        Compression::None => Ok(Cow::Borrowed(data)),
        Compression::Gzip => unpack(
            flate2::read::MultiGzDecoder::new(data),
            "gzip",
            data.len(),
            limits,
        ),
        Compression::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(data).and_then(|mut decoder| {
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Ok(decoder)
            });
            unpack(
                decoder.map_err(|error| damaged("Zstandard", &error))?,
                "Zstandard",
                data.len(),
                limits,
            )
        }
    }
}

fn unpack<'a>(
    mut decoder: impl Read,
    format: &'static str,
    packed: usize,
    limits: &Limits,
) -> Result<Cow<'a, [u8]>, RowsError> {
    let by_ratio = (packed as u64).saturating_mul(limits.ratio).max(RATIO_FREE_BYTES);
    let most = limits.bytes.min(by_ratio);
    let mut plain = Vec::with_capacity(packed.saturating_mul(4).min(1 << 20));
    let mut bounded = decoder.by_ref().take(most.saturating_add(1));
    bounded
        .read_to_end(&mut plain)
        .map_err(|error| damaged(format, &error))?;
    match plain.len() as u64 {
        length if length <= most => Ok(Cow::Owned(plain)),
        _ if limits.bytes <= by_ratio => Err(RowsError::bytes(limits)),
        _ => Err(RowsError::ratio(limits)),
    }
}

fn damaged(format: &'static str, error: &io::Error) -> RowsError {
    RowsError::Malformed {
        format,
        problem: error.to_string(),
        remedy: "declare the compression the bytes really have and deliver them whole",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

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
            assert_eq!(*plain(compression, &packed, &limits).unwrap(), *b"abc");
            let cut = &packed[..packed.len() - 1];
            assert!(matches!(
                plain(compression, cut, &limits),
                Err(RowsError::Malformed { .. })
            ));
            assert!(matches!(
                plain(compression, b"abc", &limits),
                Err(RowsError::Malformed { .. })
            ));
        }
        assert_eq!(
            plain(Compression::Zstd, &zipped, &limits),
            Err(RowsError::ratio(&limits))
        );
        let wide = Limits {
            bytes: 2 << 20,
            ratio: u64::MAX,
            ..Limits::default()
        };
        assert_eq!(
            plain(Compression::Gzip, &gzip(&bomb), &wide),
            Err(RowsError::bytes(&wide))
        );
        assert_eq!(
            plain(Compression::None, &bomb, &wide),
            Err(RowsError::bytes(&wide))
        );
    }
}
