//! The whole output of every run: appended as it comes, read from any offset or line, compressed when the run is over.
//!
//! ```text
//!   DIR/<command>/small.seg     the small outputs of all its runs, in order of arrival
//!   DIR/<command>/<node>.log    a larger one, while it grows
//!   DIR/<command>/<node>.zst    the same when its run is over
//! ```
//! In: chunks of `agent/protocol`, which may come again after a lost link. Out: the same chunks, contiguous, from any place.
//! What is appended once is never rewritten before the run is over, and what a crash tore off is cut at the next look. Where
//! quotas let nothing be kept, and where old output was swept out, a hole stands that says so.
//!
//! Never here: what output means, AWS's limits on it, who may read it.

mod appending;
mod block;
mod files;
mod folder;
mod loading;
mod log;
mod own;
mod pick;
mod quota;
mod reading;
mod record;
mod segment;
mod sweep;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use pilothouse_api::commands::Place;
use pilothouse_protocol::{Chunk, CommandId, JobId, Lost};

pub use files::FileOutputs;
pub use quota::Quotas;
pub use sweep::KeptOutput;

/// What became of an append to many jobs: for each its stored end, or why nothing was appended.
pub type Appended = Vec<(JobId, Result<u64, OutputError>)>;

/// A piece of an output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// Line ends before the first chunk.
    pub first_line: u64,
    /// Contiguous.
    pub chunks: Vec<Chunk>,
    /// Where the stored output ends.
    pub end: u64,
    /// Lines of the stored output; one that has no end counts, too.
    pub lines: u64,
}

/// Where output is kept.
#[async_trait]
pub trait Outputs: Send + Sync {
    /// Appends chunks of many jobs, each job's in order of offset, and gives the ends of what is stored. What is stored already
    /// is skipped, so chunks may come again. Each job succeeds or fails by itself: with [`OutputError::Hole`] when a chunk begins
    /// beyond the end; then the node is to send from there.
    async fn append_many(&self, batch: Vec<(JobId, Vec<Chunk>)>) -> Appended;

    /// Appends chunks of one job, as in [`Outputs::append_many`].
    ///
    /// # Errors
    /// As there.
    async fn append(&self, job: &JobId, chunks: Vec<Chunk>) -> Result<u64, OutputError> {
        let mut appended = self.append_many(vec![(job.clone(), chunks)]).await;
        appended.pop().map_or(Ok(0), |(_, end)| end)
    }

    /// Reads many jobs' output, each from an offset on: chunks that follow each other, about `max_bytes` of them and at least one
    /// if there is any.
    ///
    /// # Errors
    /// When one of them cannot be read.
    async fn read_many(
        &self,
        wanted: Vec<(JobId, u64)>,
        max_bytes: usize,
    ) -> Result<Vec<(JobId, Vec<Chunk>)>, OutputError>;

    /// Chunks of one job from an offset on, as in [`Outputs::read_many`].
    ///
    /// # Errors
    /// When they cannot be read.
    async fn read(&self, job: &JobId, from: u64, max_bytes: usize) -> Result<Vec<Chunk>, OutputError> {
        let mut read = self.read_many(vec![(job.clone(), from)], max_bytes).await?;
        Ok(read.pop().map_or_else(Vec::new, |(_, chunks)| chunks))
    }

    /// A piece of a job's output from any place on: about `max_bytes` and at most `max_lines` line ends of it.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn read_at(
        &self,
        job: &JobId,
        place: Place,
        max_lines: u64,
        max_bytes: usize,
    ) -> Result<Excerpt, OutputError>;

    /// The end of what is stored; 0 for an unknown job.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn end(&self, job: &JobId) -> Result<u64, OutputError>;

    /// The ends of what is stored of many jobs, as in [`Outputs::end`].
    ///
    /// # Errors
    /// When one cannot be read.
    async fn ends(&self, jobs: Vec<JobId>) -> Result<Vec<(JobId, u64)>, OutputError>;

    /// These runs are over: nothing will be appended any more, and their output may be packed.
    ///
    /// # Errors
    /// When one cannot be packed; it stays readable as it was.
    async fn finish(&self, jobs: Vec<JobId>) -> Result<(), OutputError>;

    /// Forgets a job's output; unknown jobs are no error.
    ///
    /// # Errors
    /// When it cannot be removed.
    async fn remove(&self, job: &JobId) -> Result<(), OutputError>;

    /// What is kept of every command.
    ///
    /// # Errors
    /// When it cannot be found out.
    async fn kept(&self) -> Result<Vec<KeptOutput>, OutputError>;

    /// Removes the output of all runs of a command, and leaves holes in its place that say why.
    ///
    /// # Errors
    /// When it cannot be removed whole; then it is done again.
    async fn sweep(&self, command: &CommandId, why: Lost) -> Result<(), OutputError>;
}

/// A panic while holding a lock may leave what is known half noted; nothing here is more than a copy of what the files say.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn corrupt(job: &JobId, error: &std::io::Error) -> OutputError {
    OutputError::Corrupt { job: job.clone(), what: error.to_string() }
}

/// How the output store fails.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A chunk begins beyond the end of what is stored.
    #[error("output of {job} begins beyond its stored end {end}")]
    Hole {
        /// Whose.
        job: JobId,
        /// Where it must begin.
        end: u64,
    },
    /// The disk is full.
    #[error(
        "the disk under the outputs is full: free some space, nothing is lost meanwhile, as nodes keep what is not stored"
    )]
    Full,
    /// A stored file does not say what it should.
    #[error("stored output of {job} is damaged: {what}")]
    Corrupt {
        /// Whose.
        job: JobId,
        /// What cannot be read.
        what: String,
    },
    /// Reading or writing failed.
    #[error("output cannot be read or written: {0}")]
    Io(std::io::Error),
}

impl From<std::io::Error> for OutputError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}
