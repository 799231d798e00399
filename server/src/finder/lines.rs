//! Chunks of one output, put together to lines, stream by stream, and searched.
//!
//! Searching can go on only from a place where no stream has begun a line: what was found behind the last such place is found
//! again. Where there is none for long, lines are taken to end there.

use pilothouse_api::commands::Hit;
use pilothouse_protocol::{Chunk, InstanceId, Millis, Payload, Stream};
use tokio::time::Instant;

use super::{Finder, Match};

/// A line that is longer is searched in pieces.
const MAX_LINE: usize = 64 * 1024;

/// A line whose end has not come.
#[derive(Default)]
struct Begun {
    offset: u64,
    line: u64,
    at: Millis,
    bytes: Vec<u8>,
}

/// What was found in an output.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    pub(super) hits: Vec<Hit>,
    /// Searching goes on from here.
    pub(super) to: u64,
}

/// Searches chunks that follow each other.
pub(super) struct Scanner<'a> {
    finder: &'a Finder,
    instance: &'a InstanceId,
    begun: [Begun; 3],
    /// Line ends so far.
    lines: u64,
    hits: Vec<Hit>,
    /// The last place from which searching could go on, and how many hits stand before it.
    stop: (u64, usize),
    max_hits: usize,
    until: Instant,
    is_full: bool,
}

const fn slot(stream: Stream) -> usize {
    match stream {
        Stream::Stdout => 0,
        Stream::Stderr => 1,
        Stream::Agent => 2,
    }
}

fn bare(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn ends(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

impl<'a> Scanner<'a> {
    /// Begins at an offset that has `lines` line ends before it. Stops at the first place that allows it once there are
    /// `max_hits`, or the time is over.
    pub(super) fn new(
        finder: &'a Finder,
        instance: &'a InstanceId,
        (from, lines): (u64, u64),
        max_hits: usize,
        until: Instant,
    ) -> Self {
        let (begun, hits) = (Default::default(), Vec::new());
        Self { finder, instance, begun, lines, hits, stop: (from, 0), max_hits, until, is_full: false }
    }

    /// Searches a chunk; whether more is wanted.
    pub(super) fn take(&mut self, chunk: &Chunk) -> bool {
        match &chunk.payload {
            Payload::Data(bytes) if !self.finder.looks_at(chunk.stream) => {
                self.lines += ends(bytes);
                self.may_stop(chunk.end());
            }
            Payload::Data(bytes) => self.data(chunk, bytes),
            Payload::Dropped { lines, .. } => {
                self.flush();
                self.lines += lines;
                self.may_stop(chunk.end());
            }
        }
        !self.is_full
    }

    fn data(&mut self, chunk: &Chunk, bytes: &[u8]) {
        let (stream, mut offset) = (chunk.stream, chunk.offset);
        let mut rest = bytes;
        if !self.begun[slot(stream)].bytes.is_empty() {
            let first = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
            self.piece(chunk, offset, &rest[..first]);
            (offset, rest) = (offset + first as u64, &rest[first..]);
        }
        let whole = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (lines, tail) = rest.split_at(whole);
        if !lines.is_empty() && !self.finder.may_be_in(lines) {
            self.lines += ends(lines);
            offset += lines.len() as u64;
            self.may_stop(offset);
            rest = tail;
        }
        for piece in rest.split_inclusive(|byte| *byte == b'\n') {
            if self.is_full {
                return;
            }
            self.piece(chunk, offset, piece);
            offset += piece.len() as u64;
        }
    }

    /// Takes a line, or the beginning of one.
    fn piece(&mut self, chunk: &Chunk, offset: u64, piece: &[u8]) {
        let is_whole = piece.ends_with(b"\n");
        let begun = &mut self.begun[slot(chunk.stream)];
        if begun.bytes.is_empty() {
            *begun =
                Begun { offset, line: self.lines, at: chunk.at, bytes: std::mem::take(&mut begun.bytes) };
        }
        if is_whole && begun.bytes.is_empty() {
            let begun = Begun { bytes: Vec::new(), ..*begun };
            self.search(chunk.stream, &begun, piece);
        } else {
            begun.bytes.extend_from_slice(piece);
            if is_whole || begun.bytes.len() >= MAX_LINE {
                self.end(chunk.stream);
            }
        }
        self.lines += u64::from(is_whole);
        self.may_stop(offset + piece.len() as u64);
    }

    /// Takes the line that was begun as it is.
    fn end(&mut self, stream: Stream) {
        let mut begun = std::mem::take(&mut self.begun[slot(stream)]);
        if !begun.bytes.is_empty() {
            let bytes = std::mem::take(&mut begun.bytes);
            self.search(stream, &begun, &bytes);
        }
    }

    fn flush(&mut self) {
        for stream in [Stream::Stdout, Stream::Stderr, Stream::Agent] {
            self.end(stream);
        }
    }

    fn search(&mut self, stream: Stream, begun: &Begun, line: &[u8]) {
        if let Some(Match { start, text, ranges }) = self.finder.find(bare(line)) {
            let (offset, instance_id) = (begun.offset + start as u64, self.instance.clone());
            self.hits.push(Hit { instance_id, offset, line: begun.line, at: begun.at, stream, text, ranges });
        }
    }

    /// Notes a place from which searching could go on, if this is one, and whether it is to stop there.
    fn may_stop(&mut self, offset: u64) {
        if self.begun.iter().all(|begun| begun.bytes.is_empty()) {
            self.stop = (offset, self.hits.len());
            self.is_full = self.hits.len() >= self.max_hits || Instant::now() >= self.until;
        }
    }

    /// All chunks were taken that there are now. `is_whole`: lines without an end are lines, as nothing follows, or too much was
    /// read without one.
    pub(super) fn finish(mut self, end: u64, is_whole: bool) -> Scanned {
        if is_whole && !self.is_full {
            self.flush();
            self.may_stop(end);
        }
        let (to, count) = self.stop;
        self.hits.truncate(count);
        Scanned { hits: self.hits, to }
    }
}
