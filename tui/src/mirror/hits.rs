//! What was found in the output of a command's runs.
//!
//! In: hits as they are streamed. Out: where they are, node by node, and the first of them as lines that are harmless to draw. Both
//! are bounded; whoever looks at them sees whether there are more.

use std::collections::BTreeMap;

use pilothouse_api::commands::{Hit, SearchQuery};
use pilothouse_api::protocol::{CommandId, InstanceId, Millis, Stream};
use pilothouse_api::topics::{Revision, Topic};
use pilothouse_kit::safe;

use super::Freshness;

/// The most hits whose places are kept: with so many, nobody looks for the next one.
pub const MAX_HITS: usize = 200_000;
/// The most hits that are kept as lines.
pub const MAX_FOUND: usize = 5_000;
/// The most bytes of such a line.
const MAX_TEXT: usize = 400;

/// What a search is kept under.
pub type HitsKey = (CommandId, SearchQuery);

/// A line in which something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whose line it is.
    pub node: InstanceId,
    /// Its number in the node's output, from 0.
    pub line: u64,
    /// When it was said.
    pub at: Millis,
    /// On which stream.
    pub stream: Stream,
    /// What of it is shown, made harmless.
    pub text: String,
}

/// Hits of one search.
#[derive(Debug, Default)]
pub struct Hits {
    /// How far it can be trusted.
    pub freshness: Freshness,
    pub(super) followed: bool,
    pub(super) closed_at: Millis,
    found: Vec<Found>,
    /// Numbers of lines, in order.
    lines: BTreeMap<InstanceId, Vec<u64>>,
    count: usize,
    /// What was searched of what there is, in bytes.
    scanned: (u64, u64),
    complete: bool,
    from: BTreeMap<InstanceId, u64>,
    after: Revision,
}

impl Hits {
    /// How many there are so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether nothing was found yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether there may be more than are kept.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.count >= MAX_HITS
    }

    /// The first of them, in the order in which they came.
    #[must_use]
    pub fn found(&self) -> &[Found] {
        &self.found
    }

    /// Whether all runs are over and all of their output was searched.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether everything that there is was searched, though more may be said.
    #[must_use]
    pub fn is_up_to_date(&self) -> bool {
        self.complete || (self.freshness == Freshness::Fresh && self.scanned.0 >= self.scanned.1)
    }

    /// Hundredths of what there is that were searched.
    #[must_use]
    pub fn percent(&self) -> u64 {
        let (scanned, total) = self.scanned;
        if total == 0 { 0 } else { (u128::from(scanned.min(total)) * 100 / u128::from(total)) as u64 }
    }

    /// The next line of a node after this one that is a hit, or the one before it. Of lines that follow each other the first counts.
    #[must_use]
    pub fn next_begin(&self, node: &InstanceId, line: u64, forward: bool) -> Option<u64> {
        let lines = self.lines.get(node)?;
        let begins = |at: usize| at == 0 || lines[at - 1] + 1 < lines[at];
        if forward {
            let from = lines.partition_point(|hit| *hit <= line);
            (from..lines.len()).find(|&at| begins(at)).map(|at| lines[at])
        } else {
            (0..lines.partition_point(|hit| *hit < line)).rev().find(|&at| begins(at)).map(|at| lines[at])
        }
    }

    /// The first line of a node, or the last.
    #[must_use]
    pub fn end(&self, node: &InstanceId, first: bool) -> Option<u64> {
        let lines = self.lines.get(node)?;
        if first { lines.first() } else { lines.last() }.copied()
    }

    pub(super) fn cursor(&self, topic: &Topic) -> Topic {
        match topic {
            Topic::Search { command_id, query, .. } => Topic::Search {
                command_id: command_id.clone(),
                query: query.clone(),
                from: self.from.clone(),
                after: self.after,
            },
            other => other.clone(),
        }
    }

    pub(super) fn take(&mut self, hits: Vec<Hit>, scanned: (u64, u64), complete: bool, next: &Topic) {
        for hit in hits {
            if self.is_full() {
                break;
            }
            let lines = self.lines.entry(hit.instance_id.clone()).or_default();
            // Told again after the link broke, or the rest of a line that was found already.
            if lines.last().is_some_and(|last| *last >= hit.line) {
                continue;
            }
            lines.push(hit.line);
            self.count += 1;
            if self.found.len() < MAX_FOUND {
                self.found.push(found(hit));
            }
        }
        // What is searched anew after the link broke counts from there.
        self.scanned = (scanned.0.max(self.scanned.0), scanned.1);
        self.complete = complete;
        if let Topic::Search { from, after, .. } = next {
            self.from.extend(from.iter().map(|(node, offset)| (node.clone(), *offset)));
            self.after = *after;
        }
    }
}

