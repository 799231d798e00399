//! Draws the form.

use pilothouse_api::topics::NodeView;
use pilothouse_kit::part::{inset, right_of, row};
use pilothouse_kit::table::{self, Align, Cell, Column, RowLook, TableView, Width};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{input, overlay, paint};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::crew::{Resolved, now};
use super::document::Stand;
use super::form::Field;
use super::state::Run;
use super::summary::wrap;
use crate::screen::Cx;
use crate::screens::rows::pieces;
use crate::{facts, look, words};

/// From this width on, the nodes stand beside the form.
const WIDE: u16 = 110;
/// From this height on, each limit has a line of its own, with what it means beside it.
const TALL: u16 = 30;
/// Lower than this, the limits are left out while they have not the keys.
const LOW: u16 = 14;
/// Cells of a label.
const LABEL: u16 = 14;
/// Cells of a limit, where something stands beside it.
const SHORT: u16 = 10;

/// The fields that are lines below the script.
const LIMITS: [Field; 6] =
    [Field::Concurrency, Field::Errors, Field::Delivery, Field::Execution, Field::Directory, Field::Comment];
/// Those below a document's parameters, which say the rest themselves.
const LIMITS_OF_DOCUMENT: [Field; 4] = [Field::Concurrency, Field::Errors, Field::Delivery, Field::Comment];

