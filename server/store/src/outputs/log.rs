//! What is known of a growing log, and how it is found out after a restart.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use pilothouse_protocol::{Chunk, Payload};

use super::pick::{Extent, Mark};
use super::{OutputError, record};

/// Output bytes between two entries of a growing log's index.
const INDEX_STEP: u64 = 64 * 1024;

/// What is known of a growing log.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// Of the output.
    pub(super) extent: Extent,
    /// Length of the file.
    pub(super) length: u64,
    /// Bytes of output that are kept, holes not counted.
    pub(super) kept: u64,
    /// A record about every [`INDEX_STEP`] bytes, in order.
    pub(super) index: Vec<Mark>,
    /// The run is over: nothing is appended any more.
    pub(super) over: bool,
}

impl Log {
    /// Notes a record that was written at the end of the file.
    pub(super) fn note(&mut self, chunk: &Chunk, size: usize) {
        if self.index.last().is_none_or(|mark| chunk.offset >= mark.offset + INDEX_STEP) {
            let lines = self.extent.lines;
            self.index.push(Mark { offset: chunk.offset, position: self.length, lines });
        }
        self.extent.grow(chunk);
        self.length += size as u64;
        if let Payload::Data(bytes) = &chunk.payload {
            self.kept += bytes.len() as u64;
        }
    }
}

/// Reads a growing log through, and cuts off what a crash tore.
pub(super) fn scan(path: &Path) -> Result<Log, OutputError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Log::default()),
        Err(error) => return Err(error.into()),
    };
    let mut log = Log::default();
    record::each(file, |chunk, size| {
        // A record that does not continue the log is as good as torn.
        let continues = chunk.offset == log.extent.end;
        if continues {
            log.note(&chunk, size);
        }
        continues
    })?;
    cut(path, log.length)?;
    Ok(log)
}

/// Cuts off what a crash tore at the end of a file.
pub(super) fn cut(path: &Path, length: u64) -> io::Result<()> {
    let size = fs::metadata(path)?.len();
    if size > length {
        tracing::warn!(path = %path.display(), cut = size - length, "the torn end of an output file is cut off");
        OpenOptions::new().write(true).open(path)?.set_len(length)?;
    }
    Ok(())
}
