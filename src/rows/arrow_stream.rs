//! Arrow IPC, as a stream or as a file, which is a stream between marks: taken apart message by message, so that no length
//! that one claims is believed before it is checked, and validated in full.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::{MessageHeader, root_as_message};

use super::arrow_types::Unpacker;
use super::batches::Take;
use super::limits::MOST_BATCH_BYTES;
use super::{Limits, RowsError};

/// What opens a message, before its length.
const CONTINUATION: [u8; 4] = [0xFF; 4];
/// The message that ends a stream.
const END: [u8; 8] = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0];
/// The most bytes of a message's metadata.
const MOST_METADATA_BYTES: u64 = 16 << 20;

/// What a file begins with, before its stream; a directory of its messages follows that.
const FILE_MARK: [u8; 8] = *b"ARROW1\0\0";

/// Reads the whole stream.
pub(super) fn read(plain: impl Read, limits: &Limits, take: Take<'_>) -> Result<(), RowsError> {
    let mut plain = without_mark(plain)?;
    let mut decoder = StreamDecoder::new();
    let mut unpacker = None;
    let mut give = |decoder: &mut StreamDecoder, bytes: Vec<u8>| -> Result<(), RowsError> {
        let mut rest = Buffer::from_vec(bytes);
        while !rest.is_empty() {
            let batch = decode(decoder, &mut rest)?;
            let unpacker = match (&mut unpacker, decoder.schema()) {
                (Some(unpacker), _) => unpacker,
                (none, Some(schema)) => none.insert(Unpacker::new(&schema, limits)?),
                (None, None) => continue,
            };
            if let Some(batch) = batch {
                unpacker.give(&batch, take)?;
            }
        }
        Ok(())
    };
    while let Some(message) = Message::read(&mut plain)? {
        give(&mut decoder, message.head)?;
        give(&mut decoder, message.body)?;
    }
    // A message without a body is decoded only once something follows it.
    give(&mut decoder, END.to_vec())?;
    match &mut unpacker {
        Some(unpacker) => unpacker.finish(take),
        None => Err(malformed("it ends before its schema".to_owned())),
    }
}

/// The stream, without the mark of a file and the zeros before it.
fn without_mark(mut plain: impl Read) -> Result<impl Read, RowsError> {
    let block = |plain: &mut dyn Read| -> Result<Vec<u8>, RowsError> {
        let mut bytes = Vec::with_capacity(FILE_MARK.len());
        plain
            .take(FILE_MARK.len() as u64)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        Ok(bytes)
    };
    let mut begin = block(&mut plain)?;
    if begin == FILE_MARK {
        // Writers align the stream to 64 bytes at most.
        for _ in 0..8 {
            begin = block(&mut plain)?;
            if begin.iter().any(|byte| *byte != 0) {
                break;
            }
        }
    }
    Ok(io::Cursor::new(begin).chain(plain))
}

fn decode(decoder: &mut StreamDecoder, rest: &mut Buffer) -> Result<Option<RecordBatch>, RowsError> {
    // The decoder validates what it reads, yet some damage still makes it panic; a bad result must stay an error.
    let decoded = catch_unwind(AssertUnwindSafe(|| decoder.decode(rest)));
    let decoded = decoded.map_err(|_| malformed("its buffers contradict its schema".to_owned()))?;
    decoded.map_err(|error| malformed(error.to_string()))
}

/// One message of a stream, whole and with lengths that can be believed.
struct Message {
    /// Its length and metadata.
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Message {
    /// The next message; `None` at the end of the stream.
    fn read(plain: &mut impl Read) -> Result<Option<Self>, RowsError> {
        let mut head = Vec::new();
        let Some(mut length) = word(plain)? else {
            return Ok(None);
        };
        // Streams of before 2019 do without it.
        if length == CONTINUATION {
            head.extend_from_slice(&CONTINUATION);
            length = word(plain)?.ok_or_else(cut)?;
        }
        head.extend_from_slice(&length);
        let length = u64::from(u32::from_le_bytes(length));
        if length == 0 {
            return Ok(None);
        }
        if length > MOST_METADATA_BYTES {
            return Err(malformed("a message's metadata is far too long".to_owned()));
        }
        let start = head.len();
        append(plain, length, &mut head)?;
        let body_bytes = checked_body_bytes(&head[start..])?;
        let mut body = Vec::new();
        append(plain, body_bytes, &mut body)?;
        check_unpacked(&head[start..], &body)?;
        Ok(Some(Self { head, body }))
    }
}

/// Four bytes; `None` where the stream ends instead.
fn word(plain: &mut impl Read) -> Result<Option<[u8; 4]>, RowsError> {
    let mut bytes = Vec::with_capacity(4);
    match plain.take(4).read_to_end(&mut bytes).map_err(failed)? {
        0 => Ok(None),
        _ => <[u8; 4]>::try_from(&bytes[..]).map(Some).map_err(|_| cut()),
    }
}

/// Reads exactly so many bytes, reserving only what really comes.
fn append(plain: &mut impl Read, bytes: u64, out: &mut Vec<u8>) -> Result<(), RowsError> {
    let read = plain.take(bytes).read_to_end(out).map_err(failed)?;
    match read as u64 == bytes {
        true => Ok(()),
        false => Err(cut()),
    }
}

fn checked_body_bytes(metadata: &[u8]) -> Result<u64, RowsError> {
    let message = root_as_message(metadata).map_err(|error| malformed(error.to_string()))?;
    match u64::try_from(message.bodyLength()) {
        Ok(bytes) if bytes <= MOST_BATCH_BYTES => Ok(bytes),
        Ok(_) => Err(RowsError::batch_bytes()),
        Err(_) => Err(malformed("a message's length is negative".to_owned())),
    }
}

/// Refuses compressed buffers that claim to hold more than a batch may.
fn check_unpacked(metadata: &[u8], body: &[u8]) -> Result<(), RowsError> {
    let message = root_as_message(metadata).map_err(|error| malformed(error.to_string()))?;
    let batch = match message.header_type() {
        MessageHeader::RecordBatch => message.header_as_record_batch(),
        MessageHeader::DictionaryBatch => message
            .header_as_dictionary_batch()
            .and_then(|batch| batch.data()),
        _ => None,
    };
    let Some(batch) = batch.filter(|batch| batch.compression().is_some()) else {
        return Ok(());
    };
    let mut total = 0u64;
    for buffer in batch.buffers().into_iter().flatten() {
        let claimed = usize::try_from(buffer.offset())
            .ok()
            .and_then(|offset| body.get(offset..)?.first_chunk::<8>())
            .map_or(0, |prefix| i64::from_le_bytes(*prefix));
        total = total.saturating_add(u64::try_from(claimed).unwrap_or_default());
    }
    match total > MOST_BATCH_BYTES {
        true => Err(RowsError::batch_bytes()),
        false => Ok(()),
    }
}

fn failed(error: io::Error) -> RowsError {
    RowsError::from_io(error, "Arrow IPC")
}

fn cut() -> RowsError {
    malformed("it ends in the middle of a message".to_owned())
}

fn malformed(problem: String) -> RowsError {
    RowsError::Malformed {
        format: "Arrow IPC",
        problem,
        remedy: "write it with an Arrow stream or file writer and deliver it whole",
    }
}
