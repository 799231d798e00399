//! The task behind a stream: dials, makes the server follow what is followed, passes news on, and dials again.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use pilothouse_api::topics::{FromClient, FromServer};
use pilothouse_protocol::link::backoff_ms;
use tokio::sync::mpsc::{self, Permit};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::dial::{NotUp, Socket, dial};
use super::{Following, Pace, StreamEvent, Ticket};
use crate::call::Client;

/// From this attempt on the pause does not grow any more: 8 s, less the jitter.
const LONGEST: u32 = 5;
/// A stream that lived this long was a good one: the next attempt comes soon.
const GOOD: Duration = Duration::from_secs(5);
/// A server that does not take a message of some hundred bytes for so long is gone.
const PATIENCE: Duration = Duration::from_secs(10);

const OTHER_VERSION: &str =
    "the server's messages cannot be read: it and this program are of different versions";

/// Keeps a stream up until nothing can be done any more, or nobody listens.
pub(super) async fn keep_up(
    client: Client,
    following: Arc<Following>,
    events: mpsc::Sender<StreamEvent>,
    pace: Pace,
) {
    let mut attempt = 0;
    loop {
        let ended = match dial(&client).await {
            Ok(socket) => {
                let began = Instant::now();
                let ended = Session::new(socket, &following).run(&events, pace).await;
                if began.elapsed() >= GOOD {
                    attempt = 0;
                }
                ended
            }
            Err(why) => why,
        };
        let why = match ended {
            NotUp::Yet(why) => why,
            NotUp::Ever(why) => {
                // Nobody listens: nobody needs to know.
                let _ = events.send(StreamEvent::Broken { why }).await;
                return;
            }
        };
        let retry_in = Duration::from_millis(backoff_ms(attempt, jitter()));
        attempt = (attempt + 1).min(LONGEST);
        tracing::debug!(%why, ?retry_in, "the event stream is not up");
        if events.send(StreamEvent::Lost { why, retry_in }).await.is_err() {
            return;
        }
        tokio::time::sleep(retry_in).await;
    }
}

/// A random byte: cockpits that lost the same server do not come back in the same instant.
fn jitter() -> u8 {
    RandomState::new().build_hasher().finish().to_le_bytes()[0]
}

/// How long the server has been silent while it could have been heard.
struct Silence {
    since: Instant,
    limit: Duration,
    /// Nothing is read, as the consumer does not ask.
    is_deaf: bool,
    /// Nothing was read for a while: what was measured meanwhile is the consumer's slowness.
    was_deaf: bool,
}

impl Silence {
    fn broken(&mut self) {
        self.since = Instant::now();
        self.was_deaf |= std::mem::take(&mut self.is_deaf);
    }
}

/// One socket that is up.
struct Session<'a> {
    socket: Socket,
    following: &'a Following,
    /// What the server was told to follow.
    open: BTreeSet<Ticket>,
    /// The ping that was not answered yet: its number and when it went out.
    ping: Option<(u64, Instant)>,
    pings: u64,
}

/// What comes next.
enum Turn<'a> {
    Arrived(Permit<'a, StreamEvent>, Message),
    Changed,
    Ping,
}

impl<'a> Session<'a> {
    fn new(socket: Socket, following: &'a Following) -> Self {
        Self { socket, following, open: BTreeSet::new(), ping: None, pings: 0 }
    }

    /// Runs until the socket is of no more use; says why, for people.
    async fn run(mut self, events: &mpsc::Sender<StreamEvent>, pace: Pace) -> NotUp {
        if events.send(StreamEvent::Live { rtt: None }).await.is_err() {
            return NotUp::Yet(String::from("nobody listens"));
        }
        match self.serve(events, pace).await {
            Ok(never) => match never {},
            Err(why) => why,
        }
    }

    async fn serve(
        &mut self,
        events: &mpsc::Sender<StreamEvent>,
        pace: Pace,
    ) -> Result<std::convert::Infallible, NotUp> {
        let mut pings = tokio::time::interval(pace.ping);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut silence =
            Silence { since: Instant::now(), limit: pace.silence, is_deaf: false, was_deaf: false };
        self.agree().await?;
        loop {
            let turn = tokio::select! {
                arrived = arrival(&mut self.socket, events, &mut silence) => {
                    let (permit, message) = arrived?;
                    Turn::Arrived(permit, message)
                }
                () = self.following.changed.notified() => Turn::Changed,
                _ = pings.tick() => Turn::Ping,
            };
            match turn {
                Turn::Arrived(permit, message) => {
                    if std::mem::take(&mut silence.was_deaf) {
                        self.ping = None;
                    }
                    self.take(permit, message)?;
                }
                Turn::Changed => self.agree().await?,
                Turn::Ping if silence.is_deaf => self.ping = None,
                Turn::Ping => {
                    self.pings += 1;
                    self.ping = Some((self.pings, Instant::now()));
                    self.send(Message::Ping(self.pings.to_be_bytes().to_vec().into())).await?;
                }
            }
        }
    }

