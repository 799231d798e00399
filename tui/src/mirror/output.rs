//! Output of one run, or of all runs of a command merged, as lines that are harmless to draw.
//!
//! In: chunks with their offsets, in whatever pieces they came. Out: lines, each with its node, stream and time, the last of a
//! stream perhaps still growing; a hole is a line that says so. Taking in costs what is new, never what is there already, and
//! what is kept is bounded. Of one run it is a window over what the server has, and moves to any place of it; of all runs it is
//! the end, and the first line says how much is not there.

mod append;
mod line;
mod window;

use std::collections::{BTreeMap, HashMap, VecDeque};

use pilothouse_api::protocol::{Chunk, InstanceId, Lost, Millis, Payload, Stream};
use pilothouse_api::topics::Topic;

use super::Freshness;
use crate::words::count;
use append::Origin;
use line::hex;
pub use line::{Line, Said};
use window::Window;

/// The most lines that are kept of one output.
pub const MAX_LINES: usize = 60_000;
/// The most text that is kept of one output, in bytes.
const MAX_BYTES: usize = 8 << 20;
/// The node of a line that is no node's.
const NOBODY: u32 = u32::MAX;

/// Output as lines.
#[derive(Debug, Default)]
pub struct Output {
    /// How far it can be trusted.
    pub freshness: Freshness,
    pub(super) followed: bool,
    pub(super) closed_at: Millis,
    lines: VecDeque<Line>,
    /// Stands in the place of everything that was forgotten.
    head: Option<Line>,
    /// The place of the first line among all that ever were; less than 0 after earlier ones were put before it.
    base: i64,
    /// Line ends so far.
    number: u64,
    bytes: usize,
    nodes: Vec<Tail>,
    numbers: HashMap<InstanceId, u32>,
    complete: bool,
    generation: u64,
    /// Of one run: what part of the whole this is.
    window: Option<Window>,
}

/// Where the output of one node ends.
#[derive(Debug)]
struct Tail {
    node: InstanceId,
    end: u64,
    /// Of stdout, stderr and the agent.
    open: [Open; 3],
}

/// The end of one stream.
#[derive(Debug, Default)]
struct Open {
    /// Place of the line that is still growing, counted as [`Output::base`].
    line: Option<i64>,
    step: u16,
    /// The beginning of a character whose rest is still to come.
    carry: Vec<u8>,
    /// Width of the line so far, in cells: where tabs are counted from.
    column: usize,
    /// A carriage return came last: what comes next overwrites the line, unless it ends it.
    returned: bool,
}

impl Output {
    /// Counts changes.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether every run is over and everything they said is here or accounted for.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// How many lines there are to show.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len() + usize::from(self.head.is_some())
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The line at this place.
    #[must_use]
    pub fn line(&self, at: usize) -> Option<&Line> {
        match &self.head {
            Some(head) if at == 0 => Some(head),
            Some(_) => self.lines.get(at - 1),
            None => self.lines.get(at),
        }
    }

