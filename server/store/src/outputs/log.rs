//! What is known of a growing log, and how it is found out after a restart.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use pilothouse_protocol::Chunk;

use super::{OutputError, record};

/// Output bytes between two entries of a growing log's index.
pub(super) const INDEX_STEP: u64 = 64 * 1024;

/// What is known of a growing log.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// End of the output.
    pub(super) end: u64,
    /// Length of the file.
    pub(super) length: u64,
    /// (offset, position) of a record, about every [`INDEX_STEP`] bytes, in order.
    pub(super) index: Vec<(u64, u64)>,
    /// The run is over: nothing is appended any more.
    pub(super) over: bool,
}

impl Log {
    /// Notes a record that begins at a position of the file.
    pub(super) fn note(&mut self, chunk: &Chunk, position: u64) {
        if self.index.last().is_none_or(|(offset, _)| chunk.offset >= offset + INDEX_STEP) {
            self.index.push((chunk.offset, position));
        }
        self.end = chunk.end();
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
    let mut position = 0;
    let whole = record::each(file, |chunk, size| {
        // A record that does not continue the log is as good as torn.
        let continues = chunk.offset == log.end;
        if continues {
            log.note(&chunk, position);
            position += size as u64;
        }
        continues
    })?;
    log.length = position;
    let size = fs::metadata(path)?.len();
    if size > log.length {
        tracing::warn!(path = %path.display(), cut = size - log.length, whole, "the torn end of an output file is cut off");
        OpenOptions::new().write(true).open(path)?.set_len(log.length)?;
    }
    Ok(log)
}
