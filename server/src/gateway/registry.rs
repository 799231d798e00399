//! Who has a live link, and the way to send on it. At most one link per node.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pilothouse_protocol::frame::MAX_HELD;
use pilothouse_protocol::link::Liveness;
use pilothouse_protocol::{InstanceId, Millis, Refusal, ToAgent};
use tokio::sync::mpsc;

use crate::cx::{Agents, Room};

/// Frames that may wait for one link's socket. A link that is behind by more is not handed more jobs.
const QUEUE: usize = 64;

/// Locks that order the comings and goings of one node; nodes share them.
const TURNS: usize = 1024;

/// When a node was last heard, in milliseconds: written by its connection, read by whoever listens for all of them.
#[derive(Clone, Debug)]
pub(super) struct Pulse(Arc<AtomicI64>);

impl Pulse {
    fn at(now: Millis) -> Self {
        Self(Arc::new(AtomicI64::new(now.0)))
    }

    /// The node was heard.
    pub(super) fn heard(&self, now: Millis) {
        self.0.store(now.0, Ordering::Relaxed);
    }

    fn last(&self) -> Millis {
        Millis(self.0.load(Ordering::Relaxed))
    }
}

/// A connection's end of its link.
#[derive(Debug)]
pub(super) struct Line {
    /// Its place in the order of all links.
    pub(super) number: u64,
    /// What it is to say.
    pub(super) outgoing: mpsc::Receiver<Outgoing>,
    /// Where it notes that it heard something.
    pub(super) pulse: Pulse,
    /// While it was let in something was handed to a former link of the node, which may not have said it.
    pub(super) has_missed: bool,
}

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
    pulse: Pulse,
    /// What was taken of its pulse.
    taken: Millis,
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

    /// When it was heard, if that was after the last call.
    fn take_heard(&mut self) -> Option<Millis> {
        let last = self.pulse.last();
        (std::mem::replace(&mut self.taken, last) != last).then_some(last)
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
    turns: Vec<tokio::sync::Mutex<()>>,
    links: Mutex<HashMap<InstanceId, Link>>,
    /// Of links that have ended since it was taken.
    heard: Mutex<Vec<(InstanceId, Millis)>>,
    /// Nodes that are being let in, and whether a former link of theirs was sent away meanwhile.
    coming: Mutex<HashMap<InstanceId, bool>>,
    numbers: AtomicU64,
    closing: AtomicBool,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            turns: (0..TURNS).map(|_| tokio::sync::Mutex::default()).collect(),
            links: Mutex::default(),
            heard: Mutex::default(),
            coming: Mutex::default(),
            numbers: AtomicU64::default(),
            closing: AtomicBool::default(),
        }
    }
}

