//! What is followed: the fleet, the history, armings and requests always, for the bars and the palette, and what the room that is
//! seen wants.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::{News, Topic};

use super::Shell;
use super::layers::{Layer, Notice};
use crate::effect::Level;
use crate::event::{Feed, FollowId, Order};
use crate::mirror::{Link, bare};

/// What is followed now.
#[derive(Default)]
pub(super) struct Following {
    topics: BTreeMap<Topic, FollowId>,
    /// Those that the server does not tell of, as long as our rights are what they are.
    refused: BTreeSet<Topic>,
}

impl Following {
    fn topic(&self, id: FollowId) -> Option<&Topic> {
        self.topics.iter().find(|(_, followed)| **followed == id).map(|(topic, _)| topic)
    }
}

impl Shell {
    /// Follows what is wanted now, and nothing else.
    pub(super) fn follow(&mut self) {
        let mut wanted = BTreeSet::from([
            Topic::nodes(),
            Topic::commands(),
            Topic::Armings { after: 0 },
            Topic::Approvals { after: 0 },
        ]);
        wanted.extend(self.tabs.current().here().room.wants(&self.world.cx()).iter().map(bare));
        let left: Vec<Topic> =
            self.following.topics.keys().filter(|topic| !wanted.contains(*topic)).cloned().collect();
        for topic in left {
            self.unfollow(&topic);
        }
        for topic in self.world.mirror.take_overtaken() {
            self.unfollow(&topic);
        }
        for topic in wanted {
            if !self.following.topics.contains_key(&topic) {
                let id = FollowId(self.name());
                let from = self.world.mirror.opened(&topic);
                self.orders.push(Order::Follow(id, from));
                self.following.topics.insert(topic, id);
            }
        }
    }

    fn unfollow(&mut self, topic: &Topic) {
        self.following.refused.remove(topic);
        if let Some(id) = self.following.topics.remove(topic) {
            self.world.mirror.closed(topic, self.world.now);
            self.orders.push(Order::Unfollow(id));
        }
    }

    /// Stops following everything; the next frame follows what is wanted from where it stood.
    pub(super) fn unfollow_all(&mut self) {
        let topics: Vec<Topic> = self.following.topics.keys().cloned().collect();
        for topic in topics {
            self.unfollow(&topic);
        }
    }

    /// Follows once more what the server refused: our rights are others now.
    pub(super) fn follow_refused(&mut self) {
        for topic in std::mem::take(&mut self.following.refused) {
            self.unfollow(&topic);
        }
    }

    /// Takes in what the event stream says.
    pub(super) fn feed(&mut self, feed: Feed) {
        match feed {
            Feed::Waiting(text) => self.linked(Link::Waiting(text)),
            Feed::Server(url, region) => (self.world.mirror.server, self.world.mirror.region) = (url, region),
            Feed::Live { rtt } => {
                let rtt_ms = rtt.map(|rtt| u32::try_from(rtt.as_millis()).unwrap_or(u32::MAX));
                self.linked(Link::Live { rtt_ms });
            }
            Feed::Clock { now } => self.world.mirror.clock(now, self.world.now),
            Feed::Lost { why, retry_in } => self.lost(why, retry_in),
            Feed::Broken { why } => {
                let how =
                    "Nothing is tried again by itself. Esc closes this, q then leaves; --log FILE says more.";
                let mut said = vec![why.as_str()];
                if why.starts_with("UnrecognizedClientException") {
                    said.push("It does not know the access key: it was switched off or deleted, or is of another server.");
                }
                said.push(how);
                self.layers.push(Layer::Notice(Notice::new("No link to the server", &said)));
                self.linked(Link::Broken(why));
            }
            Feed::News { follow, news, next, more } => {
                if self.following.topic(follow).is_some() {
                    let rights = matches!(news, News::Armings { .. });
                    self.world.mirror.news(news, &next, more);
                    if rights {
                        self.ask_who();
                    }
                }
            }
            Feed::Refused { follow, why } => {
                if let Some(topic) = self.following.topic(follow).cloned() {
                    self.world.mirror.refused(&topic, &why);
                    self.following.refused.insert(topic);
                }
            }
        }
    }

    fn lost(&mut self, why: String, retry_in: Duration) {
        let now = self.world.now;
        let since = match self.world.mirror.link {
            Link::Lost { since, .. } => since,
            _ => now,
        };
        let retry_in = i64::try_from(retry_in.as_millis()).unwrap_or(i64::MAX);
        self.linked(Link::Lost { since, retry_at: Millis(now.0.saturating_add(retry_in)), why });
    }

    fn linked(&mut self, link: Link) {
        if matches!(self.world.mirror.link, Link::Lost { .. }) && link.is_live() {
            self.say(Level::Good, "linked again");
        }
        if !self.world.mirror.link.is_live() && link.is_live() {
            self.introduce();
        }
        if link != self.world.mirror.link {
            self.world.mirror.linked(link, self.world.now);
        }
    }
}
