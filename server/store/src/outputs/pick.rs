//! From a known place in an output to the one that is asked for, and on until enough was taken.

use pilothouse_api::commands::Place;
use pilothouse_protocol::{Chunk, Payload};

/// Where an output ends, and how many lines there are up to there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    /// End in bytes.
    pub(super) end: u64,
    /// Line ends.
    pub(super) lines: u64,
    /// Whether something stands behind the last line end.
    pub(super) is_open: bool,
}

impl Extent {
    /// What follows it, follows it.
    pub(super) fn grow(&mut self, chunk: &Chunk) {
        self.end = chunk.end();
        self.lines += lines(chunk);
        self.is_open = match &chunk.payload {
            Payload::Data(bytes) => bytes.last().map_or(self.is_open, |last| *last != b'\n'),
            Payload::Dropped { .. } => true,
        };
    }

    /// Lines, the one without an end among them.
    pub(super) fn total_lines(self) -> u64 {
        self.lines + u64::from(self.is_open)
    }
}

/// Line ends in a chunk.
pub(super) fn lines(chunk: &Chunk) -> u64 {
    match &chunk.payload {
        Payload::Data(bytes) => ends(bytes),
        Payload::Dropped { lines, .. } => *lines,
    }
}

fn ends(bytes: &[u8]) -> u64 {
    // In pieces whose counts fit a byte, which is what makes it fast.
    let count = |piece: &[u8]| piece.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>();
    bytes.chunks(255).map(|piece| u64::from(count(piece))).sum()
}

/// A place that does not depend on where the output ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Right behind this many line ends.
    Line(u64),
    /// At this offset.
    Offset(u64),
}

impl Start {
    pub(super) fn of(place: Place, extent: Extent) -> Self {
        match place {
            Place::Offset(offset) => Self::Offset(offset.min(extent.end)),
            Place::Line(line) if line >= extent.total_lines() => Self::Offset(extent.end),
            Place::Line(line) => Self::Line(line),
            Place::LastLines(0) => Self::Offset(extent.end),
            Place::LastLines(count) => Self::Line(extent.total_lines().saturating_sub(count)),
        }
    }
}

/// A place of which it is known how many line ends stand before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Offset in the output.
    pub(super) offset: u64,
    /// Where its record stands in the file.
    pub(super) position: u64,
    /// Line ends before it.
    pub(super) lines: u64,
}

impl Mark {
    /// The last mark from which the place can be found by going on, as its place among marks.
    pub(super) fn before(marks: &[Self], start: Start) -> usize {
        let behind = match start {
            Start::Offset(offset) => marks.partition_point(|mark| mark.offset <= offset),
            // The line end that the line follows must be seen.
            Start::Line(line) => marks.partition_point(|mark| mark.lines < line),
        };
        behind.saturating_sub(1)
    }
}

/// How much is wanted at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Line ends.
    pub(super) lines: u64,
    /// Bytes; at least one chunk is taken if there is any.
    pub(super) bytes: usize,
}

/// Takes chunks in order, from a mark on.
pub(super) struct Picker {
    start: Start,
    limits: Limits,
    /// Line ends before the chunk that comes next.
    lines: u64,
    first_line: Option<u64>,
    taken_lines: u64,
    taken_bytes: usize,
    chunks: Vec<Chunk>,
}

impl Picker {
    /// Chunks come from this mark on.
    pub(super) const fn new(mark: Mark, start: Start, limits: Limits) -> Self {
        let chunks = Vec::new();
        Self { start, limits, lines: mark.lines, first_line: None, taken_lines: 0, taken_bytes: 0, chunks }
    }

    /// Takes what is wanted of a chunk; whether more is wanted.
    pub(super) fn take(&mut self, chunk: Chunk) -> bool {
        let before = self.lines;
        self.lines += lines(&chunk);
        let Some(mut chunk) =
            (if self.first_line.is_some() { Some(chunk) } else { self.begin(before, chunk) })
        else {
            return true;
        };
        let room = self.limits.lines.saturating_sub(self.taken_lines);
        let is_cut = keep_lines(&mut chunk, room);
        self.taken_lines += lines(&chunk);
        if let Payload::Data(bytes) = &chunk.payload {
            self.taken_bytes += bytes.len();
        }
        self.chunks.push(chunk);
        !is_cut && self.taken_lines < self.limits.lines && self.taken_bytes < self.limits.bytes
    }

    /// What of the chunk lies at or behind the place, if the place is in it.
    fn begin(&mut self, before: u64, chunk: Chunk) -> Option<Chunk> {
        let begun = match self.start {
            Start::Offset(offset) => {
                let chunk = chunk.from_offset(offset)?;
                self.first_line = Some(if matches!(chunk.payload, Payload::Data(_)) {
                    self.lines - lines(&chunk)
                } else {
                    before
                });
                chunk
            }
            Start::Line(line) => {
                let missing = line.saturating_sub(before);
                let chunk = behind_lines(chunk, missing)?;
                self.first_line = Some(if matches!(chunk.payload, Payload::Data(_)) { line } else { before });
                chunk
            }
        };
        Some(begun)
    }

