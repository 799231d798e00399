//! Draws the form of a document.

use pilothouse_kit::code::Code;
use pilothouse_kit::part::{down, right_of, row};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{chart, input, overlay, paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::entry::{Entry, Hand};
use super::{Document, Sheet, Standing};
use crate::screen::Cx;
use crate::screens::rows::{Said, pieces};
use crate::words;

/// Cells of a label, at least and at most.
const LABEL: (u16, u16) = (14, 26);
/// Lines of a text that has not the keys.
const GLIMPSE: usize = 3;

/// How the form stands: which parameter is in focus, whether it is typed into, and whether everything wrong is said.
#[derive(Clone, Copy)]
pub(in super::super) struct Stand {
    pub focus: Option<usize>,
    pub typing: bool,
    pub tried: bool,
}

/// A parameter on the screen: rows of its value, then what is said of it.
struct Block {
    rows: u16,
    notes: Vec<Said>,
}

impl Block {
    fn height(&self) -> u16 {
        self.rows + u16::try_from(self.notes.len()).unwrap_or(u16::MAX)
    }
}

impl Document {
    /// Draws name, version, what it does, and its parameters.
    pub(in super::super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, stand: Stand) {
        if area.is_empty() {
            return;
        }
        let title = match self.sheet() {
            Some(sheet) => format!("{}, version {}", self.name, sheet.version),
            None => self.name.clone(),
        };
        let role = if stand.focus.is_some() { Role::BorderFocus } else { Role::Border };
        let inner = if area.height >= 4 {
            overlay::border(frame.buffer_mut(), area, cx.theme, &title, role)
        } else {
            area
        };
        let ellipsis = cx.theme.symbols().ellipsis;
        let said = match &self.standing {
            Standing::Unread => (Role::TextMuted, "The server is not reached.".to_owned()),
            Standing::Asked(_) => (Role::TextMuted, format!("reading it{ellipsis}")),
            Standing::Failed(why) => (Role::Bad, why.clone()),
            Standing::Read(sheet) => return sheet.draw(cx, frame, inner, stand),
        };
        for (y, line) in (0..inner.height).zip(safe::wrap(&said.1, usize::from(inner.width))) {
            pieces(frame, row(inner, y), cx.theme, &[(said.0, line)]);
        }
    }
}

impl Sheet {
    fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, stand: Stand) {
        if area.is_empty() {
            return;
        }
        let body = self.draw_description(cx, frame, area);
        if self.entries.is_empty() {
            let said = [(Role::TextMuted, "It takes no parameters.".to_owned())];
            pieces(frame, row(body, 0), cx.theme, &said);
            return;
        }
        let label = self.entries.iter().map(|entry| safe::width(&entry.spec.name)).max().unwrap_or(0);
        let label = u16::try_from(label + 3).unwrap_or(LABEL.1).clamp(LABEL.0, LABEL.1).min(body.width / 2);
        let cells = body.width.saturating_sub(label);
        let blocks: Vec<Block> = self
            .entries
            .iter()
            .enumerate()
            .map(|(at, entry)| block(entry, at, stand, (cells, body.height)))
            .collect();
        let top = self.window(&blocks, stand.focus.unwrap_or(0), body.height);
        let mut y = 0;
        let mut seen = 0;
        for (at, block) in blocks.iter().enumerate().skip(top) {
            if y >= body.height {
                break;
            }
            let height = block.height().min(body.height - y);
            let place = Rect { y: body.y + y, height, ..body };
            self.draw_entry(cx, frame, place, at, block, label, stand);
            seen += usize::from(height == block.height());
            y += height;
        }
        let bar = Rect { x: area.right() - 1, width: 1, y: body.y, height: body.height };
        chart::scrollbar(frame.buffer_mut(), bar, cx.theme, top, seen.max(1), blocks.len());
    }

    /// What the document does; returns the place for its parameters, beside which the scrollbar has a column.
    fn draw_description(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) -> Rect {
        let mut body = Rect { width: area.width.saturating_sub(1), ..area };
        if self.description.is_empty() {
            return body;
        }
        let lines = safe::wrap(&self.description, usize::from(body.width));
        let most = usize::from(area.height / 6);
        for line in lines.iter().take(most) {
            pieces(frame, row(body, 0), cx.theme, &[(Role::TextMuted, line.clone())]);
            body = down(body, 1);
        }
        if most > 0 { down(body, 1) } else { body }
    }

    /// The first parameter in sight, moved so that all of the one in focus is in sight, if it can be.
    fn window(&self, blocks: &[Block], focus: usize, height: u16) -> usize {
        let mut top = self.top.get().min(focus).min(blocks.len().saturating_sub(1));
        let needed = |from: usize| -> u32 {
            blocks[from..=focus.min(blocks.len() - 1)].iter().map(|it| u32::from(it.height())).sum()
        };
        while top < focus && needed(top) > u32::from(height) {
            top += 1;
        }
        // No room is left empty that something above could have.
        let below = |from: usize| -> u32 { blocks[from..].iter().map(|it| u32::from(it.height())).sum() };
        while top > 0 && below(top - 1) <= u32::from(height) {
            top -= 1;
        }
        self.top.set(top);
        top
    }

    #[expect(clippy::too_many_arguments, reason = "what one parameter is drawn with")]
    fn draw_entry(
        &self,
        cx: &Cx<'_>,
        frame: &mut Frame<'_>,
        place: Rect,
        at: usize,
        block: &Block,
        label: u16,
        stand: Stand,
    ) {
        let entry = &self.entries[at];
        let here = stand.focus == Some(at);
        let typing = here && stand.typing;
        let body = input::label(frame, Rect { height: 1, ..place }, cx.theme, &entry.spec.name, label, here);
        let value = Rect { height: block.rows.min(place.height), ..body };
        match &entry.hand {
            Hand::Line(line) => line.view(frame, value, cx.theme, "", entry.placeholder(), typing),
            Hand::Text(code) if here => code.view(frame, value, cx.theme, typing),
            Hand::Text(code) => draw_glimpse(cx, frame, value, code, entry),
            Hand::Pick { values, chosen } => draw_pick(cx, frame, value, values, *chosen, here),
        }
        let is_default = entry.given().is_none() && !here;
        if is_default {
            paint::cover(frame.buffer_mut(), value, cx.theme.style(Role::TextMuted));
        }
        for (y, note) in (block.rows..place.height).zip(&block.notes) {
            pieces(frame, right_of(row(place, y), label), cx.theme, std::slice::from_ref(note));
        }
    }
}

