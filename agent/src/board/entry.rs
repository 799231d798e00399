//! One job on the board, and what is still to be said of it.

use pilothouse_protocol::link::Window;
use pilothouse_protocol::{
    Chunk, Held, Job, Lost, Millis, Outcome, Payload, Phase, Progress as Doing, Stream, ToServer,
};
use tokio::sync::watch;

use super::doing::Counted;
use crate::ledger::Progress;
use crate::spool::Spool;

/// What a job stands at.
pub(super) struct Entry {
    pub(super) job: Job,
    pub(super) spool: Spool,
    pub(super) progress: Progress,
    pub(super) pid: Option<u32>,
    pub(super) outcome: Option<Outcome>,
    /// What it does, and how often that was noted.
    pub(super) doing: Option<Doing>,
    pub(super) doings: u64,
    /// The boot whose end it waits for, and as long as it does no other job begins.
    pub(super) rebooting: Option<(String, Counted)>,
    pub(super) cancel: watch::Sender<bool>,
    /// The server wants to hear no more of it: it is being stopped, and goes when it has.
    pub(super) is_unwanted: bool,
}

/// What one link has told of a job.
#[derive(Clone, Debug, Default)]
pub struct Told {
    accepted: bool,
    started: bool,
    doings: u64,
    output_to: u64,
    steps: usize,
    finished: bool,
}

impl Told {
    /// Nothing but output below `stored_to`, which the server has.
    pub(super) fn output_to(stored_to: u64) -> Self {
        Self { output_to: stored_to, ..Self::default() }
    }

    /// The server sent the job again: that it was accepted did not get through.
    pub fn again(&mut self) {
        self.accepted = false;
        self.started = false;
    }
}

impl Entry {
    pub(super) fn new(job: Job, spool: Spool, progress: Progress, outcome: Option<Outcome>) -> Self {
        let cancel = watch::channel(progress.cancelled).0;
        Self {
            job,
            spool,
            progress,
            pid: None,
            outcome,
            doing: None,
            doings: 0,
            rebooting: None,
            cancel,
            is_unwanted: false,
        }
    }

    /// It runs, or waits for its turn.
    pub(super) fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    /// How it is held, for the first frame after the welcome.
    pub(super) fn held(&self) -> Held {
        Held {
            job: self.job.id.clone(),
            phase: match (&self.outcome, &self.rebooting, self.progress.started_at) {
                (Some(_), ..) => Phase::Finished,
                (None, Some((boot_id, _)), _) => Phase::Rebooting { boot_id: boot_id.clone() },
                (None, None, Some(_)) => Phase::Started,
                (None, None, None) => Phase::Accepted,
            },
            output_end: self.spool.end().unwrap_or(0),
        }
    }

    /// The next thing to say of it: `told` moves past it.
    pub(super) fn say(&self, told: &mut Told, window: &mut Window) -> Option<ToServer> {
        if self.is_unwanted {
            return None;
        }
        let job = self.job.id.clone();
        // What a later word says as well is not said: a short job is told in three frames.
        let is_overtaken = self.progress.started_at.is_some() || !self.is_open();
        if !std::mem::replace(&mut told.accepted, true) && !is_overtaken {
            return Some(ToServer::Accepted { job });
        }
        if let Some(at) = self.progress.started_at
            && !std::mem::replace(&mut told.started, true)
        {
            return Some(ToServer::Started { job, at, pid: self.pid });
        }
        if let Some(progress) = self.doing.clone().filter(|_| self.is_open() && told.doings < self.doings) {
            told.doings = self.doings;
            return Some(ToServer::Progress { job, progress });
        }
        if let Some(chunk) = self.next_chunk(told.output_to) {
            if window.room() == 0 {
                return None;
            }
            told.output_to = chunk.end();
            window.sent(&job, chunk.end());
            return Some(ToServer::Output { job, chunk });
        }
        if let Some(result) = self.progress.steps.get(told.steps).filter(|_| self.is_open()) {
            told.steps += 1;
            return Some(ToServer::Step { job, result: result.clone() });
        }
        let outcome = self.outcome.as_ref()?;
        (!std::mem::replace(&mut told.finished, true))
            .then(|| ToServer::Finished { job, outcome: outcome.clone() })
    }

    /// The next piece of output; at the end of a job also what a full disk kept from being spooled.
    fn next_chunk(&self, from: u64) -> Option<Chunk> {
        match self.spool.next(from) {
            Ok(Some(chunk)) => return Some(chunk),
            Ok(None) => {}
            Err(error) => tracing::warn!(job = %self.job.id, %error, "the spool cannot be read"),
        }
        let end = self.outcome.as_ref()?.output_end;
        let bytes = end.checked_sub(from).filter(|missing| *missing > 0)?;
        let step = self.progress.steps.last().map_or(0, |step| step.index);
        let at = self.outcome.as_ref().map_or(Millis(0), |outcome| outcome.finished_at);
        let payload = Payload::Dropped { bytes, lines: 0, why: Lost::Spool };
        Some(Chunk { offset: from, step, stream: Stream::Agent, at, payload })
    }
}
