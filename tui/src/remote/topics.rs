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
    /// Where each of them stands; kept only when they may have to be followed elsewhere.
    cursors: Option<BTreeMap<FollowId, Topic>>,
}

impl Topics {
    /// Follows these, and what comes. With `portable`, it is known at any time from where to go on with another server.
    pub(super) fn open(client: Client, followed: BTreeMap<FollowId, Topic>, portable: bool) -> Self {
        let stream = Some(EventStream::open(client));
        let cursors = portable.then(BTreeMap::new);
        let mut topics = Self { stream, tickets: BTreeMap::new(), names: BTreeMap::new(), cursors };
        followed.into_iter().for_each(|(id, topic)| topics.follow(id, topic));
        topics
    }

    pub(super) fn follow(&mut self, id: FollowId, topic: Topic) {
        if let Some(cursors) = &mut self.cursors {
            cursors.insert(id, topic.clone());
        }
        if let Some(stream) = &self.stream {
            let ticket = stream.follow(topic);
            self.tickets.insert(id, ticket);
            self.names.insert(ticket, id);
        }
    }

    pub(super) fn unfollow(&mut self, id: FollowId) {
        if let Some(cursors) = &mut self.cursors {
            cursors.remove(&id);
        }
        if let (Some(stream), Some(ticket)) = (&self.stream, self.tickets.remove(&id)) {
            self.names.remove(&ticket);
            stream.unfollow(ticket);
        }
    }

    /// What is followed, from where it stands.
    pub(super) fn into_followed(self) -> BTreeMap<FollowId, Topic> {
        self.cursors.unwrap_or_default()
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
                StreamEvent::Clock { now } => Feed::Clock { now },
                StreamEvent::Lost { why, retry_in } => Feed::Lost { why, retry_in },
                StreamEvent::Broken { why } => Feed::Broken { why },
                StreamEvent::News { ticket, news, next, more } => match self.names.get(&ticket) {
                    Some(&follow) => {
                        if let Some(cursors) = &mut self.cursors {
                            cursors.insert(follow, next.clone());
                        }
                        Feed::News { follow, news, next, more }
                    }
                    None => continue,
                },
                StreamEvent::Refused { ticket, code, reason } => match self.names.get(&ticket) {
                    Some(&follow) => Feed::Refused { follow, why: refusal(&code, reason) },
                    None => continue,
                },
            };
            return Some(feed);
        }
    }
}

/// Why a topic is refused. A denial says all in its sentence, and what it says last matters most.
fn refusal(code: &str, reason: String) -> String {
    if code == "AccessDeniedException" { reason } else { format!("{code}: {reason}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_is_told_without_its_code() {
        let why = "user/anna is not authorized to perform: ssm:ListCommands: no policy permits it";
        assert_eq!(refusal("AccessDeniedException", why.to_owned()), why);
        assert_eq!(refusal("TooManyTopics", "close one".to_owned()), "TooManyTopics: close one");
    }
}
