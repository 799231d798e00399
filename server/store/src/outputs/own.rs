//! Output in a file of its own: `<node>.log` while it grows, `<node>.zst` once it is packed.
//!
//! One lock per file, which lives as long as anybody knows of it: whoever waits for it finds what is so then.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Mutex;

use pilothouse_api::commands::Place;
use pilothouse_protocol::{Chunk, JobId};

use super::appending::{news, remove_file, write_at_end};
use super::block::{Packed, PackedReader, pack};
use super::log::{Log, scan};
use super::pick::{Extent, Limits, Mark, Picker, Start};
use super::quota::Room;
use super::record::{self, READ};
use super::{Excerpt, OutputError, corrupt, lock};

/// Files below this are not packed: they fill one block of the disk either way.
const WORTH_PACKING: u64 = 4096;

/// What is known of the file.
#[derive(Debug)]
enum State {
    /// Nothing yet: it is looked at when it is needed.
    Unread,
    Growing(Log),
    Packed(Packed),
}

/// A file with the output of one run.
#[derive(Debug)]
pub(super) struct OwnFile {
    job: JobId,
    /// Without an extension.
    base: PathBuf,
    state: Mutex<State>,
}

/// Reads what was asked for, without the lock.
enum Reader {
    Log { file: File, length: u64, picker: Picker },
    Packed(PackedReader),
}

/// What became of an append.
pub(super) struct Grown {
    pub(super) end: u64,
    /// Bytes that the file has grown by.
    pub(super) by: u64,
}

impl OwnFile {
    /// A file that is there already, or will be once it is appended to.
    pub(super) const fn unread(job: JobId, base: PathBuf) -> Self {
        Self { job, base, state: Mutex::new(State::Unread) }
    }

    /// Makes the file, with these records in it from the beginning. Either it is there whole or not at all.
    pub(super) fn make(job: JobId, base: PathBuf, chunks: &[Chunk]) -> Result<Self, OutputError> {
        let (mut bytes, mut log) = (Vec::new(), Log::default());
        for chunk in chunks {
            let before = bytes.len();
            record::write(chunk, &mut bytes);
            log.note(chunk, bytes.len() - before);
        }
        let file = Self { job, base, state: Mutex::new(State::Growing(log)) };
        let moving = file.path("moving");
        fs::write(&moving, &bytes)?;
        fs::rename(&moving, file.path("log"))?;
        Ok(file)
    }

    pub(super) fn path(&self, extension: &str) -> PathBuf {
        self.base.with_extension(extension)
    }

