//! Draws the groups, and below them what the one under the cursor says where it leaves what most say.

use pilothouse_api::folding::{Group, MAX_PREVIEW};
use pilothouse_api::protocol::InvocationState;
use pilothouse_kit::part::{down, inset, row};
use pilothouse_kit::table::{Align, Cell, Column, RowLook, Width};
use pilothouse_kit::theme::{Role, Symbols};
use pilothouse_kit::{overlay, paint};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::{Summary, ignored, is_bad};
use crate::look;
use crate::mirror::{Folded, Freshness};
use crate::screen::Cx;
use crate::screens::command::progress::parts;
use crate::screens::rows::{Said, Table, freshness, pieces, status, wrapped};
use crate::words;

const COLUMNS: [Column<'static>; 6] = [
    Column { title: "nodes", width: Width::Fixed(9), align: Align::Right, pinned: true },
    Column { title: "how they stand", width: Width::Fixed(17), align: Align::Left, pinned: false },
    Column { title: "exit", width: Width::Fixed(5), align: Align::Right, pinned: false },
    Column { title: "lines", width: Width::Fixed(7), align: Align::Right, pinned: false },
    Column { title: "who", width: Width::Flex { min: 14, weight: 2 }, align: Align::Left, pinned: false },
    Column { title: "says", width: Width::Flex { min: 16, weight: 5 }, align: Align::Left, pinned: false },
];
/// Narrower than this, how many lines it is gives its room to what is said.
const NARROW: u16 = 100;
/// Lower than this, the list has all of the room.
const LOW: u16 = 9;

impl Summary {
    pub(in super::super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let Some(folded) = self.folded(cx) else {
            pieces(frame, inset(row(area, 0)), cx.theme, &[(Role::Info, "loading".to_owned())]);
            return;
        };
        let mut list = area;
        if area.height >= LOW
            && let Some(group) = self.on(cx)
        {
            let rows = u16::try_from(self.list.shown().len()).unwrap_or(u16::MAX).saturating_add(2);
            // The list takes what it needs, but leaves some to what is said.
            let said = said(group, cx);
            let below = u16::try_from(said.len()).unwrap_or(u16::MAX).saturating_add(2);
            let most = area.height * 3 / 5;
            list.height = rows.clamp(4, most.max(4)).max(area.height.saturating_sub(below));
            draw_said(group, &said, cx, frame, down(area, list.height));
        }
        self.draw_status(folded, cx, frame, inset(row(list, 0)));
        let body = down(list, 1);
        let narrow: &[usize] = if body.width < NARROW { &[0, 1, 2, 4, 5] } else { &[0, 1, 2, 3, 4, 5] };
        let table = Table { columns: &COLUMNS, drawn: narrow, focused: true, empty: &empty(folded, self) };
        let dim = folded.freshness != Freshness::Fresh;
        let is_most = |group: &&Group| group.count > 1 || folded.groups().len() == 1;
        let majority = folded.majority().filter(is_most).map(|group| group.id.as_str());
        self.list.draw(frame, body, cx.theme, &table, |at| {
            let group = folded.groups().get(at)?;
            let marked = self.list.hand.marks.contains(&group.id);
            Some((RowLook { marked, dim }, cells(group, majority, cx)))
        });
    }

    fn draw_status(&self, folded: &Folded, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let groups = folded.groups().len() + folded.more() as usize;
        let sort = match self.list.sort.0 {
            super::GROUP => "outliers first",
            super::LINES => "the longest first",
            _ => "the largest first",
        };
        status(frame, area, cx, &self.list, groups, "group", sort);
        let chips = self.list.typing || self.list.faults || !self.list.filter.is_empty();
        if chips || !self.list.hand.marks.is_empty() {
            return;
        }
        let mut said: Vec<Said> = Vec::new();
        said.extend(freshness(&folded.freshness, cx));
        let without = ignored(self.normal);
        if !without.is_empty() {
            said.push((Role::Chip, format!(" without {without} ")));
        }
        let so_far = match (folded.running(), folded.is_complete()) {
            (_, true) => "all is said".to_owned(),
            (0, false) => String::new(),
            (running, false) => format!("{} may say more", words::count(running.into(), "node")),
        };
        let alone = folded.groups().len() > 3 && folded.majority().is_some_and(|group| group.count == 1);
        if alone {
            // Folded so, nothing is: that is what one wants to know.
            said.push((Role::Info, "all differ: i ignores times, names or numbers".to_owned()));
        } else {
            said.push((Role::TextMuted, so_far));
        }
        pieces(frame, Rect { width: area.width.saturating_sub(28), ..area }, cx.theme, &said);
    }
}

/// What is said when there is no group.
fn empty(folded: &Folded, summary: &Summary) -> String {
    match &folded.freshness {
        Freshness::Failed { why } => wrapped(why),
        _ if !folded.groups().is_empty() => "No group matches.\nEsc shows the others again.".to_owned(),
        Freshness::Loading => "Outputs are being compared.".to_owned(),
        _ if summary.list.filter.is_empty() => "Nothing was said yet.".to_owned(),
        _ => String::new(),
    }
}

