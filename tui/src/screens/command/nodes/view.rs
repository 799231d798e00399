//! Draws the list of nodes, and below it what is known of the one under the cursor.

use pilothouse_api::topics::InvocationView;
use pilothouse_kit::part::{down, inset, row};
use pilothouse_kit::table::RowLook;
use pilothouse_kit::theme::Role;
use pilothouse_kit::{overlay, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::{COLUMNS, cells, shown};
use crate::look;
use crate::mirror::{CommandDetail, Freshness};
use crate::screen::Cx;
use crate::screens::command::state::Command;
use crate::screens::command::why::{facts, is_alarm, killed, why};
use crate::screens::rows::{Said, Table, pieces, status, wrapped};
use crate::words;

/// Lower than this, the list has all of the room.
const LOW: u16 = 14;
/// Lines of what is known of a node, borders included, at most.
const BELOW: u16 = 9;

impl Command {
    pub(in super::super) fn draw_nodes(
        &self,
        cx: &Cx<'_>,
        frame: &mut Frame<'_>,
        area: Rect,
        detail: &CommandDetail,
    ) {
        let mut list = area;
        if area.height >= LOW
            && let Some(run) = self.list.on().and_then(|node| detail.run(&node))
        {
            let lines = told(run, detail, cx, area.width.saturating_sub(4));
            let height = u16::try_from(lines.len()).unwrap_or(BELOW).saturating_add(2).min(BELOW);
            list.height = area.height - height;
            let below = down(area, list.height);
            let role = if is_alarm(run) { Role::Bad } else { Role::Border };
            let inner = overlay::border(frame.buffer_mut(), below, cx.theme, detail.name(run), role);
            for (n, said) in (0..inner.height).zip(lines) {
                pieces(frame, row(inner, n), cx.theme, &[said]);
            }
        }
        let sort = COLUMNS.get(self.list.sort.0).map_or("begun", |column| column.title);
        status(frame, inset(row(list, 0)), cx, &self.list, detail.len(), "node", sort);
        let body = down(list, 1);
        let drawn = shown(body.width, self.list.first_column > 0);
        let table = Table { columns: &COLUMNS, drawn, focused: true, empty: &empty(detail) };
        let dim = detail.freshness != Freshness::Fresh;
        self.list.draw(frame, body, cx.theme, &table, |at| {
            let run = detail.runs().get(at)?;
            let marked = self.list.hand.marks.contains(&run.instance_id);
            Some((RowLook { marked, dim }, cells(run, detail, cx)))
        });
    }
}

/// What is known of a run, a fact a line; the first is why it is not finished, whole.
fn told(run: &InvocationView, detail: &CommandDetail, cx: &Cx<'_>, width: u16) -> Vec<Said> {
    let node = cx.mirror.nodes.get(&run.instance_id);
    let look = look::invocation(run.state, cx.theme.symbols());
    let mut lines: Vec<Said> = Vec::new();
    let wrapped = |text: &str| safe::wrap(text, usize::from(width));
    let reason = detail.command.as_ref().map_or_else(String::new, |command| why(run, command, node, cx.now));
    let first = match reason.as_str() {
        "" => look.text(),
        reason => format!("{}: {reason}", look.text()),
    };
    let role = if is_alarm(run) { Role::Bad } else { look.role };
    lines.extend(wrapped(&first).into_iter().map(|line| (role, line)));
    if is_alarm(run) && !run.message.is_empty() {
        lines.push((Role::Text, run.message.clone()));
    }
    if run.killed_count > 0 && reason != killed(run) {
        lines.extend(wrapped(&killed(run)).into_iter().map(|line| (Role::Text, line)));
    }
    lines.extend(facts(run, node, cx.now).into_iter().map(|fact| (Role::TextMuted, fact)));
    lines
}

/// What an empty list says.
pub fn empty(detail: &CommandDetail) -> String {
    if !detail.is_empty() {
        return "No run matches.\nEsc shows the others again.".to_owned();
    }
    match (&detail.freshness, &detail.command) {
        (Freshness::Failed { why }, _) => wrapped(why),
        (_, Some(command)) if command.state.is_terminal() => words::command_state(command.state).to_owned(),
        _ => "The nodes are being looked up.".to_owned(),
    }
}