    /// The line in which the first chunk begins, and all chunks. At the end of the output there is none.
    pub(super) fn finish(self) -> (u64, Vec<Chunk>) {
        (self.first_line.unwrap_or(self.lines), self.chunks)
    }
}

/// What of a chunk follows its `count`th line end; a hole that reaches so far is the place itself.
fn behind_lines(chunk: Chunk, count: u64) -> Option<Chunk> {
    let Ok(nth) = usize::try_from(count) else { return None };
    if nth == 0 {
        return Some(chunk);
    }
    match &chunk.payload {
        Payload::Data(bytes) => {
            let (at, _) = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(nth - 1)?;
            let offset = chunk.offset + at as u64 + 1;
            chunk.from_offset(offset)
        }
        Payload::Dropped { lines, .. } => (*lines >= count).then_some(chunk),
    }
}

/// Cuts a chunk behind its `room`th line end; whether it was cut.
fn keep_lines(chunk: &mut Chunk, room: u64) -> bool {
    let Payload::Data(bytes) = &mut chunk.payload else { return false };
    let Ok(room) = usize::try_from(room) else { return false };
    let Some(last) = room.checked_sub(1) else { return false };
    let end = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(last);
    let Some((at, _)) = end.filter(|(at, _)| at + 1 < bytes.len()) else { return false };
    bytes.truncate(at + 1);
    true
}

#[cfg(test)]
mod tests {
    use pilothouse_protocol::{Lost, Millis, Stream};

    use super::*;

    fn chunk(offset: u64, payload: Payload) -> Chunk {
        Chunk { offset, step: 0, stream: Stream::Stdout, at: Millis(1), payload }
    }

    fn output() -> Vec<Chunk> {
        vec![
            chunk(0, Payload::Data(b"one\ntwo\nth".to_vec())),
            chunk(10, Payload::Data(b"ree\n".to_vec())),
            chunk(14, Payload::Dropped { bytes: 100, lines: 5, why: Lost::Spool }),
            chunk(114, Payload::Data(b"nine\nten".to_vec())),
        ]
    }

    fn pick(start: Start, lines: u64) -> (u64, Vec<(u64, String)>) {
        let mut picker = Picker::new(Mark::default(), start, Limits { lines, bytes: usize::MAX });
        for chunk in output() {
            if !picker.take(chunk) {
                break;
            }
        }
        let (first, chunks) = picker.finish();
        let shown = chunks.into_iter().map(|it| match it.payload {
            Payload::Data(bytes) => (it.offset, String::from_utf8(bytes).unwrap()),
            Payload::Dropped { bytes, .. } => (it.offset, format!("-{bytes}")),
        });
        (first, shown.collect())
    }

    #[test]
    fn a_line_begins_behind_the_line_end_before_it_wherever_chunks_end() {
        let texts = |line| pick(Start::Line(line), 1);
        assert_eq!(texts(0), (0, vec![(0, "one\n".into())]));
        assert_eq!(texts(1), (1, vec![(4, "two\n".into())]));
        assert_eq!(texts(2), (2, vec![(8, "th".into()), (10, "ree\n".into())]));
        assert_eq!(texts(9), (9, vec![(119, "ten".into())]));
    }

    #[test]
    fn a_line_in_a_hole_is_the_hole() {
        for line in [4, 5, 8] {
            assert_eq!(pick(Start::Line(line), 1).1[0], (14, "-100".into()), "line {line}");
        }
        assert_eq!(pick(Start::Line(4), 1).0, 3);
    }

    #[test]
    fn an_offset_knows_its_line() {
        assert_eq!(pick(Start::Offset(5), u64::MAX).0, 1);
        assert_eq!(pick(Start::Offset(11), u64::MAX).0, 2);
        assert_eq!(
            pick(Start::Offset(50), u64::MAX),
            (3, vec![(50, "-64".into()), (114, "nine\nten".into())])
        );
        assert_eq!(pick(Start::Offset(120), u64::MAX).0, 9);
    }

    #[test]
    fn the_end_of_an_output_counts_the_line_that_has_no_end() {
        let mut extent = Extent::default();
        output().iter().for_each(|chunk| extent.grow(chunk));
        assert_eq!((extent.end, extent.lines, extent.total_lines()), (122, 9, 10));
        assert_eq!(Start::of(Place::LastLines(1), extent), Start::Line(9));
        assert_eq!(Start::of(Place::Line(10), extent), Start::Offset(122));
    }
}
