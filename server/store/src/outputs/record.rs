//! A chunk as bytes in a file: a header of fixed size, its checksum, then the payload.
//!
//! ```text
//! offset u64 | at i64 | length u64 | lines u64 | step u16 | stream u8 | kind u8 | checksum u32 | payload
//! ```
//! All little-endian. `length` counts payload bytes; for a hole (kind 1 and up, by reason) there is none, and `length` is
//! what was lost.

use std::io::{self, Read};

use pilothouse_protocol::chunk::MAX_CHUNK;
use pilothouse_protocol::{Chunk, Lost, Millis, Payload, Stream};

/// Bytes of a file read at a time.
pub(super) const READ: usize = 256 * 1024;
/// Bytes before the payload.
pub(super) const HEADER: usize = 40;

/// Appends the record of a chunk to `into`.
pub(super) fn write(chunk: &Chunk, into: &mut Vec<u8>) {
    let begin = into.len();
    let (length, lines, kind, payload): (u64, u64, u8, &[u8]) = match &chunk.payload {
        Payload::Data(bytes) => (bytes.len() as u64, 0, 0, bytes),
        Payload::Dropped { bytes, lines, why } => (*bytes, *lines, kind_of(*why), &[]),
    };
    into.extend_from_slice(&chunk.offset.to_le_bytes());
    into.extend_from_slice(&chunk.at.0.to_le_bytes());
    into.extend_from_slice(&length.to_le_bytes());
    into.extend_from_slice(&lines.to_le_bytes());
    into.extend_from_slice(&chunk.step.to_le_bytes());
    into.push(match chunk.stream {
        Stream::Stdout => 0,
        Stream::Stderr => 1,
        Stream::Agent => 2,
    });
    into.push(kind);
    let sum = checksum(&into[begin..], payload);
    into.extend_from_slice(&sum.to_le_bytes());
    into.extend_from_slice(payload);
}

/// The first record in `bytes` and its length; `None` when it is not there whole.
pub(super) fn read(bytes: &[u8]) -> Option<(Chunk, usize)> {
    let header = bytes.get(..HEADER)?;
    let u64_at = |i: usize| header.get(i..i + 8)?.try_into().ok().map(u64::from_le_bytes);
    let (offset, at, length, lines) = (u64_at(0)?, u64_at(8)?, u64_at(16)?, u64_at(24)?);
    let step = u16::from_le_bytes(header.get(32..34)?.try_into().ok()?);
    let stream = match header[34] {
        0 => Stream::Stdout,
        1 => Stream::Stderr,
        2 => Stream::Agent,
        _ => return None,
    };
    let payload_length = match header[35] {
        0 => usize::try_from(length).ok().filter(|n| *n <= MAX_CHUNK)?,
        _ => 0,
    };
    let sum = u32::from_le_bytes(header.get(36..40)?.try_into().ok()?);
    let payload = bytes.get(HEADER..HEADER + payload_length)?;
    if sum != checksum(&header[..36], payload) {
        return None;
    }
    let payload = if header[35] == 0 {
        Payload::Data(payload.to_vec())
    } else {
        Payload::Dropped { bytes: length, lines, why: why(header[35]) }
    };
    let chunk = Chunk { offset, step, stream, at: Millis(at.cast_signed()), payload };
    Some((chunk, HEADER + payload_length))
}

/// How a hole's reason is written.
const fn kind_of(why: Lost) -> u8 {
    match why {
        Lost::Spool => 1,
        Lost::RunQuota => 2,
        Lost::CommandQuota => 3,
        Lost::TotalQuota => 4,
        Lost::Age => 5,
        Lost::Unknown => u8::MAX,
    }
}

const fn why(kind: u8) -> Lost {
    match kind {
        1 => Lost::Spool,
        2 => Lost::RunQuota,
        3 => Lost::CommandQuota,
        4 => Lost::TotalQuota,
        5 => Lost::Age,
        _ => Lost::Unknown,
    }
}

/// FNV-1a over header and payload, folded to 32 bits: finds torn writes; it is no defence against forgery.
fn checksum(header: &[u8], payload: &[u8]) -> u32 {
    folded(header.iter().chain(payload))
}

/// The same over some bytes.
pub(super) fn fold(bytes: &[u8]) -> u32 {
    folded(bytes.iter())
}

fn folded<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    u32::try_from((hash ^ (hash >> 32)) & 0xffff_ffff).unwrap_or_default()
}

/// Calls `take` with each whole record and its size until it says stop; gives the length of what was read.
pub(super) fn each(reader: impl Read, take: impl FnMut(Chunk, usize) -> bool) -> io::Result<u64> {
    each_of(reader, read, take)
}

/// The same of anything that `first` reads from the beginning of some bytes, with its length, when it is there whole.
pub(super) fn each_of<T>(
    mut reader: impl Read,
    first: impl Fn(&[u8]) -> Option<(T, usize)>,
    mut take: impl FnMut(T, usize) -> bool,
) -> io::Result<u64> {
    let mut buffer: Vec<u8> = Vec::with_capacity(READ);
    let mut done = 0u64;
    loop {
        let came = (&mut reader).take(READ as u64).read_to_end(&mut buffer)?;
        let mut used = 0;
        while let Some((it, size)) = first(&buffer[used..]) {
            used += size;
            done += size as u64;
            if !take(it, size) {
                return Ok(done);
            }
        }
        buffer.drain(..used);
        // More than any record is long, and none begins here: no use in reading on.
        if came == 0 || buffer.len() > 2 * READ {
            return Ok(done);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(payload: Payload) -> Chunk {
        Chunk { offset: 7, step: 3, stream: Stream::Stderr, at: Millis(-5), payload }
    }

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        for it in [
            chunk(Payload::Data(vec![0, 255, 27])),
            chunk(Payload::Dropped { bytes: 1 << 40, lines: 9, why: Lost::RunQuota }),
        ] {
            let mut bytes = Vec::new();
            write(&it, &mut bytes);
            let length = bytes.len();
            bytes.extend_from_slice(b"more");
            assert_eq!(read(&bytes), Some((it, length)));
        }
    }

    #[test]
    fn a_torn_or_changed_record_is_none() {
        let mut bytes = Vec::new();
        write(&chunk(Payload::Data(b"hello".to_vec())), &mut bytes);
        assert_eq!(read(&bytes[..bytes.len() - 1]), None);
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(read(&bytes), None);
    }
}
