//! A job's output on its way to the server: appended by the step runner, read by the link from any offset.
//!
//! On disk it is a file of records, `length u32 | MessagePack of a Chunk`, little-endian. A record that is not there whole does
//! not exist yet. In memory (simulated nodes) it is the chunks themselves.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use pilothouse_protocol::Chunk;

/// Bytes of one record, at most: a chunk with its envelope.
const MAX_RECORD: usize = 64 * 1024;

/// The record of a chunk.
pub(crate) fn record(chunk: &Chunk) -> Vec<u8> {
    let body = rmp_serde::to_vec_named(chunk).unwrap_or_default();
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [length.to_le_bytes().as_slice(), &body].concat()
}

/// The first record in `bytes`, and its length.
fn first(bytes: &[u8]) -> Option<(Chunk, usize)> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let body = bytes.get(4..4 + length).filter(|_| length <= MAX_RECORD)?;
    rmp_serde::from_slice(body).ok().map(|chunk| (chunk, 4 + length))
}

/// A spool, as the link reads it. Clones read the same spool.
#[derive(Clone, Debug)]
pub struct Spool(Arc<Mutex<Kind>>);

#[derive(Debug)]
enum Kind {
    File(Reader),
    Memory { chunks: Vec<Chunk>, end: u64 },
}

#[derive(Debug)]
struct Reader {
    path: PathBuf,
    /// The next record to read begins here and has this offset.
    position: u64,
    offset: u64,
}

impl Spool {
    /// The spool in a file, which need not exist yet.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self(Arc::new(Mutex::new(Kind::File(Reader { path: path.to_owned(), position: 0, offset: 0 }))))
    }

    /// An empty spool in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self(Arc::new(Mutex::new(Kind::Memory { chunks: Vec::new(), end: 0 })))
    }

    fn with<T>(&self, look: impl FnOnce(&mut Kind) -> T) -> T {
        // A panic in a reader leaves a cursor at worst, and cursors are checked.
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The next chunk at or after `from`, if there is one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next(&self, from: u64) -> std::io::Result<Option<Chunk>> {
        self.with(|kind| match kind {
            Kind::File(reader) => reader.next(from),
            Kind::Memory { chunks, .. } => {
                let i = chunks.partition_point(|chunk| chunk.end() <= from);
                Ok(chunks.get(i).cloned().and_then(|chunk| chunk.from_offset(from)))
            }
        })
    }

    /// Appends to a spool in memory; its offset is set. A file is the step runner's to write.
    pub fn push(&self, mut chunk: Chunk) {
        self.with(|kind| {
            if let Kind::Memory { chunks, end } = kind {
                chunk.offset = *end;
                *end = chunk.end();
                chunks.push(chunk);
            }
        });
    }

    /// The server has everything below `to`: memory is given back. A file goes with its job.
    pub fn forget_below(&self, to: u64) {
        self.with(|kind| {
            if let Kind::Memory { chunks, .. } = kind {
                chunks.retain(|chunk| chunk.end() > to);
            }
        });
    }

    /// The end of what is spooled.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn end(&self) -> std::io::Result<u64> {
        self.with(|kind| match kind {
            Kind::File(reader) => scan(&reader.path).map(|(end, _)| end),
            Kind::Memory { end, .. } => Ok(*end),
        })
    }
}

/// End of the output and length of the whole records in a spool file.
pub(crate) fn scan(path: &Path) -> std::io::Result<(u64, u64)> {
    let mut reader = Reader { path: path.to_owned(), position: 0, offset: 0 };
    while reader.read_one()?.is_some() {}
    Ok((reader.offset, reader.position))
}

impl Reader {
    fn next(&mut self, from: u64) -> std::io::Result<Option<Chunk>> {
        if from < self.offset {
            (self.position, self.offset) = (0, 0);
        }
        while let Some(chunk) = self.read_one()? {
            if let Some(chunk) = chunk.from_offset(from) {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }

    fn read_one(&mut self) -> std::io::Result<Option<Chunk>> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        file.seek(SeekFrom::Start(self.position))?;
        let mut bytes = Vec::with_capacity(4096);
        file.take(MAX_RECORD as u64 + 4).read_to_end(&mut bytes)?;
        let Some((chunk, length)) = first(&bytes) else { return Ok(None) };
        self.position += length as u64;
        self.offset = chunk.end();
        Ok(Some(chunk))
    }
}


#[cfg(test)]
mod tests {
    use super::*;
    use pilothouse_protocol::{Millis, Payload, Stream};
    use std::io::Write;

    fn chunk(offset: u64, text: &str) -> Chunk {
        let payload = Payload::Data(text.as_bytes().to_vec());
        Chunk { offset, step: 0, stream: Stream::Stdout, at: Millis(1), payload }
    }

    #[test]
    fn a_spool_is_read_from_any_offset_while_it_grows_and_a_torn_record_is_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spool");
        let spool = Spool::file(&path);
        assert_eq!(spool.next(0).unwrap(), None);
        let mut file = File::options().create(true).append(true).open(&path).unwrap();
        file.write_all(&record(&chunk(0, "abc"))).unwrap();
        let second = record(&chunk(3, "def"));
        file.write_all(&second[..5]).unwrap();
        assert_eq!(spool.next(0).unwrap(), Some(chunk(0, "abc")));
        assert_eq!(spool.next(3).unwrap(), None);
        file.write_all(&second[5..]).unwrap();
        assert_eq!(spool.next(4).unwrap(), Some(chunk(4, "ef")));
        assert_eq!(spool.next(1).unwrap(), Some(chunk(1, "bc")), "a new link may begin anywhere");
        assert_eq!(spool.end().unwrap(), 6);
    }

    #[test]
    fn a_spool_in_memory_gives_back_what_the_server_has() {
        let spool = Spool::memory();
        spool.push(chunk(0, "abc"));
        spool.push(chunk(0, "def"));
        spool.forget_below(3);
        assert_eq!(spool.next(3).unwrap(), Some(chunk(3, "def")));
        assert_eq!(spool.end().unwrap(), 6);
    }
}
