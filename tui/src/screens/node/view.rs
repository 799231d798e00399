//! Draws a node.

use pilothouse_api::Operation as _;
use pilothouse_api::commands::SendCommand;
use pilothouse_api::topics::NodeView;
use pilothouse_kit::paint;
use pilothouse_kit::table::{Align, Cell, Column, RowLook, TableView, Width};
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::facts::{Group, groups};
use super::recent::RecentRuns;
use super::state::{Node, Pane};
use super::tags::Edit;
use crate::look;
use crate::mirror::Freshness;
use crate::screen::{Cx, Times};
use crate::screens::rows::{Said, freshness, pieces, untold};
use crate::times;

/// From this width on, the facts stand beside the lists.
const WIDE: u16 = 110;
/// Cells of the facts when they stand beside the lists.
const SIDE: u16 = 48;
/// Cells of a fact's label.
const LABEL: u16 = 9;

impl Node {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let area = if area.width > 40 { Rect { x: area.x + 1, width: area.width - 2, ..area } } else { area };
        let Some(node) = self.node(cx) else { return self.draw_unknown(cx, frame, area) };
        let mut rest = self.draw_head(node, cx, frame, area);
        if rest.height < 8 || rest.width < 30 {
            return self.draw_recent(cx, frame, rest);
        }
        let groups = groups(node, cx);
        if rest.width >= WIDE {
            let side = Rect { width: SIDE, ..rest };
            let used = draw_group(&groups[0], cx, frame, side);
            draw_group(&groups[1], cx, frame, down(side, used + 1));
            rest = Rect { x: rest.x + SIDE + 2, width: rest.width - SIDE - 2, ..rest };
        } else if rest.height >= 14 {
            let half = rest.width * 9 / 20;
            let left = draw_group(&groups[0], cx, frame, Rect { width: half - 2, ..rest });
            let right = Rect { x: rest.x + half, width: rest.width - half, ..rest };
            rest = down(rest, left.max(draw_group(&groups[1], cx, frame, right)) + 1);
        }
        self.draw_lists(node, cx, frame, rest);
    }

    /// State, name, environment, conflict; returns what is left below.
    fn draw_head(&self, node: &NodeView, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) -> Rect {
        let look = look::ping(node.ping, cx.theme.symbols());
        let mut said: Vec<Said> = vec![(look.role, look.text()), (Role::TextStrong, node.name.clone())];
        if let Some(env) = look::env_of(node) {
            said.push((look::env(env), env.to_owned()));
        }
        if look.role != Role::NodeOnline {
            said.push((Role::TextMuted, format!("last heard {}", times::instant(node.last_ping, cx))));
        }
        said.extend(freshness(&cx.mirror.nodes.freshness, cx));
        pieces(frame, area, cx.theme, &said);
        let mut rest = down(area, 2);
        if let Some(conflict) = &node.conflict {
            let lines = [
                (Role::Bad, format!("Another machine showed this node's identity: {conflict}")),
                (
                    Role::TextMuted,
                    "It was refused; this link was first. A disk or data directory was copied:".to_owned(),
                ),
                (Role::TextMuted, "register the other machine with an activation of its own.".to_owned()),
            ];
            rest = down(area, 1);
            for line in &lines {
                pieces(frame, rest, cx.theme, std::slice::from_ref(line));
                rest = down(rest, 1);
            }
            rest = down(rest, 1);
        }
        rest
    }

    fn draw_lists(&self, node: &NodeView, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let editing = u16::from(self.edit.is_some()) * 2;
        let wanted = u16::try_from(node.tags.len().max(1) + 1).unwrap_or(u16::MAX).saturating_add(editing);
        let height = wanted.min(area.height.saturating_sub(5)).max(2 + editing);
        let tags = Rect { height: height.min(area.height), ..area };
        let list = Rect { height: tags.height.saturating_sub(editing), ..tags };
        self.draw_tags(node, cx, frame, list);
        if let Some(edit) = &self.edit {
            draw_edit(edit, node, cx, frame, down(tags, list.height));
        }
        self.draw_recent(cx, frame, down(area, tags.height + 1));
    }

    fn draw_tags(&self, node: &NodeView, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let columns = [
            Column { title: "Tag", width: Width::Fixed(22), align: Align::Left, pinned: true },
            Column {
                title: "Value",
                width: Width::Flex { min: 10, weight: 3 },
                align: Align::Left,
                pinned: false,
            },
        ];
        let focused = self.pane == Pane::Tags;
        let table = self.table(&columns, node.tags.len(), self.tag, Pane::Tags, area, "none yet: a adds one");
        let tags: Vec<(&String, &String)> = node.tags.iter().collect();
        table.draw(frame, area, cx.theme, focused && self.edit.is_none(), |row| {
            let (key, value) = tags[row];
            let role = if look::env_of(node) == Some(value) { look::env(value) } else { Role::Text };
            (RowLook::default(), vec![Cell::new(key), Cell::of(role, value)])
        });
    }

    fn draw_recent(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let sent = if cx.times == Times::Relative { 10 } else { 12 };
        let columns = [
            Column { title: "Sent", width: Width::Fixed(sent), align: Align::Left, pinned: true },
            Column { title: "State", width: Width::Fixed(16), align: Align::Left, pinned: false },
            Column {
                title: "Command",
                width: Width::Flex { min: 10, weight: 1 },
                align: Align::Left,
                pinned: false,
            },
        ];
        let runs = self.recent.list();
        let empty = match &self.recent {
            RecentRuns::Loading => "loading what ran here",
            RecentRuns::Failed(why) => why,
            RecentRuns::Listed(_) if cx.mirror.caller.why_denied(SendCommand::PERMISSION).is_some() => {
                "No command ran here yet."
            }
            RecentRuns::Listed(_) => "No command ran here yet: r runs one.",
        };
        let table = self.table(&columns, runs.len(), self.run, Pane::Recent, area, empty);
        table.draw(frame, area, cx.theme, self.pane == Pane::Recent, |row| {
            let run = &runs[row];
            let state = run.state_now(&self.id, cx).map(|state| look::invocation(state, cx.theme.symbols()));
            let state = state.map_or_else(|| Cell::new(""), |look| Cell::of(look.role, look.text()));
            let words = Cell::new(run.words(cx));
            (RowLook::default(), vec![Cell::of(Role::TextMuted, times::instant(run.at, cx)), state, words])
        });
    }

    /// One of the lists; the cursor shows in the one that has the keys.
    fn table<'a>(
        &self,
        columns: &'a [Column<'a>],
        rows: usize,
        row: usize,
        pane: Pane,
        area: Rect,
        empty: &'a str,
    ) -> TableView<'a> {
        let height = TableView::body_height(area);
        self.heights.of(pane).set(height);
        let top = self.tops.of(pane);
        let row = row.min(rows.saturating_sub(1));
        top.set(
            top.get().min(rows.saturating_sub(height)).min(row).max((row + 1).saturating_sub(height.max(1))),
        );
        let cursor = (self.pane == pane).then_some(row);
        TableView { columns, rows, top: top.get(), cursor, first_column: 0, sort: None, empty }
    }

    fn draw_unknown(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let said = match &cx.mirror.nodes.freshness {
            Freshness::Fresh if cx.mirror.caller.sees_everything() => {
                format!("{} is no node of this fleet (any more).", self.id)
            }
            Freshness::Fresh => format!("{} is no node of this fleet, or none that you may see.", self.id),
            Freshness::Failed { why } => untold("its nodes", why),
            _ => format!("loading {}{}", self.id, cx.theme.symbols().ellipsis),
        };
        let mut rest = area;
        for line in said.lines().take(usize::from(area.height)) {
            pieces(frame, rest, cx.theme, &[(Role::TextMuted, line.to_owned())]);
            rest = down(rest, 1);
        }
        self.draw_recent(cx, frame, down(rest, 1));
    }
}

