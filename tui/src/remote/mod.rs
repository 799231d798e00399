//! How we learn of the world outside the loop: the server (calls, topics), the terminal's input, signals. The only room that
//! spawns.
//!
//! In: [`Order`]s that need a server, and a way to reach one. Out: [`Event`]s on the loop's one channel, which is bounded: a loop
//! that is busy holds the server back, not the other way round.
//! Never here: what an answer means, what is on the screen.

mod calls;
pub mod clock;
pub mod files;
mod terminal;
mod topics;

use std::future::Future;
use std::sync::Arc;

use pilothouse_client::Client;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use crate::event::{Event, Feed, Order};

pub use terminal::{read_input, watch_signals};

/// Events that may wait for the loop; who has more waits with them.
pub const QUEUE: usize = 256;
/// Calls that are under way at a time; more of them wait their turn.
const CALLS: usize = 16;

/// Says what is being waited for, before there is a server.
pub type Say = Arc<dyn Fn(String) + Send + Sync>;

/// What connects us; its orders never block.
pub struct Remote {
    orders: mpsc::UnboundedSender<Order>,
    task: JoinHandle<()>,
}

impl Remote {
    /// Starts connecting. `connect` gives the client, and may say what it is waiting for; orders wait until it is there.
    pub fn start<F>(events: mpsc::Sender<Event>, connect: impl FnOnce(Say) -> F) -> Self
    where
        F: Future<Output = Result<Client, String>> + Send + 'static,
    {
        let (orders, inbox) = mpsc::unbounded_channel();
        let said = events.clone();
        // A word that finds the queue full is followed by others.
        let connecting = connect(Arc::new(move |text| drop(said.try_send(Event::Feed(Feed::Waiting(text))))));
        let task = tokio::spawn(async move {
            match connecting.await {
                Ok(client) => {
                    let server = Feed::Server(client.endpoint().url.to_string());
                    if events.send(Event::Feed(server)).await.is_ok() {
                        serve(client, inbox, events).await;
                    }
                }
                Err(why) => drop(events.send(Event::Feed(Feed::Broken { why })).await),
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

async fn serve(client: Client, mut orders: mpsc::UnboundedReceiver<Order>, events: mpsc::Sender<Event>) {
    let mut topics = topics::Topics::open(client.clone());
    let mut calls = JoinSet::new();
    let slots = Arc::new(tokio::sync::Semaphore::new(CALLS));
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Call(id, request)) => {
                    let (client, events, slots) = (client.clone(), events.clone(), slots.clone());
                    calls.spawn(async move {
                        let _slot = slots.acquire().await;
                        let result = calls::call(&client, *request).await;
                        let _ = events.send(Event::Landed(id, Box::new(result))).await;
                    });
                }
                Some(Order::Follow(id, topic)) => topics.follow(id, topic),
                Some(Order::Unfollow(id)) => topics.unfollow(id),
                Some(Order::Save(path, text)) => {
                    let events = events.clone();
                    calls.spawn(async move {
                        let result = files::save(&path, &text).await;
                        let _ = events.send(Event::Saved(path, result)).await;
                    });
                }
                // The rest is the terminal's.
                Some(Order::Copy(_) | Order::Mouse(_) | Order::Bell | Order::Repaint | Order::Quit) => {}
                None => return,
            },
            Some(_) = calls.join_next() => {}
            feed = topics.next() => match feed {
                Some(feed) => {
                    if events.send(Event::Feed(feed)).await.is_err() {
                        return;
                    }
                }
                None => topics.rest(),
            },
        }
    }
}
