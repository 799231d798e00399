//! Chunks of a run's output as lines of each of its streams, however they are cut.
//!
//! How the streams were interleaved is chance and not told. A line that is too long is told in pieces, always the same ones; so is
//! what never ends in a line end.

use pilothouse_protocol::{Chunk, Payload, Stream};

/// The longest piece of a line.
pub(super) const MAX_LINE: usize = 4096;
/// Streams of a run.
pub(super) const STREAMS: [Stream; 3] = [Stream::Stdout, Stream::Stderr, Stream::Agent];

/// The place of a stream among [`STREAMS`].
pub(super) const fn index_of(stream: Stream) -> usize {
    match stream {
        Stream::Stdout => 0,
        Stream::Stderr => 1,
        Stream::Agent => 2,
    }
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A line, without its end.
    Line,
    /// A piece of a line that goes on.
    Piece,
    /// What was lost; the text says how much.
    Hole,
}

/// A line that has begun.
#[derive(Clone, Debug, Default)]
struct Begun {
    text: Vec<u8>,
    step: u16,
}

/// Cuts a run's output into lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    begun: [Begun; 3],
}

impl Lines {
    /// Tells the lines that end in a chunk, each with the place of its stream.
    pub(super) fn push(&mut self, chunk: &Chunk, mut tell: impl FnMut(usize, Kind, &[u8])) {
        let stream = index_of(chunk.stream);
        let begun = &mut self.begun[stream];
        let is_hole = matches!(chunk.payload, Payload::Dropped { .. });
        // A step begins with a line of its own.
        if !begun.text.is_empty() && (is_hole || begun.step != chunk.step) {
            tell(stream, Kind::Line, bare(&begun.text));
            begun.text.clear();
        }
        begun.step = chunk.step;
        match &chunk.payload {
            Payload::Data(bytes) => begun.take(bytes, |kind, text| tell(stream, kind, text)),
            Payload::Dropped { bytes, lines, .. } => {
                let said = format!("[{bytes} bytes with {lines} line ends were dropped here]");
                tell(stream, Kind::Hole, said.as_bytes());
            }
        }
    }

    /// What has no line end yet, of a stream; empty if there is nothing.
    pub(super) fn tail(&self, stream: usize) -> &[u8] {
        self.begun.get(stream).map_or(&[], |begun| bare(&begun.text))
    }

    /// Whether something has no line end yet.
    pub(super) fn has_tail(&self, stream: usize) -> bool {
        self.begun.get(stream).is_some_and(|begun| !begun.text.is_empty())
    }
}

impl Begun {
    fn take(&mut self, bytes: &[u8], mut tell: impl FnMut(Kind, &[u8])) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (mut body, ends) = part.strip_suffix(b"\n").map_or((part, false), |body| (body, true));
            if ends && self.text.is_empty() && body.len() <= MAX_LINE {
                tell(Kind::Line, bare(body));
                continue;
            }
            while !body.is_empty() {
                if self.text.len() == MAX_LINE {
                    tell(Kind::Piece, &self.text);
                    self.text.clear();
                }
                let (head, rest) = body.split_at(body.len().min(MAX_LINE - self.text.len()));
                self.text.extend_from_slice(head);
                body = rest;
            }
            if ends {
                tell(Kind::Line, bare(&self.text));
                // What is held is given back: few lines come in parts.
                self.text = Vec::new();
            }
        }
    }
}

/// Without the carriage return that some systems end their lines with.
fn bare(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use pilothouse_protocol::{Lost, Millis};
    use proptest::prelude::*;

    use super::*;

    fn chunk(stream: Stream, step: u16, bytes: &[u8]) -> Chunk {
        Chunk { offset: 0, step, stream, at: Millis(0), payload: Payload::Data(bytes.to_vec()) }
    }

    type Told = Vec<(usize, Kind, Vec<u8>)>;

    fn told(chunks: &[Chunk]) -> (Told, [Vec<u8>; 3]) {
        let (mut lines, mut told) = (Lines::default(), Vec::new());
        for chunk in chunks {
            lines.push(chunk, |stream, kind, text| told.push((stream, kind, text.to_vec())));
        }
        (told, [0, 1, 2].map(|stream| lines.tail(stream).to_vec()))
    }

    #[test]
    fn a_line_is_told_when_it_ends_and_without_its_end() {
        let (told, tails) = told(&[
            chunk(Stream::Stdout, 0, b"one\r\ntw"),
            chunk(Stream::Stderr, 0, b"bad\n"),
            chunk(Stream::Stdout, 0, b"o\nthr"),
        ]);
        let line = |stream, text: &str| (stream, Kind::Line, text.as_bytes().to_vec());
        assert_eq!(told, [line(0, "one"), line(1, "bad"), line(0, "two")]);
        assert_eq!(tails[0], b"thr");
    }

    #[test]
    fn a_step_and_a_hole_end_the_line_before_them() {
        let hole = Chunk {
            payload: Payload::Dropped { bytes: 9, lines: 2, why: Lost::default() },
            ..chunk(Stream::Stdout, 1, b"")
        };
        let (told, _) = told(&[chunk(Stream::Stdout, 0, b"a"), chunk(Stream::Stdout, 1, b"b"), hole]);
        let kinds: Vec<_> = told.iter().map(|(_, kind, text)| (*kind, text.len())).collect();
        assert_eq!(kinds, [(Kind::Line, 1), (Kind::Line, 1), (Kind::Hole, 44)]);
    }

    proptest! {
        #[test]
        fn lines_are_the_same_however_the_output_is_cut(
            words in proptest::collection::vec("[a\r\n]{0,9}|x{4000,4200}|\n", 0..12),
            cuts in proptest::collection::vec(1usize..5000, 1..20),
        ) {
            let whole = words.concat().into_bytes();
            let (mut parts, mut rest, mut cuts) = (Vec::new(), whole.as_slice(), cuts.into_iter().cycle());
            while !rest.is_empty() {
                let (head, tail) = rest.split_at(cuts.next().unwrap().min(rest.len()));
                parts.push(chunk(Stream::Stdout, 0, head));
                rest = tail;
            }
            prop_assert_eq!(told(&parts), told(&[chunk(Stream::Stdout, 0, &whole)]));
        }
    }
}
