//! What was found in the output of all nodes, as a list: a line per hit, in the order in which they come.

use std::borrow::Cow;

use pilothouse_api::commands::SearchQuery;
use pilothouse_api::protocol::{CommandId, InstanceId, Stream};
use pilothouse_kit::pager::{Lines, Pager, PagerLine, PagerMsg, Search};
use pilothouse_kit::theme::Role;

use super::lines::{TIME, name, name_cells, time};
use super::seeking::query;
use crate::mirror::{CommandDetail, Found, Hits};
use crate::screen::Cx;
use crate::words;

/// The list's state.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct FoundList {
    pub(super) pager: Pager,
    pub(super) query: SearchQuery,
    at: usize,
}

impl FoundList {
    pub(super) fn new(search: Search) -> Self {
        let query = query(&search, None);
        let mut pager = Pager::new();
        pager.mark(Some(search));
        Self { pager, query, at: 0 }
    }

    /// Moves the cursor, or changes how the lines are shown.
    pub(super) fn tell(&mut self, msg: PagerMsg, rows: &FoundRows<'_>) {
        let last = rows.len().saturating_sub(1);
        let page = self.pager.in_sight(rows).len().max(2) - 1;
        let by =
            |rows: isize, times: isize| self.at.saturating_add_signed(rows.saturating_mul(times)).min(last);
        let page = page.cast_signed();
        self.at = match msg {
            PagerMsg::Scroll(rows) => by(rows, 1),
            PagerMsg::HalfPage(times) => by(page / 2, times),
            PagerMsg::Page(times) => by(page, times),
            PagerMsg::First => 0,
            PagerMsg::Last => last,
            PagerMsg::NextHit => by(1, 1),
            PagerMsg::PreviousHit => by(-1, 1),
            PagerMsg::Sideways(_) | PagerMsg::Wrap | PagerMsg::Times | PagerMsg::Json => {
                self.pager.update(msg, rows);
                return;
            }
            _ => return,
        };
        self.pager.update(PagerMsg::Line(self.at), rows);
    }

    /// The hit under the cursor.
    pub(super) fn on<'a>(&self, hits: Option<&'a Hits>) -> Option<&'a Found> {
        hits?.found().get(self.at)
    }

    /// What was found so far.
    pub(super) fn rows<'a>(&self, command: &CommandId, cx: &'a Cx<'a>) -> FoundRows<'a> {
        FoundRows {
            hits: cx.mirror.hits(command, &self.query),
            detail: cx.mirror.command(command),
            at: self.at,
            cx,
        }
    }

    /// How many there are, and how far the search is, in words.
    pub(super) fn says(&self, rows: &FoundRows<'_>) -> String {
        let Some(hits) = rows.hits else { return String::new() };
        let many = words::count(hits.len() as u64, "hit");
        let shown = hits.found().len();
        let more = if shown < hits.len() {
            format!(", the first {} here", words::grouped(shown as u64))
        } else {
            String::new()
        };
        let far = match (hits.is_full(), hits.is_complete(), hits.is_up_to_date()) {
            (true, ..) => ", and more".to_owned(),
            (_, true, _) => String::new(),
            (_, _, true) => ", and what comes".to_owned(),
            _ => format!(", {} % searched", hits.percent()),
        };
        format!("{many}{more}{far}")
    }
}

/// The hits, as the pager asks for them.
pub(super) struct FoundRows<'a> {
    pub(super) hits: Option<&'a Hits>,
    detail: Option<&'a CommandDetail>,
    at: usize,
    cx: &'a Cx<'a>,
}

impl FoundRows<'_> {
    fn found(&self) -> &[Found] {
        self.hits.map_or(&[], Hits::found)
    }

    fn name(&self, node: &InstanceId) -> String {
        pilothouse_kit::safe::visible(name(self.detail, node, self.cx)).into_owned()
    }
}

/// Cells for the number of a line: `12,345,678`.
const NUMBER: usize = 10;

impl Lines for FoundRows<'_> {
    fn len(&self) -> usize {
        self.found().len()
    }

    fn line(&self, at: usize) -> PagerLine<'_> {
        let Some(found) = self.found().get(at) else { return PagerLine::default() };
        let here = at == self.at;
        let cells = usize::from(name_cells(self.detail));
        let node =
            pilothouse_kit::safe::fit(&self.name(&found.node), cells, self.cx.theme.symbols().ellipsis);
        let pad = cells.saturating_sub(pilothouse_kit::safe::width(&node));
        let number = words::grouped(found.line + 1);
        let role = match found.stream {
            Stream::Stdout => None,
            Stream::Stderr => Some(Role::StreamErr),
            Stream::Agent => Some(Role::Info),
        };
        PagerLine {
            prefix: Cow::Owned(format!("{node}{} {number:>NUMBER$}", " ".repeat(pad))),
            time: Cow::Owned(time(self.detail, found.at, self.cx)),
            text: Cow::Borrowed(&found.text),
            role: if here { Some(Role::Selection) } else { role },
            prefix_role: here.then_some(Role::Selection),
        }
    }

    fn text(&self, at: usize) -> Cow<'_, str> {
        self.found().get(at).map_or(Cow::Borrowed(""), |found| Cow::Borrowed(&found.text))
    }

    fn prefix_cells(&self) -> u16 {
        name_cells(self.detail) + NUMBER as u16 + 1
    }

    fn time_cells(&self) -> u16 {
        TIME
    }
}