    /// All lines, in order.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.head.iter().chain(&self.lines)
    }

    /// How far up the lines that are kept have moved since the first was said, or down when negative; what looks at a place
    /// moves with them.
    #[must_use]
    pub fn moved(&self) -> i64 {
        // The line that says so has taken the place of one of those that are gone.
        self.base - i64::from(self.head.is_some())
    }

    /// Whose line it is.
    #[must_use]
    pub fn node(&self, line: &Line) -> Option<&InstanceId> {
        self.nodes.get(line.node as usize).map(|tail| &tail.node)
    }

    /// How many bytes a node said, holes included.
    #[must_use]
    pub fn end(&self, node: &InstanceId) -> u64 {
        self.numbers.get(node).map_or(0, |&at| self.nodes[at as usize].end)
    }

    /// The topic, with the cursor at the end of what is known.
    pub(super) fn cursor(&self, topic: &Topic) -> Topic {
        match topic {
            Topic::Output { command_id, instance_id, .. } => Topic::Output {
                command_id: command_id.clone(),
                instance_id: instance_id.clone(),
                from: self.end(instance_id),
            },
            Topic::Merged { command_id, .. } => {
                let from: BTreeMap<_, _> =
                    self.nodes.iter().map(|tail| (tail.node.clone(), tail.end)).collect();
                Topic::Merged { command_id: command_id.clone(), from, after: 0 }
            }
            other => other.clone(),
        }
    }

    /// Forgets all of it: the caller may not see it any more.
    pub(super) fn forget(&mut self) {
        let (followed, closed_at, generation) = (self.followed, self.closed_at, self.generation + 1);
        let window = self.window.as_ref().map(|_| Window::default());
        *self = Self { followed, closed_at, generation, window, ..Self::default() };
    }

    /// Takes in chunks; what is known already is not taken twice, what is missing before one is marked.
    pub(super) fn take(
        &mut self,
        chunks: impl Iterator<Item = (InstanceId, Chunk)>,
        complete: bool,
        next: &Topic,
    ) {
        for (node, chunk) in chunks {
            let node = self.number(node);
            let end = self.nodes[node as usize].end;
            self.hole(node, chunk.offset.saturating_sub(end), chunk.at);
            if let Some(chunk) = chunk.from_offset(end) {
                self.put(node, chunk);
            }
            self.bound();
        }
        let at = self.lines.back().map_or(Millis::default(), |line| line.at);
        if let Topic::Output { instance_id, from, .. } = next {
            let node = self.number(instance_id.clone());
            self.hole(node, from.saturating_sub(self.nodes[node as usize].end), at);
        }
        if complete && !self.complete {
            let nodes: Vec<u32> = self.numbers.values().copied().collect();
            nodes.into_iter().for_each(|node| self.close(node, at));
        }
        if complete != self.complete {
            self.generation += 1;
            self.complete = complete;
        }
    }

    /// Puts a chunk behind what its node said so far.
    fn put(&mut self, node: u32, chunk: Chunk) {
        self.generation += 1;
        self.nodes[node as usize].end = chunk.end();
        let Chunk { offset, step, stream, at, payload } = chunk;
        match payload {
            Payload::Data(bytes) => self.append(Origin { node, stream, at, offset }, step, bytes),
            Payload::Dropped { bytes, lines, why } => self.dropped(node, (bytes, lines, why), at),
        }
    }

    fn number(&mut self, node: InstanceId) -> u32 {
        if let Some(&number) = self.numbers.get(&node) {
            return number;
        }
        let number = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.numbers.insert(node.clone(), number);
        self.nodes.push(Tail { node, end: 0, open: Default::default() });
        number
    }

    /// Bytes that nobody accounted for.
    fn hole(&mut self, node: u32, bytes: u64, at: Millis) {
        if bytes > 0 {
            self.nodes[node as usize].end += bytes;
            self.gap(node, bytes, at, format!("… {} missing", count(bytes, "byte")));
        }
    }

    fn dropped(&mut self, node: u32, (bytes, lines, why): (u64, u64, Lost), at: Millis) {
        let many = if lines > 0 { format!(" ({})", count(lines, "line")) } else { String::new() };
        self.gap(node, bytes, at, format!("… {}{many} not kept: {}", count(bytes, "byte"), why.reason()));
        self.number += lines;
    }

    /// A line for the bytes before the node's end that are not there.
    fn gap(&mut self, node: u32, bytes: u64, at: Millis, text: String) {
        self.close(node, at);
        let end = self.nodes[node as usize].end;
        let origin = Origin { node, stream: Stream::Agent, at, offset: end.saturating_sub(bytes) };
        self.push(origin, Said::Gap, text);
        if let Some(line) = self.lines.back_mut() {
            line.end = end;
        }
    }

    /// Ends the growing lines of a node: what comes next is no continuation of them.
    fn close(&mut self, node: u32, at: Millis) {
        for stream in [Stream::Stdout, Stream::Stderr, Stream::Agent] {
            let offset = self.nodes[node as usize].end;
            let open = self.open(node, stream);
            let (carry, step) = (std::mem::take(&mut open.carry), open.step);
            if !carry.is_empty() {
                let offset = offset.saturating_sub(carry.len() as u64);
                self.text(Origin { node, stream, at, offset }, &hex(&carry));
            }
            *self.open(node, stream) = Open { step, ..Open::default() };
        }
    }

    fn open(&mut self, node: u32, stream: Stream) -> &mut Open {
        &mut self.nodes[node as usize].open[match stream {
            Stream::Stdout => 0,
            Stream::Stderr => 1,
            Stream::Agent => 2,
        }]
    }

    fn push(&mut self, Origin { node, at, offset, .. }: Origin, said: Said, text: String) {
        self.bytes += text.len();
        let number = self.number;
        self.lines.push_back(Line { text, said, at, node, number, offset, end: offset });
    }

    /// Forgets the oldest lines when there are too many, some at a time, so that places do not move with every line.
    fn bound(&mut self) {
        if self.lines.len() <= MAX_LINES && self.bytes <= MAX_BYTES {
            return;
        }
        if self.window.is_some() {
            return self.forget_above();
        }
        let mut at = Millis::default();
        while self.is_too_much() {
            let Some(line) = self.lines.pop_front() else { break };
            self.bytes -= line.text.len();
            self.base += 1;
            at = line.at;
        }
        self.put_head(format!("… {} not kept here", count(self.base.unsigned_abs(), "earlier line")), at);
    }

    fn is_too_much(&self) -> bool {
        self.lines.len() > MAX_LINES / 16 * 15 || self.bytes > MAX_BYTES / 16 * 15
    }

    /// A line that stands for all that is not there before the first.
    fn put_head(&mut self, text: String, at: Millis) {
        self.head = Some(Line { text, said: Said::Gap, at, node: NOBODY, number: 0, offset: 0, end: 0 });
    }
}

#[cfg(test)]
mod tests;
