//! What the agents' door needs from whoever owns the listening socket: a pipe of frames, and a place to hand it over.
//!
//! `http` adapts its websockets to [`FrameSocket`] and hands them to an [`AgentDoor`]; `gateway` is one. Neither knows the
//! other, and tests put a channel in the socket's place.

use std::net::SocketAddr;

use async_trait::async_trait;
use futures_util::future::BoxFuture;

/// Why a frame did not come or did not go. The connection is of no further use.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The peer sent what is no frame: a text message, or one that is too long.
    #[error("the peer broke the protocol: {0}")]
    Protocol(String),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
}

/// A connection that carries frames of at most [`pilothouse_protocol::frame::MAX_FRAME`] bytes, in order.
#[async_trait]
pub trait FrameSocket: Send {
    /// The next frame; `None` when the peer closed in order. Safe to cancel: a frame is never lost by dropping the future.
    async fn recv(&mut self) -> Option<Result<Vec<u8>, WireError>>;

    /// Sends a frame; resolves when it has been handed to the operating system, so a slow peer holds the sender back.
    ///
    /// # Errors
    /// When the connection broke.
    async fn send(&mut self, frame: Vec<u8>) -> Result<(), WireError>;

    /// Says goodbye with a reason that people can read (at most 120 bytes of it travel). What fails here is of no interest.
    async fn close(&mut self, reason: &str);
}

/// Takes agents' connections.
pub trait AgentDoor: Send + Sync {
    /// Serves a connection until it ends. Whoever calls spawns the future.
    fn accept(&self, socket: Box<dyn FrameSocket>, peer: SocketAddr) -> BoxFuture<'static, ()>;
}
