//! What a group's nodes said, in a few hundred bytes: from where it leaves what the largest group said.

use std::collections::HashMap;

use pilothouse_api::folding::MAX_PREVIEW;
use pilothouse_protocol::{Chunk, JobId, Payload};
use pilothouse_store::outputs::{OutputError, Outputs};

use super::fold::Fold;
use super::grouping::{Folded, Grouping};
use super::lines::{Lines, STREAMS, index_of};

/// The most bytes of output that are read for one preview; beyond that, its end is shown.
const READ: u64 = 1 << 20;
/// Bytes that are read at a time, at first and then.
const FIRST: usize = 16 * 1024;
const THEN: usize = 256 * 1024;
/// Bytes that the end of an output is looked for in.
const END: u64 = 2048;

/// Which part of which run's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    /// Whose.
    pub(super) run: usize,
    stream: usize,
    /// From this line on, from 1; 0 is the end.
    from: u64,
}

#[derive(Clone, Debug, Default)]
struct Preview {
    text: Vec<u8>,
    /// How much of the run's output it was made of.
    of: u64,
}

/// Previews that were made.
#[derive(Debug, Default)]
pub(super) struct Previews(HashMap<Wanted, Preview>);

impl Previews {
    /// The preview, as far as it was made.
    pub(super) fn text(&self, wanted: Wanted) -> Vec<u8> {
        self.0.get(&wanted).map(|it| it.text.clone()).unwrap_or_default()
    }

    /// Forgets those that are wanted no more; gives those that are still to be made, of runs whose output was folded so far.
    pub(super) fn missing(&mut self, wanted: &[(Wanted, u64)]) -> Vec<(Wanted, u64)> {
        let keep: std::collections::HashSet<Wanted> = wanted.iter().map(|(wanted, _)| *wanted).collect();
        self.0.retain(|known, _| keep.contains(known));
        let is_missing = |(wanted, to): &&(Wanted, u64)| {
            let is_whole = |it: &Preview| it.of >= *to || (wanted.from > 0 && it.text.len() >= MAX_PREVIEW);
            self.0.get(wanted).is_none_or(|it| !is_whole(it))
        };
        wanted.iter().filter(is_missing).copied().collect()
    }

    pub(super) fn keep(&mut self, wanted: Wanted, of: u64, text: Vec<u8>) {
        self.0.insert(wanted, Preview { text, of });
    }
}

/// The line at which a group leaves what the largest one said, and what of its sample's output is shown.
pub(super) fn difference(fold: &Fold, grouping: &Grouping, group: &Folded) -> (u64, Option<Wanted>) {
    let wanted = |stream, from| Some(Wanted { run: group.sample, stream, from });
    let largest = grouping.largest().filter(|largest| largest.id != group.id && group.began);
    let Some(largest) = largest else {
        let first = group.reach.iter().position(|reach| reach.lines > 0);
        return (0, first.and_then(|stream| wanted(stream, 1)));
    };
    let mut shorter = None;
    for (stream, (own, other)) in group.reach.iter().zip(&largest.reach).enumerate() {
        if (own.lines, own.chain) == (other.lines, other.chain) {
            continue;
        }
        let common = fold.tracks.common(own.place, other.place);
        if own.lines > common {
            return (common + 1, wanted(stream, common + 1));
        }
        // It ends where the other goes on.
        shorter = shorter
            .or((own.lines > 0).then_some((common + 1, wanted(stream, 0))))
            .or(Some((common + 1, None)));
    }
    shorter.unwrap_or_default()
}

/// Makes a preview.
pub(super) async fn make(
    outputs: &dyn Outputs,
    job: &JobId,
    wanted: Wanted,
    end: u64,
) -> Result<Vec<u8>, OutputError> {
    if wanted.from == 0 {
        return end_of(outputs, job, wanted.stream, end).await;
    }
    let (mut lines, mut line, mut text, mut at) = (Lines::default(), 0, Vec::new(), 0);
    while at < READ {
        let chunks = outputs.read(job, at, if at == 0 { FIRST } else { THEN }).await?;
        let Some(last) = chunks.last() else {
            if line + 1 >= wanted.from {
                text.extend_from_slice(lines.tail(wanted.stream));
            }
            text.truncate(MAX_PREVIEW);
            return Ok(text);
        };
        at = last.end();
        for chunk in &chunks {
            lines.push(chunk, |stream, _, said| {
                if stream != wanted.stream {
                    return;
                }
                line += 1;
                if line >= wanted.from && text.len() < MAX_PREVIEW {
                    text.extend_from_slice(said.get(..MAX_PREVIEW).unwrap_or(said));
                    text.push(b'\n');
                }
            });
        }
        if text.len() >= MAX_PREVIEW {
            text.truncate(MAX_PREVIEW);
            return Ok(text);
        }
    }
    if text.is_empty() { end_of(outputs, job, wanted.stream, end).await } else { Ok(text) }
}

/// The last lines of a stream.
async fn end_of(outputs: &dyn Outputs, job: &JobId, stream: usize, end: u64) -> Result<Vec<u8>, OutputError> {
    let from = end.saturating_sub(END);
    let chunks = outputs.read(job, from, THEN).await?;
    let is_of_it = |chunk: &&Chunk| index_of(chunk.stream) == stream && stream < STREAMS.len();
    let mut text = Vec::new();
    for chunk in chunks.iter().filter(is_of_it) {
        if let Payload::Data(bytes) = &chunk.payload {
            text.extend_from_slice(bytes);
        }
    }
    text.drain(..text.len().saturating_sub(MAX_PREVIEW));
    // Not from the middle of a line, if there is another one behind it.
    let first = text
        .iter()
        .position(|byte| *byte == b'\n')
        .filter(|at| at + 1 < text.len() && (from > 0 || text.len() == MAX_PREVIEW));
    text.drain(..first.map_or(0, |at| at + 1));
    Ok(text)
}
