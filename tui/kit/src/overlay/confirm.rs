//! Questions before something that hurts.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::{key_bar, popup};
use crate::input::Line;
use crate::paint;
use crate::safe;
use crate::theme::{Role, Theme};

/// How a question is answered.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// By one key.
    Key,
    /// By one of two buttons.
    Buttons {
        /// Whether the focus is on yes; it begins on cancel.
        yes: bool,
    },
    /// By typing this.
    Typed {
        /// What must be typed.
        wanted: &'a str,
        /// What was typed so far.
        line: &'a Line,
    },
}

/// A question before something that hurts.
#[derive(Clone, Copy, Debug)]
pub struct Confirm<'a> {
    /// What is about to happen, as a question.
    pub title: &'a str,
    /// What it touches, line by line.
    pub card: &'a [String],
    /// How it is answered.
    pub answer: Answer<'a>,
}

/// Draws a question in the middle of `area`.
pub fn confirm(frame: &mut Frame<'_>, area: Rect, theme: &Theme, question: &Confirm<'_>) {
    let widest = question.card.iter().map(|line| safe::width(line)).max().unwrap_or(0);
    let wanted = widest.max(safe::width(question.title) + 2).clamp(44, 76) + 4;
    let width = u16::try_from(wanted).unwrap_or(80).min(area.width);
    let card_rows = u16::try_from(question.card.len()).unwrap_or(u16::MAX);
    let extra = match question.answer {
        Answer::Typed { .. } => 3,
        Answer::Key | Answer::Buttons { .. } => 1,
    };
    let height = card_rows.saturating_add(2 + 2 + extra).min(area.height);
    let inner = popup(frame, area, theme, question.title, Size { width, height });
    if inner.is_empty() {
        return;
    }
    let answer_at = inner.bottom().saturating_sub(extra).max(inner.y);
    let card = Rect { y: inner.y, height: answer_at - inner.y, ..inner };
    card_lines(frame.buffer_mut(), card, theme, question.card);
    answer(frame, Rect { y: answer_at, height: inner.bottom() - answer_at, ..inner }, theme, question.answer);
}

/// Says how many lines there was no place for.
fn card_lines(buffer: &mut Buffer, area: Rect, theme: &Theme, lines: &[String]) {
    let ellipsis = theme.symbols().ellipsis;
    let rows = usize::from(area.height);
    let cut = lines.len() > rows;
    let shown = if cut { rows.saturating_sub(1) } else { lines.len() };
    for (y, line) in (area.y..).zip(&lines[..shown]) {
        paint::text(buffer, area.x, y, area.width, line, theme.style(Role::Overlay), ellipsis);
    }
    if cut && rows > 0 {
        let said = format!("{ellipsis} and {} more lines", lines.len() - shown);
        paint::text(buffer, area.x, area.bottom() - 1, area.width, &said, theme.style(Role::Warn), ellipsis);
    }
}

fn answer(frame: &mut Frame<'_>, area: Rect, theme: &Theme, answer: Answer<'_>) {
    match answer {
        Answer::Key => key_bar(frame.buffer_mut(), area, theme, &[("y", "yes"), ("Esc", "no")]),
        Answer::Buttons { yes } => {
            let used = buttons(frame.buffer_mut(), area, theme, &["No", "Yes"], usize::from(yes));
            let rest = Rect { x: area.x + used, width: area.width - used, ..area };
            key_bar(frame.buffer_mut(), rest, theme, &[("Tab", "switch"), ("Enter", "choose")]);
        }
        Answer::Typed { wanted, line } => {
            let said = format!("Type {wanted} to go on, Esc to leave it.");
            let ellipsis = theme.symbols().ellipsis;
            let first = Rect { height: 1.min(area.height), ..area };
            paint::text(
                frame.buffer_mut(),
                first.x,
                first.y,
                first.width,
                &said,
                theme.style(Role::Warn),
                ellipsis,
            );
            if area.height > 1 {
                let at = Rect { y: area.bottom() - 1, height: 1, ..area };
                line.view(frame, at, theme, "> ", "", true);
            }
        }
    }
}

/// Buttons in a row, one of which has the focus. Returns the cells they took, with a gap behind them.
pub fn buttons(buffer: &mut Buffer, area: Rect, theme: &Theme, labels: &[&str], focus: usize) -> u16 {
    let mut used = 0;
    for (at, label) in labels.iter().enumerate() {
        let (label, style) = if at == focus {
            (format!("[ {label} ]"), theme.selected(Role::TextStrong))
        } else {
            (format!("  {label}  "), theme.style(Role::TextMuted))
        };
        used += paint::text(buffer, area.x + used, area.y, area.width - used, &label, style, "");
        used = used.saturating_add(2).min(area.width);
    }
    used
}
