//! Draws the room: the head, the list of nodes, the output.

use pilothouse_api::commands::CommandState;
use pilothouse_api::protocol::InvocationState;
use pilothouse_api::topics::CommandView;
use pilothouse_kit::table::{Column, RowLook, TableView};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{chart, paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::progress::{elapsed, parts, remaining};
use super::state::{Command, Focus};
use super::table::{COLUMNS, cells, shown};
use super::why::why;
use crate::look;
use crate::mirror::{CommandDetail, Freshness};
use crate::screen::Cx;
use crate::screens::rows::{Said, freshness, pieces, status, untold, wrapped};
use crate::{times, words};

/// Lower than this, there is one line of head, and one pane.
const LOW: u16 = 12;
/// From this width on, list and output stand side by side.
const WIDE: u16 = 150;

/// Where the parts of the room stand.
struct Plan {
    head: Rect,
    list: Option<Rect>,
    output: Option<Rect>,
    /// A line between them, when they stand side by side.
    between: Option<Rect>,
}

impl Command {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if area.is_empty() {
            return;
        }
        let plan = self.plan(area);
        let Some(detail) = self.detail(cx) else {
            pieces(frame, inset(plan.head), cx.theme, &[(Role::Info, "loading".to_owned())]);
            return;
        };
        if let (Freshness::Failed { why }, None) = (&detail.freshness, &detail.command) {
            let said = untold("this command", why);
            for (y, line) in (area.y..area.bottom()).zip(said.lines()) {
                pieces(
                    frame,
                    inset(Rect { y, height: 1, ..area }),
                    cx.theme,
                    &[(Role::Text, line.to_owned())],
                );
            }
            return;
        }
        self.draw_head(cx, frame, inset(plan.head), detail);
        if let Some(list) = plan.list {
            self.draw_list(cx, frame, list, detail);
        }
        if let Some(between) = plan.between {
            for y in between.top()..between.bottom() {
                let (sign, style) = (cx.theme.symbols().vline, cx.theme.style(Role::Border));
                paint::text(frame.buffer_mut(), between.x, y, 1, sign, style, "");
            }
        }
        if let Some(output) = plan.output {
            let ((title, more), silence) = (self.output_title(cx), self.silence(cx, detail));
            let focused = self.focus == Focus::Output;
            self.output.draw(frame, output, &self.lines(cx), (&title, &more, &silence), focused);
        }
    }

    fn plan(&self, area: Rect) -> Plan {
        let low = area.height < LOW;
        let head = Rect { height: if low { 1 } else { 4 }, ..area };
        let body = Rect { y: head.bottom(), height: area.height - head.height, ..area };
        let mut plan = Plan { head, list: None, output: None, between: None };
        if self.zoom || low {
            match self.focus {
                Focus::Nodes => plan.list = Some(body),
                Focus::Output => plan.output = Some(body),
            }
        } else if area.width >= WIDE {
            let width = area.width * 9 / 20;
            plan.list = Some(Rect { width, ..body });
            plan.between = Some(Rect { x: body.x + width, width: 1, ..body });
            plan.output = Some(Rect { x: body.x + width + 1, width: body.width - width - 1, ..body });
        } else {
            let rows = u16::try_from(self.list.shown().len()).unwrap_or(u16::MAX);
            // The list takes what it needs, but leaves more than half to the output.
            let height = rows.saturating_add(2).clamp(4, (body.height * 9 / 20).max(4));
            plan.list = Some(Rect { height, ..body });
            plan.output = Some(Rect { y: body.y + height, height: body.height - height, ..body });
        }
        plan
    }

    fn draw_head(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, detail: &CommandDetail) {
        let line = |n: u16| Rect { y: area.y + n, height: 1, ..area };
        let mut first = line(0);
        if let Some((role, text)) = freshness(&detail.freshness, cx) {
            let style = cx.theme.style(role);
            let ellipsis = cx.theme.symbols().ellipsis;
            paint::text_right(frame.buffer_mut(), area.x, area.y, area.width, &text, style, ellipsis);
            let taken = u16::try_from(safe::width(&text) + 2).unwrap_or(u16::MAX);
            first.width = area.width.saturating_sub(taken);
        }
        let Some(command) = &detail.command else { return };
        let look = look::command(command.state, cx.theme.symbols());
        let mut said: Vec<Said> =
            vec![(look.role, look.text()), (Role::TextCode, words::first_line(command))];
        if area.height == 1 {
            let done = format!("{}/{}", command.completed(), command.target_count);
            said.insert(1, (Role::TextMuted, done));
            pieces(frame, first, cx.theme, &said);
            return;
        }
        let plain =
            matches!(command.state, CommandState::InProgress | CommandState::Success | CommandState::Failed);
        let meaning = if plain { "" } else { words::command_state(command.state) };
        for more in [meaning, command.comment.as_str()].into_iter().filter(|more| !more.is_empty()) {
            said.push((Role::TextMuted, format!("{} {more}", cx.theme.symbols().bullet)));
        }
        pieces(frame, first, cx.theme, &said);
        self.draw_facts(cx, frame, line(1), command);
        let bar: Vec<(Role, u64)> = parts(&command.counts)
            .into_iter()
            .map(|(state, n)| (look::invocation(state, cx.theme.symbols()).role, u64::from(n)))
            .collect();
        chart::stacked(frame.buffer_mut(), line(2), cx.theme, &bar);
        draw_counts(cx, frame, line(3), command, detail);
    }

    fn draw_facts(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, command: &CommandView) {
        let symbols = cx.theme.symbols();
        let name = |id: &str| match id.parse() {
            Ok(id) => self
                .detail(cx)
                .and_then(|it| Some(it.name(it.run(&id)?).to_owned()))
                .unwrap_or_else(|| id.to_string()),
            Err(_) => id.to_owned(),
        };
        let limits =
            format!("{} at a time, {} allowed", command.max_concurrency, errors(&command.max_errors));
        let facts = [
            command.requested_by.clone(),
            times::instant(command.requested_at, cx),
            words::targets(command, name),
            command.document_name.clone(),
            limits,
        ];
        let mut said: Vec<Said> = Vec::new();
        for fact in facts.into_iter().filter(|fact| !fact.is_empty()) {
            if !said.is_empty() {
                said.push((Role::TextMuted, symbols.bullet.to_owned()));
            }
            said.push((Role::TextMuted, fact));
        }
        pieces(frame, area, cx.theme, &said);
    }

    fn draw_list(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, detail: &CommandDetail) {
        let sort = COLUMNS.get(self.list.sort.0).map_or("", |column| column.title);
        status(frame, inset(Rect { height: 1, ..area }), cx, &self.list, detail.len(), "node", sort);
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let rows = self.list.shown();
        let columns = shown(body.width, self.list.first_column > 0);
        let heads: Vec<Column<'_>> = columns.iter().map(|&at| COLUMNS[at]).collect();
        let sorted = columns.iter().position(|&at| at == self.list.sort.0);
        let table = TableView {
            columns: &heads,
            rows: rows.len(),
            top: self.list.window(TableView::body_height(body)),
            cursor: self.list.row(),
            first_column: self.list.first_column,
            sort: sorted.map(|at| (at, self.list.sort.1)),
            empty: &self.empty(detail),
        };
        let stale = detail.freshness != Freshness::Fresh;
        let focused = self.focus == Focus::Nodes && !self.list.typing;
        table.draw(frame, body, cx.theme, focused, |row| {
            let Some(run) = rows.get(row).and_then(|&at| detail.runs().get(at as usize)) else {
                return (RowLook::default(), Vec::new());
            };
            let marked = self.list.hand.marks.contains(&run.instance_id);
            let cells = cells(run, detail, cx);
            (RowLook { marked, dim: stale }, columns.iter().map(|&at| cells[at].clone()).collect())
        });
    }

    /// What an empty list says.
    fn empty(&self, detail: &CommandDetail) -> String {
        if !detail.is_empty() {
            return "No run matches.\nEsc shows the others again.".to_owned();
        }
        match (&detail.freshness, &detail.command) {
            (Freshness::Failed { why }, _) => wrapped(why),
            (_, Some(command)) if command.state.is_terminal() => {
                words::command_state(command.state).to_owned()
            }
            _ => "The nodes are being looked up.".to_owned(),
        }
    }

    /// Whose output it is, and of whom exactly.
    fn output_title(&self, cx: &Cx<'_>) -> (String, String) {
        match self.run(cx).filter(|_| self.source().is_some()) {
            Some(run) => {
                let name = self.detail(cx).map_or(run.node_name.as_str(), |detail| detail.name(run));
                (format!("output of {name}"), run.instance_id.to_string())
            }
            None if self.merged == Some(true) => ("output of all nodes".to_owned(), String::new()),
            None => ("output".to_owned(), String::new()),
        }
    }

    /// What the output says while there is none: why not.
    fn silence(&self, cx: &Cx<'_>, detail: &CommandDetail) -> String {
        if let Some(Freshness::Failed { why }) = self.output_shown(cx).map(|output| &output.freshness) {
            return why.clone();
        }
        let Some(command) = &detail.command else { return String::new() };
        match self.run(cx).filter(|_| self.source().is_some()) {
            Some(run) if run.output_end > 0 => format!("loading{}", cx.theme.symbols().ellipsis),
            Some(run) if run.state == InvocationState::Success => {
                "It ended well and said nothing.".to_owned()
            }
            Some(run) => why(run, command, cx.mirror.nodes.get(&run.instance_id), None, cx.now),
            None if command.state.is_terminal() => "Nothing was said.".to_owned(),
            None => "Nothing was said yet.".to_owned(),
        }
    }
}

