//! The whole output of every run: appended as it comes, read from any offset, compressed when the run is over.
//!
//! In: chunks of `agent/protocol`, which may come again after a lost link. Out: the same chunks, contiguous, from an offset.
//! What is appended once is never rewritten before the run is over, and what a crash tore off is cut at the next look.
//! [`Outputs`] is shaped so that an object store can stand behind it: append, read, end, finish, remove.
//!
//! Never here: what output means, AWS's limits on it, who may read it.

mod block;
mod files;
mod log;
mod record;

use async_trait::async_trait;
use pilothouse_protocol::{Chunk, JobId};

pub use files::FileOutputs;

/// What became of an append to many jobs: for each its stored end, or why nothing was appended.
pub type Appended = Vec<(JobId, Result<u64, OutputError>)>;

/// Where output is kept.
#[async_trait]
pub trait Outputs: Send + Sync {
    /// Appends chunks in order of offset, and gives the end of what is stored. What is stored already is skipped, so chunks may
    /// come again.
    ///
    /// # Errors
    /// [`OutputError::Hole`] when a chunk begins beyond the end: ask the node to send from there.
    async fn append(&self, job: &JobId, chunks: Vec<Chunk>) -> Result<u64, OutputError>;

    /// Appends chunks of many jobs; each succeeds or fails by itself, as in [`Outputs::append`].
    async fn append_many(&self, batch: Vec<(JobId, Vec<Chunk>)>) -> Appended {
        let mut appended = Vec::with_capacity(batch.len());
        for (job, chunks) in batch {
            let end = self.append(&job, chunks).await;
            appended.push((job, end));
        }
        appended
    }

    /// Reads many jobs' output, each from an offset on and about `max_bytes` of it, as in [`Outputs::read`].
    ///
    /// # Errors
    /// When one of them cannot be read.
    async fn read_many(
        &self,
        wanted: Vec<(JobId, u64)>,
        max_bytes: usize,
    ) -> Result<Vec<(JobId, Vec<Chunk>)>, OutputError> {
        let mut read = Vec::with_capacity(wanted.len());
        for (job, from) in wanted {
            let chunks = self.read(&job, from, max_bytes).await?;
            read.push((job, chunks));
        }
        Ok(read)
    }

    /// Chunks from an offset on, contiguous, about `max_bytes` of them and at least one if there is any.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn read(&self, job: &JobId, from: u64, max_bytes: usize) -> Result<Vec<Chunk>, OutputError>;

    /// The end of what is stored; 0 for an unknown job.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn end(&self, job: &JobId) -> Result<u64, OutputError>;

    /// The run is over: nothing will be appended any more, and the output may be packed.
    ///
    /// # Errors
    /// When it cannot be packed; it stays readable as it was.
    async fn finish(&self, job: &JobId) -> Result<(), OutputError>;

    /// Forgets a job's output; unknown jobs are no error.
    ///
    /// # Errors
    /// When it cannot be removed.
    async fn remove(&self, job: &JobId) -> Result<(), OutputError>;
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
