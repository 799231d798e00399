//! A run's output as a window over what the server has: it begins anywhere, grows at both ends, and moves.
//!
//! What it holds is always contiguous. A piece that continues it, at either end, is put there; any other takes its place. So it does
//! not matter in which order answers come, and a place that is wanted is either in the window or asked for again.

use std::collections::BTreeMap;

use pilothouse_api::commands::ReadOutputResult;
use pilothouse_api::protocol::{Chunk, InstanceId, Millis, Payload};
use pilothouse_api::topics::Topic;

use super::{MAX_BYTES, MAX_LINES, Open, Output};
use crate::mirror::Freshness;
use crate::words::count;

/// What part of the whole it is.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// Offset of the first byte that is kept.
    start: u64,
    /// Where the whole ends, as far as was told.
    whole_end: u64,
    /// How many lines the whole has, as far as was told.
    whole_lines: u64,
    /// Counts how often other lines took the place of all of them.
    moves: u64,
    /// Whether what is told of the topic still continues it.
    live: bool,
}

impl Output {
    /// Nothing yet of one run's output.
    pub(in super::super) fn windowed() -> Self {
        Self { window: Some(Window::default()), ..Self::default() }
    }

    /// Whether it is a window over one run's output.
    #[must_use]
    pub fn is_window(&self) -> bool {
        self.window.is_some()
    }

    /// Counts how often other lines took the place of all of them: then no place in it means what it meant.
    #[must_use]
    pub fn moves(&self) -> u64 {
        self.window.as_ref().map_or(0, |window| window.moves)
    }

