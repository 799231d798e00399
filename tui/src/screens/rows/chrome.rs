//! The line over a list: filter, faults only, marks, sort, and how many rows of how many are shown.

use pilothouse_kit::part::{down, inset};
use pilothouse_kit::theme::{Role, Theme};
use pilothouse_kit::{paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::list::List;
use crate::mirror::{Freshness, Link};
use crate::screen::Cx;
use crate::{times, words};

/// Cells of a line of what stands in an empty list, about.
const EMPTY_WIDTH: usize = 64;

/// What the filter of a list of nodes may look like.
const HINT: &str = "web  !x  ~fuzzy  os:debian  env=prod  @prod";

/// A text and what it means.
pub type Said = (Role, String);

/// How far what is shown can be trusted, if that must be said.
#[must_use]
pub fn freshness(freshness: &Freshness, cx: &Cx<'_>) -> Option<Said> {
    let ellipsis = cx.theme.symbols().ellipsis;
    match freshness {
        Freshness::Fresh => None,
        // The list itself says why.
        Freshness::Loading if matches!(cx.mirror.link, Link::Lost { .. } | Link::Broken(_)) => None,
        Freshness::Loading => Some((Role::Info, format!("loading{ellipsis}"))),
        Freshness::Stale { since } => Some((Role::Warn, format!("as of {}", times::instant(*since, cx)))),
        Freshness::Failed { why } => Some((Role::Bad, why.clone())),
    }
}

/// Draws how far a list can be trusted in the last line, if that must be said and there is room. Returns what is left to it.
pub fn above_freshness(frame: &mut Frame<'_>, area: Rect, cx: &Cx<'_>, known: &Freshness) -> Rect {
    let Some(said) = freshness(known, cx).filter(|_| area.height > 2) else { return area };
    let left = Rect { height: area.height - 1, ..area };
    pieces(frame, inset(down(area, left.height)), cx.theme, &[said]);
    left
}

/// What a list says that the server does not tell of: why, whole.
#[must_use]
pub fn untold(what: &str, why: &str) -> String {
    format!("The server does not tell of {what}:\n{}", wrapped(why))
}

/// A text as what stands in an empty list.
#[must_use]
pub fn wrapped(text: &str) -> String {
    safe::wrap(text, EMPTY_WIDTH).join("\n")
}

/// What a list says while it is not known yet: that it comes, or why it does not.
#[must_use]
pub fn awaited(what: &str, cx: &Cx<'_>) -> String {
    match &cx.mirror.link {
        Link::Lost { why, .. } => {
            format!("There is no link to the server; it is tried again by itself.\n\n{}", wrapped(why))
        }
        Link::Broken(why) => {
            format!("There is no link to the server, and it is not tried again.\n\n{}", wrapped(why))
        }
        Link::Starting | Link::Waiting(_) | Link::Live { .. } => {
            format!("Loading {what}{}", cx.theme.symbols().ellipsis)
        }
    }
}

/// Draws texts one after the other, a blank between, as far as there is room. Returns the cells they took.
pub fn pieces(frame: &mut Frame<'_>, area: Rect, theme: &Theme, said: &[Said]) -> u16 {
    if area.is_empty() {
        return 0;
    }
    let mut x = area.x;
    for (role, text) in said {
        if x > area.x && x < area.right() {
            x += 1;
        }
        let room = area.right().saturating_sub(x);
        x += paint::text(
            frame.buffer_mut(),
            x,
            area.y,
            room,
            text,
            theme.style(*role),
            theme.symbols().ellipsis,
        );
    }
    x - area.x
}

/// Draws the line over a list of `all` rows. `thing` is what a row is called, `sort` what the column is called by which
/// it is sorted.
pub fn status<K: Ord + Clone>(
    frame: &mut Frame<'_>,
    area: Rect,
    cx: &Cx<'_>,
    list: &List<K>,
    all: usize,
    thing: &str,
    sort: &str,
) {
    if area.is_empty() {
        return;
    }
    let (theme, symbols) = (cx.theme, cx.theme.symbols());
    let shown = list.shown().len();
    let arrow = if list.sort.1 { symbols.sort_down } else { symbols.sort_up };
    let plain = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let total = words::count(plain(all), thing);
    let count = if shown == all { total } else { format!("{} of {total}", words::grouped(plain(shown))) };
    let right = format!("{count} {} {sort} {arrow}", symbols.bullet);
    let width = u16::try_from(safe::width(&right)).unwrap_or(u16::MAX);
    let room = area.width.saturating_sub(width + 2);
    let left = Rect { width: if room < 20 { area.width } else { room }, ..area };
    if room >= 20 {
        let style = theme.style(Role::TextMuted);
        paint::text_right(frame.buffer_mut(), area.x, area.y, area.width, &right, style, symbols.ellipsis);
    }
    if list.typing {
        let hint = if list.hint.is_empty() { HINT } else { list.hint };
        list.filter.view(frame, left, theme, "/ ", hint, true);
        return;
    }
    pieces(frame, left, theme, &chips(list));
}

fn chips<K: Ord + Clone>(list: &List<K>) -> Vec<Said> {
    let mut chips = Vec::new();
    if !list.filter.is_empty() {
        chips.push((Role::Chip, format!(" / {} ", list.filter.text())));
    }
    if list.faults {
        chips.push((Role::Chip, " ! faults only ".to_owned()));
    }
    if list.hand.range.is_some() {
        chips.push((Role::Chip, " v range ".to_owned()));
    }
    match (list.hand.marks.len(), list.hidden_marks) {
        (0, _) => {}
        (marked, 0) => chips.push((Role::Mark, format!("{marked} marked"))),
        (marked, hidden) => chips.push((Role::Mark, format!("{marked} marked ({hidden} hidden by filter)"))),
    }
    chips
}