impl Run {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let area = if area.width > 40 { inset(area) } else { area };
        let mut form = area;
        if area.width >= WIDE {
            form.width = area.width * 11 / 20;
            let nodes = Rect { x: form.right() + 2, width: area.width - form.width - 2, ..area };
            self.draw_nodes(cx, frame, nodes);
        }
        let head = self.draw_head(cx, frame, form);
        let limits = self.limits_height(form);
        let trouble = self.trouble.as_deref().unwrap_or_default();
        let trouble = wrap(trouble, usize::from(form.width.saturating_sub(4)));
        let told = u16::try_from(trouble.len()).unwrap_or(u16::MAX);
        let below = limits.saturating_add(2 + told).min(form.height.saturating_sub(3));
        let middle = Rect { y: form.y + head, height: form.height.saturating_sub(head + below), ..form };
        if self.field == Field::Targets && area.width < WIDE {
            self.draw_nodes(cx, frame, middle);
        } else if let Some(document) = &self.document {
            document.draw(cx, frame, middle, self.stand());
        } else {
            self.draw_script(cx, frame, middle);
        }
        let foot = Rect { y: middle.bottom(), height: form.bottom().saturating_sub(middle.bottom()), ..form };
        let last = foot.height.saturating_sub(2);
        self.draw_limits(cx, frame, Rect { height: last.min(limits), ..foot });
        for (y, line) in (limits..last).zip(trouble) {
            pieces(frame, right_of(row(foot, y), 2), cx.theme, &[(Role::Bad, line)]);
        }
        self.draw_hint(cx, frame, row(foot, last));
        self.draw_button(cx, frame, row(foot, foot.height.saturating_sub(1)));
    }

    /// The targets and what they mean; returns the rows they took.
    fn draw_head(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, form: Rect) -> u16 {
        self.draw_line(Field::Targets, cx, frame, row(form, 0), form.width.saturating_sub(LABEL));
        pieces(frame, right_of(row(form, 1), LABEL), cx.theme, &self.summary(cx));
        if form.height < LOW {
            return form.height.min(2);
        }
        pieces(frame, right_of(row(form, 2), LABEL), cx.theme, &self.environments());
        3
    }

    fn limits(&self) -> &'static [Field] {
        if self.document.is_some() { &LIMITS_OF_DOCUMENT } else { &LIMITS }
    }

    fn limits_height(&self, form: Rect) -> u16 {
        let all = u16::try_from(self.limits().len()).unwrap_or(0);
        match form.height {
            height if height >= TALL => all,
            height if height >= LOW => all.div_ceil(2),
            _ if self.limits().contains(&self.field) => all.div_ceil(2),
            _ => 0,
        }
    }

    /// How the form of the document stands.
    fn stand(&self) -> Stand {
        let focus = match self.field {
            Field::Parameter(at) => Some(at),
            _ => None,
        };
        Stand { focus, typing: self.typing, tried: self.tried }
    }

    /// A label and its line, with what is wrong beside it.
    fn draw_line(&self, field: Field, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, cells: u16) {
        if area.is_empty() {
            return;
        }
        let (theme, ellipsis) = (cx.theme, cx.theme.symbols().ellipsis);
        let here = self.field == field;
        let typing = here && self.typing;
        let body = input::label(frame, area, theme, field.label(), LABEL, here);
        let wrong = self.wrong(field).filter(|_| field != Field::Targets && self.tells(field));
        let beside = wrong.is_some() || cells < body.width;
        let place =
            Rect { width: if beside { cells.min(SHORT).min(body.width) } else { body.width }, ..body };
        let place = if cells > SHORT && wrong.is_none() {
            Rect { width: cells.min(body.width), ..body }
        } else {
            place
        };
        if field == Field::Targets && !self.chosen.is_empty() {
            let chosen = words::count(u64::try_from(self.chosen.len()).unwrap_or(u64::MAX), "chosen node");
            let said = [
                (Role::Chip, format!(" {chosen} ")),
                (Role::TextMuted, "Ctrl-u: type targets instead".to_owned()),
            ];
            pieces(frame, place, theme, if typing { &said } else { &said[..1] });
        } else if let Some(line) = self.form.line(field) {
            line.view(frame, place, theme, "", field.placeholder(), typing);
        }
        let rest = right_of(body, place.width + 2);
        if let Some(wrong) = wrong {
            let style = theme.style(Role::InputError);
            paint::text(frame.buffer_mut(), rest.x, rest.y, rest.width, &wrong, style, ellipsis);
        } else if cells < body.width {
            let style = theme.style(Role::TextMuted);
            paint::text(frame.buffer_mut(), rest.x, rest.y, rest.width, field.hint(), style, ellipsis);
        }
    }

    /// Whether it is said what is wrong with a field: once something stands in it, or it was tried to send.
    fn tells(&self, field: Field) -> bool {
        self.tried || self.form.line(field).is_some_and(|line| !line.is_empty())
    }

    fn draw_script(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if area.is_empty() {
            return;
        }
        let here = self.field == Field::Script;
        let typing = here && self.typing;
        let role = if here { Role::BorderFocus } else { Role::Border };
        let inner = if area.height >= 3 {
            overlay::border(frame.buffer_mut(), area, cx.theme, "Script", role)
        } else {
            area
        };
        self.form.script.view(frame, inner, cx.theme, typing);
        if self.form.script.is_blank() && !typing && !inner.is_empty() {
            let wrong = self.tried.then(|| self.wrong(Field::Script)).flatten();
            let said = wrong
                .map_or_else(|| (Role::TextMuted, "uptime".to_owned()), |wrong| (Role::InputError, wrong));
            pieces(frame, right_of(row(inner, 0), 3), cx.theme, &[said]);
        }
    }

    fn draw_limits(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let all = u16::try_from(self.limits().len()).unwrap_or(0);
        let columns = if area.height >= all { 1 } else { 2 };
        let width = area.width / columns;
        for (at, field) in (0..).zip(self.limits().iter().copied()) {
            let (x, y) = (area.x + width * (at % columns), at / columns);
            if y >= area.height {
                break;
            }
            let place = Rect { x, y: area.y + y, width: width.saturating_sub(1), height: 1 };
            let long = matches!(field, Field::Directory | Field::Comment);
            let body = place.width.saturating_sub(LABEL);
            let cells = if columns == 1 && !long { SHORT } else { body };
            self.draw_line(field, cx, frame, place, cells);
        }
    }

    /// What the field that has the keys is for, or what is wrong with it.
    fn draw_hint(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if self.draw_naming(cx, frame, right_of(area, 2)) {
            return;
        }
        let here = !matches!(self.field, Field::Parameter(_));
        let wrong = self.wrong(self.field).filter(|_| here && self.tells(self.field));
        let hint = (Role::TextMuted, self.hint().to_owned());
        pieces(frame, right_of(area, 2), cx.theme, &[wrong.map_or(hint, |wrong| (Role::InputError, wrong))]);
    }

    fn draw_button(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if area.is_empty() {
            return;
        }
        let nodes = self.crew.nodes().len();
        let runs = if self.is_by_tags() { nodes } else { nodes - self.crew.tally.misfits.min(nodes) };
        let label = match (self.sending, runs) {
            (Some(_), _) => format!("Sending{}", cx.theme.symbols().ellipsis),
            (None, 0) => "Send".to_owned(),
            (None, n) => format!("Send to {}", words::count(u64::try_from(n).unwrap_or(u64::MAX), "node")),
        };
        let place = right_of(area, 2);
        if self.field == Field::Send {
            overlay::buttons(frame.buffer_mut(), place, cx.theme, &[&label], 0);
            return;
        }
        let ready = runs > 0 && !self.fields().into_iter().any(|field| self.wrong(field).is_some());
        let role = if ready { Role::Accent } else { Role::TextMuted };
        let key = if self.typing { "Esc r" } else { "r" };
        let said = [(role, format!("[ {label} ]")), (Role::KeyChord, key.to_owned())];
        pieces(frame, place, cx.theme, &said);
    }

    /// The nodes that are meant, as they are now.
    fn draw_nodes(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if area.is_empty() {
            return;
        }
        let title = match self.crew.nodes().len() {
            0 => "Nodes".to_owned(),
            n => words::count(u64::try_from(n).unwrap_or(u64::MAX), "node"),
        };
        let inner = match area.height {
            ..4 => area,
            _ => overlay::border(frame.buffer_mut(), area, cx.theme, &title, Role::Border),
        };
        let telling = self.rights.is_telling();
        let columns = node_columns(inner.width, telling);
        let nodes = self.crew.nodes();
        let height = TableView::body_height(inner);
        self.height.0.set(height);
        let empty = match &self.crew.resolved {
            Resolved::Nodes(_) => "No node is meant by these targets.",
            Resolved::Asking => "looking them up",
            Resolved::Failed(_) | Resolved::Nothing => "The nodes that are meant stand here.",
        };
        let top = self.top.min(nodes.len().saturating_sub(height));
        let table = TableView {
            columns: &columns,
            rows: nodes.len(),
            top,
            cursor: None,
            first_column: 0,
            sort: None,
            empty,
        };
        table.draw(frame, inner, cx.theme, false, |row| {
            let node = now(&nodes[row], &cx.mirror.nodes);
            let may = self.rights.word(&node.instance_id).unwrap_or((Role::TextMuted, ""));
            let mut cells = node_cells(node, telling.then_some(may), self.crew.fits(node), cx);
            cells.truncate(columns.len());
            (RowLook { dim: self.crew.is_outdated(), ..RowLook::default() }, cells)
        });
    }
}

