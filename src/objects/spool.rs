//! An object's bytes once they are here: in memory when few, else in a file without a name.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use sha2::{Digest, Sha256};

/// The most bytes that are kept in memory.
const MOST_IN_MEMORY: usize = 1 << 20;
/// Bytes read from a file at a time.
const READ_BYTES: usize = 64 << 10;

/// An object's bytes, to be read as often as needed. A file is gone with its last clone.
#[derive(Debug, Clone)]
pub enum Spooled {
    /// In memory.
    Memory(Bytes),
    /// In a file, and how many there are.
    Disk(Arc<File>, u64),
}

/// Bytes on their way in.
pub(super) struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
    folder: std::path::PathBuf,
    hash: Sha256,
    bytes: u64,
}

impl Spool {
    /// An empty one, whose file would lie in that folder.
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            memory: Vec::new(),
            file: None,
            folder: folder.to_owned(),
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    /// Takes more bytes; returns how many there are now. Blocks while a file is written.
    pub(super) fn write(&mut self, more: &[u8]) -> io::Result<u64> {
        self.hash.update(more);
        self.bytes += more.len() as u64;
        if self.file.is_none() && self.memory.len() + more.len() <= MOST_IN_MEMORY {
            self.memory.extend_from_slice(more);
            return Ok(self.bytes);
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(&self.folder)?),
        };
        if !self.memory.is_empty() {
            file.write_all(&std::mem::take(&mut self.memory))?;
        }
        file.write_all(more)?;
        Ok(self.bytes)
    }

    /// The bytes, how many they are and their SHA-256.
    pub(super) fn finish(self) -> (Spooled, u64, [u8; 32]) {
        let spooled = match self.file {
            Some(file) => Spooled::Disk(Arc::new(file), self.bytes),
            None => Spooled::Memory(self.memory.into()),
        };
        (spooled, self.bytes, self.hash.finalize().into())
    }
}

impl Length for Spooled {
    fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Disk(_, bytes) => *bytes,
        }
    }
}

impl ChunkReader for Spooled {
    type T = SpooledRead;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(match self {
            Self::Memory(bytes) => {
                let start = usize::try_from(start).unwrap_or(usize::MAX).min(bytes.len());
                SpooledRead::Memory(bytes.slice(start..).reader())
            }
            Self::Disk(file, _) => {
                let at = At {
                    file: file.clone(),
                    offset: start,
                };
                SpooledRead::Disk(BufReader::with_capacity(READ_BYTES, at))
            }
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let end = start.checked_add(length as u64).filter(|end| *end <= self.len());
        if end.is_none() {
            return Err(ParquetError::EOF(format!(
                "{length} bytes at {start} are beyond its end"
            )));
        }
        match self {
            Self::Memory(bytes) => Ok(bytes.slice(start as usize..start as usize + length)),
            Self::Disk(file, _) => {
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, start)?;
                Ok(bytes.into())
            }
        }
    }
}

/// Reads an object's bytes from some place on.
#[derive(Debug)]
pub enum SpooledRead {
    /// In memory.
    Memory(bytes::buf::Reader<Bytes>),
    /// In a file.
    Disk(BufReader<At>),
}

impl Read for SpooledRead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(reader) => reader.read(buffer),
            Self::Disk(reader) => reader.read(buffer),
        }
    }
}

/// A place of its own in a file that others read too.
#[derive(Debug)]
pub struct At {
    file: Arc<File>,
    offset: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_from_memory_and_from_disk() {
        for pieces in [3usize, 3_000] {
            let mut spool = Spool::new(&std::env::temp_dir());
            let piece: Vec<u8> = (0..1000u32).map(|byte| (byte % 251) as u8).collect();
            for _ in 0..pieces {
                spool.write(&piece).unwrap();
            }
            let whole = piece.repeat(pieces);
            let (spooled, bytes, sha256) = spool.finish();
            assert_eq!(matches!(spooled, Spooled::Disk(..)), pieces == 3_000);
            assert_eq!((bytes, spooled.len()), (whole.len() as u64, whole.len() as u64));
            assert_eq!(sha256, <[u8; 32]>::from(Sha256::digest(&whole)));
            for _ in 0..2 {
                let mut read = Vec::new();
                spooled.get_read(7).unwrap().read_to_end(&mut read).unwrap();
                assert_eq!(read, whole[7..]);
            }
            assert_eq!(*spooled.get_bytes(5, 20).unwrap(), whole[5..25]);
            assert!(spooled.get_bytes(bytes - 1, 2).is_err());
            assert!(spooled.get_bytes(u64::MAX, 2).is_err());
        }
    }
}
