//! The next hit, or the next error line, wherever it is: first in what is here, then in what the server found in the whole output.

use pilothouse_api::commands::SearchQuery;
use pilothouse_api::protocol::{CommandId, InstanceId, Stream};
use pilothouse_kit::pager::{PagerMsg, Search, Went};

use super::lines::Source;
use super::pane::{Pane, said};
use super::reading::Going;
use crate::effect::{Effects, Level};
use crate::mirror::{Freshness, Hits};
use crate::words;

/// What calls itself an error, as the mirror knows it, too.
const ERRORS: &str = "error|fatal|fail|panic|denied|exception|not found";

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// What was typed.
    Hit,
    /// An error line.
    Error,
}

impl What {
    const fn word(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Error => "error line",
        }
    }
}

/// What the server is asked to look for, and what waits for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seeking {
    /// Whether the server searches for what is marked.
    pub(super) hits: bool,
    /// Whether it searches for error lines.
    pub(super) errors: bool,
    awaited: Option<Awaited>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Awaited {
    what: What,
    forward: bool,
    /// From this line on, nothing is here.
    from: u64,
}

impl Seeking {
    /// Waits for nothing any more; says whether it did.
    pub(super) fn give_up(&mut self) -> bool {
        self.awaited.take().is_some()
    }
}

/// What the server is asked, of one node or of all.
pub(super) fn query(search: &Search, node: Option<&InstanceId>) -> SearchQuery {
    SearchQuery {
        text: search.pattern().to_owned(),
        regex: search.is_expression(),
        ignore_case: search.ignores_case(),
        stream: None,
        nodes: node.into_iter().cloned().collect(),
    }
}

fn errors(node: &InstanceId) -> [SearchQuery; 3] {
    let of = |text: &str, stream| SearchQuery {
        text: text.to_owned(),
        regex: true,
        ignore_case: true,
        stream,
        nodes: [node.clone()].into(),
    };
    [of(ERRORS, None), of(".", Some(Stream::Stderr)), of(".", Some(Stream::Agent))]
}

/// A side on which something is looked for.
enum Next {
    /// It is that line.
    Line(u64),
    /// There is none on this side.
    None,
    /// The server has not come so far.
    Unknown,
}

impl Pane {
    /// What the server is to look for in a node's output.
    pub(super) fn queries(&self, node: &InstanceId) -> Vec<SearchQuery> {
        let mut queries = self.queries_for(What::Hit, node);
        queries.extend(self.queries_for(What::Error, node));
        queries
    }

    fn queries_for(&self, what: What, node: &InstanceId) -> Vec<SearchQuery> {
        match (what, self.pager.search()) {
            (What::Hit, Some(search)) if self.seeking.hits => vec![query(search, Some(node))],
            (What::Error, _) if self.seeking.errors => errors(node).into(),
            _ => Vec::new(),
        }
    }

    /// To the next one, or the one before.
    pub(super) fn seek<M>(&mut self, what: What, forward: bool, source: &Source<'_>) -> Effects<M> {
        self.seeking.awaited = None;
        if what == What::Hit && self.pager.search().is_none() {
            return said(Level::Info, "nothing is looked for: / begins a search");
        }
        let found = match what {
            What::Hit => self.pager.seek_hit(forward, source),
            What::Error => self.pager.seek_error(forward, source),
        };
        if found {
            return Vec::new();
        }
        let window = source.output.filter(|output| output.is_window());
        let Some(output) = window.filter(|_| !source.is_whole()) else {
            return self.go_round(what, forward, source);
        };
        let last = output.len().saturating_sub(1);
        let from = if forward { source.number(last) } else { output.first_number() };
        match what {
            What::Hit => self.seeking.hits = true,
            What::Error => self.seeking.errors = true,
        }
        self.seeking.awaited = Some(Awaited { what, forward, from });
        Vec::new()
    }

    /// All of it is here: on from the other end.
    fn go_round<M>(&mut self, what: What, forward: bool, source: &Source<'_>) -> Effects<M> {
        let msg = match (what, forward) {
            (What::Hit, true) => PagerMsg::NextHit,
            (What::Hit, false) => PagerMsg::PreviousHit,
            (What::Error, true) => PagerMsg::NextError,
            (What::Error, false) => PagerMsg::PreviousError,
        };
        match self.pager.update(msg, source) {
            Went::There => Vec::new(),
            Went::Around => round(what),
            Went::Nowhere => said(Level::Info, format!("no {}", what.word())),
        }
    }

    /// Goes to what is waited for, if the server has found it by now.
    pub(super) fn resume<M>(
        &mut self,
        command: &CommandId,
        node: &InstanceId,
        source: &Source<'_>,
    ) -> Effects<M> {
        let Some(Awaited { what, forward, from }) = self.seeking.awaited else { return Vec::new() };
        let queries = self.queries_for(what, node);
        let hits: Option<Vec<&Hits>> =
            queries.iter().map(|query| source.cx.mirror.hits(command, query)).collect();
        let Some(hits) = hits else { return Vec::new() };
        if let Some(why) = hits.iter().find_map(|hits| refused(hits)) {
            self.seeking.awaited = None;
            return said(Level::Error, format!("the server does not search for it: {why}"));
        }
        let ends = |first: bool| hits.iter().filter_map(move |hits| hits.end(node, first));
        let (line, effects) = match next(&hits, node, from, forward) {
            Next::Unknown => return Vec::new(),
            Next::Line(line) => (Some(line), Vec::new()),
            Next::None if forward => (ends(true).min(), round(what)),
            Next::None => (ends(false).max(), round(what)),
        };
        self.seeking.awaited = None;
        let Some(line) = line else { return said(Level::Info, format!("no {}", what.word())) };
        self.reading.go(Going::Line(line));
        if hits.iter().any(|hits| hits.is_full()) && !effects.is_empty() {
            let most = words::grouped(crate::mirror::MAX_HITS as u64);
            return said(Level::Warn, format!("more than {most} of them: only the first are known"));
        }
        effects
    }

    /// How far the server is with what is waited for, in words.
    pub(super) fn waits(
        &self,
        command: &CommandId,
        node: &InstanceId,
        source: &Source<'_>,
    ) -> Option<String> {
        let what = self.seeking.awaited?.what;
        let queries = self.queries_for(what, node);
        let percent =
            queries.iter().filter_map(|query| Some(source.cx.mirror.hits(command, query)?.percent())).min();
        Some(format!("looking for the next {}: {} %", what.word(), percent.unwrap_or(0)))
    }
}

fn round<M>(what: What) -> Effects<M> {
    said(Level::Info, format!("no further {}: on from the other end", what.word()))
}

fn refused(hits: &Hits) -> Option<&str> {
    match &hits.freshness {
        Freshness::Failed { why } => Some(why),
        _ => None,
    }
}

/// The nearest line on a side that any of the searches found, once all have come so far.
fn next(hits: &[&Hits], node: &InstanceId, from: u64, forward: bool) -> Next {
    let mut best: Option<u64> = None;
    for hits in hits {
        let line = hits.next_begin(node, from, forward);
        let known = hits.is_up_to_date() || hits.is_full();
        let reached = hits.end(node, false).is_some_and(|last| last >= from);
        if !known && (if forward { line.is_none() } else { !reached }) {
            return Next::Unknown;
        }
        best = match (best, line) {
            (Some(best), Some(line)) if forward => Some(best.min(line)),
            (Some(best), Some(line)) => Some(best.max(line)),
            (best, line) => best.or(line),
        };
    }
    best.map_or(Next::None, Next::Line)
}