fn cells<'a>(group: &'a Group, majority: Option<&str>, cx: &Cx<'a>) -> Vec<Cell<'a>> {
    let symbols = cx.theme.symbols();
    let is_majority = majority == Some(group.id.as_str());
    let (sign, sign_role) = match group.began {
        false => (symbols.waiting, Role::TextMuted),
        true if is_majority => ("=", Role::TextMuted),
        true => (symbols.differs, if is_bad(group) { Role::Bad } else { Role::Warn }),
    };
    let (stand, stand_role) = standing(group, symbols);
    let exit = group.exit_codes.first().map_or_else(String::new, |(code, _)| code.to_string());
    let exit = if group.exit_codes.len() > 1 { format!("{exit},{}", symbols.ellipsis) } else { exit };
    let bad_exit = group.exit_codes.iter().any(|(code, _)| *code != 0);
    vec![
        Cell::of(sign_role, format!("{sign} {}", words::grouped(group.count.into()))),
        Cell::of(stand_role, stand),
        Cell::of(if bad_exit { Role::Bad } else { Role::TextMuted }, exit),
        Cell::of(Role::TextMuted, words::grouped(group.lines)),
        Cell::new(who(group)),
        Cell::of(if is_majority { Role::TextMuted } else { Role::Text }, first_line(group)),
    ]
}

/// `✗ 2 failed`, `✓ 17  ↻ 3 so far`.
fn standing(group: &Group, symbols: &Symbols) -> (String, Role) {
    let mut ended: Vec<(InvocationState, u32)> = parts(&group.ended);
    // What ended well stands last: what did not is what one looks for.
    ended.sort_by_key(|(state, _)| *state == InvocationState::Success);
    let role = match ended.first() {
        Some((state, _)) => look::invocation(*state, symbols).role,
        None => Role::StateRunning,
    };
    let alone = ended.len() + usize::from(group.so_far > 0) == 1;
    let mut said: Vec<String> = ended
        .iter()
        .map(|(state, nodes)| {
            let look = look::invocation(*state, symbols);
            if alone { look.text() } else { format!("{} {}", look.symbol, words::grouped((*nodes).into())) }
        })
        .collect();
    if group.so_far > 0 {
        let nodes = if alone { String::new() } else { format!("{} ", words::grouped(group.so_far.into())) };
        said.push(format!("{} {nodes}so far", symbols.running));
    }
    (said.join(" "), role)
}

/// `web-02, db-09 +14`.
fn who(group: &Group) -> String {
    let named = group.names.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(", ");
    match (group.count as usize).saturating_sub(group.names.len().min(2)) {
        0 => named,
        more => format!("{named} +{}", words::grouped(more as u64)),
    }
}

/// The first line that says something, of what the sample says where it leaves what most say.
fn first_line(group: &Group) -> String {
    if !group.began {
        return "never begun".to_owned();
    }
    let text = String::from_utf8_lossy(&group.preview);
    match text.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => line.to_owned(),
        None if group.bytes == 0 => "nothing".to_owned(),
        None => "ends where the others go on".to_owned(),
    }
}

/// What a group says, from where it leaves what most say.
fn said(group: &Group, cx: &Cx<'_>) -> Vec<Said> {
    let text = String::from_utf8_lossy(&group.preview);
    let mut lines: Vec<Said> =
        text.lines().map(|line| (Role::Text, line.trim_end_matches('\r').to_owned())).collect();
    if lines.is_empty() {
        lines.push((Role::TextMuted, first_line(group)));
    }
    if group.preview.len() >= MAX_PREVIEW {
        lines.push((Role::TextMuted, more(cx)));
    }
    lines
}

fn more(cx: &Cx<'_>) -> String {
    format!("{} Enter shows all of it", cx.theme.symbols().ellipsis)
}

fn draw_said(group: &Group, said: &[Said], cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
    if area.height < 3 {
        return;
    }
    let first = group.names.first().map_or("", String::as_str);
    let (others, says, differ) = match group.count.saturating_sub(1) {
        0 => (String::new(), "says", "it differs"),
        more => (format!(" and {} more", words::grouped(more.into())), "say", "they differ"),
    };
    let from = match group.differs_at {
        _ if !group.began => String::new(),
        0 => format!(" {says}"),
        line => format!(" {says} from line {} on, where {differ}", words::grouped(line)),
    };
    let title = format!("{first}{others}{from}");
    let role = if is_bad(group) { Role::StateFailed } else { Role::Border };
    let inner = overlay::border(frame.buffer_mut(), area, cx.theme, &title, role);
    for (n, line) in (0..inner.height).zip(said) {
        pieces(frame, row(inner, n), cx.theme, std::slice::from_ref(line));
    }
    if said.len() > usize::from(inner.height) {
        let last = row(inner, inner.height.saturating_sub(1));
        paint::clear(frame.buffer_mut(), last, cx.theme.style(Role::Text));
        pieces(frame, last, cx.theme, &[(Role::TextMuted, more(cx))]);
    }
}
