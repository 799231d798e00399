//! Draws the room: tabs, the list, what is known of the thing under the cursor; over it the form or the new key.

use pilothouse_kit::part::{down, inset};
use pilothouse_kit::safe;
use pilothouse_kit::table::{self, Column, RowLook, TableView};
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::directory::Standing;
use super::simulation::HEIGHT;
use super::state::Access;
use super::table::{cells, columns};
use crate::route::AccessTab;
use crate::screen::Cx;
use crate::screens::rows::{Rows, Said, awaited, pieces, status};
use crate::times;

/// From this width on, what is known of a thing stands beside the list.
const WIDE: u16 = 110;
/// From this height on, it stands below.
const TALL: u16 = 16;
/// Lower than this, only the list is drawn.
const LOW: u16 = 8;
/// An answer older than this is told with its age, in milliseconds.
const OLD: i64 = 10_000;

impl AccessTab {
    const fn title(self) -> &'static str {
        match self {
            Self::Users => "Users",
            Self::Groups => "Groups",
            Self::Roles => "Roles",
            Self::Policies => "Policies",
            Self::Simulate => "Simulate",
        }
    }

    /// What one of it is called.
    const fn thing(self) -> &'static str {
        match self {
            Self::Users => "user",
            Self::Groups => "group",
            Self::Roles => "role",
            Self::Policies => "policy",
            Self::Simulate => "answer",
        }
    }
}

impl Access {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        match &self.paper {
            Some(paper) => paper.draw(cx, frame, inset(area)),
            None => self.draw_lists(cx, frame, area),
        }
        if let Some(form) = &self.form {
            form.draw(cx, frame, area, self.errand.is_busy());
        }
        if let Some(new_key) = &self.new_key {
            new_key.draw(cx, frame, area);
        }
    }

    fn draw_lists(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let mut body = area;
        if area.height >= LOW {
            self.draw_tabs(cx, frame, inset(Rect { height: 1, ..area }));
            body = down(area, 1);
        }
        if self.tab == AccessTab::Simulate {
            self.simulation.draw(cx, frame, inset(Rect { height: HEIGHT.min(body.height), ..body }));
            body = down(body, HEIGHT);
        } else if area.height >= LOW {
            let sort = columns(self.tab).get(self.list().sort.0).map_or("", |column| column.title);
            let head = inset(Rect { height: 1, ..body });
            status(frame, head, cx, self.list(), self.rows(cx).len(), self.tab.thing(), sort);
            body = down(body, 1);
        }
        if self.tab != AccessTab::Simulate && body.width >= WIDE && self.thing(cx).is_some() {
            let width = body.width * 11 / 20;
            let side = Rect { x: body.x + width, width: body.width - width, ..body };
            self.draw_detail(cx, frame, side);
            body.width = width;
        } else if body.height >= TALL && self.thing(cx).is_some() {
            let rows = u16::try_from(self.list().shown().len()).unwrap_or(u16::MAX);
            let height = rows.saturating_add(2).clamp(4, body.height / 2);
            self.draw_detail(cx, frame, down(body, height));
            body.height = height;
        } else if self.detail.focused {
            return self.draw_detail(cx, frame, body);
        }
        self.draw_table(cx, frame, body);
    }

    fn draw_tabs(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let counts = [
            self.directory.users.len(),
            self.directory.groups.len(),
            self.directory.roles.len(),
            self.directory.policies.len(),
        ];
        let mut said: Vec<Said> = Vec::new();
        for (at, tab) in AccessTab::ALL.into_iter().enumerate() {
            let known = matches!(self.directory.standing(tab), Standing::Listed(_));
            let count = counts.get(at).filter(|_| known).map_or_else(String::new, |n| format!(" {n}"));
            let role = if tab == self.tab { Role::Chip } else { Role::TextMuted };
            said.push((role, format!(" {}{count} ", tab.title())));
        }
        let used = pieces(frame, area, cx.theme, &said);
        let rest = Rect { x: area.x + used, width: area.width - used, ..area };
        if let Some((role, text)) = self.age(cx) {
            let cells = u16::try_from(safe::width(&text)).unwrap_or(u16::MAX);
            if cells < rest.width {
                let place = Rect { x: rest.right() - cells, width: cells, ..rest };
                pieces(frame, place, cx.theme, &[(role, text)]);
            }
        }
    }

    /// How old what is shown is, if that must be said.
    fn age(&self, cx: &Cx<'_>) -> Option<Said> {
        if self.errand.is_busy() {
            return Some((Role::Info, format!("changing{}", cx.theme.symbols().ellipsis)));
        }
        let Standing::Listed(at) = self.directory.standing(self.tab) else { return None };
        if !cx.mirror.link.is_live() {
            return Some((Role::Warn, format!("as of {}", times::instant(*at, cx))));
        }
        let old = cx.now.since(*at) >= OLD;
        old.then(|| (Role::TextMuted, format!("as of {}, R asks anew", times::instant(*at, cx))))
    }

    fn draw_table(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let shown = self.list().shown();
        let mut heads: Vec<Column<'_>> = columns(self.tab).to_vec();
        while heads.len() > 2 && !table::fits(heads.iter().map(|column| column.width), area.width) {
            heads.pop();
        }
        let sort = self.list().sort;
        let empty = self.empty(cx);
        let view = TableView {
            columns: &heads,
            rows: shown.len(),
            top: self.list().window(TableView::body_height(area)),
            cursor: self
                .list()
                .row()
                .filter(|_| self.tab != AccessTab::Simulate || self.simulation.is_in_answers()),
            first_column: 0,
            sort: (sort.0 < heads.len() && self.tab != AccessTab::Simulate).then_some(sort),
            empty: &empty,
        };
        let dim = !cx.mirror.link.is_live();
        let focused = !self.list().typing && !self.detail.focused;
        let rows = self.rows(cx);
        view.draw(frame, area, cx.theme, focused, |row| {
            let thing = shown.get(row).and_then(|&at| rows.at(at as usize));
            let mut cells = thing.map_or_else(Vec::new, |thing| cells(thing, cx));
            cells.truncate(heads.len());
            (RowLook { marked: false, dim }, cells)
        });
    }

    /// What an empty list says: what to do about it.
    fn empty(&self, cx: &Cx<'_>) -> String {
        if self.tab == AccessTab::Simulate {
            return "Asks the server what it would decide, and by which line of which policy.\n\
                    Nothing is carried out."
                .to_owned();
        }
        if !self.rows(cx).is_empty() {
            return "Nothing matches.\nEsc shows the others again.".to_owned();
        }
        match self.directory.standing(self.tab) {
            Standing::Refused(why) => safe::wrap(why, 64).join("\n"),
            Standing::Loading => awaited(self.tab.name(), cx),
            Standing::Listed(_) if !cx.mirror.caller.sees_everything() => {
                format!("There is no {} that you may see.", self.tab.thing())
            }
            Standing::Listed(_) => match self.tab {
                AccessTab::Users => {
                    "There is only root yet.\n\na makes a user, with what it may do and its key."
                }
                AccessTab::Groups => {
                    "There is no group yet.\n\na makes one; policies of a group are its members'."
                }
                AccessTab::Roles => {
                    "There is no role yet.\n\na makes one; it is taken on for a while, with sts:AssumeRole."
                }
                AccessTab::Policies | AccessTab::Simulate => "There is no policy yet.\n\na makes one.",
            }
            .to_owned(),
        }
    }
}
