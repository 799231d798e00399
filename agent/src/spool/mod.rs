//! A job's output on its way to the server: appended by the step runner, read by the link from any offset.
//!
//! On disk it is a row of segments in the job's folder, each named by the offset at which it begins and each a file of records:
//! `length u32 | MessagePack of a Chunk`, little-endian. A record that is not there whole does not exist yet. The step runner
//! writes the last segment; the agent removes the first ones as soon as the server has them, so a long output needs little disk
//! as long as the link is up, and what does not fit is a hole with a length. In memory (simulated nodes) it is the chunks
//! themselves.
//!
//! Never here: who may run, and what the output means.

mod segments;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use pilothouse_protocol::Chunk;

pub(crate) use segments::{end_of, size_of};
pub(crate) use writer::Writer;

use segments::Reader;

/// A spool, as the link reads it. Clones read the same spool.
#[derive(Clone, Debug)]
pub struct Spool(Arc<Mutex<Kind>>);

#[derive(Debug)]
enum Kind {
    Files(Reader),
    Memory { chunks: std::collections::VecDeque<Chunk>, end: u64 },
}

impl Spool {
    /// The spool in a folder, which may be empty yet.
    #[must_use]
    pub fn files(folder: &Path) -> Self {
        Self(Arc::new(Mutex::new(Kind::Files(Reader::new(folder)))))
    }

    /// An empty spool in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self(Arc::new(Mutex::new(Kind::Memory { chunks: std::collections::VecDeque::new(), end: 0 })))
    }

    fn with<T>(&self, look: impl FnOnce(&mut Kind) -> T) -> T {
        // A panic in a reader leaves a cursor at worst, and cursors are checked.
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The next chunk at or after `from`, if there is one. What was given back already is a hole.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn next(&self, from: u64) -> std::io::Result<Option<Chunk>> {
        self.with(|kind| match kind {
            Kind::Files(reader) => reader.next(from),
            Kind::Memory { chunks, .. } => {
                let i = chunks.partition_point(|chunk| chunk.end() <= from);
                Ok(chunks.get(i).cloned().and_then(|chunk| chunk.from_offset(from)))
            }
        })
    }

    /// Appends to a spool in memory; the chunk's offset is set. Files are the step runner's to write.
    pub fn push(&self, mut chunk: Chunk) {
        self.with(|kind| {
            if let Kind::Memory { chunks, end } = kind {
                chunk.offset = *end;
                *end = chunk.end();
                chunks.push_back(chunk);
            }
        });
    }

    /// The server has everything below `to`: memory and disk are given back. What is left goes with its job.
    pub fn forget_below(&self, to: u64) {
        self.with(|kind| match kind {
            Kind::Files(reader) => reader.forget_below(to),
            Kind::Memory { chunks, .. } => {
                while chunks.front().is_some_and(|chunk| chunk.end() <= to) {
                    chunks.pop_front();
                }
            }
        });
    }

    /// Gives all of it back.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn clear(&self) -> std::io::Result<()> {
        self.with(|kind| match kind {
            Kind::Files(reader) => segments::clear(reader.folder()),
            Kind::Memory { chunks, .. } => {
                chunks.clear();
                Ok(())
            }
        })
    }

    /// Something that is another one after the output grew. It costs a look at the folder, and nothing is read.
    pub(crate) fn mark(&self) -> (u64, u64) {
        self.with(|kind| match kind {
            Kind::Files(reader) => segments::mark(reader.folder()),
            Kind::Memory { end, .. } => (*end, 0),
        })
    }

    /// The end of what is spooled.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn end(&self) -> std::io::Result<u64> {
        self.with(|kind| match kind {
            Kind::Files(reader) => end_of(reader.folder()),
            Kind::Memory { end, .. } => Ok(*end),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilothouse_protocol::{Millis, Payload, Stream};

    #[test]
    fn a_spool_in_memory_gives_back_what_the_server_has() {
        let spool = Spool::memory();
        for text in ["abc", "def"] {
            let payload = Payload::Data(text.as_bytes().to_vec());
            spool.push(Chunk { offset: 0, step: 0, stream: Stream::Stdout, at: Millis(1), payload });
        }
        spool.forget_below(3);
        let next = spool.next(3).unwrap().unwrap();
        assert_eq!((next.offset, next.payload), (3, Payload::Data(b"def".to_vec())));
        assert_eq!(spool.end().unwrap(), 6);
    }
}