    /// Makes the server follow exactly what is followed.
    async fn agree(&mut self) -> Result<(), String> {
        let wanted = self.following.wanted();
        let closed: Vec<_> =
            self.open.iter().filter(|ticket| !wanted.contains_key(ticket)).copied().collect();
        for ticket in closed {
            self.open.remove(&ticket);
            self.say(&FromClient::Close { ticket: ticket.0 }).await?;
        }
        for (ticket, topic) in wanted {
            if self.open.insert(ticket) {
                self.say(&FromClient::Open { ticket: ticket.0, topic }).await?;
            }
        }
        Ok(())
    }

    async fn say(&mut self, message: &FromClient) -> Result<(), String> {
        let bytes = rmp_serde::to_vec_named(message).map_err(|error| error.to_string())?;
        self.send(Message::Binary(bytes.into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), String> {
        match tokio::time::timeout(PATIENCE, self.socket.send(message)).await {
            Ok(sent) => sent.map_err(|error| lost(&error)),
            Err(_) => Err(String::from("the server takes no more messages")),
        }
    }

    fn take(&mut self, permit: Permit<'_, StreamEvent>, message: Message) -> Result<(), NotUp> {
        match message {
            Message::Binary(bytes) => {
                // It would say the same again.
                let unreadable = |error| NotUp::Ever(format!("{OTHER_VERSION} ({error})"));
                let message = rmp_serde::from_slice(&bytes).map_err(unreadable)?;
                self.told(permit, message);
            }
            Message::Pong(number) => {
                let answered =
                    self.ping.take_if(|(sent, _)| number.as_ref() == sent.to_be_bytes().as_slice());
                if let Some((_, sent_at)) = answered {
                    permit.send(StreamEvent::Live { rtt: Some(sent_at.elapsed()) });
                }
            }
            Message::Close(said) => {
                let reason = said.map(|said| said.reason.to_string()).filter(|reason| !reason.is_empty());
                let reason = reason.unwrap_or_else(|| String::from("the server closed the stream"));
                return Err(NotUp::Yet(reason));
            }
            Message::Text(_) | Message::Ping(_) | Message::Frame(_) => {}
        }
        Ok(())
    }

    fn told(&mut self, permit: Permit<'_, StreamEvent>, message: FromServer) {
        match message {
            FromServer::News { ticket, news, next, more } => {
                let ticket = Ticket(ticket);
                if self.open.contains(&ticket) && self.following.advance(ticket, &next) {
                    permit.send(StreamEvent::News { ticket, news, next, more });
                }
            }
            FromServer::Refused { ticket, code, reason } => {
                let ticket = Ticket(ticket);
                // The server has closed it already.
                if self.open.remove(&ticket) && self.following.refuse(ticket) {
                    permit.send(StreamEvent::Refused { ticket, code, reason });
                }
            }
            FromServer::Alive { now } => permit.send(StreamEvent::Clock { now }),
            FromServer::Unknown => {}
        }
    }
}

/// The next message, as soon as there is room for what it brings. Cancel-safe.
async fn arrival<'a>(
    socket: &mut Socket,
    events: &'a mpsc::Sender<StreamEvent>,
    silence: &mut Silence,
) -> Result<(Permit<'a, StreamEvent>, Message), String> {
    silence.is_deaf |= events.capacity() == 0;
    let permit = events.reserve().await.map_err(|_| String::from("nobody listens"))?;
    if silence.is_deaf {
        // What was not read was not missing.
        silence.broken();
    }
    let message = match tokio::time::timeout_at(silence.since + silence.limit, socket.next()).await {
        Ok(Some(Ok(message))) => message,
        Ok(Some(Err(error))) => return Err(lost(&error)),
        Ok(None) => return Err(String::from("the server closed the stream")),
        Err(_) => return Err(format!("the server said nothing for {} s", silence.limit.as_secs())),
    };
    silence.broken();
    Ok((permit, message))
}

fn lost(error: &Error) -> String {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed | Error::Protocol(_) => {
            String::from("the connection to the server broke")
        }
        other => format!("the connection to the server broke: {}", crate::error::chain(other)),
    }
}
