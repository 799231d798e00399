//! The event stream: what is followed, and the news of it, over one websocket that heals itself.
//!
//! In: topics to follow and to leave. Out: [`StreamEvent`]s. What is followed is kept as a set with a cursor per topic, and
//! the task behind the stream makes the server agree with that set; so a stream that broke is opened again with the cursors
//! that the consumer has reached: without a gap, and without telling anything twice. Nothing is queued without a bound: a
//! consumer that does not ask holds the socket back, and the server tells it the latest state later.
//!
//! Never here: what news means, and calls.

mod dial;
mod session;
#[cfg(test)]
mod stories;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::{News, Topic};
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;

use crate::call::Client;

/// Events that wait for the consumer, at most; then the socket waits.
const WAITING: usize = 8;

/// The stream's name for a topic that is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u32);

/// What the stream tells.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamEvent {
    /// The stream is up (again), or a new round-trip time is known.
    Live {
        /// Time to the server and back.
        rtt: Option<Duration>,
    },
    /// What the server's clock shows; told when there is nothing else to tell for a while.
    Clock {
        /// The server's time.
        now: Millis,
    },
    /// The stream is not up. It is tried again by itself.
    Lost {
        /// For people.
        why: String,
        /// When the next attempt begins.
        retry_in: Duration,
    },
    /// Nothing that waiting mends: wrong credentials, an unknown key, not a Pilothouse server. The stream ends.
    Broken {
        /// For people.
        why: String,
    },
    /// News on a topic.
    News {
        /// Of which.
        ticket: Ticket,
        /// What.
        news: News,
        /// The topic with its cursor moved past the news; of a merged topic only the nodes that moved.
        next: Topic,
        /// Whether more follows at once; the first without it means "up to date".
        more: bool,
    },
    /// A topic cannot be followed (any more), and is not.
    Refused {
        /// Which.
        ticket: Ticket,
        /// AWS's code.
        code: String,
        /// For people.
        reason: String,
    },
}

/// How patient a stream is.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// Between two measurements of the round-trip time.
    ping: Duration,
    /// The server says something every 15 s; after so much silence it is given up.
    silence: Duration,
}

const PACE: Pace = Pace { ping: Duration::from_secs(5), silence: Duration::from_secs(35) };

/// A stream of events. Dropping it ends it.
#[derive(Debug)]
pub struct EventStream {
    following: Arc<Following>,
    arrivals: mpsc::Receiver<StreamEvent>,
    task: AbortHandle,
}

/// What is followed, shared between the consumer and the task.
#[derive(Debug, Default)]
struct Following {
    topics: Mutex<Topics>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Topics {
    last: u32,
    by_ticket: BTreeMap<Ticket, Followed>,
}

#[derive(Clone, Debug)]
struct Followed {
    /// With the cursor that the consumer has reached, or will when it has asked for all that waits.
    topic: Topic,
    /// The refusal waits for the consumer.
    is_refused: bool,
}

impl Following {
    /// A panic leaves whole entries behind.
    fn lock(&self) -> MutexGuard<'_, Topics> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, ticket: Ticket) -> bool {
        self.lock().by_ticket.contains_key(&ticket)
    }

    fn remove(&self, ticket: Ticket) -> bool {
        self.lock().by_ticket.remove(&ticket).is_some()
    }

    /// Moves a topic's cursor; `false` when it is not followed any more.
    fn advance(&self, ticket: Ticket, next: &Topic) -> bool {
        self.lock().by_ticket.get_mut(&ticket).map(|followed| followed.topic.advance(next.clone())).is_some()
    }

    fn refuse(&self, ticket: Ticket) -> bool {
        self.lock().by_ticket.get_mut(&ticket).map(|followed| followed.is_refused = true).is_some()
    }

    /// What the server should be told to follow.
    fn wanted(&self) -> BTreeMap<Ticket, Topic> {
        let topics = self.lock();
        let wanted = topics.by_ticket.iter().filter(|(_, followed)| !followed.is_refused);
        wanted.map(|(ticket, followed)| (*ticket, followed.topic.clone())).collect()
    }
}

impl EventStream {
    /// Opens a stream to the client's server, and keeps it open. Must be called inside a tokio runtime.
    #[must_use]
    pub fn open(client: Client) -> Self {
        Self::at_pace(client, PACE)
    }

    fn at_pace(client: Client, pace: Pace) -> Self {
        let following = Arc::new(Following::default());
        let (events, arrivals) = mpsc::channel(WAITING);
        let task = tokio::spawn(session::keep_up(client, following.clone(), events, pace)).abort_handle();
        Self { following, arrivals, task }
    }

    /// Follows a topic from its cursor on. Never blocks: it is opened as soon as the stream is up.
    pub fn follow(&self, topic: Topic) -> Ticket {
        let mut topics = self.following.lock();
        topics.last += 1;
        let ticket = Ticket(topics.last);
        topics.by_ticket.insert(ticket, Followed { topic, is_refused: false });
        drop(topics);
        self.following.changed.notify_one();
        ticket
    }

    /// Stops following: nothing more is told of this ticket.
    pub fn unfollow(&self, ticket: Ticket) {
        if self.following.remove(ticket) {
            self.following.changed.notify_one();
        }
    }

    /// The next event; `None` after [`StreamEvent::Broken`]. Cancel-safe.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            let event = self.arrivals.recv().await?;
            let is_told = match &event {
                StreamEvent::News { ticket, .. } => self.following.has(*ticket),
                StreamEvent::Refused { ticket, .. } => self.following.remove(*ticket),
                _ => true,
            };
            if is_told {
                return Some(event);
            }
        }
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.task.abort();
    }
}
