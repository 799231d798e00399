//! Who has a live link, and the way to send on it. At most one link per node.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pilothouse_protocol::frame::MAX_HELD;
use pilothouse_protocol::{InstanceId, Millis, Refusal, ToAgent};
use tokio::sync::mpsc;

use crate::cx::{Agents, Room};

/// Frames that may wait for one link's socket. A link that is behind by more is not handed more jobs.
const QUEUE: usize = 64;

/// Locks that order the comings and goings of one node; nodes share them.
const TURNS: usize = 64;

/// What a connection is asked to do.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// Send a frame.
    Frame(Box<ToAgent>),
    /// Say why, and close.
    Close(Refusal, String),
}

#[derive(Debug)]
struct Link {
    number: u64,
    fingerprint: String,
    sender: mpsc::Sender<Outgoing>,
    /// Jobs that the node holds: handed over or resumed, and not acknowledged.
    held: usize,
}

impl Link {
    fn send(&mut self, frame: ToAgent) -> bool {
        let held = match frame {
            ToAgent::Run { .. } => self.held + 1,
            ToAgent::Acknowledged { .. } => self.held.saturating_sub(1),
            _ => self.held,
        };
        let is_sent = self.sender.try_send(Outgoing::Frame(Box::new(frame))).is_ok();
        if is_sent {
            self.held = held;
        }
        is_sent
    }

    /// Whether it is live, and another machine's than that of `fingerprint`.
    fn is_of_another(&self, fingerprint: &str) -> bool {
        self.fingerprint != fingerprint && !self.sender.is_closed()
    }

    fn room(&self) -> Room {
        if self.sender.is_closed() {
            return Room::default();
        }
        // The other half is for acknowledgements and cancels.
        let frames = self.sender.capacity().saturating_sub(QUEUE / 2);
        Room { frames, jobs: MAX_HELD.saturating_sub(self.held) }
    }
}

/// Live links by node.
#[derive(Debug)]
pub struct Registry {
    turns: [tokio::sync::Mutex<()>; TURNS],
    links: Mutex<HashMap<InstanceId, Link>>,
    heard: Mutex<HashMap<InstanceId, Millis>>,
    numbers: AtomicU64,
    closing: AtomicBool,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            turns: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            links: Mutex::default(),
            heard: Mutex::default(),
            numbers: AtomicU64::default(),
            closing: AtomicBool::default(),
        }
    }
}

/// Another machine holds the node's live link.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Conflict;

