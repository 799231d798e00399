//! Draws the fleet.

use pilothouse_kit::table::{self, RowLook, TableView};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{chart, paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::columns::that_fit;
use super::state::Nodes;
use crate::mirror::Freshness;
use crate::screen::Cx;
use crate::screens::rows::{Said, awaited, freshness, pieces, status, untold, wrapped};

/// Lower than this, only the table is drawn.
const LOW: u16 = 8;
/// Narrower than this, the counts stand without their bar.
const NARROW: u16 = 100;
const BAR: u16 = 24;

/// What to do about a fleet without nodes.
const NO_NODES: &str = "There are no nodes yet.\n\n\
                        Press a: it makes an activation and shows the line to run on a machine.\n\
                        Seconds later the machine stands here, and commands can be run on it.\n\n\
                        To try everything without a machine, start pilothouse --demo.";

impl Nodes {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let line = |n: u16| Rect { y: area.y + n, height: 1, ..area };
        let mut body = area;
        if area.height >= LOW {
            self.draw_counts(cx, frame, inset(line(0)));
            let sort = self.columns.get(self.list.sort.0).map_or("", |column| column.title());
            if self.tagging.is_some() {
                self.draw_tagging(cx, frame, inset(line(1)));
            } else {
                status(frame, inset(line(1)), cx, &self.list, cx.mirror.nodes.list().len(), "node", sort);
            }
            body = Rect { y: area.y + 2, height: area.height - 2, ..area };
        }
        self.draw_table(cx, frame, body);
        if let Some(invite) = &self.invite {
            invite.draw(cx, frame, area);
        }
    }

    fn draw_counts(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let (theme, symbols, sum) = (cx.theme, cx.theme.symbols(), &self.summary);
        let mut left = area;
        // Why it is not told stands in the list.
        let stale = freshness(&cx.mirror.nodes.freshness, cx).filter(|(role, _)| *role != Role::Bad);
        let said = stale.or_else(|| self.out_of_sight(cx, area));
        if let Some((role, text)) = said {
            let style = theme.style(role);
            paint::text_right(frame.buffer_mut(), area.x, area.y, area.width, &text, style, symbols.ellipsis);
            let taken = u16::try_from(safe::width(&text) + 2).unwrap_or(u16::MAX);
            left.width = area.width.saturating_sub(taken);
        }
        if cx.mirror.nodes.list().is_empty() {
            return;
        }
        // When all is well there is nothing to compare.
        if area.width >= NARROW && sum.lost + sum.inactive > 0 {
            let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            let parts = [
                (Role::NodeOnline, count(sum.online)),
                (Role::NodeLost, count(sum.lost)),
                (Role::NodeInactive, count(sum.inactive)),
            ];
            chart::stacked(frame.buffer_mut(), Rect { width: BAR, ..left }, theme, &parts);
            left = Rect { x: left.x + BAR + 2, width: left.width.saturating_sub(BAR + 2), ..left };
        }
        let plural = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let said: Vec<Said> = [
            (Role::NodeOnline, sum.online, format!("{} {} online ", symbols.online, sum.online)),
            (Role::NodeLost, sum.lost, format!("{} {} lost ", symbols.lost, sum.lost)),
            (Role::NodeInactive, sum.inactive, format!("{} {} inactive ", symbols.inactive, sum.inactive)),
            (Role::Bad, sum.conflicts, plural(sum.conflicts, "conflict ", "conflicts ")),
            (Role::Warn, sum.outdated, plural(sum.outdated, "outdated agent", "outdated agents")),
        ]
        .into_iter()
        .filter(|(_, n, _)| *n > 0)
        .map(|(role, _, text)| (role, text))
        .collect();
        pieces(frame, left, theme, &said);
    }

    /// That there are columns for which there is no room.
    fn out_of_sight(&self, cx: &Cx<'_>, area: Rect) -> Option<Said> {
        let fit = that_fit(&self.columns, area.width + 2, cx.times).len();
        let more = self.columns.len() - fit;
        let plural = if more == 1 { "" } else { "s" };
        let any = !cx.mirror.nodes.list().is_empty();
        (any && more > 0 && self.list.first_column == 0).then(|| {
            (Role::TextMuted, format!("l: {more} more column{plural} {}", cx.theme.symbols().more_right))
        })
    }

    fn draw_table(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let nodes = cx.mirror.nodes.list();
        // Scrolled sideways, all columns are in reach; else those that fit are chosen.
        let cells = if self.list.first_column == 0 { area.width } else { u16::MAX };
        let columns = that_fit(&self.columns, cells, cx.times);
        let heads: Vec<table::Column<'_>> = columns.iter().map(|column| column.head(cx.times)).collect();
        let sorted = self.columns.get(self.list.sort.0);
        let sort = columns.iter().position(|column| Some(*column) == sorted).map(|at| (at, self.list.sort.1));
        let shown = self.list.shown();
        let empty = self.empty(cx);
        let table = TableView {
            columns: &heads,
            rows: shown.len(),
            top: self.list.window(TableView::body_height(area)),
            cursor: self.list.row(),
            first_column: self.list.first_column,
            sort,
            empty: &empty,
        };
        let stale = cx.mirror.nodes.freshness != Freshness::Fresh;
        table.draw(frame, area, cx.theme, !self.list.typing, |row| {
            let Some(node) = shown.get(row).and_then(|&at| nodes.get(at as usize)) else {
                return (RowLook::default(), Vec::new());
            };
            let look = RowLook { marked: self.list.hand.marks.contains(&node.instance_id), dim: stale };
            (look, columns.iter().map(|column| column.cell(node, &self.summary.newest, cx)).collect())
        });
    }

    /// What an empty list says: what to do about it.
    fn empty(&self, cx: &Cx<'_>) -> String {
        if !cx.mirror.nodes.list().is_empty() {
            let what = match (self.list.filter.is_empty(), self.list.faults) {
                (true, _) => "There are no faults.",
                (false, false) => "No node matches this filter.",
                (false, true) => "No fault matches this filter.",
            };
            return format!("{what}\nEsc shows the others again.");
        }
        match &cx.mirror.nodes.freshness {
            Freshness::Failed { why } => untold("its nodes", why),
            Freshness::Loading | Freshness::Stale { .. } => awaited("the fleet", cx),
            Freshness::Fresh => match cx.mirror.caller.why_denied("ssm:CreateActivation") {
                Some(why) => {
                    let why = wrapped(&format!("You may not register any: {why}"));
                    format!("There are no nodes yet that you may see.\n\n{why}")
                }
                None => NO_NODES.to_owned(),
            },
        }
    }
}

/// A blank column on each side.
fn inset(area: Rect) -> Rect {
    if area.width < 3 {
        return area;
    }
    Rect { x: area.x + 1, width: area.width - 2, ..area }
}