fn draw_counts(
    cx: &Cx<'_>,
    frame: &mut Frame<'_>,
    area: Rect,
    command: &CommandView,
    detail: &CommandDetail,
) {
    let (theme, symbols) = (cx.theme, cx.theme.symbols());
    let (done, all) =
        (words::grouped(command.completed().into()), words::count(command.target_count.into(), "node"));
    let took = times::span(elapsed(command, detail.last_finish(), cx.now));
    let mut right = format!("{done}/{all} {} {took}", symbols.bullet);
    if let Some(left) = remaining(command, cx.now) {
        right = format!("{right} {} ~{} left", symbols.bullet, times::rough(left));
    }
    let style = theme.style(Role::TextMuted);
    paint::text_right(frame.buffer_mut(), area.x, area.y, area.width, &right, style, symbols.ellipsis);
    let taken = u16::try_from(safe::width(&right)).unwrap_or(u16::MAX).saturating_add(2);
    let left = Rect { width: area.width.saturating_sub(taken), ..area };
    let mut said = counts(command, true, cx);
    let cells: usize = said.iter().map(|(_, text)| safe::width(text) + 1).sum();
    if cells > usize::from(left.width) + 1 {
        // The words stand in the list, too; a number that is cut off would be no truth.
        said = counts(command, false, cx);
    }
    pieces(frame, left, theme, &said);
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

/// `no error`, `1 error`, `10% errors`.
fn errors(limit: &str) -> String {
    match limit {
        "0" | "0%" => "no error".to_owned(),
        "1" => "1 error".to_owned(),
        other => format!("{other} errors"),
    }
}

/// A blank column on each side.
fn inset(area: Rect) -> Rect {
    if area.width < 3 {
        return area;
    }
    Rect { x: area.x + 1, width: area.width - 2, ..area }
}
