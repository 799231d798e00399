//! The agents' websocket as a [`FrameSocket`], handed over to the agents' door.

use std::time::Duration;

use async_trait::async_trait;
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use pilothouse_protocol::frame::MAX_FRAME;

use super::gate::Gate;
use super::{App, Envelope};
use crate::wire::{FrameSocket, WireError};

/// What an idle link holds in memory to read into.
const READ_BUFFER: usize = 1024;
/// How long the word that the server stops may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// The longest reason that fits a close frame.
const MAX_REASON: usize = 120;

/// Opens a link. It is not signed: the agent proves itself by its key on the link.
pub(super) async fn open(
    State(app): State<App>,
    Extension(envelope): Extension<Envelope>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let peer = envelope.peer.0;
    upgrade
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * MAX_FRAME)
        .on_upgrade(move |socket| async move {
            app.agents.accept(Box::new(Link { socket, gate: app.gate }), peer).await;
        })
}

struct Link {
    socket: WebSocket,
    gate: Gate,
}

#[async_trait]
impl FrameSocket for Link {
    async fn recv(&mut self) -> Option<Result<Vec<u8>, WireError>> {
        loop {
            let message = tokio::select! {
                message = self.socket.recv() => message?,
                // The server stops: the link ends here, and the agent comes back to the next server.
                () = self.gate.closing() => {
                    self.end(close_code::AWAY, "the server stops").await;
                    return None;
                }
            };
            return match message {
                Ok(Message::Binary(bytes)) => Some(Ok(bytes.into())),
                Ok(Message::Ping(_) | Message::Pong(_)) => continue,
                Ok(Message::Close(_)) => None,
                Ok(Message::Text(_)) => {
                    Some(Err(WireError::Protocol(String::from("a text message, where frames are binary"))))
                }
                Err(error) => Some(Err(WireError::Broken(error.to_string()))),
            };
        }
    }

    async fn send(&mut self, frame: Vec<u8>) -> Result<(), WireError> {
        let sent = self.socket.send(Message::Binary(frame.into())).await;
        sent.map_err(|error| WireError::Broken(error.to_string()))
    }

    async fn close(&mut self, reason: &str) {
        self.end(close_code::POLICY, reason).await;
    }
}

impl Link {
    /// Says so in the websocket's own words. What fails here is of no interest: the link is over either way.
    async fn end(&mut self, code: u16, reason: &str) {
        let end = (0..=MAX_REASON.min(reason.len())).rev().find(|i| reason.is_char_boundary(*i)).unwrap_or(0);
        let frame = CloseFrame { code, reason: Utf8Bytes::from(&reason[..end]) };
        let _ = tokio::time::timeout(GOODBYE, self.socket.send(Message::Close(Some(frame)))).await;
    }
}
