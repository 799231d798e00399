//! Topics: what the shell follows, under its own names, on one event stream.

use std::collections::BTreeMap;

use pilothouse_api::topics::Topic;
use pilothouse_client::{Client, EventStream, StreamEvent, Ticket};

use crate::event::{Feed, FollowId};

/// The followed topics.
pub(super) struct Topics {
    stream: Option<EventStream>,
    tickets: BTreeMap<FollowId, Ticket>,
    names: BTreeMap<Ticket, FollowId>,
}

impl Topics {
    pub(super) fn open(client: Client) -> Self {
        Self { stream: Some(EventStream::open(client)), tickets: BTreeMap::new(), names: BTreeMap::new() }
    }

    pub(super) fn follow(&mut self, id: FollowId, topic: Topic) {
        if let Some(stream) = &self.stream {
            let ticket = stream.follow(topic);
            self.tickets.insert(id, ticket);
            self.names.insert(ticket, id);
        }
    }

    pub(super) fn unfollow(&mut self, id: FollowId) {
        if let (Some(stream), Some(ticket)) = (&self.stream, self.tickets.remove(&id)) {
            self.names.remove(&ticket);
            stream.unfollow(ticket);
        }
    }

    /// The stream ended for good: from now on there is no news.
    pub(super) fn rest(&mut self) {
        self.stream = None;
    }

    /// What the stream says next; `None` when it has ended. Waits for ever once it rests.
    pub(super) async fn next(&mut self) -> Option<Feed> {
        let Some(stream) = &mut self.stream else { return std::future::pending().await };
        loop {
            let feed = match stream.next().await? {
                StreamEvent::Live { rtt } => Feed::Live { rtt },
                StreamEvent::Lost { why, retry_in } => Feed::Lost { why, retry_in },
                StreamEvent::Broken { why } => Feed::Broken { why },
                StreamEvent::News { ticket, news, next, more } => match self.names.get(&ticket) {
                    Some(&follow) => Feed::News { follow, news, next, more },
                    None => continue,
                },
                StreamEvent::Refused { ticket, code, reason } => match self.names.get(&ticket) {
                    Some(&follow) => Feed::Refused { follow, why: format!("{code}: {reason}") },
                    None => continue,
                },
            };
            return Some(feed);
        }
    }
}
