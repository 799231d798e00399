//! A segment: one file in which the small outputs of a command stand, in order of arrival. Making a file is dear, and most
//! outputs are a few lines.
//!
//! ```text
//! magic 8 bytes | clean u64 | entry …       entry: kind u8 | id length u8 | node's id | checksum u32 | record, if kind is 1
//! ```
//! `clean` is the length up to which nothing but holes is left, as old output was swept out; 16 in a fresh file. Kinds: 1 a record
//! of a node's output, 2 the node's output was removed, 3 it has moved to a file of its own.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use pilothouse_protocol::{Chunk, InstanceId};

use super::appending::kept;
use super::pick::Extent;
use super::record::{self, fold};

/// Name of the file in the command's folder: no node's id.
pub(super) const SEGMENT: &str = "small.seg";
/// Bytes before the first entry.
pub(super) const HEAD: u64 = 16;
const MAGIC: &[u8; 8] = b"PHSEG\0\0\x01";
/// What is read at a time for many outputs, at most.
const SPAN: u64 = 1024 * 1024;
/// Bytes between two pieces that are read rather than skipped.
const GAP: u64 = 16 * 1024;

/// The head of a file that is swept up to `clean`.
pub(super) fn head(clean: u64) -> Vec<u8> {
    [MAGIC.as_slice(), &clean.to_le_bytes()].concat()
}

/// `clean` of a head; `None` when it is none.
pub(super) fn clean(head: &[u8]) -> Option<u64> {
    let bytes = head.get(8..16).filter(|_| head.starts_with(MAGIC))?;
    bytes.try_into().ok().map(u64::from_le_bytes)
}

/// What an entry says of a node's output.
#[derive(Debug, PartialEq)]
pub(super) enum Entry {
    Record(Chunk),
    Removed,
    Moved,
}

/// Appends an entry.
pub(super) fn write(instance: &InstanceId, entry: &Entry, into: &mut Vec<u8>) {
    let begin = into.len();
    into.push(match entry {
        Entry::Record(_) => 1,
        Entry::Removed => 2,
        Entry::Moved => 3,
    });
    let id = instance.as_str().as_bytes();
    into.push(u8::try_from(id.len()).unwrap_or(u8::MAX));
    into.extend_from_slice(id);
    let sum = fold(&into[begin..]);
    into.extend_from_slice(&sum.to_le_bytes());
    if let Entry::Record(chunk) = entry {
        record::write(chunk, into);
    }
}

/// The first entry in `bytes` and its length; `None` when it is not there whole.
pub(super) fn read(bytes: &[u8]) -> Option<((InstanceId, Entry), usize)> {
    let (kind, length) = (*bytes.first()?, usize::from(*bytes.get(1)?));
    let name = bytes.get(..2 + length)?;
    let sum = u32::from_le_bytes(bytes.get(2 + length..6 + length)?.try_into().ok()?);
    if sum != fold(name) {
        return None;
    }
    let instance = std::str::from_utf8(&name[2..]).ok()?.parse().ok()?;
    let mut size = 6 + length;
    let entry = match kind {
        1 => {
            let (chunk, record) = record::read(&bytes[size..])?;
            size += record;
            Entry::Record(chunk)
        }
        2 => Entry::Removed,
        3 => Entry::Moved,
        _ => return None,
    };
    Some(((instance, entry), size))
}

/// Entries of one node that follow each other in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) position: u64,
    pub(super) length: u32,
}

impl Piece {
    const fn end(self) -> u64 {
        self.position + self.length as u64
    }
}

/// A small output: where its entries stand.
#[derive(Debug, Default)]
pub(super) struct Small {
    pub(super) extent: Extent,
    /// Bytes of output that are kept, holes not counted.
    pub(super) kept: u64,
    /// The run is over: nothing is appended any more.
    pub(super) over: bool,
    pub(super) pieces: Vec<Piece>,
}

impl Small {
    /// Notes an entry with a chunk that follows.
    pub(super) fn note(&mut self, chunk: &Chunk, position: u64, size: usize) {
        self.extent.grow(chunk);
        self.kept += kept(std::slice::from_ref(chunk));
        let length = u32::try_from(size).unwrap_or(u32::MAX);
        match self.pieces.last_mut() {
            Some(last) if last.end() == position => last.length += length,
            _ => self.pieces.push(Piece { position, length }),
        }
    }

    /// Bytes in the file.
    pub(super) fn size(&self) -> u64 {
        self.pieces.iter().map(|piece| u64::from(piece.length)).sum()
    }
}

/// Reads pieces of many outputs, which are numbered, and hands their chunks on, each output's in its own order. What stands close
/// together is read at once.
pub(super) fn read_pieces(
    file: &mut File,
    mut pieces: Vec<(usize, Piece)>,
    mut take: impl FnMut(usize, Chunk),
) -> io::Result<()> {
    pieces.sort_by_key(|(_, piece)| piece.position);
    let mut rest = pieces.as_slice();
    while let Some((_, first)) = rest.first() {
        let mut span = first.position..first.end();
        let count = rest.iter().take_while(|(_, piece)| reaches(&mut span, *piece)).count();
        let (here, behind) = rest.split_at(count);
        let mut bytes = vec![0; usize::try_from(span.end - span.start).map_err(io::Error::other)?];
        file.seek(SeekFrom::Start(span.start))?;
        file.read_exact(&mut bytes)?;
        for (number, piece) in here {
            let at = usize::try_from(piece.position - span.start).map_err(io::Error::other)?;
            let mut entries = &bytes[at..at + piece.length as usize];
            while let Some(((_, entry), size)) = read(entries) {
                entries = &entries[size..];
                if let Entry::Record(chunk) = entry {
                    take(*number, chunk);
                }
            }
            if !entries.is_empty() {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "an entry of the segment is broken"));
            }
        }
        rest = behind;
    }
    Ok(())
}

/// Lets a span reach to the end of a piece, if it may.
fn reaches(span: &mut Range<u64>, piece: Piece) -> bool {
    let is_near = piece.position <= span.end + GAP;
    let is_first = piece.end() == span.end;
    let fits = piece.end() - span.start <= SPAN;
    if is_first || (is_near && fits) {
        span.end = span.end.max(piece.end());
        return true;
    }
    false
}

#[cfg(test)]
mod tests {
    use pilothouse_protocol::{Millis, Payload, Stream};

    use super::*;

    #[test]
    fn an_entry_reads_back_as_it_was_written_and_a_torn_one_is_none() {
        let instance = InstanceId::from_random([7; 9]);
        let payload = Payload::Data(b"hello".to_vec());
        let chunk = Chunk { offset: 7, step: 3, stream: Stream::Stderr, at: Millis(-5), payload };
        for entry in [Entry::Record(chunk), Entry::Removed, Entry::Moved] {
            let mut bytes = Vec::new();
            write(&instance, &entry, &mut bytes);
            for torn in 0..bytes.len() {
                assert_eq!(read(&bytes[..torn]), None);
            }
            let length = bytes.len();
            bytes.extend_from_slice(b"more");
            assert_eq!(read(&bytes), Some(((instance.clone(), entry), length)));
        }
    }
}