/// A panic while holding one of these locks leaves whole entries, so the data behind a poisoned lock is good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    /// A node's turn to come or to go. A link changes rows and registry, and both must tell the same story: without turns the end
    /// of an old link could be written after its successor was let in.
    pub(super) async fn turn(&self, instance: &InstanceId) -> tokio::sync::MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        instance.hash(&mut hasher);
        let slot = usize::try_from(hasher.finish() % TURNS as u64).unwrap_or(0);
        self.turns[slot].lock().await
    }

    /// Whether another machine than that of `fingerprint` holds the node's live link.
    pub(super) fn conflicts(&self, instance: &InstanceId, fingerprint: &str) -> bool {
        lock(&self.links).get(instance).is_some_and(|link| link.is_of_another(fingerprint))
    }

    /// Registers a link. A link of the same machine, which must be the remains of a lost connection, is superseded.
    pub(super) fn register(
        &self,
        instance: &InstanceId,
        fingerprint: &str,
    ) -> Result<(u64, mpsc::Receiver<Outgoing>), Conflict> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let mut links = lock(&self.links);
        if let Some(old) = links.get(instance) {
            if old.is_of_another(fingerprint) {
                return Err(Conflict);
            }
            // If its queue is full the dropped sender ends it.
            let _ = old
                .sender
                .try_send(Outgoing::Close(Refusal::Superseded, String::from("a newer link took over")));
        }
        links.insert(instance.clone(), Link { number, fingerprint: fingerprint.to_owned(), sender, held: 0 });
        Ok((number, receiver))
    }

    /// Notes how many jobs a node holds that came back.
    pub(super) fn holds(&self, instance: &InstanceId, number: u64, count: usize) {
        if let Some(link) = lock(&self.links).get_mut(instance).filter(|link| link.number == number) {
            link.held += count;
        }
    }

    /// Takes a link out if it still stands here; `false` when a newer one has taken its place.
    pub(super) fn unregister(&self, instance: &InstanceId, number: u64) -> bool {
        let mut links = lock(&self.links);
        match links.get(instance) {
            Some(link) if link.number != number => false,
            Some(_) => links.remove(instance).is_some(),
            // It was sent away.
            None => true,
        }
    }

    /// The server stops: the ends of links are not written one by one any more.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Whether the server stops.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Notes that a node was heard.
    pub(super) fn heard(&self, instance: &InstanceId, at: Millis) {
        lock(&self.heard).insert(instance.clone(), at);
    }

    /// Who was heard since the last call.
    pub(super) fn take_heard(&self) -> Vec<(InstanceId, Millis)> {
        lock(&self.heard).drain().collect()
    }

    /// How many links are live.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.links).len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Agents for Registry {
    fn send(&self, instance: &InstanceId, frame: ToAgent) -> bool {
        lock(&self.links).get_mut(instance).is_some_and(|link| link.send(frame))
    }

    fn room(&self, instance: &InstanceId) -> Room {
        lock(&self.links).get(instance).map(Link::room).unwrap_or_default()
    }

    fn disconnect(&self, instance: &InstanceId, reason: Refusal, message: &str) {
        let link = lock(&self.links).remove(instance);
        if let Some(link) = link {
            let _ = link.sender.try_send(Outgoing::Close(reason, message.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> InstanceId {
        InstanceId::from_random([1; 9])
    }

    #[test]
    fn a_copy_on_another_machine_never_gets_a_second_link() {
        let registry = Registry::default();
        let (_, _first) = registry.register(&node(), "machine-a").unwrap();
        assert!(registry.conflicts(&node(), "machine-b"));
        assert_eq!(registry.register(&node(), "machine-b").unwrap_err(), Conflict);
        assert_eq!(registry.len(), 1);
    }

    #[test]
    fn the_same_machine_supersedes_its_own_lost_link() {
        let registry = Registry::default();
        let (old, mut first) = registry.register(&node(), "machine-a").unwrap();
        let (new, _second) = registry.register(&node(), "machine-a").unwrap();
        assert!(matches!(first.try_recv(), Ok(Outgoing::Close(Refusal::Superseded, _))));
        assert!(!registry.unregister(&node(), old), "the old link must not take the new one out");
        assert!(registry.unregister(&node(), new));
    }

    #[test]
    fn a_link_that_was_sent_away_is_still_the_last_one() {
        let registry = Registry::default();
        let (number, mut link) = registry.register(&node(), "m").unwrap();
        registry.disconnect(&node(), Refusal::Busy, "resume");
        assert!(matches!(link.try_recv(), Ok(Outgoing::Close(Refusal::Busy, _))));
        assert!(registry.unregister(&node(), number), "its end must be written");
    }

    #[test]
    fn a_link_that_is_behind_is_not_handed_more() {
        let registry = Registry::default();
        let (_, _receiver) = registry.register(&node(), "m").unwrap();
        while registry.room(&node()).frames > 0 {
            assert!(registry.send(&node(), ToAgent::Pulse { sequence: 1 }));
        }
        assert!(
            registry.send(&node(), ToAgent::Pulse { sequence: 1 }),
            "there is room for cancels and acknowledgements"
        );
    }

    #[test]
    fn a_node_that_holds_as_many_jobs_as_it_takes_is_handed_no_more_until_one_is_over() {
        let registry = Registry::default();
        let (number, mut link) = registry.register(&node(), "m").unwrap();
        registry.holds(&node(), number, MAX_HELD);
        assert_eq!(registry.room(&node()).jobs, 0);
        let command = "00000000-0000-0000-0000-000000000001".parse().unwrap();
        let job = pilothouse_protocol::JobId { command, instance: node() };
        assert!(registry.send(&node(), ToAgent::Acknowledged { job }));
        assert!(link.try_recv().is_ok());
        assert_eq!(registry.room(&node()).jobs, 1);
    }
}
