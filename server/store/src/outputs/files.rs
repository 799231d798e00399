//! Output in files: `DIR/<command>/<node>.log` while it grows, `.zst` beside it once it is packed.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read as _, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use pilothouse_protocol::{Chunk, JobId};

use super::block::{Packed, pack};
use super::log::{INDEX_STEP, Log, scan};
use super::record::READ;
use super::{Appended, OutputError, Outputs, record};

/// Growing logs whose end and index are remembered; others are scanned once when they are needed.
const REMEMBERED: usize = 20_000;
/// Files below this are not packed: they fill one block of the disk either way.
const WORTH_PACKING: u64 = 4096;

type Shared = Arc<Mutex<Log>>;

/// Where a job's output is.
enum Kept {
    /// In a log, which may grow.
    Growing(Shared),
    /// In a packed file, whole.
    Packed(Packed),
}

/// The output store on a local file system. Clones share their memory.
#[derive(Clone, Debug)]
pub struct FileOutputs {
    dir: Arc<PathBuf>,
    logs: Arc<Mutex<HashMap<JobId, Shared>>>,
}

/// A panic while holding a log's lock may leave it half noted; the file is what counts, so the log is scanned anew.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FileOutputs {
    /// Opens (and makes) the directory.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn open(dir: impl Into<PathBuf>) -> Result<Self, OutputError> {
        let dir = dir.into();
        let made = dir.clone();
        blocking(move || Ok(fs::create_dir_all(&made)?)).await?;
        Ok(Self { dir: Arc::new(dir), logs: Arc::default() })
    }

    fn path(&self, job: &JobId, extension: &str) -> PathBuf {
        // Ids are validated: they hold neither slashes nor dots.
        self.dir.join(job.command.as_str()).join(format!("{}.{extension}", job.instance))
    }

    /// A log that is remembered; a packed one never is.
    fn remembered(&self, job: &JobId) -> Option<Shared> {
        lock(&self.logs).get(job).cloned()
    }

    /// Where a job's output is now. A log that is not remembered is scanned; none is remembered beside a packed file.
    fn find(&self, job: &JobId) -> Result<Kept, OutputError> {
        if let Some(log) = self.remembered(job) {
            return Ok(Kept::Growing(log));
        }
        if let Some(packed) = self.open_packed(job)? {
            return Ok(Kept::Packed(packed));
        }
        let scanned = Arc::new(Mutex::new(scan(&self.path(job, "log"))?));
        let log = {
            let mut logs = lock(&self.logs);
            if logs.len() >= REMEMBERED {
                logs.retain(|_, log| Arc::strong_count(log) > 1);
            }
            logs.entry(job.clone()).or_insert(scanned).clone()
        };
        // Packed since the first look: what was scanned was a file on its way out. From here on whoever packs has this log.
        if let Some(packed) = self.open_packed(job)? {
            lock(&self.logs).remove(job);
            return Ok(Kept::Packed(packed));
        }
        Ok(Kept::Growing(log))
    }

    fn open_packed(&self, job: &JobId) -> Result<Option<Packed>, OutputError> {
        match File::open(self.path(job, "zst")) {
            Ok(file) => Packed::open(file).map(Some).map_err(|error| corrupt(job, &error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn append_now(&self, job: &JobId, chunks: Vec<Chunk>) -> Result<u64, OutputError> {
        let log = match self.find(job)? {
            Kept::Growing(log) => log,
            // The run is over and all of it is here: late news of it is old news.
            Kept::Packed(packed) => return Ok(packed.end),
        };
        let mut log = lock(&log);
        if log.over {
            return Ok(log.end);
        }
        let mut bytes = Vec::new();
        let mut grown = Log { end: log.end, length: log.length, ..Log::default() };
        for chunk in chunks {
            let Some(chunk) = chunk.from_offset(grown.end).filter(|chunk| !chunk.is_empty()) else {
                continue;
            };
            if chunk.offset > grown.end {
                if bytes.is_empty() {
                    return Err(OutputError::Hole { job: job.clone(), end: log.end });
                }
                break;
            }
            let position = log.length + bytes.len() as u64;
            record::write(&chunk, &mut bytes);
            grown.note(&chunk, position);
        }
        if bytes.is_empty() {
            return Ok(log.end);
        }
        self.write(job, log.length, &bytes)?;
        log.length += bytes.len() as u64;
        log.end = grown.end;
        let after = log.index.last().map_or(0, |(offset, _)| offset + INDEX_STEP);
        let is_first = log.index.is_empty();
        log.index.extend(grown.index.into_iter().filter(|(offset, _)| is_first || *offset >= after));
        Ok(log.end)
    }

    /// Writes at the end of a job's file; what a failed write left behind is cut off.
    fn write(&self, job: &JobId, length: u64, bytes: &[u8]) -> Result<(), OutputError> {
        let path = self.path(job, "log");
        let open = || OpenOptions::new().append(true).create(true).open(&path);
        let mut file = match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(path.parent().unwrap_or(&self.dir))?;
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

    fn read_now(&self, job: &JobId, from: u64, max_bytes: usize) -> Result<Vec<Chunk>, OutputError> {
        let log = match self.find(job)? {
            Kept::Growing(log) => log,
            Kept::Packed(mut packed) => {
                return packed.read(from, max_bytes).map_err(|error| corrupt(job, &error));
            }
        };
        let (length, position) = {
            let log = lock(&log);
            if from >= log.end {
                return Ok(Vec::new());
            }
            let i = log.index.partition_point(|(offset, _)| *offset <= from).saturating_sub(1);
            (log.length, log.index.get(i).map_or(0, |(_, position)| *position))
        };
        let mut file = match File::open(self.path(job, "log")) {
            // Packed between the two looks.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let packed = self.open_packed(job)?;
                return packed.map_or(Ok(Vec::new()), |mut p| {
                    p.read(from, max_bytes).map_err(|error| corrupt(job, &error))
                });
            }
            other => other?,
        };
        file.seek(SeekFrom::Start(position))?;
        let mut chunks = Vec::new();
        let mut taken = 0;
        record::each(BufReader::with_capacity(READ, file.take(length - position)), |chunk, size| {
            if let Some(chunk) = chunk.from_offset(from) {
                taken += size;
                chunks.push(chunk);
            }
            taken < max_bytes
        })?;
        Ok(chunks)
    }

    fn finish_now(&self, job: &JobId) -> Result<(), OutputError> {
        let Kept::Growing(log) = self.find(job)? else { return Ok(()) };
        let path = self.path(job, "log");
        let mut log = lock(&log);
        log.over = true;
        if log.length < WORTH_PACKING {
            return Ok(());
        }
        if !self.path(job, "zst").exists() {
            let partial = self.path(job, "partial");
            pack(&path, log.length, &partial)?;
            fs::rename(&partial, self.path(job, "zst"))?;
            fs::remove_file(&path)?;
        }
        // Before the log is let go: who waits for it must not find it remembered and its file gone.
        lock(&self.logs).remove(job);
        Ok(())
    }
}

fn corrupt(job: &JobId, error: &io::Error) -> OutputError {
    OutputError::Corrupt { job: job.clone(), what: error.to_string() }
}

/// Runs file work where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OutputError> + Send + 'static,
) -> Result<T, OutputError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| OutputError::Io(io::Error::other(error)))?
}

