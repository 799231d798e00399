//! The topics of one stream: which of them a ring concerns, which is read next, and what the client is told.

use std::collections::BTreeMap;
use std::time::Duration;

use pilothouse_api::fleet::{Follow, FollowResult};
use pilothouse_api::topics::{FromServer, MAX_TOPICS, News, Topic};
use pilothouse_api::{Fault, FaultKind};
use tokio::time::Instant;

use crate::cx::Call;
use crate::door::Door;
use crate::doorbell::{Ring, Subject};
use crate::folding::{Hold, Key};

/// How long a topic rests after it was read, so that a burst of rings is one reading. The first ring after a rest is served at
/// once.
const REST: Duration = Duration::from_millis(8);
/// How long groups of outputs rest: they are for people, who read no faster.
const GROUPS_REST: Duration = Duration::from_millis(250);
/// How long it rests at most.
const LONG_REST: Duration = Duration::from_millis(250);
/// How often a stream may open a topic once it has opened as many as it may follow: opening one is a call, and recorded as such.
const OPENING_MS: u64 = 50;
/// How long a topic rests when the store could not be reached.
const OUTAGE: Duration = Duration::from_secs(1);

struct Followed {
    topic: Topic,
    /// When it is to be read; `None` while nothing happened.
    due: Option<Instant>,
    /// Until when it rests.
    rest: Instant,
    /// Whether the client was told anything yet.
    begun: bool,
    /// Whether the client was told that the topic is complete.
    complete: bool,
    /// Whether the client was told that more follows.
    more: bool,
    /// Keeps what is folded for it.
    _fold: Option<Hold>,
}

impl Followed {
    fn wake(&mut self) {
        self.due.get_or_insert(self.rest);
    }
}

/// The topics of one stream.
pub(super) struct Stream {
    door: Door,
    call: Call,
    followed: BTreeMap<u32, Followed>,
    /// When all that were opened would have been opened at that pace.
    opened: Instant,
}

impl Stream {
    pub(super) fn new(door: Door, call: Call) -> Self {
        Self { door, call, followed: BTreeMap::new(), opened: Instant::now() }
    }

    /// Follows a topic. A ticket that is in use is given to the new one.
    pub(super) fn open(&mut self, ticket: u32, topic: Topic) -> Option<FromServer> {
        if self.followed.len() >= MAX_TOPICS && !self.followed.contains_key(&ticket) {
            let reason = format!("a stream may follow {MAX_TOPICS} topics at a time: close one first");
            return Some(FromServer::Refused { ticket, code: String::from("TooManyTopics"), reason });
        }
        let first = self.pace(Instant::now());
        let fold = self.fold(&topic);
        let fresh = Followed {
            topic,
            due: Some(first),
            rest: first,
            begun: false,
            complete: false,
            more: false,
            _fold: fold,
        };
        self.followed.insert(ticket, fresh);
        None
    }

    /// What is folded for a topic is kept as long as it is followed.
    fn fold(&self, topic: &Topic) -> Option<Hold> {
        let Topic::Groups { command_id, normal, .. } = topic else { return None };
        let key = Key { command_id: command_id.clone(), normal: *normal };
        Some(self.door.ports().folds.hold(key))
    }

    /// When a topic that is opened now is read first: at once, unless the stream opens one after the other.
    fn pace(&mut self, now: Instant) -> Instant {
        const AHEAD: Duration = Duration::from_millis(OPENING_MS * MAX_TOPICS as u64);
        self.opened = self.opened.max(now) + Duration::from_millis(OPENING_MS);
        self.opened.checked_sub(AHEAD).map_or(now, |due| due.max(now))
    }

    /// Follows it no more.
    pub(super) fn close(&mut self, ticket: u32) {
        self.followed.remove(&ticket);
    }

    /// Something changed.
    pub(super) fn hear(&mut self, ring: &Ring) {
        if ring.region.is_empty() || ring.region == self.call.region {
            self.followed
                .values_mut()
                .filter(|followed| concerns(&followed.topic, &ring.subject))
                .for_each(Followed::wake);
        }
    }

    /// Anything may have changed.
    pub(super) fn hear_everything(&mut self) {
        self.followed.values_mut().for_each(Followed::wake);
    }

    /// When the next topic is to be read.
    pub(super) fn due(&self) -> Option<Instant> {
        self.followed.values().filter_map(|followed| followed.due).min()
    }

