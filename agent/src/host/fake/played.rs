//! What a simulated node makes of scripts and files: words with pauses between them, and nothing.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pilothouse_protocol::{Chunk, Payload};
use tokio::sync::{Notify, watch};

use super::Line;
use crate::clock;
use crate::host::{Incoming, Place, Process};
use crate::step_runner::{Exit, How};

/// Where files go that a simulated node receives.
pub(super) struct Nowhere;

#[async_trait]
impl Incoming for Nowhere {
    async fn write(&mut self, _: &[u8]) -> Result<(), String> {
        Ok(())
    }

    async fn keep(self: Box<Self>) -> Result<(), String> {
        Ok(())
    }
}

pub(super) struct Stage {
    pub(super) grown: Arc<Notify>,
    pub(super) cancelled: watch::Receiver<bool>,
    pub(super) end: watch::Sender<Option<Exit>>,
}

pub(super) async fn perform(place: Place, lines: Vec<Line>, code: i32, timeout: Duration, mut stage: Stage) {
    let print = async {
        for Line { pause, stream, text } in lines {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            if !text.is_empty() {
                let payload = Payload::Data(text.into_bytes());
                place.spool.push(Chunk { offset: 0, step: place.step, stream, at: clock::now(), payload });
                stage.grown.notify_one();
            }
        }
    };
    let (how, code) = tokio::select! {
        () = print => (How::Exited, code),
        _ = stage.cancelled.wait_for(|is| *is) => (How::Cancelled, 137),
        () = tokio::time::sleep(timeout) => (How::TimedOut, 137),
    };
    let _ = stage.end.send(Some(Exit { how, ..Exit::of(code) }));
    stage.grown.notify_one();
}

pub(super) struct Played {
    pub(super) grown: Arc<Notify>,
    pub(super) cancel: watch::Sender<bool>,
    pub(super) ended: watch::Receiver<Option<Exit>>,
}

#[async_trait]
impl Process for Played {
    fn pid(&self) -> Option<u32> {
        None
    }

    async fn changed(&mut self) {
        self.grown.notified().await;
    }

    fn ended(&mut self) -> Option<Exit> {
        self.ended.borrow().clone()
    }

    fn cancel(&mut self) {
        let _ = self.cancel.send(true);
    }
}