fn draw_group(group: &Group, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) -> u16 {
    let (theme, ellipsis) = (cx.theme, cx.theme.symbols().ellipsis);
    let buffer = frame.buffer_mut();
    paint::text(buffer, area.x, area.y, area.width, group.title, theme.style(Role::Title), ellipsis);
    let rows = area.y + 1..area.bottom();
    for (y, (label, role, value)) in rows.zip(&group.facts) {
        paint::text(buffer, area.x, y, LABEL - 1, label, theme.style(Role::TextMuted), ellipsis);
        let room = area.width.saturating_sub(LABEL);
        paint::text(buffer, area.x + LABEL, y, room, value, theme.style(*role), ellipsis);
    }
    u16::try_from(group.facts.len() + 1).unwrap_or(u16::MAX).min(area.height)
}

fn draw_edit(edit: &Edit, node: &NodeView, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let label = edit.key.as_ref().map_or_else(|| "  new tag: ".to_owned(), |key| format!("  {key} = "));
    edit.line.view(frame, Rect { height: 1, ..area }, cx.theme, &label, "key=value", true);
    let wrong = edit.tag(&node.tags).err().filter(|_| edit.tried || !edit.line.is_empty());
    let said = match wrong {
        Some(error) => (if edit.tried { Role::Bad } else { Role::TextMuted }, format!("  {error}")),
        None => (Role::TextMuted, "  Enter sets it, Esc leaves it".to_owned()),
    };
    if area.height > 1 {
        pieces(frame, down(area, 1), cx.theme, &[said]);
    }
}

fn down(area: Rect, by: u16) -> Rect {
    let by = by.min(area.height);
    Rect { y: area.y + by, height: area.height - by, ..area }
}