/// As many columns of the nodes as have room; the name always has.
fn node_columns(cells: u16, telling: bool) -> Vec<Column<'static>> {
    let flex = |title, min, weight| Column {
        title,
        width: Width::Flex { min, weight },
        align: Align::Left,
        pinned: false,
    };
    let mut columns = vec![
        Column { pinned: true, ..flex("Name", 18, 3) },
        Column { width: Width::Fixed(10), ..flex("State", 0, 0) },
        flex("Env", 7, 1),
        flex("System", 15, 2),
    ];
    if telling {
        columns.insert(2, Column { width: Width::Fixed(10), ..flex("May", 0, 0) });
    }
    while columns.len() > 1 && !table::fits(columns.iter().map(|column| column.width), cells) {
        columns.pop();
    }
    columns
}

fn node_cells<'a>(
    node: &'a NodeView,
    may: Option<(Role, &'static str)>,
    fits: bool,
    cx: &Cx<'_>,
) -> Vec<Cell<'a>> {
    let state = look::ping(node.ping, cx.theme.symbols());
    let env = look::env_of(node).unwrap_or_default();
    let system = if fits { Role::Text } else { Role::Warn };
    let mut cells = vec![Cell::new(&node.name), Cell::of(state.role, state.text())];
    cells.extend(may.map(|(role, word)| Cell::of(role, word)));
    cells.extend([Cell::of(look::env(env), env), Cell::of(system, facts::system(node))]);
    cells
}