/// What of a hit is shown: around the first place in it.
fn found(hit: Hit) -> Found {
    let first = hit.ranges.first().map_or(0, |range| range.0 as usize).min(hit.text.len());
    let from = if first > MAX_TEXT / 2 { first - MAX_TEXT / 4 } else { 0 };
    let to = (from + MAX_TEXT).min(hit.text.len());
    let text = String::from_utf8_lossy(&hit.text[from..to]);
    let (before, after) = (if from > 0 { "…" } else { "" }, if to < hit.text.len() { "…" } else { "" });
    Found {
        text: format!("{before}{}{after}", safe::visible(text.trim_end_matches(['\r', '\n']))),
        node: hit.instance_id,
        line: hit.line,
        at: hit.at,
        stream: hit.stream,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(n: usize) -> InstanceId {
        format!("mi-{n:017x}").parse().unwrap()
    }

    fn hit(n: usize, line: u64, text: &str) -> Hit {
        Hit {
            instance_id: node(n),
            offset: line * 10,
            line,
            at: Millis(1),
            stream: Stream::Stdout,
            text: text.as_bytes().to_vec(),
            ranges: vec![(0, 1)],
        }
    }

    fn topic(from: &[(usize, u64)]) -> Topic {
        Topic::Search {
            command_id: "0b0d5a8e-3f6e-4f9e-9a6b-2f6f1c1d0e11".parse().unwrap(),
            query: SearchQuery { text: "x".to_owned(), ..SearchQuery::default() },
            from: from.iter().map(|(n, offset)| (node(*n), *offset)).collect(),
            after: 7,
        }
    }

    #[test]
    fn the_next_hit_is_found_on_either_side_while_more_come() {
        let mut hits = Hits::default();
        hits.take(vec![hit(1, 5, "a"), hit(1, 9, "b"), hit(2, 3, "c")], (50, 200), false, &topic(&[(1, 90)]));
        let next = |hits: &Hits, line, forward| hits.next_begin(&node(1), line, forward);
        assert_eq!((next(&hits, 5, true), next(&hits, 5, false)), (Some(9), None));
        assert_eq!((next(&hits, 9, true), hits.percent(), hits.is_up_to_date()), (None, 25, false));
        hits.take(vec![hit(1, 9, "b"), hit(1, 40, "d")], (200, 200), true, &topic(&[(1, 400)]));
        assert_eq!((hits.len(), next(&hits, 9, true)), (4, Some(40)), "none is counted twice");
        assert_eq!((hits.end(&node(1), true), hits.end(&node(1), false)), (Some(5), Some(40)));
        assert_eq!(hits.cursor(&topic(&[])), topic(&[(1, 400)]));
    }

    #[test]
    fn a_hit_is_shown_around_its_place_and_never_passes_an_escape_on() {
        let mut long = hit(1, 1, &format!("{}needle\x1b[2J{}", "x".repeat(1_000), "y".repeat(1_000)));
        long.ranges = vec![(1_000, 1_006)];
        let found = found(long);
        assert!(found.text.contains("needle") && !found.text.contains('\x1b'), "{}", found.text);
        assert!(found.text.starts_with('…') && found.text.ends_with('…') && found.text.len() < 1_000);
    }

    #[test]
    fn however_many_there_are_what_is_kept_is_bounded() {
        let mut hits = Hits::default();
        let many = (0..MAX_HITS as u64 + 5).map(|line| hit(1, line, "x")).collect();
        hits.take(many, (1, 2), false, &topic(&[]));
        assert_eq!((hits.len(), hits.found().len(), hits.is_full()), (MAX_HITS, MAX_FOUND, true));
    }
}
