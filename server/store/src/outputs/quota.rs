//! How much output is kept, and the hole that stands where more came.

use pilothouse_protocol::{Chunk, Lost, Payload};

/// How many bytes of output are kept; 0 is any number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Of one run, as it wrote them.
    pub per_run: u64,
    /// Of all runs of a command, on the disk.
    pub per_command: u64,
    /// Of everything, on the disk.
    pub total: u64,
}

impl Quotas {
    /// What may still be kept of a run that has `run` bytes, of a command that takes `command`, when all take `total`.
    pub(super) fn room(self, run: u64, command: u64, total: u64) -> Room {
        let left = |quota: u64, used: u64| if quota == 0 { u64::MAX } else { quota.saturating_sub(used) };
        let left = [
            (left(self.per_run, run), Lost::RunQuota),
            (left(self.per_command, command), Lost::CommandQuota),
            (left(self.total, total), Lost::TotalQuota),
        ];
        let (bytes, why) =
            left.into_iter().min_by_key(|(bytes, _)| *bytes).unwrap_or((u64::MAX, Lost::RunQuota));
        Room { bytes, why }
    }
}

/// What may still be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    bytes: u64,
    /// What is said of the rest.
    why: Lost,
}

impl Room {
    /// Puts chunks into the room: what does not fit becomes a hole, and holes that follow each other one.
    pub(super) fn fit(mut self, chunks: Vec<Chunk>) -> Vec<Chunk> {
        let mut fitting = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            match &chunk.payload {
                Payload::Data(bytes) if bytes.len() as u64 > self.bytes => {
                    let (kept, lost) = self.cut(chunk);
                    fitting.extend(kept);
                    join(&mut fitting, lost);
                    self.bytes = 0;
                }
                Payload::Data(bytes) => {
                    self.bytes -= bytes.len() as u64;
                    fitting.push(chunk);
                }
                Payload::Dropped { .. } => fitting.push(chunk),
            }
        }
        fitting
    }

    /// What fits, and the hole behind it.
    fn cut(self, mut chunk: Chunk) -> (Option<Chunk>, Chunk) {
        let at = usize::try_from(self.bytes).unwrap_or(usize::MAX);
        let Payload::Data(bytes) = &mut chunk.payload else { return (None, chunk) };
        let rest = bytes.split_off(at.min(bytes.len()));
        let lines = rest.iter().map(|byte| u64::from(*byte == b'\n')).sum();
        let payload = Payload::Dropped { bytes: rest.len() as u64, lines, why: self.why };
        let hole = Chunk { offset: chunk.end(), payload, ..chunk.clone() };
        ((!chunk.is_empty()).then_some(chunk), hole)
    }
}

/// Lets a hole follow; one that stands right before it, for the same reason, becomes longer.
fn join(chunks: &mut Vec<Chunk>, hole: Chunk) {
    if let (Some(last), Payload::Dropped { bytes, lines, why }) = (chunks.last_mut(), &hole.payload)
        && last.end() == hole.offset
        && let Payload::Dropped { bytes: before, lines: lines_before, why: because } = &mut last.payload
        && because == why
    {
        (*before, *lines_before) = (*before + bytes, *lines_before + lines);
        return;
    }
    chunks.push(hole);
}

#[cfg(test)]
mod tests {
    use pilothouse_protocol::{Millis, Stream};

    use super::*;

    fn chunk(offset: u64, text: &str) -> Chunk {
        let payload = Payload::Data(text.as_bytes().to_vec());
        Chunk { offset, step: 0, stream: Stream::Stdout, at: Millis(1), payload }
    }

    #[test]
    fn what_does_not_fit_is_one_hole_with_its_lines_and_its_reason() {
        let room = Quotas { per_run: 10, per_command: 100, total: 0 }.room(4, 0, 0);
        let fitting = room.fit(vec![chunk(0, "abcd"), chunk(4, "ef\ng\n"), chunk(9, "h\n")]);
        let hole = Payload::Dropped { bytes: 5, lines: 3, why: Lost::RunQuota };
        assert_eq!(fitting, [chunk(0, "abcd"), chunk(4, "ef"), Chunk { payload: hole, ..chunk(6, "") }]);
    }

    #[test]
    fn the_smallest_room_decides_and_says_why() {
        let quotas = Quotas { per_run: 10, per_command: 100, total: 1_000 };
        assert_eq!(quotas.room(0, 99, 0).why, Lost::CommandQuota);
        assert_eq!(quotas.room(0, 0, 2_000).why, Lost::TotalQuota);
        assert_eq!(Quotas::default().room(1 << 40, 1 << 40, 1 << 40).bytes, u64::MAX);
    }
}