/// A node is being let in, until this is dropped.
pub(super) struct Coming<'a> {
    registry: &'a Registry,
    instance: InstanceId,
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        lock(&self.registry.coming).remove(&self.instance);
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

    /// Notes that a node is being let in; it must have its turn. What is handed to a former link from here on is not lost sight of.
    pub(super) fn expect(&self, instance: &InstanceId) -> Coming<'_> {
        lock(&self.coming).insert(instance.clone(), false);
        Coming { registry: self, instance: instance.clone() }
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
        now: Millis,
    ) -> Result<Line, Conflict> {
        let ((sender, outgoing), pulse) = (mpsc::channel(QUEUE), Pulse::at(now));
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let mut links = lock(&self.links);
        let was_sent_away = lock(&self.coming).get(instance).copied().unwrap_or(false);
        let has_missed = was_sent_away || links.contains_key(instance);
        if let Some(old) = links.get(instance) {
            if old.is_of_another(fingerprint) {
                return Err(Conflict);
            }
            // If its queue is full the dropped sender ends it.
            let _ = old
                .sender
                .try_send(Outgoing::Close(Refusal::Superseded, String::from("a newer link took over")));
        }
        let fingerprint = fingerprint.to_owned();
        let link = Link { number, fingerprint, sender, pulse: pulse.clone(), taken: now, held: 0 };
        links.insert(instance.clone(), link);
        Ok(Line { number, outgoing, pulse, has_missed })
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
            Some(_) => {
                let heard = links.remove(instance).and_then(|mut link| link.take_heard());
                lock(&self.heard).extend(heard.map(|at| (instance.clone(), at)));
                true
            }
            // It was sent away.
            None => true,
        }
    }

    /// Ends links that have been silent for too long.
    pub(super) fn give_up_silent(&self, heartbeat_seconds: u32, now: Millis) {
        let links = lock(&self.links);
        let is_dead = |link: &&Link| Liveness::new(heartbeat_seconds, link.pulse.last()).is_dead(now);
        for link in links.values().filter(is_dead) {
            // It is taken out by its own connection. If its queue is full it is told the next time.
            let why = String::from("no heartbeat came in time");
            let _ = link.sender.try_send(Outgoing::Close(Refusal::Other, why));
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

    /// Who was heard since the last call.
    pub(super) fn take_heard(&self) -> Vec<(InstanceId, Millis)> {
        let mut heard = std::mem::take(&mut *lock(&self.heard));
        let mut links = lock(&self.links);
        heard.extend(
            links.iter_mut().filter_map(|(instance, link)| Some((instance.clone(), link.take_heard()?))),
        );
        heard
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
        if let Some(was_sent_away) = lock(&self.coming).get_mut(instance) {
            *was_sent_away = true;
        }
        let link = lock(&self.links).remove(instance);
        if let Some(link) = link {
            let _ = link.sender.try_send(Outgoing::Close(reason, message.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000);

    fn node() -> InstanceId {
        InstanceId::from_random([1; 9])
    }

    #[test]
    fn a_copy_on_another_machine_never_gets_a_second_link() {
        let registry = Registry::default();
        let _first = registry.register(&node(), "machine-a", NOW).unwrap();
        assert!(registry.conflicts(&node(), "machine-b"));
        assert_eq!(registry.register(&node(), "machine-b", NOW).unwrap_err(), Conflict);
        assert_eq!(registry.len(), 1);
    }

    #[test]
    fn the_same_machine_supersedes_its_own_lost_link() {
        let registry = Registry::default();
        let mut first = registry.register(&node(), "machine-a", NOW).unwrap();
        let second = registry.register(&node(), "machine-a", NOW).unwrap();
        assert!(matches!(first.outgoing.try_recv(), Ok(Outgoing::Close(Refusal::Superseded, _))));
        assert!(!registry.unregister(&node(), first.number), "the old link must not take the new one out");
        assert!(registry.unregister(&node(), second.number));
    }

    #[test]
    fn a_link_that_was_sent_away_is_still_the_last_one() {
        let registry = Registry::default();
        let mut link = registry.register(&node(), "m", NOW).unwrap();
        registry.disconnect(&node(), Refusal::Busy, "resume");
        assert!(matches!(link.outgoing.try_recv(), Ok(Outgoing::Close(Refusal::Busy, _))));
        assert!(registry.unregister(&node(), link.number), "its end must be written");
    }

    #[test]
    fn a_link_that_is_behind_is_not_handed_more() {
        let registry = Registry::default();
        let _link = registry.register(&node(), "m", NOW).unwrap();
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
        let mut link = registry.register(&node(), "m", NOW).unwrap();
        registry.holds(&node(), link.number, MAX_HELD);
        assert_eq!(registry.room(&node()).jobs, 0);
        let command = "00000000-0000-0000-0000-000000000001".parse().unwrap();
        let job = pilothouse_protocol::JobId { command, instance: node() };
        assert!(registry.send(&node(), ToAgent::Acknowledged { job }));
        assert!(link.outgoing.try_recv().is_ok());
        assert_eq!(registry.room(&node()).jobs, 1);
    }

    #[test]
    fn what_was_heard_is_taken_once_also_of_a_link_that_has_ended() {
        let registry = Registry::default();
        let link = registry.register(&node(), "m", NOW).unwrap();
        assert!(registry.take_heard().is_empty(), "its admission has written that");
        link.pulse.heard(Millis(2_000));
        assert_eq!(registry.take_heard(), [(node(), Millis(2_000))]);
        link.pulse.heard(Millis(3_000));
        registry.unregister(&node(), link.number);
        assert_eq!(registry.take_heard(), [(node(), Millis(3_000))]);
        assert!(registry.take_heard().is_empty());
    }

    #[test]
    fn a_link_that_is_silent_for_three_heartbeats_is_ended() {
        let registry = Registry::default();
        let mut link = registry.register(&node(), "m", NOW).unwrap();
        registry.give_up_silent(5, Millis(NOW.0 + 14_999));
        assert!(link.outgoing.try_recv().is_err());
        registry.give_up_silent(5, Millis(NOW.0 + 15_000));
        assert!(matches!(link.outgoing.try_recv(), Ok(Outgoing::Close(Refusal::Other, _))));
    }

    #[test]
    fn what_a_former_link_may_not_have_said_is_known_to_the_next_one() {
        let registry = Registry::default();
        let first = registry.register(&node(), "m", NOW).unwrap();
        assert!(!first.has_missed);
        assert!(registry.register(&node(), "m", NOW).unwrap().has_missed, "it takes a live one's place");
        let coming = registry.expect(&node());
        registry.disconnect(&node(), Refusal::Busy, "the link is behind: resume");
        assert!(registry.register(&node(), "m", NOW).unwrap().has_missed);
        drop(coming);
        registry.disconnect(&node(), Refusal::Busy, "the link is behind: resume");
        assert!(!registry.register(&node(), "m", NOW).unwrap().has_missed, "that was before it was let in");
    }
}
