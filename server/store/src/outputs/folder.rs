//! What is kept of one command: a segment with the small outputs of its runs, and files of their own for the larger ones.
//!
//! One lock says where each output is. It is held while small outputs are written and while it is found out where one stands, never
//! while a file of its own is read, written or packed.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use pilothouse_protocol::{Chunk, CommandId, InstanceId, JobId};

use super::appending::{kept, news, write_at_end};
use super::own::OwnFile;
use super::quota::{Quotas, Room};
use super::segment::{self, Entry, HEAD, SEGMENT, Small, read_pieces};
use super::{Appended, OutputError, record};

/// Bytes in the segment from which on an output moves to a file of its own.
const SMALL: u64 = 16 * 1024;

/// Where an output is.
#[derive(Debug)]
pub(super) enum Kept {
    Small(Small),
    Own(Arc<OwnFile>),
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) is_loaded: bool,
    /// Of the segment; 0 as long as there is none.
    pub(super) length: u64,
    pub(super) jobs: HashMap<InstanceId, Kept>,
}

/// What all folders share.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    pub(super) quotas: Quotas,
    /// Bytes on the disk.
    pub(super) total: AtomicU64,
}

/// A command's folder.
#[derive(Debug)]
pub(super) struct Folder {
    command: CommandId,
    pub(super) dir: PathBuf,
    bounds: Arc<Bounds>,
    pub(super) state: Mutex<State>,
    /// Bytes on the disk.
    pub(super) bytes: AtomicU64,
    /// Outputs that are known of.
    pub(super) jobs: AtomicU64,
}

/// Small outputs of a batch, on their way into the segment.
#[derive(Default)]
struct Writing {
    bytes: Vec<u8>,
    jobs: Vec<JobId>,
}

impl Folder {
    /// A folder that is looked at when it is needed.
    pub(super) fn unread(command: CommandId, dir: PathBuf, bounds: Arc<Bounds>) -> Self {
        let (state, bytes, jobs) = (Mutex::default(), AtomicU64::new(0), AtomicU64::new(0));
        Self { command, dir, bounds, state, bytes, jobs }
    }

    pub(super) fn segment(&self) -> PathBuf {
        self.dir.join(SEGMENT)
    }

    pub(super) fn job(&self, instance: &InstanceId) -> JobId {
        JobId { command: self.command.clone(), instance: instance.clone() }
    }

    pub(super) fn base(&self, instance: &InstanceId) -> PathBuf {
        // Ids are validated: they hold neither slashes nor dots.
        self.dir.join(instance.as_str())
    }

    /// What the quotas leave for a run.
    fn room(&self, run: u64) -> Room {
        let total = self.bounds.total.load(Ordering::Relaxed);
        self.bounds.quotas.room(run, self.bytes.load(Ordering::Relaxed), total)
    }

    fn grown(&self, by: u64) {
        self.bytes.fetch_add(by, Ordering::Relaxed);
        self.bounds.total.fetch_add(by, Ordering::Relaxed);
    }

