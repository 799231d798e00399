//! Output between the script's pipes and the spool: gathers what comes in quick succession, and waits a while for room.

use std::collections::VecDeque;
use std::time::Duration;

use pilothouse_protocol::Stream;
use pilothouse_protocol::chunk::MAX_CHUNK;
use tokio::time::Instant;

use super::Doorbell;
use crate::spool::Writer;

/// What comes within this time after the last record goes into one record.
const GATHER: Duration = Duration::from_millis(20);
/// How long a full spool holds the script back before output is dropped: long enough for a server that is reading.
const PATIENCE: Duration = Duration::from_secs(3);
/// What is dropped is dropped until there is this much room: then somebody takes the output again.
const ROOM_AGAIN: usize = 2 * MAX_CHUNK;

/// Gathers output.
pub(super) struct Intake {
    spool: Writer,
    doorbell: Doorbell,
    pieces: VecDeque<(Stream, Vec<u8>)>,
    flushed_at: Instant,
    /// Since when there is no room.
    full_since: Option<Instant>,
    /// It was waited for in vain.
    is_dropping: bool,
}

impl Intake {
    pub(super) fn new(spool: Writer, doorbell: Doorbell) -> Self {
        let flushed_at = Instant::now().checked_sub(GATHER).unwrap_or_else(Instant::now);
        Self { spool, doorbell, pieces: VecDeque::new(), flushed_at, full_since: None, is_dropping: false }
    }

    /// Whether more is taken: while the spool is full the script waits at its pipe.
    pub(super) fn is_open(&self) -> bool {
        self.full_since.is_none()
    }

    /// When [`Self::flush`] is due, if there is anything to flush.
    pub(super) fn due(&self) -> Option<Instant> {
        (!self.pieces.is_empty()).then(|| self.flushed_at + GATHER)
    }

    /// Takes what a script said.
    pub(super) fn take(&mut self, stream: Stream, bytes: Vec<u8>) {
        match self.pieces.back_mut() {
            Some((last, so_far)) if *last == stream && so_far.len() + bytes.len() <= MAX_CHUNK => {
                so_far.extend(bytes);
            }
            _ => self.pieces.push_back((stream, bytes)),
        }
        if self.pieces.len() > 1 || self.flushed_at.elapsed() >= GATHER {
            self.flush();
        }
    }

    /// Writes what was gathered, as far as there is room.
    pub(super) fn flush(&mut self) {
        self.flushed_at = Instant::now();
        while let Some((_, bytes)) = self.pieces.front() {
            let wanted = if self.is_dropping { ROOM_AGAIN } else { bytes.len() };
            if self.spool.has_room(wanted) {
                (self.full_since, self.is_dropping) = (None, false);
            } else if !self.is_dropping {
                if self.full_since.get_or_insert(self.flushed_at).elapsed() < PATIENCE {
                    break;
                }
                // Nobody takes the output: the script is not held back again for every piece of it.
                self.is_dropping = true;
            }
            if let Some((stream, bytes)) = self.pieces.pop_front() {
                self.spool.append(stream, bytes);
            }
        }
        if self.pieces.is_empty() {
            self.full_since = None;
        }
        self.doorbell.ring();
    }

    /// Writes all that is left, or notes that it is lost. Gives the bytes whose loss could not even be written down.
    pub(super) fn finish(mut self) -> u64 {
        for (stream, bytes) in std::mem::take(&mut self.pieces) {
            self.spool.append(stream, bytes);
        }
        self.spool.note_hole();
        self.spool.end().1
    }
}
