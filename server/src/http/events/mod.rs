//! The event stream: one signed websocket on which a client follows topics.
//!
//! ```text
//!   doorbell ─▶ which topics are concerned ─▶ Follow through the core's door ─▶ news, and the cursor moves
//! ```
//!
//! In: `FromClient` messages, rings of the doorbell. Out: `FromServer` messages. One task serves a stream and waits for its
//! socket, so a slow reader is told the latest state late instead of every state in between; nothing is queued for it.
//!
//! Never here: what is new on a topic, who may see it.

mod followed;

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::response::{IntoResponse as _, Response};
use pilothouse_api::fleet::Follow;
use pilothouse_api::topics::{FromClient, FromServer};
use pilothouse_api::{Fault, Operation as _};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior};

use self::followed::Stream;
use super::answer::{Failure, bug};
use super::limits::Place;
use super::sigv4::Service;
use super::{App, Envelope};
use crate::cx::Call;
use crate::door::NOT_IN_FORCE;
use crate::doorbell::Ring;

/// The longest message of a client: a merged topic with the cursors of many nodes.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;
/// The longest message to a client, as it waits for its socket.
const MAX_WRITE: usize = 64 * 1024 * 1024;
/// Silence after which the client is told that the stream lives.
const ALIVE: Duration = Duration::from_secs(15);

/// Opens a stream.
pub(super) async fn open(State(app): State<App>, request: Request) -> Response {
    let (mut head, _) = request.into_parts();
    let (call, place) = match admit(&app, &head).await {
        Ok(admitted) => admitted,
        Err(failure) => return failure.into_response(),
    };
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut head, &app).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            let why = format!("the event stream is a websocket: {rejection}");
            return Failure::from(Fault::validation(why)).into_response();
        }
    };
    upgrade
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .read_buffer_size(16 * 1024)
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_WRITE)
        .on_upgrade(move |socket| async move {
            let _place = place;
            serve(app, call, socket).await;
        })
}

async fn admit(app: &App, head: &http::request::Parts) -> Result<(Call, Place<String>), Failure> {
    let envelope = head.extensions.get::<Envelope>().ok_or_else(bug)?;
    let examined = app.verifier.examine(head, Service::Ssm).await?;
    let call = envelope.call(app.verifier.verify(examined, b"")?);
    let person = call.caller.person();
    app.limited(&call, app.limits.take(&person, app.door.clock().now()))?;
    let place = app.limited(&call, app.limits.open_stream(&person))?;
    app.verifier.used(&call, Follow::PERMISSION);
    Ok((call, place))
}

/// The socket is of no further use.
struct Gone;

async fn serve(app: App, call: Call, mut socket: WebSocket) {
    let mut gate = app.gate.clone();
    let reason = tokio::select! {
        Err((code, reason)) = follow(app, call, &mut socket) => (code, reason),
        () = gate.closing() => (close_code::AWAY, "the server stops"),
        else => return,
    };
    let frame = CloseFrame { code: reason.0, reason: Utf8Bytes::from_static(reason.1) };
    let _ = tokio::time::timeout(Duration::from_secs(1), socket.send(Message::Close(Some(frame)))).await;
}

/// Serves until the socket ends; an error is what the client is told.
async fn follow(app: App, call: Call, socket: &mut WebSocket) -> Result<(), (u16, &'static str)> {
    // Heard before the first topic is read, so that nothing falls between.
    let mut bell = app.door.doorbell().listen();
    let mut stream = Stream::new(app.door.clone(), call);
    // The first at once: what ends by our clock is counted down by it.
    let mut alive = tokio::time::interval(ALIVE);
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let told = tokio::select! {
            message = socket.recv() => match take(message)? {
                Taken::End => return Ok(()),
                Taken::Nothing | Taken::Said(FromClient::Unknown) => None,
                Taken::Said(FromClient::Open { ticket, topic }) => stream.open(ticket, topic),
                Taken::Said(FromClient::Close { ticket }) => {
                    stream.close(ticket);
                    None
                }
            },
            ring = bell.recv() => {
                hear(&mut stream, ring)?;
                // A burst is heard as a whole before anything is read for it.
                while let Ok(ring) = bell.try_recv() {
                    stream.hear(&ring);
                }
                None
            }
            () = at(stream.due()) => stream.read().await,
            _ = alive.tick() => Some(FromServer::Alive { now: app.door.clock().now() }),
        };
        if let Some(told) = told {
            if send(socket, &told).await.is_err() {
                return Ok(());
            }
            if is_locked_out(&told) {
                return Err((close_code::POLICY, "the access key is not in force any more"));
            }
            alive.reset();
        }
    }
}

/// Whether a topic was refused for the key's sake: all others would be too, and who comes back is told so at the door.
fn is_locked_out(told: &FromServer) -> bool {
    matches!(told, FromServer::Refused { code, .. } if code == NOT_IN_FORCE)
}

fn hear(stream: &mut Stream, ring: Result<Ring, RecvError>) -> Result<(), (u16, &'static str)> {
    match ring {
        Ok(ring) => stream.hear(&ring),
        Err(RecvError::Lagged(_)) => stream.hear_everything(),
        Err(RecvError::Closed) => return Err((close_code::AWAY, "the server stops")),
    }
    Ok(())
}

/// Resolves when it is time; never, when there is none.
async fn at(due: Option<Instant>) {
    match due {
        None => std::future::pending().await,
        // A timer's resolution is a millisecond: what is due now does not wait for it.
        Some(due) if due <= Instant::now() => {}
        Some(due) => tokio::time::sleep_until(due).await,
    }
}

enum Taken {
    Said(FromClient),
    Nothing,
    End,
}

fn take(message: Option<Result<Message, axum::Error>>) -> Result<Taken, (u16, &'static str)> {
    match message {
        Some(Ok(Message::Binary(bytes))) => rmp_serde::from_slice(&bytes)
            .map(Taken::Said)
            .map_err(|_| (close_code::INVALID, "this is no message of the event stream")),
        Some(Ok(Message::Text(_))) => {
            Err((close_code::UNSUPPORTED, "messages of the event stream are binary"))
        }
        // axum answers pings.
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(Taken::Nothing),
        Some(Ok(Message::Close(_)) | Err(_)) | None => Ok(Taken::End),
    }
}

async fn send(socket: &mut WebSocket, message: &FromServer) -> Result<(), Gone> {
    let bytes = rmp_serde::to_vec_named(message).map_err(|error| {
        tracing::error!(%error, "news cannot be written");
        Gone
    })?;
    socket.send(Message::Binary(bytes.into())).await.map_err(|_| Gone)
}