    /// Reads the topic that is due first; what the client is to be told, if there is anything.
    pub(super) async fn read(&mut self) -> Option<FromServer> {
        let first =
            self.followed.iter().filter_map(|(ticket, followed)| Some((followed.due?, *ticket))).min();
        let (_, ticket) = first?;
        let followed = self.followed.get_mut(&ticket)?;
        let call = Call { renewal: followed.begun, ..self.call.clone() };
        let began = Instant::now();
        // What rings from here on is heard after this reading, and wakes the topic again.
        followed.due = None;
        let read = self.door.perform(&call, Follow { topic: followed.topic.clone() }).await;
        let now = Instant::now();
        // A reading that took long is not repeated at once: a busy server is not made busier.
        followed.rest = now + rest(&followed.topic, now - began);
        match read {
            Ok(news) => tell(ticket, followed, news, now),
            Err(fault) if fault.kind == FaultKind::Unavailable => {
                followed.due = Some(now + OUTAGE);
                None
            }
            Err(Fault { code, message, .. }) => {
                self.followed.remove(&ticket);
                Some(FromServer::Refused { ticket, code: code.into_owned(), reason: message })
            }
        }
    }
}

/// Moves the cursor. The first reading is always told, as it says where the topic stands; later ones when there is news.
fn tell(ticket: u32, followed: &mut Followed, read: FollowResult, now: Instant) -> Option<FromServer> {
    let FollowResult { news, next, more } = read;
    let moved = followed.topic.is_moved_by(&next);
    let completed = is_complete(&news) && !followed.complete;
    // Records that do not match move the cursor and are no news, unless the client waits for the end of what it was told.
    let is_empty = matches!(&news, News::Audit { records } if records.is_empty());
    let is_news = (moved && !is_empty) || completed || !followed.begun || (followed.more && !more);
    followed.due = (more && moved).then_some(now);
    followed.begun = true;
    followed.complete = is_complete(&news);
    followed.topic.advance(next.clone());
    if is_news {
        followed.more = more && moved;
    }
    is_news.then_some(FromServer::News { ticket, news, next, more: more && moved })
}

fn is_complete(news: &News) -> bool {
    matches!(
        news,
        News::Output { complete: true, .. }
            | News::Merged { complete: true, .. }
            | News::Hits { complete: true, .. }
            | News::Groups { complete: true, .. }
    )
}

/// How long a topic rests after a reading that took so long. Folding takes no more than half of the time.
fn rest(topic: &Topic, took: Duration) -> Duration {
    match topic {
        Topic::Groups { .. } => GROUPS_REST.max(took),
        // A reading that took long is not repeated at once: a busy server is not made busier.
        _ => REST.max((took * 3).min(LONG_REST)),
    }
}

/// Whether what rang can be news on the topic. Output is also over when its command or run is.
fn concerns(topic: &Topic, subject: &Subject) -> bool {
    match (topic, subject) {
        (_, Subject::Access)
        | (Topic::Nodes { .. }, Subject::Nodes)
        | (Topic::Commands { .. }, Subject::Command { .. })
        | (Topic::Armings { .. }, Subject::Armings)
        | (Topic::Approvals { .. }, Subject::Approvals)
        | (Topic::Audit { .. }, Subject::Audit)
        | (Topic::Parameters { .. }, Subject::Parameters) => true,
        (
            Topic::Command { command_id, .. }
            | Topic::Output { command_id, .. }
            | Topic::Merged { command_id, .. }
            | Topic::Groups { command_id, .. }
            | Topic::Search { command_id, .. },
            Subject::Command { command_id: rang, .. },
        )
        | (
            Topic::Merged { command_id, .. }
            | Topic::Groups { command_id, .. }
            | Topic::Search { command_id, .. },
            Subject::Output { command_id: rang, .. },
        ) => command_id == rang,
        (
            Topic::Output { command_id, instance_id, .. },
            Subject::Output { command_id: rang, instance_id: at },
        ) => command_id == rang && instance_id == at,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::Rig;

    #[test]
    fn groups_are_read_four_times_a_second_and_more_seldom_where_that_takes_long() {
        let command_id = "0b0d5a8e-3f6e-4f9e-9a6b-2f6f1c1d0e11".parse().unwrap();
        let groups =
            Topic::Groups { command_id, normal: pilothouse_api::folding::Normal::default(), after: 0 };
        assert_eq!(rest(&groups, Duration::from_millis(9)), Duration::from_millis(250));
        assert_eq!(rest(&groups, Duration::from_secs(1)), Duration::from_secs(1));
    }

    #[tokio::test]
    async fn topics_are_opened_at_once_until_somebody_opens_one_after_the_other() {
        let mut stream = Stream::new(Rig::new().await.door.clone(), Call::system());
        let now = Instant::now();
        let due: Vec<Instant> = (0..MAX_TOPICS + 20).map(|_| stream.pace(now)).collect();
        assert!(due[..MAX_TOPICS].iter().all(|due| *due == now));
        assert_eq!(due[MAX_TOPICS + 19], now + Duration::from_millis(20 * OPENING_MS));
        let rested = now + Duration::from_secs(60);
        assert_eq!(stream.pace(rested), rested);
    }
}
