//! A fold brought up to date with what is stored.

use std::sync::Arc;

use pilothouse_protocol::{Chunk, CommandId, InstanceId, JobId};
use pilothouse_store::outputs::Outputs;
use tokio::sync::OwnedMutexGuard;

use super::Fold;

/// Runs that are read together.
const RUNS: usize = 512;
/// Bytes that are read together, shared by these runs.
const BATCH: usize = 8 << 20;
/// The least and the most that one of them is given of it.
const SHARE: std::ops::RangeInclusive<usize> = 16 * 1024..=1 << 20;

/// A fold that was brought up to date.
#[derive(Debug)]
pub struct Caught {
    /// The fold.
    pub fold: OwnedMutexGuard<Fold>,
    /// Whether more is stored than was taken in.
    pub more: bool,
}

/// Folds what is stored behind what was folded, until it is all or `most` bytes were taken in. What cannot be read is passed over.
///
/// # Errors
/// When the work cannot be done beside the runtime's own: the server is stopping.
pub async fn catch_up(
    mut fold: OwnedMutexGuard<Fold>,
    outputs: &Arc<dyn Outputs>,
    command: &CommandId,
    most: u64,
) -> Result<Caught, tokio::task::JoinError> {
    let mut taken = 0;
    loop {
        if taken >= most || !fold.is_behind() {
            return Ok(Caught { more: fold.is_behind(), fold });
        }
        let behind = fold.behind(RUNS);
        let share = (BATCH / behind.len()).clamp(*SHARE.start(), *SHARE.end());
        let read = read(outputs, command, behind, share).await;
        taken += read.iter().flat_map(|(_, chunks)| chunks).map(Chunk::len).sum::<u64>();
        let work = move || {
            for (instance, chunks) in &read {
                fold.feed(instance, chunks);
            }
            fold
        };
        fold = tokio::task::spawn_blocking(work).await?;
    }
}

/// Output of these runs from where it goes on; nothing of those that cannot be read.
async fn read(
    outputs: &Arc<dyn Outputs>,
    command: &CommandId,
    behind: Vec<(InstanceId, u64)>,
    share: usize,
) -> Vec<(InstanceId, Vec<Chunk>)> {
    let job = |instance: &InstanceId| JobId { command: command.clone(), instance: instance.clone() };
    let wanted: Vec<(JobId, u64)> = behind.iter().map(|(instance, from)| (job(instance), *from)).collect();
    if let Ok(read) = outputs.read_many(wanted.clone(), share).await {
        return read.into_iter().map(|(job, chunks)| (job.instance, chunks)).collect();
    }
    // One of them is damaged: the others are read all the same.
    let mut read = Vec::with_capacity(wanted.len());
    for (job, from) in wanted {
        let chunks = outputs.read(&job, from, share).await.unwrap_or_else(|error| {
            tracing::warn!(%job, %error, "output cannot be read, and is not folded");
            Vec::new()
        });
        read.push((job.instance, chunks));
    }
    read
}
