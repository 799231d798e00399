//! What jobs asked the server, and was not answered yet. A link's cursor is the last ask that it told: a new link sets it back,
//! and so asks anew whatever is open.

use std::collections::BTreeMap;

use pilothouse_protocol::ask::MAX_ASKS;
use pilothouse_protocol::{Answer, JobId, ToServer, Want};
use tokio::sync::oneshot;

use super::{Board, lock};

/// An ask that waits for its answer.
struct Open {
    job: JobId,
    want: Want,
    reply: oneshot::Sender<Answer>,
}

/// The open asks of all jobs.
#[derive(Default)]
pub(super) struct Asks {
    last: u64,
    open: BTreeMap<u64, Open>,
}

impl Asks {
    /// Adds an ask: its number, and where its answer comes.
    pub(super) fn put(&mut self, job: JobId, want: Want) -> (u64, oneshot::Receiver<Answer>) {
        let (reply, answer) = oneshot::channel();
        self.last += 1;
        self.open.insert(self.last, Open { job, want, reply });
        (self.last, answer)
    }

    /// Nobody waits for it any more.
    pub(super) fn withdraw(&mut self, ask: u64) {
        self.open.remove(&ask);
    }

    /// Its answer came; one that nobody waits for is dropped.
    pub(super) fn answered(&mut self, ask: u64, answer: Answer) {
        if let Some(open) = self.open.remove(&ask) {
            let _ = open.reply.send(answer);
        }
    }

    /// The next ask that a link is to tell, if it may: `told` moves on to it.
    pub(super) fn say(&self, told: &mut u64) -> Option<ToServer> {
        if self.open.range(..=*told).count() >= MAX_ASKS {
            return None;
        }
        let (ask, Open { job, want, .. }) = self.open.range(*told + 1..).next()?;
        *told = *ask;
        Some(ToServer::Ask { ask: *ask, job: job.clone(), want: want.clone() })
    }
}

impl Board {
    /// Asks the server for something that a job needs, and waits for the answer, over as many links as it takes; `None` when the
    /// board goes. Who stops waiting withdraws the ask.
    pub(crate) async fn ask(&self, job: &JobId, want: Want) -> Option<Answer> {
        let (ask, answer) = lock(&self.0.asks).put(job.clone(), want);
        let _withdrawn = Withdrawn { board: self, ask };
        self.ring();
        answer.await.ok()
    }

    /// The server answered.
    pub fn answered(&self, ask: u64, answer: Answer) {
        lock(&self.0.asks).answered(ask, answer);
    }

    /// The next ask to tell, if there is any and the link may: `told` moves on to it.
    pub fn say_ask(&self, told: &mut u64) -> Option<ToServer> {
        lock(&self.0.asks).say(told)
    }
}

/// An ask that is withdrawn when nobody waits for its answer any more.
struct Withdrawn<'a> {
    board: &'a Board,
    ask: u64,
}

impl Drop for Withdrawn<'_> {
    fn drop(&mut self) {
        lock(&self.board.0.asks).withdraw(self.ask);
        // The next one may be waiting for its turn.
        self.board.ring();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilothouse_protocol::InstanceId;

    fn ask(asks: &mut Asks, name: &str) -> oneshot::Receiver<Answer> {
        let command = "00000000-0000-0000-0000-000000000001".parse().unwrap();
        let job = JobId { command, instance: InstanceId::from_random([1; 9]) };
        asks.put(job, Want::Document { name: name.into(), version: None }).1
    }

    fn said(asks: &Asks, told: &mut u64) -> Vec<u64> {
        let frames = std::iter::from_fn(|| asks.say(told));
        frames.map(|frame| if let ToServer::Ask { ask, .. } = frame { ask } else { 0 }).collect()
    }

    #[test]
    fn what_a_link_left_open_is_asked_again_by_the_next_one() {
        let mut asks = Asks::default();
        let (mut first, mut second) = (ask(&mut asks, "a"), ask(&mut asks, "b"));
        let mut told = 0;
        assert_eq!(said(&asks, &mut told), [1, 2]);
        assert!(said(&asks, &mut told).is_empty());
        asks.answered(1, Answer::Later);
        assert_eq!(first.try_recv(), Ok(Answer::Later));
        let mut on_the_next_link = 0;
        assert_eq!(said(&asks, &mut on_the_next_link), [2]);
        asks.answered(2, Answer::Unknown);
        assert_eq!(second.try_recv(), Ok(Answer::Unknown));
        asks.answered(2, Answer::Later);
    }

    #[test]
    fn no_more_than_a_handful_are_on_the_way() {
        let mut asks = Asks::default();
        let waiting: Vec<_> = (0..MAX_ASKS + 2).map(|_| ask(&mut asks, "a")).collect();
        let mut told = 0;
        assert_eq!(said(&asks, &mut told).len(), MAX_ASKS);
        asks.withdraw(3);
        assert_eq!(said(&asks, &mut told).len(), 1);
        assert_eq!(waiting.len(), MAX_ASKS + 2);
    }
}
