//! One turn of a search through the outputs of many runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pilothouse_api::commands::{Hit, Place};
use pilothouse_protocol::{Chunk, CommandId, InstanceId, JobId};
use pilothouse_store::outputs::{OutputError, Outputs};
use tokio::time::Instant;

use super::Finder;
use super::lines::{Scanned, Scanner};

/// Outputs up to this size are read many at a time.
const SMALL: u64 = 64 * 1024;
/// How many.
const TOGETHER: usize = 256;
/// Bytes of a larger output that are read at a time. If no line ends in them, one is taken to end behind them.
const PIECE: usize = 1024 * 1024;

/// How much one turn may do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// Bytes of output.
    pub(crate) bytes: u64,
    /// Lines found; where lines of several streams stand in each other a few more.
    pub(crate) hits: usize,
    /// Time.
    pub(crate) time: Duration,
}

/// An output that is to be searched.
#[derive(Clone, Debug)]
pub(crate) struct Searched {
    /// Of which run.
    pub(crate) instance: InstanceId,
    /// From where.
    pub(crate) from: u64,
    /// Where what is stored ends.
    pub(crate) end: u64,
    /// Whether nothing will follow, so that a line without an end is one.
    pub(crate) is_whole: bool,
}

/// What a turn found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// In the order of the outputs, each output's in its own order.
    pub(crate) hits: Vec<Hit>,
    /// How far was searched, of outputs of which anything was.
    pub(crate) moved: BTreeMap<InstanceId, u64>,
    /// Outputs that were searched as far as they are stored; the next one is where the next turn goes on.
    pub(crate) done: usize,
}

struct Turn {
    finder: Arc<Finder>,
    left: u64,
    max_hits: usize,
    until: Instant,
    found: Found,
}

/// Searches outputs one after the other, as long as the budget lasts.
pub(crate) async fn turn(
    outputs: &dyn Outputs,
    command: &CommandId,
    finder: &Arc<Finder>,
    searched: &[Searched],
    budget: Budget,
) -> Result<Found, OutputError> {
    let (left, until) = (budget.bytes, Instant::now() + budget.time);
    let mut turn =
        Turn { finder: finder.clone(), left, max_hits: budget.hits, until, found: Found::default() };
    while let Some(rest) = searched.get(turn.found.done..).filter(|rest| !rest.is_empty())
        && !turn.is_over()
    {
        let small = |it: &&Searched| it.from == 0 && it.end <= SMALL;
        let together = rest.iter().take(TOGETHER).take_while(small).count();
        if together > 0 {
            turn.small(outputs, command, &rest[..together]).await?;
        } else if !turn.large(outputs, command, &rest[0]).await? {
            break;
        }
    }
    Ok(turn.found)
}

impl Turn {
    fn is_over(&self) -> bool {
        self.left == 0 || self.found.hits.len() >= self.max_hits || Instant::now() >= self.until
    }

    /// Searches outputs that are read together.
    async fn small(
        &mut self,
        outputs: &dyn Outputs,
        command: &CommandId,
        searched: &[Searched],
    ) -> Result<(), OutputError> {
        let job = |it: &Searched| (JobId { command: command.clone(), instance: it.instance.clone() }, 0);
        let read = outputs.read_many(searched.iter().map(job).collect(), usize::MAX).await?;
        // What comes in any order is searched in that of the outputs.
        let mut read: BTreeMap<InstanceId, Vec<Chunk>> =
            read.into_iter().map(|(job, chunks)| (job.instance, chunks)).collect();
        let (finder, max_hits, until) = (self.finder.clone(), self.max_hits, self.until);
        let mut found = self.found.hits.len();
        let searched = searched.to_vec();
        let scanned = off_the_runtime(move || {
            let mut all = Vec::with_capacity(searched.len());
            for it in searched {
                if found >= max_hits || Instant::now() >= until {
                    break;
                }
                let chunks = read.remove(&it.instance).unwrap_or_default();
                let scanned = scan(&finder, &it, (0, &chunks), max_hits - found, until);
                found += scanned.hits.len();
                all.push((it, scanned, chunks.last().map_or(0, Chunk::end)));
            }
            all
        })
        .await?;
        for (it, scanned, end) in scanned {
            let is_done = self.take(&it, scanned, end);
            if !is_done {
                break;
            }
        }
        Ok(())
    }

    /// Searches one output piece by piece; whether the next may follow.
    async fn large(
        &mut self,
        outputs: &dyn Outputs,
        command: &CommandId,
        searched: &Searched,
    ) -> Result<bool, OutputError> {
        let job = JobId { command: command.clone(), instance: searched.instance.clone() };
        let mut it = searched.clone();
        loop {
            let read = outputs.read_at(&job, Place::Offset(it.from), u64::MAX, PIECE).await?;
            let (end, read_end) = (read.chunks.last().map_or(it.from, Chunk::end), read.end);
            let (finder, until) = (self.finder.clone(), self.until);
            let room = self.max_hits.saturating_sub(self.found.hits.len());
            // Lines of a piece that is full and has not one end must not be waited for.
            let mut piece = Searched { is_whole: it.is_whole && end >= read_end, ..it.clone() };
            let scanned = off_the_runtime(move || {
                let scanned = scan(&finder, &piece, (read.first_line, &read.chunks), room, until);
                if scanned.to > piece.from || end - piece.from < PIECE as u64 {
                    return scanned;
                }
                piece.is_whole = true;
                scan(&finder, &piece, (read.first_line, &read.chunks), room, until)
            })
            .await?;
            let (from, to) = (it.from, scanned.to);
            let is_done = self.take(&it, scanned, read_end);
            if is_done || (to == from && end >= read_end) {
                self.found.done += usize::from(!is_done);
                return Ok(true);
            }
            it.from = to;
            if self.is_over() {
                return Ok(false);
            }
        }
    }

    /// Notes what was found; whether the output is searched as far as it is stored.
    fn take(&mut self, it: &Searched, scanned: Scanned, end: u64) -> bool {
        self.left = self.left.saturating_sub((scanned.to - it.from).max(1));
        let is_cut =
            self.found.hits.len() + scanned.hits.len() >= self.max_hits || Instant::now() >= self.until;
        self.found.hits.extend(scanned.hits);
        if scanned.to > it.from {
            self.found.moved.insert(it.instance.clone(), scanned.to);
        }
        // A line that has no end yet is waited for, and not in the way of others.
        let is_done = scanned.to >= end || (!it.is_whole && !is_cut && end <= SMALL && it.from == 0);
        self.found.done += usize::from(is_done);
        is_done
    }
}

fn scan(
    finder: &Finder,
    it: &Searched,
    (first_line, chunks): (u64, &[Chunk]),
    max_hits: usize,
    until: Instant,
) -> Scanned {
    let mut scanner = Scanner::new(finder, &it.instance, (it.from, first_line), max_hits, until);
    for chunk in chunks {
        if !scanner.take(chunk) {
            break;
        }
    }
    scanner.finish(chunks.last().map_or(it.from, Chunk::end), it.is_whole)
}

/// Runs what takes its time where it holds nobody up.
async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, OutputError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| OutputError::Io(std::io::Error::other(error)))
}
