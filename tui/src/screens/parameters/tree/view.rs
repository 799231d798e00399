//! Draws the tree, what is known of what the cursor is on, and the line that is typed.

use pilothouse_kit::overlay::{self, Item};
use pilothouse_kit::part::{down, inset, row};
use pilothouse_kit::table::{Align, Cell, Column, RowLook, Width};
use pilothouse_kit::theme::Role;
use pilothouse_kit::tree::TreeView;
use pilothouse_kit::{fuzzy, paint, safe};
use ratatui::Frame;
use ratatui::layout::{Rect, Size};

use super::super::happened::{self, who};
use super::super::naming;
use super::prompt::Ask;
use super::state::{Key, Parameters};
use crate::mirror::Freshness;
use crate::screen::Cx;
use crate::screens::rows::{Said, awaited, pieces, wrapped};
use crate::{times, words};

/// From this width on, what is known stands beside the tree.
const WIDE: u16 = 110;
/// From this height on, it stands below.
const TALL: u16 = 16;
/// Lines of it below.
const BELOW: u16 = 9;

/// Columns, the first of which is the tree.
const COLUMNS: [Column<'static>; 4] = [
    Column { title: "Name", width: Width::Flex { min: 20, weight: 1 }, align: Align::Left, pinned: true },
    Column { title: "Type", width: Width::Fixed(6), align: Align::Left, pinned: false },
    Column { title: "Ver", width: Width::Fixed(5), align: Align::Right, pinned: false },
    Column { title: "Changed", width: Width::Fixed(12), align: Align::Left, pinned: false },
];
const BY: Column<'static> =
    Column { title: "By", width: Width::Flex { min: 10, weight: 0 }, align: Align::Left, pinned: false };

