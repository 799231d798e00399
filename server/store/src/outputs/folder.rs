//! What is kept of one command: a segment with the small outputs of its runs, and files of their own for the larger ones.
//!
//! One lock says where each output is. It is held while small outputs are written and while it is found out where one stands, never
//! while a file of its own is read, written or packed.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use pilothouse_protocol::{Chunk, CommandId, InstanceId, JobId};

use super::own::{OwnFile, cut_if_there, news, remove_file, write_at_end};
use super::quota::{Quotas, Room};
use super::segment::{self, Entry, HEAD, SEGMENT, Small, read_pieces};
use super::{Appended, OutputError, lock, record};

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
    is_loaded: bool,
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
    state: Mutex<State>,
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

    fn job(&self, instance: &InstanceId) -> JobId {
        JobId { command: self.command.clone(), instance: instance.clone() }
    }

    fn base(&self, instance: &InstanceId) -> PathBuf {
        // Ids are validated: they hold neither slashes nor dots.
        self.dir.join(instance.as_str())
    }

    /// The state, found out if it is not known.
    pub(super) fn state(&self) -> Result<MutexGuard<'_, State>, OutputError> {
        let mut state = lock(&self.state);
        if !state.is_loaded {
            let bytes = self.list(&mut state)?;
            self.scan(&mut state)?;
            self.bytes.store(bytes + state.length, Ordering::Relaxed);
            self.jobs.store(state.jobs.len() as u64, Ordering::Relaxed);
            state.is_loaded = true;
        }
        Ok(state)
    }

    /// Finds files of their own, and removes what a crash left half written. Gives their bytes.
    fn list(&self, state: &mut State) -> Result<u64, OutputError> {
        let entries = match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            other => other?,
        };
        let mut bytes = 0;
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let instance = stem.and_then(|stem| stem.parse::<InstanceId>().ok());
            match (path.extension().and_then(|it| it.to_str()), instance) {
                (Some("log" | "zst"), Some(instance)) => {
                    bytes += entry.metadata()?.len();
                    state.jobs.entry(instance.clone()).or_insert_with(|| {
                        Kept::Own(Arc::new(OwnFile::unread(self.job(&instance), self.base(&instance))))
                    });
                }
                (Some("partial" | "moving" | "new"), _) => remove_file(&path)?,
                _ => {}
            }
        }
        Ok(bytes)
    }

    /// Reads the segment through, and cuts off what a crash tore.
    fn scan(&self, state: &mut State) -> Result<(), OutputError> {
        let path = self.segment();
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                state.length = 0;
                return Ok(());
            }
            other => other?,
        };
        let (mut small, mut moved) = (HashMap::<InstanceId, Small>::new(), HashSet::new());
        let mut head = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(&mut file, HEAD), &mut head)?;
        let mut position = if segment::clean(&head).is_some() { HEAD } else { 0 };
        if position == HEAD {
            record::each_of(file, segment::read, |(instance, entry), size| {
                match entry {
                    Entry::Record(chunk) => {
                        let it = small.entry(instance).or_default();
                        if chunk.offset == it.extent.end {
                            it.note(&chunk, position, size);
                        }
                    }
                    Entry::Removed => drop(small.remove(&instance)),
                    Entry::Moved => drop(moved.insert(instance)),
                }
                position += size as u64;
                true
            })?;
        }
        cut_if_there(&path, position)?;
        state.length = position;
        for (instance, small) in small {
            if !is_in_own_file(state, &instance, &small, moved.contains(&instance)) {
                state.jobs.insert(instance, Kept::Small(small));
            }
        }
        Ok(())
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
        let payload: u64 = super::own::kept(&chunks) + record::HEADER as u64 * chunks.len() as u64;
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

/// Whether an output that stands in the segment has moved to a file of its own. A crash may have left it in both, and then the
/// one that has more is right.
fn is_in_own_file(state: &mut State, instance: &InstanceId, small: &Small, moved: bool) -> bool {
    let Some(Kept::Own(file)) = state.jobs.get(instance) else { return false };
    if moved || file.end().map_or(true, |end| end >= small.extent.end) {
        return true;
    }
    if let Err(error) = file.remove() {
        tracing::warn!(%error, %instance, "an output that was torn while it moved cannot be removed");
    }
    false
}
