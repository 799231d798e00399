//! What is new of what came, and how it gets to the end of a file.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use pilothouse_protocol::chunk::MAX_CHUNK;
use pilothouse_protocol::{Chunk, JobId, Payload};

use super::OutputError;
use super::log::cut;

/// What of the chunks is new behind `end`, in order.
pub(super) fn news(job: &JobId, chunks: Vec<Chunk>, end: u64) -> Result<Vec<Chunk>, OutputError> {
    let (mut to, mut new) = (end, Vec::with_capacity(chunks.len()));
    for chunk in chunks {
        let Some(chunk) = chunk.from_offset(to).filter(|chunk| !chunk.is_empty()) else { continue };
        if chunk.offset > to {
            if new.is_empty() {
                return Err(OutputError::Hole { job: job.clone(), end });
            }
            break;
        }
        to = chunk.end();
        new.extend(pieces(chunk));
    }
    Ok(new)
}

/// A chunk that is longer than any may be, in pieces: what no node should send is kept all the same.
fn pieces(chunk: Chunk) -> Vec<Chunk> {
    let Payload::Data(bytes) = &chunk.payload else { return vec![chunk] };
    if bytes.len() <= MAX_CHUNK {
        return vec![chunk];
    }
    let piece = |(number, bytes): (usize, &[u8])| Chunk {
        offset: chunk.offset + (number * MAX_CHUNK) as u64,
        payload: Payload::Data(bytes.to_vec()),
        ..chunk
    };
    bytes.chunks(MAX_CHUNK).enumerate().map(piece).collect()
}

/// Bytes of output that chunks hold.
pub(super) fn kept(chunks: &[Chunk]) -> u64 {
    let of = |chunk: &Chunk| if let Payload::Data(bytes) = &chunk.payload { bytes.len() as u64 } else { 0 };
    chunks.iter().map(of).sum()
}

/// Writes at the end of a file; what a failed write left behind is cut off.
pub(super) fn write_at_end(path: &Path, length: u64, bytes: &[u8]) -> Result<(), OutputError> {
    let open = || OpenOptions::new().append(true).create(true).open(path);
    let mut file = match open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            open()?
        }
        other => other?,
    };
    if let Err(error) = file.write_all(bytes) {
        file.set_len(length)?;
        return Err(error.into());
    }
    Ok(())
}

/// Removes a file that may not be there.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Cuts off what does not belong to a file, if it is there.
pub(super) fn cut_if_there(path: &Path, length: u64) -> io::Result<()> {
    match cut(path, length) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