impl Parameters {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if let Some(sheet) = &self.sheet {
            return sheet.draw(cx, frame, area);
        }
        let mut area = area;
        if let Some(at) = self.at {
            self.draw_past(cx, frame, Rect { height: 1.min(area.height), ..area }, at);
            area = down(area, 1);
        }
        if let Some(comparison) = &self.comparison {
            return comparison.draw(cx, frame, inset(area));
        }
        self.draw_head(cx, frame, inset(row(area, 0)));
        let foot = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
        self.draw_foot(cx, frame, inset(foot));
        let body = Rect { height: area.height.saturating_sub(2), ..down(area, 1) };
        let mut tree = body;
        if self.on().is_none() {
            // Nothing is known of nothing.
        } else if body.width >= WIDE {
            tree.width = body.width * 11 / 20;
            let side = Rect { x: body.x + tree.width, width: body.width - tree.width, ..body };
            self.draw_preview(cx, frame, side);
        } else if body.height >= TALL {
            tree.height = body.height - BELOW;
            self.draw_preview(cx, frame, down(body, tree.height));
        }
        self.draw_tree(cx, frame, tree);
        self.draw_found(cx, frame, body);
    }

    /// That this is the past cannot be overlooked.
    fn draw_past(
        &self,
        cx: &Cx<'_>,
        frame: &mut Frame<'_>,
        area: Rect,
        at: pilothouse_api::protocol::Millis,
    ) {
        let style = cx.theme.style(Role::Text).patch(cx.theme.style(Role::EnvStaging));
        let style = style.add_modifier(ratatui::style::Modifier::REVERSED | ratatui::style::Modifier::BOLD);
        paint::clear(frame.buffer_mut(), area, style);
        let said = format!(
            " THE PAST  as of {}  {} read only  {} @ and Enter: back to now",
            times::exact(at, cx),
            cx.theme.symbols().bullet,
            cx.theme.symbols().bullet
        );
        paint::text(
            frame.buffer_mut(),
            area.x,
            area.y,
            area.width,
            &said,
            style,
            cx.theme.symbols().ellipsis,
        );
    }

    fn draw_head(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if let Some(prompt) = &self.prompt {
            let label = prompt.label();
            match &prompt.wrong {
                Some(why) => {
                    let half = Rect { width: area.width / 2, ..area };
                    prompt.line.view(frame, half, cx.theme, &label, "", true);
                    let rest = Rect { x: half.right() + 1, width: area.width - half.width - 1, ..area };
                    pieces(frame, rest, cx.theme, &[(Role::InputError, why.clone())]);
                }
                None => prompt.line.view(frame, area, cx.theme, &label, prompt.hint(), true),
            }
            return;
        }
        let mut said: Vec<Said> = Vec::new();
        if self.search.is_on() {
            said.push((Role::Chip, format!(" / {} ", self.search.text())));
        } else {
            said.push((Role::TextMuted, self.folder()));
        }
        if !self.marks.is_empty() {
            said.push((Role::Mark, format!("{} marked", words::grouped(self.marks.len() as u64))));
        }
        if self.errand.is_busy() || self.plan_asks() {
            said.push((Role::Info, format!("changing{}", cx.theme.symbols().ellipsis)));
        }
        if let Some((to, _)) = &self.wanted {
            said.push((Role::Info, format!("going to {to}{}", cx.theme.symbols().ellipsis)));
        }
        pieces(frame, area, cx.theme, &said);
    }

    fn draw_tree(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let mut columns = COLUMNS.to_vec();
        if area.width >= 90 {
            columns.push(BY);
        }
        if area.width < 50 {
            columns.truncate(3);
        }
        let empty = self.empty(cx);
        let how = TreeView { columns: &columns, first_column: 0, empty: &empty };
        let dim = !cx.mirror.link.is_live();
        let drawn = columns.len();
        self.tree().view(frame, area, cx.theme, self.prompt.is_none(), &how, |key| {
            let mut cells = self.cells(key, cx);
            cells.truncate(drawn);
            (RowLook { marked: self.marks.contains(key), dim }, cells)
        });
    }

    fn cells(&self, key: &Key, cx: &Cx<'_>) -> Vec<Cell<'static>> {
        let symbols = cx.theme.symbols();
        let name = if self.search.is_on() { key.path() } else { naming::leaf(key.path()) };
        let fresh = if self.is_fresh(key, cx) { format!(" {}", symbols.bullet) } else { String::new() };
        let role = if fresh.is_empty() { Role::Text } else { Role::Info };
        let Key::Parameter(full) = key else {
            return vec![Cell::of(role, format!("{name}/{fresh}"))];
        };
        let Some(it) = self.levels.parameter(full, self.search.is_on()) else {
            return vec![Cell::of(Role::TextMuted, format!("{name} (not kept)"))];
        };
        let labels = if it.labels.is_empty() { String::new() } else { format!("  {}", it.labels.join(" ")) };
        let (kind, kind_role) = match it.r#type.as_str() {
            "SecureString" => ("secure", Role::Warn),
            "StringList" => ("list", Role::TextMuted),
            _ => ("text", Role::TextMuted),
        };
        vec![
            Cell::of(role, format!("{name}{labels}{fresh}")),
            Cell::of(kind_role, kind),
            Cell::new(it.version.to_string()),
            Cell::of(Role::TextMuted, times::instant(it.last_modified_date.0, cx)),
            Cell::of(Role::TextMuted, who(&it.last_modified_user).to_owned()),
        ]
    }

    /// What an empty tree says: what to do about it.
    fn empty(&self, cx: &Cx<'_>) -> String {
        let root = if self.search.is_on() { super::levels::FOUND } else { "/" };
        match self.levels.get(root) {
            _ if self.search.wrong.is_some() => "Esc takes the filter away.".to_owned(),
            Some(level) if level.refused.is_some() => wrapped(level.refused.as_deref().unwrap_or_default()),
            Some(level) if level.known && self.search.is_on() => {
                "Nothing matches.\nEsc shows the tree again.".to_owned()
            }
            Some(level) if level.known && self.at.is_some() => "There was no parameter then.".to_owned(),
            Some(level) if level.known && !cx.mirror.caller.sees_everything() => {
                "There is no parameter that you may see.".to_owned()
            }
            Some(level) if level.known => {
                "There is no parameter yet.\n\na makes one; i takes a file in.".to_owned()
            }
            _ => awaited("parameters", cx),
        }
    }

    /// What happened last; how it stands to the server.
    fn draw_foot(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let mut said: Vec<Said> = Vec::new();
        match &cx.mirror.parameters.freshness {
            Freshness::Failed { why } => said.push((Role::Bad, format!("changes are not told: {why}"))),
            Freshness::Stale { since } => {
                said.push((Role::Warn, format!("as of {}", times::instant(*since, cx))));
            }
            Freshness::Loading | Freshness::Fresh => {}
        }
        // What a policy did matters longer than the rest.
        let recent = || cx.mirror.parameters.recent();
        let policy = recent().take(50).find(|event| happened::is_by_policy(event.operation));
        let events = recent().next().into_iter().chain(policy.filter(|it| Some(*it) != recent().next()));
        for event in events.filter(|_| self.at.is_none()) {
            said.push((Role::TextMuted, times::instant(event.at, cx)));
            said.push((Role::Text, event.name.clone()));
            said.push((happened::role(event.operation), happened::words(event)));
            said.push((Role::TextMuted, cx.theme.symbols().bullet.to_owned()));
        }
        if said.last().is_some_and(|(_, text)| text == cx.theme.symbols().bullet) {
            said.pop();
        }
        pieces(frame, area, cx.theme, &said);
    }

    /// Names that were found, below the line that is typed.
    fn draw_found(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let Some(prompt) = self.prompt.as_ref().filter(|prompt| prompt.ask == Ask::Find) else { return };
        let (typed, ellipsis) = (prompt.line.text().trim(), cx.theme.symbols().ellipsis);
        let said = match prompt.names.len() {
            _ if typed.is_empty() => return,
            0 if prompt.asked.is_some() || prompt.due.is_some() => format!("looking{ellipsis}"),
            0 => "no name has these letters in this order".to_owned(),
            n => format!("Find: {}", words::count(n as u64, "name")),
        };
        let widest = prompt.names.iter().map(|name| safe::width(name)).max().unwrap_or(0).max(48);
        let width = u16::try_from(widest + 8).unwrap_or(u16::MAX).min(area.width);
        let height = u16::try_from(prompt.names.len().max(1) + 2).unwrap_or(u16::MAX);
        let size = Size { width, height: height.min(area.height) };
        let inner = overlay::popup(frame, area, cx.theme, &said, size);
        let mut fuzzy = fuzzy::Fuzzy::default();
        overlay::list(frame, inner, cx.theme, prompt.names.len(), prompt.chosen, |at| {
            let name = &prompt.names[at];
            Item { label: name.as_str().into(), hits: fuzzy.hits(typed, name), ..Item::default() }
        });
    }
}
