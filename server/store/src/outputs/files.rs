//! Output in files below a directory: one folder per command.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use pilothouse_api::commands::Place;
use pilothouse_protocol::{Chunk, CommandId, JobId, Lost};

use super::folder::{Bounds, Folder};
use super::pick::Limits;
use super::quota::Quotas;
use super::sweep::{self, KeptOutput};
use super::{Appended, Excerpt, OutputError, Outputs, lock};

/// Commands, and outputs of them, of which it is remembered where they stand; of others it is found out when it is needed.
const REMEMBERED: usize = 1_024;
const REMEMBERED_JOBS: u64 = 200_000;

#[derive(Debug, Default)]
struct Folders {
    known: HashMap<CommandId, (Arc<Folder>, u64)>,
    /// Counts what was asked for, so that what was not asked for the longest is known.
    clock: u64,
}

/// The output store on a local file system. Clones share their memory.
#[derive(Clone, Debug)]
pub struct FileOutputs {
    dir: Arc<PathBuf>,
    folders: Arc<Mutex<Folders>>,
    bounds: Arc<Bounds>,
}

impl FileOutputs {
    /// Opens (and makes) the directory; all output is kept.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn open(dir: impl Into<PathBuf>) -> Result<Self, OutputError> {
        Self::open_within(dir, Quotas::default()).await
    }

    /// Opens (and makes) the directory; output is kept within these quotas.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn open_within(dir: impl Into<PathBuf>, quotas: Quotas) -> Result<Self, OutputError> {
        let dir = dir.into();
        let made = dir.clone();
        blocking(move || Ok(fs::create_dir_all(&made)?)).await?;
        let bounds = Arc::new(Bounds { quotas, ..Bounds::default() });
        Ok(Self { dir: Arc::new(dir), folders: Arc::default(), bounds })
    }

    fn folder(&self, command: &CommandId) -> Arc<Folder> {
        let mut folders = lock(&self.folders);
        folders.clock += 1;
        let now = folders.clock;
        if let Some((folder, used)) = folders.known.get_mut(command) {
            *used = now;
            return folder.clone();
        }
        folders.forget();
        let dir = self.dir.join(command.as_str());
        let folder = Arc::new(Folder::unread(command.clone(), dir, self.bounds.clone()));
        folders.known.insert(command.clone(), (folder.clone(), now));
        folder
    }

    fn read_now(
        &self,
        wanted: Vec<(JobId, u64)>,
        max_bytes: usize,
    ) -> Result<Vec<(JobId, Vec<Chunk>)>, OutputError> {
        let mut read = Vec::with_capacity(wanted.len());
        for (command, wanted) in by_command(wanted) {
            read.extend(self.folder(&command).read_many(wanted, max_bytes)?);
        }
        Ok(read)
    }
}

impl Folders {
    /// Forgets what was not asked for the longest, if too much is known. Whoever works with a folder keeps it here: there is
    /// never a second one of the same command.
    fn forget(&mut self) {
        let jobs = |folder: &Folder| folder.jobs.load(Ordering::Relaxed);
        let mut known: u64 = self.known.values().map(|(folder, _)| jobs(folder)).sum();
        if self.known.len() < REMEMBERED && known < REMEMBERED_JOBS {
            return;
        }
        let idle = self.known.iter().filter(|(_, (folder, _))| Arc::strong_count(folder) == 1);
        let mut idle: Vec<(u64, CommandId, u64)> =
            idle.map(|(command, (folder, used))| (*used, command.clone(), jobs(folder))).collect();
        idle.sort();
        for (_, command, jobs) in idle {
            if self.known.len() < REMEMBERED / 2 && known < REMEMBERED_JOBS / 2 {
                break;
            }
            self.known.remove(&command);
            known -= jobs;
        }
    }
}

/// What is about the same command, together, in its order.
fn by_command<T>(all: Vec<(JobId, T)>) -> BTreeMap<CommandId, Vec<(JobId, T)>> {
    let mut sorted: BTreeMap<CommandId, Vec<(JobId, T)>> = BTreeMap::new();
    for (job, it) in all {
        if let Some(same) = sorted.get_mut(&job.command) {
            same.push((job, it));
        } else {
            sorted.insert(job.command.clone(), vec![(job, it)]);
        }
    }
    sorted
}

/// Runs file work where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OutputError> + Send + 'static,
) -> Result<T, OutputError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| OutputError::Io(io::Error::other(error)))?
}

#[async_trait]
impl Outputs for FileOutputs {
    async fn append_many(&self, batch: Vec<(JobId, Vec<Chunk>)>) -> Appended {
        let this = self.clone();
        let jobs: Vec<JobId> = batch.iter().map(|(job, _)| job.clone()).collect();
        let work = move || {
            let append = |(command, batch)| this.folder(&command).append(batch);
            Ok(by_command(batch).into_iter().flat_map(append).collect())
        };
        blocking(work).await.unwrap_or_else(|error| {
            // The thread is gone; whether anything was written is found out by the next append.
            let why = error.to_string();
            jobs.into_iter().map(|job| (job, Err(OutputError::Io(io::Error::other(why.clone()))))).collect()
        })
    }

    async fn read_many(
        &self,
        wanted: Vec<(JobId, u64)>,
        max_bytes: usize,
    ) -> Result<Vec<(JobId, Vec<Chunk>)>, OutputError> {
        let this = self.clone();
        blocking(move || this.read_now(wanted, max_bytes)).await
    }

    async fn read_at(
        &self,
        job: &JobId,
        place: Place,
        max_lines: u64,
        max_bytes: usize,
    ) -> Result<Excerpt, OutputError> {
        let (this, job) = (self.clone(), job.clone());
        let limits = Limits { lines: max_lines, bytes: max_bytes };
        blocking(move || this.folder(&job.command).read_at(&job, place, limits)).await
    }

    async fn end(&self, job: &JobId) -> Result<u64, OutputError> {
        let (this, job) = (self.clone(), job.clone());
        blocking(move || this.folder(&job.command).end(&job.instance)).await
    }

    async fn ends(&self, jobs: Vec<JobId>) -> Result<Vec<(JobId, u64)>, OutputError> {
        let this = self.clone();
        let end = move |job: JobId| {
            let end = this.folder(&job.command).end(&job.instance)?;
            Ok((job, end))
        };
        blocking(move || jobs.into_iter().map(end).collect()).await
    }

    async fn finish(&self, jobs: Vec<JobId>) -> Result<(), OutputError> {
        let this = self.clone();
        blocking(move || {
            let mut failed = None;
            for (command, jobs) in by_command(jobs.into_iter().map(|job| (job, ())).collect()) {
                let jobs: Vec<JobId> = jobs.into_iter().map(|(job, ())| job).collect();
                failed = this.folder(&command).finish(&jobs).err().or(failed);
            }
            failed.map_or(Ok(()), Err)
        })
        .await
    }

    async fn remove(&self, job: &JobId) -> Result<(), OutputError> {
        let (this, job) = (self.clone(), job.clone());
        blocking(move || this.folder(&job.command).remove(&job.instance)).await
    }

    async fn kept(&self) -> Result<Vec<KeptOutput>, OutputError> {
        let this = self.clone();
        blocking(move || {
            let kept = sweep::list(&this.dir)?;
            this.bounds.total.store(kept.iter().map(|it| it.bytes).sum(), Ordering::Relaxed);
            Ok(kept)
        })
        .await
    }

    async fn sweep(&self, command: &CommandId, why: Lost) -> Result<(), OutputError> {
        let (this, command) = (self.clone(), command.clone());
        blocking(move || this.folder(&command).sweep(why)).await
    }
}
