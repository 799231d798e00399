//! Finding lines in output: what is searched for, line by line, in bounded turns.
//!
//! In: a query, chunks of output. Out: hits, and how far was searched. Text and pattern come from operators, the output from nodes:
//! both are untrusted. A pattern is compiled within limits and matched in time linear to the line; a turn reads, finds and lasts
//! no longer than its budget, whatever the two are.
//!
//! Never here: who may search, rows, topics.

mod lines;
mod turn;

#[cfg(test)]
mod stories;

use pilothouse_api::Fault;
use pilothouse_api::commands::{MAX_HIT_TEXT, MAX_PATTERN, SearchQuery};
use pilothouse_protocol::Stream;
use regex::bytes::{Regex, RegexBuilder};

pub(crate) use turn::{Budget, Searched, turn};

/// Bytes that a compiled pattern may take.
const MAX_PROGRAM: usize = 256 * 1024;
/// Bytes of memory that matching may take beside it.
const MAX_CACHE: usize = 1024 * 1024;
/// How deep groups may stand in each other.
const MAX_NEST: u32 = 64;
/// Ranges that a hit shows.
const MAX_RANGES: usize = 64;
/// Bytes that a hit shows before the first range, if the line is longer than what it shows.
const BEFORE: usize = 1024;

/// What of a line a hit shows.
struct Match {
    /// Where it begins in the line.
    start: usize,
    text: Vec<u8>,
    /// What was found in it.
    ranges: Vec<(u32, u32)>,
}

/// What is searched for.
#[derive(Debug)]
pub(crate) struct Finder {
    regex: Regex,
    stream: Option<Stream>,
    /// Whether a text of many lines has a match whenever one of its lines has.
    is_loose: bool,
}

impl Finder {
    /// Reads a query.
    ///
    /// # Errors
    /// `ValidationException` that says what is wrong with the pattern.
    pub(crate) fn new(query: &SearchQuery) -> Result<Self, Fault> {
        if query.text.is_empty() || query.text.len() > MAX_PATTERN {
            return Err(Fault::validation(format!("what is searched for has 1 to {MAX_PATTERN} bytes")));
        }
        let pattern = if query.regex { query.text.clone() } else { regex::escape(&query.text) };
        let mut builder = RegexBuilder::new(&pattern);
        builder.multi_line(true).crlf(true).case_insensitive(query.ignore_case);
        builder.size_limit(MAX_PROGRAM).dfa_size_limit(MAX_CACHE).nest_limit(MAX_NEST);
        let regex = builder.build().map_err(|error| refused(&error))?;
        let is_loose = !(query.regex && ["\\A", "\\z", "(?"].iter().any(|it| query.text.contains(it)));
        Ok(Self { regex, stream: query.stream, is_loose })
    }

    /// Whether output of this stream is looked at.
    fn looks_at(&self, stream: Stream) -> bool {
        self.stream.is_none_or(|wanted| wanted == stream)
    }

    /// Whether some of these lines may match.
    fn may_be_in(&self, lines: &[u8]) -> bool {
        !self.is_loose || self.regex.is_match(lines)
    }

    /// What of a line a hit shows; `None` when there is no match.
    fn find(&self, line: &[u8]) -> Option<Match> {
        let first = self.regex.find(line)?;
        let start = if line.len() <= MAX_HIT_TEXT { 0 } else { first.start().saturating_sub(BEFORE) };
        let text = &line[start..line.len().min(start + MAX_HIT_TEXT)];
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let first = (short(first.start() - start), short((first.end() - start).min(text.len())));
        // The rest of the text by itself, so that looking for more is bounded by what is shown.
        let behind = (first.1 as usize).max(first.0 as usize + 1).min(text.len());
        let more = self.regex.find_iter(&text[behind..]).filter(|it| !it.is_empty()).take(MAX_RANGES - 1);
        let more = more.map(|it| (short(behind + it.start()), short(behind + it.end())));
        Some(Match { start, text: text.to_vec(), ranges: std::iter::once(first).chain(more).collect() })
    }
}

fn refused(error: &regex::Error) -> Fault {
    Fault::validation(match error {
        regex::Error::CompiledTooBig(_) => {
            String::from("the pattern is too big: it repeats too much, or names too many characters")
        }
        other => format!("the pattern cannot be read: {other}"),
    })
}