#[async_trait]
impl Outputs for FileOutputs {
    async fn append(&self, job: &JobId, chunks: Vec<Chunk>) -> Result<u64, OutputError> {
        let (this, job) = (self.clone(), job.clone());
        blocking(move || this.append_now(&job, chunks)).await
    }

    async fn append_many(&self, batch: Vec<(JobId, Vec<Chunk>)>) -> Appended {
        let this = self.clone();
        let jobs: Vec<JobId> = batch.iter().map(|(job, _)| job.clone()).collect();
        let work = move || {
            let append = |(job, chunks)| {
                let end = this.append_now(&job, chunks);
                (job, end)
            };
            Ok(batch.into_iter().map(append).collect())
        };
        blocking(work).await.unwrap_or_else(|error| {
            // The thread is gone; whether anything was written is found out by the next append.
            let why = error.to_string();
            jobs.into_iter().map(|job| (job, Err(OutputError::Io(io::Error::other(why.clone()))))).collect()
        })
    }

    async fn read(&self, job: &JobId, from: u64, max_bytes: usize) -> Result<Vec<Chunk>, OutputError> {
        let (this, job) = (self.clone(), job.clone());
        blocking(move || this.read_now(&job, from, max_bytes)).await
    }

    async fn read_many(
        &self,
        wanted: Vec<(JobId, u64)>,
        max_bytes: usize,
    ) -> Result<Vec<(JobId, Vec<Chunk>)>, OutputError> {
        let this = self.clone();
        let read = move |(job, from): (JobId, u64)| {
            let chunks = this.read_now(&job, from, max_bytes)?;
            Ok((job, chunks))
        };
        blocking(move || wanted.into_iter().map(read).collect()).await
    }

    async fn end(&self, job: &JobId) -> Result<u64, OutputError> {
        if let Some(log) = self.remembered(job) {
            return Ok(lock(&log).end);
        }
        let (this, job) = (self.clone(), job.clone());
        blocking(move || match this.find(&job)? {
            Kept::Growing(log) => Ok(lock(&log).end),
            Kept::Packed(packed) => Ok(packed.end),
        })
        .await
    }

    async fn finish(&self, job: &JobId) -> Result<(), OutputError> {
        let (this, job) = (self.clone(), job.clone());
        blocking(move || this.finish_now(&job)).await
    }

    async fn remove(&self, job: &JobId) -> Result<(), OutputError> {
        let (this, job) = (self.clone(), job.clone());
        blocking(move || {
            lock(&this.logs).remove(&job);
            for extension in ["log", "zst", "partial"] {
                match fs::remove_file(this.path(&job, extension)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                    _ => {}
                }
            }
            Ok(())
        })
        .await
    }
}
