//! The head of the room: where the command stands, how far it is and how fast, in two lines, or in five where there is room.
//!
//! In: the command with its counts and rates, what is armed. Out: cells.
//! Never here: the tabs.

use pilothouse_api::commands::CommandState;
use pilothouse_api::protocol::InvocationState;
use pilothouse_api::topics::CommandView;
use pilothouse_kit::part::row;
use pilothouse_kit::theme::Role;
use pilothouse_kit::{chart, paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::progress::{elapsed, parts, remaining, unsent};
use super::state::Command;
use crate::mirror::CommandDetail;
use crate::screen::Cx;
use crate::screens::rows::{Said, pieces};
use crate::{look, spans, times, words};

/// Lines of the head where it is told in full, and where not.
pub const FULL: u16 = 5;
/// Lines of the head where there is less room.
pub const SHORT: u16 = 2;
/// Seconds over which it is told how fast it goes.
const WINDOW: i64 = 10;

impl Command {
    pub(super) fn draw_head(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, detail: &CommandDetail) {
        let Some(command) = &detail.command else { return };
        draw_standing(cx, frame, row(area, 0), command, detail);
        let bar: Vec<(Role, u64)> = parts(&command.counts)
            .into_iter()
            .map(|(state, n)| (look::invocation(state, cx.theme.symbols()).role, u64::from(n)))
            .collect();
        chart::stacked(frame.buffer_mut(), row(area, 1), cx.theme, &bar);
        draw_counts(cx, frame, row(area, 2), command);
        pieces(frame, row(area, 3), cx.theme, &dotted(self.rates(command, cx), cx));
        pieces(frame, row(area, 4), cx.theme, &dotted(self.facts(command, cx), cx));
    }

    /// How many at a time, how many errors, what is still to come, what is armed.
    fn rates(&self, command: &CommandView, cx: &Cx<'_>) -> Vec<Said> {
        let mut said: Vec<Said> = Vec::new();
        let limit = &command.max_concurrency;
        let over = command.state.is_terminal();
        let at_a_time = match (command.ramp, command.concurrency) {
            (ramp, most) if !over && ramp > 0 && ramp < most => {
                format!("{ramp} of {limit} at a time")
            }
            _ => format!("{limit} at a time"),
        };
        said.push((Role::TextMuted, at_a_time));
        let role = match command.errors {
            0 => Role::TextMuted,
            n if n > command.error_limit => Role::Bad,
            _ => Role::Warn,
        };
        let errors = words::count(command.errors.into(), "error");
        said.push((role, format!("{errors}, {} allowed", command.max_errors)));
        let waiting = unsent(command);
        if waiting > 0 && !over {
            let left = command.start_by.since(cx.now);
            let within = if command.start_by.0 > 0 && left > 0 {
                format!(", given up in {}", times::rough(left))
            } else {
                String::new()
            };
            said.push((Role::TextMuted, format!("{} not sent{within}", words::grouped(waiting.into()))));
        }
        let now = cx.mirror.server_time(cx.now);
        let armed = cx.mirror.armings.at(now).filter(|it| self.environments.contains_key(&it.environment));
        said.extend(armed.map(|it| {
            (
                look::env(&it.environment),
                format!("{} armed {}", it.environment, spans::left(it.until.since(now))),
            )
        }));
        said
    }

    /// Who asked, when, for whom.
    fn facts(&self, command: &CommandView, cx: &Cx<'_>) -> Vec<Said> {
        let name = |id: &str| match id.parse() {
            Ok(id) => self
                .detail(cx)
                .and_then(|it| Some(it.name(it.run(&id)?).to_owned()))
                .unwrap_or_else(|| id.to_string()),
            Err(_) => id.to_owned(),
        };
        let facts = [
            command.requested_by.clone(),
            times::instant(command.requested_at, cx),
            words::targets(command, name),
            command.document_name.clone(),
            command.comment.clone(),
        ];
        facts.into_iter().filter(|fact| !fact.is_empty()).map(|fact| (Role::TextMuted, fact)).collect()
    }
}

/// What stands between the parts of a line.
fn dotted(said: Vec<Said>, cx: &Cx<'_>) -> Vec<Said> {
    let mut line = Vec::with_capacity(said.len() * 2);
    for part in said {
        if !line.is_empty() {
            line.push((Role::TextMuted, cx.theme.symbols().bullet.to_owned()));
        }
        line.push(part);
    }
    line
}

/// The state and what it runs; at the right end how far it is.
fn draw_standing(
    cx: &Cx<'_>,
    frame: &mut Frame<'_>,
    area: Rect,
    command: &CommandView,
    detail: &CommandDetail,
) {
    let right = pace(command, detail, cx);
    let style = cx.theme.style(Role::TextMuted);
    let ellipsis = cx.theme.symbols().ellipsis;
    let taken = u16::try_from(safe::width(&right)).unwrap_or(u16::MAX).saturating_add(2);
    let room = area.width.saturating_sub(taken);
    let left = Rect { width: if room < 20 { area.width } else { room }, ..area };
    if room >= 20 {
        paint::text_right(frame.buffer_mut(), area.x, area.y, area.width, &right, style, ellipsis);
    }
    let look = look::command(command.state, cx.theme.symbols());
    let mut said: Vec<Said> = vec![(look.role, look.text())];
    if command.paused && !command.state.is_terminal() {
        said.push((Role::Warn, "PAUSED".to_owned()));
    }
    if command.aborted {
        said.push((Role::Warn, "ABORTED".to_owned()));
    }
    if room < 20 {
        said.push((Role::TextMuted, format!("{}/{}", command.completed(), command.target_count)));
    }
    said.push((Role::TextCode, words::first_line(command)));
    let plain =
        matches!(command.state, CommandState::InProgress | CommandState::Success | CommandState::Failed);
    if !plain {
        let bullet = cx.theme.symbols().bullet;
        said.push((Role::TextMuted, format!("{bullet} {}", words::command_state(command.state))));
    }
    pieces(frame, left, cx.theme, &said);
}

/// `14/24 nodes · 12.3 s · 3.2/s · ~40 s left`.
fn pace(command: &CommandView, detail: &CommandDetail, cx: &Cx<'_>) -> String {
    let bullet = cx.theme.symbols().bullet;
    let (done, all) =
        (words::grouped(command.completed().into()), words::count(command.target_count.into(), "node"));
    let took = elapsed(command, detail.last_finish(), cx.now);
    let mut said = format!("{done}/{all} {bullet} {}", times::span(took));
    if let Some(rate) = rate(command, detail, took, cx) {
        said = format!("{said} {bullet} {rate}");
    }
    if let Some(left) = remaining(command, cx.now) {
        said = format!("{said} {bullet} ~{} left", times::rough(left));
    }
    said
}

/// How many end in a second: of late while it goes on, over all when it is over.
fn rate(command: &CommandView, detail: &CommandDetail, took: i64, cx: &Cx<'_>) -> Option<String> {
    let now = cx.mirror.server_time(cx.now);
    let (runs, ms) = if command.state.is_terminal() {
        (command.completed(), took)
    } else {
        (detail.finished_within(WINDOW, now), took.min(WINDOW * 1_000))
    };
    if runs < 2 || ms < 1_000 {
        return None;
    }
    let tenths = i64::from(runs) * 10_000 / ms;
    Some(match tenths {
        0 => {
            Some(i64::from(runs) * 60_000 / ms).filter(|rate| *rate > 0).map(|rate| format!("{rate}/min"))?
        }
        tenths if tenths >= 1_000 => format!("{}/s", words::grouped(tenths.unsigned_abs() / 10)),
        tenths => format!("{}.{}/s", tenths / 10, tenths % 10),
    })
}

fn draw_counts(cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, command: &CommandView) {
    let mut said = counts(command, true, cx);
    let cells: usize = said.iter().map(|(_, text)| safe::width(text) + 1).sum();
    if cells > usize::from(area.width) + 1 {
        // The words stand in the list, too; a number that is cut off would be no truth.
        said = counts(command, false, cx);
    }
    pieces(frame, area, cx.theme, &said);
}

/// How many runs stand in each state, with the state's word or its symbol alone.
fn counts(command: &CommandView, worded: bool, cx: &Cx<'_>) -> Vec<Said> {
    let said = |(state, n): (InvocationState, u32)| {
        let look = look::invocation(state, cx.theme.symbols());
        let word = if worded { format!(" {}", look.word) } else { String::new() };
        (look.role, format!("{} {}{word} ", look.symbol, words::grouped(n.into())))
    };
    parts(&command.counts).into_iter().map(said).collect()
}
