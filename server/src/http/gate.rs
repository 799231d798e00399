//! The gate: tells everything that serves a connection that the server stops, and knows when the last of them is gone.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

/// Held by everything that serves a connection.
#[derive(Clone, Debug)]
pub struct Gate {
    stop: watch::Receiver<bool>,
    _inside: mpsc::Sender<Infallible>,
}

/// Closes the gate.
#[derive(Debug)]
pub struct Closer {
    stop: watch::Sender<bool>,
    gone: mpsc::Receiver<Infallible>,
}

/// An open gate.
#[must_use]
pub fn gate() -> (Gate, Closer) {
    let (stop, stopped) = watch::channel(false);
    let (inside, gone) = mpsc::channel(1);
    (Gate { stop: stopped, _inside: inside }, Closer { stop, gone })
}

impl Gate {
    /// Resolves when the server stops. Safe to cancel.
    pub async fn closing(&mut self) {
        // A closer that is gone closes as well.
        let _ = self.stop.wait_for(|stop| *stop).await;
    }
}

impl Closer {
    /// Asks everybody to leave; `false` when somebody is still there after `patience`.
    pub async fn close(mut self, patience: Duration) -> bool {
        self.stop.send_replace(true);
        tokio::time::timeout(patience, self.gone.recv()).await.is_ok()
    }
}