    /// Finds out what is there, if that is not known.
    fn look<'a>(&self, state: &'a mut State) -> Result<&'a mut State, OutputError> {
        if matches!(state, State::Unread) {
            let packed = self.path("zst");
            *state = if packed.exists() {
                State::Packed(Packed::open(packed).map_err(|error| corrupt(&self.job, &error))?)
            } else {
                State::Growing(scan(&self.path("log"))?)
            };
        }
        Ok(state)
    }

    /// Appends what is new of the chunks; `room` is asked with the bytes that are kept of this run.
    pub(super) fn append(
        &self,
        chunks: Vec<Chunk>,
        room: impl FnOnce(u64) -> Room,
    ) -> Result<Grown, OutputError> {
        let mut state = lock(&self.state);
        let log = match self.look(&mut state)? {
            State::Growing(log) if !log.over => log,
            // The run is over and all of it is here: late news of it is old news.
            State::Growing(log) => return Ok(Grown { end: log.extent.end, by: 0 }),
            State::Packed(packed) => return Ok(Grown { end: packed.end(), by: 0 }),
            State::Unread => return Ok(Grown { end: 0, by: 0 }),
        };
        let chunks = room(log.kept).fit(news(&self.job, chunks, log.extent.end)?);
        let (mut bytes, mut sizes) = (Vec::new(), Vec::with_capacity(chunks.len()));
        for chunk in &chunks {
            let before = bytes.len();
            record::write(chunk, &mut bytes);
            sizes.push(bytes.len() - before);
        }
        if bytes.is_empty() {
            return Ok(Grown { end: log.extent.end, by: 0 });
        }
        write_at_end(&self.path("log"), log.length, &bytes)?;
        for (chunk, size) in chunks.iter().zip(sizes) {
            log.note(chunk, size);
        }
        Ok(Grown { end: log.extent.end, by: bytes.len() as u64 })
    }

    /// Where the output ends.
    pub(super) fn end(&self) -> Result<u64, OutputError> {
        let mut state = lock(&self.state);
        Ok(match self.look(&mut state)? {
            State::Growing(log) => log.extent.end,
            State::Packed(packed) => packed.end(),
            State::Unread => 0,
        })
    }

    /// Where the output ends, with its lines.
    pub(super) fn extent(&self) -> Result<Extent, OutputError> {
        let mut state = lock(&self.state);
        Ok(match self.look(&mut state)? {
            State::Growing(log) => log.extent,
            State::Packed(packed) => packed.extent().map_err(|error| corrupt(&self.job, &error))?,
            State::Unread => Extent::default(),
        })
    }

    /// Chunks from an offset on.
    pub(super) fn read(&self, from: u64, max_bytes: usize) -> Result<Vec<Chunk>, OutputError> {
        let limits = Limits { lines: u64::MAX, bytes: max_bytes };
        let reader = {
            let mut state = lock(&self.state);
            let state = self.look(&mut state)?;
            self.reader(state, Start::Offset(from), limits)?
        };
        Ok(self.run(reader)?.1)
    }

    /// Chunks from a place on.
    pub(super) fn read_at(&self, place: Place, limits: Limits) -> Result<Excerpt, OutputError> {
        let (reader, extent) = {
            let mut state = lock(&self.state);
            let state = self.look(&mut state)?;
            let extent = match state {
                State::Growing(log) => log.extent,
                State::Packed(packed) => packed.extent().map_err(|error| corrupt(&self.job, &error))?,
                State::Unread => Extent::default(),
            };
            (self.reader(state, Start::of(place, extent), limits)?, extent)
        };
        let (first_line, chunks) = self.run(reader)?;
        Ok(Excerpt { first_line, chunks, end: extent.end, lines: extent.total_lines() })
    }

    /// Opens what is to be read. The file is the one that is meant as long as the state is locked; once it is open it may go.
    fn reader(&self, state: &State, start: Start, limits: Limits) -> Result<Option<Reader>, OutputError> {
        match state {
            State::Unread => Ok(None),
            State::Packed(packed) => {
                let reader = packed.reader(start, limits).map_err(|error| corrupt(&self.job, &error))?;
                Ok(Some(Reader::Packed(reader)))
            }
            State::Growing(log) if log.length == 0 => Ok(None),
            State::Growing(log) => {
                let mark = log.index.get(Mark::before(&log.index, start)).copied().unwrap_or_default();
                let mut file = File::open(self.path("log"))?;
                file.seek(SeekFrom::Start(mark.position))?;
                let picker = Picker::new(mark, start, limits);
                Ok(Some(Reader::Log { file, length: log.length - mark.position, picker }))
            }
        }
    }

    fn run(&self, reader: Option<Reader>) -> Result<(u64, Vec<Chunk>), OutputError> {
        match reader {
            None => Ok((0, Vec::new())),
            Some(Reader::Packed(reader)) => reader.read().map_err(|error| corrupt(&self.job, &error)),
            Some(Reader::Log { file, length, mut picker }) => {
                let reader = BufReader::with_capacity(READ, file.take(length));
                record::each(reader, |chunk, _| picker.take(chunk))?;
                Ok(picker.finish())
            }
        }
    }

    /// Nothing comes any more: packs the file. Gives how many bytes the disk has got back.
    pub(super) fn finish(&self) -> Result<u64, OutputError> {
        let length = {
            let mut state = lock(&self.state);
            match self.look(&mut state)? {
                State::Growing(log) if !log.over => {
                    log.over = true;
                    log.length
                }
                _ => return Ok(0),
            }
        };
        if length < WORTH_PACKING {
            return Ok(0);
        }
        // Without the lock: who reads meanwhile reads the log, which does not change any more.
        let (partial, whole) = (self.path("partial"), self.path("zst"));
        pack(&self.path("log"), length, &partial)?;
        let mut state = lock(&self.state);
        fs::rename(&partial, &whole)?;
        let packed = Packed::open(whole.clone()).map_err(|error| corrupt(&self.job, &error))?;
        *state = State::Packed(packed);
        fs::remove_file(self.path("log"))?;
        Ok(length.saturating_sub(fs::metadata(whole)?.len()))
    }

    /// Removes the file.
    pub(super) fn remove(&self) -> io::Result<()> {
        let mut state = lock(&self.state);
        for extension in ["log", "zst", "partial", "moving"] {
            remove_file(&self.path(extension))?;
        }
        *state = State::Growing(Log { over: true, ..Log::default() });
        Ok(())
    }
}