fn block(entry: &Entry, at: usize, stand: Stand, (cells, height): (u16, u16)) -> Block {
    let here = stand.focus == Some(at);
    let rows = match &entry.hand {
        Hand::Text(code) if here => {
            let most = usize::from(height.saturating_sub(4)).max(GLIMPSE);
            (code.lines().len() + 1).clamp(GLIMPSE.min(most), most)
        }
        Hand::Text(code) => code.lines().len().clamp(1, GLIMPSE),
        _ => 1,
    };
    let mut notes: Vec<Said> = Vec::new();
    let mut say = |role: Role, text: &str, most: usize| {
        let lines = safe::wrap(text, usize::from(cells.max(10)));
        notes.extend(lines.into_iter().take(most).map(|line| (role, line)));
    };
    let tells = stand.tried || entry.touched || entry.refused.is_some();
    if let Some(wrong) = entry.wrong().filter(|_| tells) {
        say(Role::InputError, &wrong, 3);
    }
    if here {
        if !entry.spec.description.is_empty() {
            say(Role::TextMuted, &entry.spec.description, 4);
        }
        say(Role::TextMuted, &entry.takes(), 2);
        if let Some(safety) = entry.safety() {
            say(Role::Info, &safety, 2);
        }
    }
    Block { rows: u16::try_from(rows).unwrap_or(1), notes }
}

/// The first lines of a text that has not the keys.
fn draw_glimpse(cx: &Cx<'_>, frame: &mut Frame<'_>, place: Rect, code: &Code, entry: &Entry) {
    if code.is_blank() {
        pieces(frame, row(place, 0), cx.theme, &[(Role::TextMuted, entry.placeholder().to_owned())]);
        return;
    }
    let lines = code.lines();
    let more = lines.len() - lines.len().min(usize::from(place.height));
    for (y, line) in (0..place.height).zip(lines) {
        let mut said: Vec<Said> = vec![(Role::Input, line.clone())];
        if y + 1 == place.height && more > 0 {
            let lines = words::count(u64::try_from(more).unwrap_or(u64::MAX), "line");
            said.push((Role::TextMuted, format!("(+{lines})")));
        }
        pieces(frame, row(place, y), cx.theme, &said);
    }
}

/// All values with the chosen one marked, or that one alone where there is no room for all.
fn draw_pick(
    cx: &Cx<'_>,
    frame: &mut Frame<'_>,
    place: Rect,
    values: &[String],
    chosen: Option<usize>,
    here: bool,
) {
    let symbols = cx.theme.symbols();
    let all: usize = values.iter().map(|value| safe::width(value) + 3).sum();
    let said: Vec<Said> = if all <= usize::from(place.width) {
        let one = |(at, value): (usize, &String)| match chosen == Some(at) {
            true => (Role::Chip, format!(" {value} ")),
            false => (Role::TextMuted, format!(" {value} ")),
        };
        values.iter().enumerate().map(one).collect()
    } else {
        let value = chosen.and_then(|at| values.get(at)).map_or("none yet", String::as_str);
        let place = chosen.map_or(0, |at| at + 1);
        let mut said = vec![(Role::Chip, format!(" {value} "))];
        said.push((Role::TextMuted, format!("{place} of {}", values.len())));
        if here {
            said.push((Role::TextMuted, format!("{} Enter shows all", symbols.bullet)));
        }
        said
    };
    pieces(frame, place, cx.theme, &said);
}
