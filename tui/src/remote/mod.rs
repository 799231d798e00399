//! How we learn of the world outside the loop: the server (calls, topics), the terminal's input, signals. The only room that
//! spawns.
//!
//! In: [`Order`]s that need a server, and a way to reach one. Out: [`Event`]s on the loop's one channel, which is bounded: a loop
//! that is busy holds the server back, not the other way round.
//! Never here: what an answer means, what is on the screen.

mod calls;
pub mod clock;
pub mod files;
mod outputs;
mod terminal;
mod topics;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use pilothouse_api::topics::Topic;
use pilothouse_client::Client;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};

use crate::event::{Event, Feed, FollowId, Order};
use topics::Topics;

pub use terminal::{read_input, watch_signals};

/// Events that may wait for the loop; who has more waits with them.
pub const QUEUE: usize = 256;
/// Calls that are under way at a time; more of them wait their turn.
const CALLS: usize = 16;

/// Attempts that fail one after the other before another cockpit's server is taken for gone.
const GONE: u32 = 2;

/// Says what is being waited for, before there is a server.
pub type Say = Arc<dyn Fn(String) + Send + Sync>;

/// What connects us; its orders never block.
pub struct Remote {
    orders: mpsc::UnboundedSender<Order>,
    task: JoinHandle<()>,
}

/// A way to a server.
pub struct Connected {
    /// Speaks to it.
    pub client: Client,
    /// Whether it runs in another cockpit, and ends with that one: then it is connected anew.
    pub borrowed: bool,
}

impl Remote {
    /// Starts connecting. `connect` gives the way to the server, and may say what it is waiting for; orders wait until it is there.
    pub fn start<F>(events: mpsc::Sender<Event>, connect: impl Fn(Say) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<Connected, String>> + Send + 'static,
    {
        let (orders, inbox) = mpsc::unbounded_channel();
        let said = events.clone();
        // A word that finds the queue full is followed by others.
        let say: Say = Arc::new(move |text| drop(said.try_send(Event::Feed(Feed::Waiting(text)))));
        let task = tokio::spawn(async move {
            let mut desk = Desk { orders: inbox, events, followed: BTreeMap::new() };
            loop {
                let ended = match connect(say.clone()).await {
                    Ok(connected) => desk.serve(connected).await,
                    Err(why) => {
                        desk.tell(Feed::Broken { why }).await;
                        Ended::Over
                    }
                };
                if ended == Ended::Over {
                    return;
                }
            }
        });
        Self { orders, task }
    }

    /// Passes an order on. After the end there is nobody who needs it.
    pub fn order(&self, order: Order) {
        let _ = self.orders.send(order);
    }

    /// Ends everything that is under way.
    pub async fn stop(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

/// Why a server is served no more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// The cockpit is left.
    Over,
    /// The cockpit that ran the server is gone.
    Gone,
}

/// Where orders come in and events go out.
struct Desk {
    orders: mpsc::UnboundedReceiver<Order>,
    events: mpsc::Sender<Event>,
    /// What is followed, and from where, while there is no server.
    followed: BTreeMap<FollowId, Topic>,
}

impl Desk {
    /// Tells the loop; `false` when it is over.
    async fn tell(&self, feed: Feed) -> bool {
        self.events.send(Event::Feed(feed)).await.is_ok()
    }

    async fn serve(&mut self, Connected { client, borrowed }: Connected) -> Ended {
        let endpoint = client.endpoint();
        if !self.tell(Feed::Server(endpoint.url.clone(), endpoint.region.clone())).await {
            return Ended::Over;
        }
        let mut topics = Topics::open(client.clone(), std::mem::take(&mut self.followed), borrowed);
        let mut errands = Errands { client, slots: Arc::new(Semaphore::new(CALLS)), running: JoinSet::new() };
        let mut lost = 0;
        loop {
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(Order::Follow(id, topic)) => topics.follow(id, topic),
                    Some(Order::Unfollow(id)) => topics.unfollow(id),
                    Some(order) => errands.run(order, self.events.clone()),
                    None => return Ended::Over,
                },
                Some(_) = errands.running.join_next() => {}
                feed = topics.next() => {
                    let Some(feed) = feed else {
                        topics.rest();
                        continue;
                    };
                    lost = if matches!(feed, Feed::Lost { .. }) { lost + 1 } else { 0 };
                    if !self.tell(feed).await {
                        return Ended::Over;
                    }
                    if borrowed && lost >= GONE {
                        self.followed = topics.into_followed();
                        return Ended::Gone;
                    }
                }
            }
        }
    }
}

/// Calls and files that are under way.
struct Errands {
    client: Client,
    slots: Arc<Semaphore>,
    running: JoinSet<()>,
}

impl Errands {
    /// Does it beside the rest, and says what came of it.
    fn tell(&mut self, events: mpsc::Sender<Event>, work: impl Future<Output = Event> + Send + 'static) {
        // Nobody listens any more once the cockpit is left.
        self.running.spawn(async move { drop(events.send(work.await).await) });
    }

    fn run(&mut self, order: Order, events: mpsc::Sender<Event>) {
        let (client, slots) = (self.client.clone(), self.slots.clone());
        match order {
            Order::Call(id, request) => {
                self.tell(events, async move {
                    let _slot = slots.acquire().await;
                    Event::Landed(id, Box::new(calls::call(&client, *request).await))
                });
            }
            Order::Save(path, text) => self.tell(events, async move {
                let result = files::save(&path, &text).await;
                Event::Saved(path, result)
            }),
            Order::SaveOutput(file) => {
                self.tell(events, async move {
                    let _slot = slots.acquire().await;
                    let result = outputs::save(&client, &file).await;
                    Event::Saved(file.path, result)
                });
            }
            Order::SaveSecret(path, secret) => self.tell(events, async move {
                let result = files::save(&path, secret.reveal()).await;
                Event::Saved(path, result)
            }),
            Order::Load(path) => self.tell(events, async move {
                let held = files::load(&path).await;
                Event::Loaded(path, held)
            }),
            // The rest is the topics' and the terminal's.
            Order::Follow(..)
            | Order::Unfollow(_)
            | Order::Copy(_)
            | Order::CopySecret(_)
            | Order::Mouse(_)
            | Order::Bell
            | Order::Notice(_)
            | Order::Repaint
            | Order::Quit => {}
        }
    }
}