    pub(super) fn shrunk(&self, by: u64) {
        for counter in [&self.bytes, &self.bounds.total] {
            // Never below nothing: what is counted elsewhere meanwhile may be missing here.
            let less = |bytes: u64| Some(bytes.saturating_sub(by));
            let _ = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
    }

    /// Appends chunks to many outputs of the command.
    pub(super) fn append(&self, batch: Vec<(JobId, Vec<Chunk>)>) -> Appended {
        let mut done = Vec::with_capacity(batch.len());
        let mut own = Vec::new();
        match self.state() {
            Ok(mut state) => {
                let mut writing = Writing::default();
                for (job, chunks) in batch {
                    if let Some(Kept::Own(file)) = state.jobs.get(&job.instance) {
                        own.push((job, chunks, file.clone()));
                        continue;
                    }
                    match self.append_small(&mut state, &mut writing, &job, chunks) {
                        Ok(Some(end)) => done.push((job, Ok(end))),
                        Ok(None) => {}
                        Err(error) => done.push((job, Err(error))),
                    }
                }
                self.flush(&mut state, writing, &mut done);
                self.jobs.store(state.jobs.len() as u64, Ordering::Relaxed);
            }
            Err(error) => {
                let why = error.to_string();
                let failed = |(job, _)| (job, Err(OutputError::Io(io::Error::other(why.clone()))));
                return batch.into_iter().map(failed).collect();
            }
        }
        for (job, chunks, file) in own {
            let grown = file.append(chunks, |kept| self.room(kept));
            done.push((
                job,
                grown.map(|grown| {
                    self.grown(grown.by);
                    grown.end
                }),
            ));
        }
        done
    }

    /// Appends to a small output. `None`: that is told when the segment is written.
    fn append_small(
        &self,
        state: &mut State,
        writing: &mut Writing,
        job: &JobId,
        chunks: Vec<Chunk>,
    ) -> Result<Option<u64>, OutputError> {
        let at = state.length.max(HEAD);
        let Kept::Small(small) =
            state.jobs.entry(job.instance.clone()).or_insert_with(|| Kept::Small(Small::default()))
        else {
            return Ok(None);
        };
        if small.over {
            return Ok(Some(small.extent.end));
        }
        let chunks = self.room(small.kept).fit(news(job, chunks, small.extent.end)?);
        if chunks.is_empty() {
            return Ok(Some(small.extent.end));
        }
        let payload: u64 = kept(&chunks) + record::HEADER as u64 * chunks.len() as u64;
        if small.size() + payload > SMALL {
            return self.move_out(state, writing, job, chunks).map(Some);
        }
        for chunk in chunks {
            let before = writing.bytes.len();
            let entry = Entry::Record(chunk);
            segment::write(&job.instance, &entry, &mut writing.bytes);
            if let Entry::Record(chunk) = &entry {
                small.note(chunk, at + before as u64, writing.bytes.len() - before);
            }
        }
        writing.jobs.push(job.clone());
        Ok(None)
    }

    /// Gives an output a file of its own, with what stands of it in the segment and with these chunks.
    fn move_out(
        &self,
        state: &mut State,
        writing: &mut Writing,
        job: &JobId,
        chunks: Vec<Chunk>,
    ) -> Result<u64, OutputError> {
        let mut all = Vec::new();
        if let Some(Kept::Small(small)) = state.jobs.get(&job.instance)
            && !small.pieces.is_empty()
        {
            if writing.jobs.contains(job) {
                self.write(state, std::mem::take(&mut writing.bytes))?;
            }
            let Some(Kept::Small(small)) = state.jobs.get(&job.instance) else { return Ok(0) };
            let pieces = small.pieces.iter().map(|piece| (0, *piece)).collect();
            read_pieces(&mut File::open(self.segment())?, pieces, |_, chunk| all.push(chunk))?;
            segment::write(&job.instance, &Entry::Moved, &mut writing.bytes);
        }
        all.extend(chunks);
        fs::create_dir_all(&self.dir)?;
        let file = OwnFile::make(job.clone(), self.base(&job.instance), &all)?;
        let end = file.end()?;
        self.grown(all.iter().map(|chunk| record::HEADER as u64 + chunk.len()).sum());
        state.jobs.insert(job.instance.clone(), Kept::Own(Arc::new(file)));
        Ok(end)
    }

    /// Writes what was gathered for the segment, and says so for each job.
    fn flush(&self, state: &mut State, writing: Writing, done: &mut Appended) {
        let written = self.write(state, writing.bytes);
        for job in writing.jobs {
            let end = match (&written, state.jobs.get(&job.instance)) {
                (Err(OutputError::Full), _) => Err(OutputError::Full),
                (Err(error), _) => Err(OutputError::Io(io::Error::other(error.to_string()))),
                (Ok(()), Some(Kept::Small(small))) => Ok(small.extent.end),
                // It has moved, and was told of then.
                (Ok(()), _) => continue,
            };
            done.push((job, end));
        }
    }

    /// Writes at the end of the segment. If that fails, it is found out anew what stands in it.
    fn write(&self, state: &mut State, bytes: Vec<u8>) -> Result<(), OutputError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let bytes = if state.length == 0 { [segment::head(HEAD), bytes].concat() } else { bytes };
        if let Err(error) = write_at_end(&self.segment(), state.length, &bytes) {
            state.jobs.retain(|_, kept| matches!(kept, Kept::Own(_)));
            self.scan(state)?;
            return Err(error);
        }
        state.length += bytes.len() as u64;
        self.grown(bytes.len() as u64);
        Ok(())
    }

    /// The run is over: nothing comes any more.
    pub(super) fn finish(&self, jobs: &[JobId]) -> Result<(), OutputError> {
        let mut own = Vec::new();
        {
            let mut state = self.state()?;
            for job in jobs {
                match state.jobs.get_mut(&job.instance) {
                    Some(Kept::Small(small)) => small.over = true,
                    Some(Kept::Own(file)) => own.push(file.clone()),
                    None => {}
                }
            }
        }
        let mut failed = None;
        for file in own {
            match file.finish() {
                Ok(bytes) => self.shrunk(bytes),
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Removes an output.
    pub(super) fn remove(&self, instance: &InstanceId) -> Result<(), OutputError> {
        let mut state = self.state()?;
        match state.jobs.remove(instance) {
            Some(Kept::Own(file)) => file.remove()?,
            Some(Kept::Small(small)) if small.pieces.is_empty() => return Ok(()),
            Some(Kept::Small(_)) => {}
            None => return Ok(()),
        }
        if state.length == 0 {
            return Ok(());
        }
        let mut bytes = Vec::new();
        segment::write(instance, &Entry::Removed, &mut bytes);
        self.write(&mut state, bytes)
    }
}