    /// Where it begins in the whole output, in bytes.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.window.as_ref().map_or(0, |window| window.start)
    }

    /// Where it ends in the whole output, in bytes.
    #[must_use]
    pub fn stop(&self) -> u64 {
        self.nodes.first().map_or(self.start(), |tail| tail.end)
    }

    /// Whether nothing is known to come after it.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.window.as_ref().is_none_or(|window| self.stop() >= window.whole_end)
    }

    /// Where the whole output ends, as far as was told, in bytes.
    #[must_use]
    pub fn whole_end(&self) -> u64 {
        self.window.as_ref().map_or(0, |window| window.whole_end)
    }

    /// Lines of the whole output, as far as was told.
    #[must_use]
    pub fn whole_lines(&self) -> u64 {
        self.window.as_ref().map_or(self.lines.len() as u64, |window| window.whole_lines)
    }

    /// The number of the first line that is there.
    #[must_use]
    pub fn first_number(&self) -> u64 {
        self.lines.front().map_or(self.number, |line| line.number)
    }

    /// The place of the line of that number, or of the hole that it was in; `None` if it is not there.
    #[must_use]
    pub fn place_of(&self, number: u64) -> Option<usize> {
        let after = self.lines.partition_point(|line| line.number <= number);
        let last = self.lines.get(after.checked_sub(1)?)?.number;
        let beyond = after == self.lines.len() && number > last && !(self.is_at_end() && self.complete);
        // Of a line that is shown in pieces, the first.
        (!beyond).then(|| self.lines.partition_point(|line| line.number < last))
    }

    /// What is told of the topic continues it from now on.
    pub(in super::super) fn follow(&mut self) {
        if let Some(window) = &mut self.window {
            window.live = true;
        }
    }

    /// Takes in what was told of the topic, unless the window was moved since.
    pub(in super::super) fn hear(
        &mut self,
        chunks: impl Iterator<Item = (InstanceId, Chunk)>,
        complete: bool,
        next: &Topic,
    ) {
        if self.window.as_ref().is_some_and(|window| !window.live) {
            return;
        }
        self.take(chunks, complete, next);
        self.reached();
    }

    /// Begins each of many nodes' outputs where it is told to, and says how much is not there.
    pub(in super::super) fn begin_merged(&mut self, from: BTreeMap<InstanceId, u64>) {
        let before: u64 = from.values().sum();
        for (node, offset) in from {
            let number = self.number(node);
            self.nodes[number as usize].end = offset;
        }
        let bytes = count(before, "byte");
        self.put_head(format!("… {bytes} before that: the output of each node has them"), Millis::default());
    }

    /// Takes in what was read. What does not continue it takes its place if one `goes` there, and is not wanted otherwise. Says
    /// whether what is told of the topic does not continue it any more.
    pub(in super::super) fn read(
        &mut self,
        node: &InstanceId,
        read: ReadOutputResult,
        goes: bool,
        next: &Topic,
    ) -> bool {
        let lived = self.window.as_ref().is_some_and(|window| window.live);
        self.generation += 1;
        self.freshness = Freshness::Fresh;
        let (from, to) = match (read.chunks.first(), read.chunks.last()) {
            (Some(first), Some(last)) => (first.offset, last.end()),
            _ => (read.end, read.end),
        };
        let (start, stop) = (self.start(), self.stop());
        let apart = to < start || from > stop;
        let chunks = read.chunks.into_iter().map(|chunk| (node.clone(), chunk));
        let next = at(next, to);
        if self.nodes.is_empty() || (apart && goes && from < to) {
            self.begin(node, from, read.first_line);
            self.take(chunks, read.complete, &next);
        } else if apart {
            // It does not reach what is here; less is asked for then.
        } else if from < start {
            self.precede(node, chunks.map(|(_, chunk)| chunk), read.first_line);
        } else if to >= stop {
            self.take(chunks, read.complete, &next);
        }
        if let Some(window) = &mut self.window {
            window.whole_end = window.whole_end.max(read.end);
            window.whole_lines = window.whole_lines.max(read.total_lines);
        }
        self.reached();
        lived && self.window.as_ref().is_some_and(|window| !window.live)
    }

    /// Throws away what is there, and begins at another place.
    fn begin(&mut self, node: &InstanceId, offset: u64, number: u64) {
        let window = self.window.take().unwrap_or_default();
        let moves = window.moves + u64::from(!self.lines.is_empty());
        *self = Self {
            freshness: self.freshness.clone(),
            followed: self.followed,
            closed_at: self.closed_at,
            generation: self.generation,
            number,
            window: Some(Window { start: offset, moves, live: false, ..window }),
            ..Self::default()
        };
        let number = self.number(node.clone());
        self.nodes[number as usize].end = offset;
    }

    /// Puts what is before the first line there.
    fn precede(&mut self, node: &InstanceId, chunks: impl Iterator<Item = Chunk>, first_line: u64) {
        let start = self.start();
        let chunks: Vec<Chunk> = chunks.filter_map(|chunk| until(chunk, start)).collect();
        let (chunks, first_line) = from_line(chunks, first_line);
        let Some(from) = chunks.first().map(|chunk| chunk.offset) else { return };
        let mut before = Self::windowed();
        before.begin(node, from, first_line);
        // It is a page: it is taken whole, and what is too much goes at the other end.
        chunks.into_iter().for_each(|chunk| before.put(0, chunk));
        before.close(0, Millis::default());
        self.base -= i64::try_from(before.lines.len()).unwrap_or(0);
        self.bytes += before.bytes;
        for line in before.lines.into_iter().rev() {
            self.lines.push_front(line);
        }
        if let Some(window) = &mut self.window {
            window.start = from;
        }
        self.forget_below();
    }

    /// Forgets lines at the beginning, up to one before which nothing is unfinished.
    pub(super) fn forget_above(&mut self) {
        let mut reached = 0;
        while self.is_too_much() || self.lines.front().is_some_and(|line| line.offset < reached) {
            let Some(line) = self.lines.pop_front() else { break };
            self.bytes -= line.text.len();
            self.base += 1;
            reached = reached.max(line.end);
        }
        let start = self.lines.front().map_or(self.stop(), |line| line.offset);
        if let Some(window) = &mut self.window {
            window.start = start;
        }
    }

    /// Forgets lines at the end.
    fn forget_below(&mut self) {
        if self.lines.len() <= MAX_LINES && self.bytes <= MAX_BYTES {
            return;
        }
        let mut cut = self.stop();
        while self.is_too_much() || self.lines.back().is_some_and(|line| line.end > cut) {
            let Some(line) = self.lines.pop_back() else { break };
            self.bytes -= line.text.len();
            self.number = line.number;
            cut = cut.min(line.offset);
        }
        for tail in &mut self.nodes {
            tail.end = cut;
            tail.open = <[Open; 3]>::default();
        }
        self.complete = false;
        if let Some(window) = &mut self.window {
            window.live = false;
        }
    }

    /// The whole is at least as long as what is here.
    fn reached(&mut self) {
        let (stop, complete) = (self.stop(), self.complete);
        let unfinished = self.lines.back().is_some_and(|line| line.number == self.number);
        let lines = self.number + u64::from(unfinished);
        if let Some(window) = &mut self.window {
            window.whole_end = window.whole_end.max(stop);
            window.whole_lines =
                if complete && stop >= window.whole_end { lines } else { window.whole_lines.max(lines) };
        }
    }
}

/// What of a chunk lies before an offset.
fn until(mut chunk: Chunk, offset: u64) -> Option<Chunk> {
    let length = offset.checked_sub(chunk.offset).filter(|length| *length > 0)?;
    match &mut chunk.payload {
        Payload::Data(bytes) => bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX)),
        Payload::Dropped { bytes, .. } => *bytes = (*bytes).min(length),
    }
    Some(chunk)
}

/// The chunks from the first line that begins in them, so that a line is not shown in two pieces; all of them if that is none.
fn from_line(mut chunks: Vec<Chunk>, first_line: u64) -> (Vec<Chunk>, u64) {
    let Some(Chunk { offset, payload: Payload::Data(bytes), .. }) = chunks.first() else {
        return (chunks, first_line);
    };
    let end = bytes.iter().position(|byte| *byte == b'\n').filter(|_| *offset > 0);
    let Some(begin) = end.map(|end| offset + end as u64 + 1) else { return (chunks, first_line) };
    if chunks.last().is_none_or(|last| last.end() <= begin) {
        return (chunks, first_line);
    }
    let first = chunks.remove(0);
    if let Some(rest) = first.from_offset(begin) {
        chunks.insert(0, rest);
    }
    (chunks, first_line + 1)
}

/// The topic, with its cursor at an offset.
fn at(topic: &Topic, offset: u64) -> Topic {
    match topic {
        Topic::Output { command_id, instance_id, .. } => {
            Topic::Output { command_id: command_id.clone(), instance_id: instance_id.clone(), from: offset }
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
