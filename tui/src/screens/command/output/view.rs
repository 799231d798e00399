//! Draws the output: a line that says what it is and where in it one is, then the lines themselves, and a field while one is typed
//! into.

use pilothouse_api::protocol::InvocationState;
use pilothouse_kit::pager::{Lines, Pager, Search};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::super::why::why;
use super::lines::Source;
use super::reading::Going;
use super::tab::OutputTab;
use super::whose::Whose;
use super::{Asking, Pane};
use crate::mirror::{Freshness, Output};
use crate::screen::Cx;
use crate::screens::rows::{Said, freshness, pieces};
use crate::words;

/// The lines begin where the names of the nodes do in the list.
const INSET: u16 = 2;

impl OutputTab {
    /// Draws it.
    pub fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if area.is_empty() {
            return;
        }
        let top = Rect { height: 1, ..area };
        let inset = INSET.min(area.width / 8);
        let body =
            Rect { x: area.x + inset, y: area.y + 1, width: area.width - inset, height: area.height - 1 };
        if let Some(list) = self.list() {
            let rows = list.rows(&self.command, cx);
            let pattern = list.pager.search().map_or_else(String::new, Search::text);
            let facts = vec![(Role::TextMuted, list.says(&rows))];
            draw_title(cx, frame, top, ("hits on all nodes", ""), &[chip(&pattern), facts].concat());
            let body = self.pane.draw_field(cx, frame, body);
            let silence = match rows.hits.map(|hits| (&hits.freshness, hits.is_complete())) {
                Some((Freshness::Failed { why }, _)) => why.as_str(),
                Some((_, true)) => "Nothing of that kind was said.",
                _ => "Nothing found yet.",
            };
            return draw_lines(cx, frame, body, &list.pager, &rows, silence);
        }
        let source = Source::of(&self.command, self.node(), cx);
        let (title, more) = self.title(cx);
        draw_title(cx, frame, top, (&title, &more), &self.facts(&source));
        let body = self.pane.draw_field(cx, frame, body);
        draw_lines(cx, frame, body, &self.pane.pager, &source, &self.silence(cx));
    }

    /// Whose output it is, and of whom exactly.
    fn title(&self, cx: &Cx<'_>) -> (String, String) {
        let name = self.name(cx);
        match (&self.whose, name) {
            (Some(Whose::All), _) => ("output of all nodes".to_owned(), String::new()),
            (Some(Whose::Group { count, .. }), Some(name)) => {
                let (place, count) = match self.group(cx) {
                    Some((at, group)) => (format!("group {}: ", at + 1), group.count),
                    None => (String::new(), *count),
                };
                let others = match count.saturating_sub(1) {
                    0 => "none else".to_owned(),
                    n => words::count(n.into(), "other"),
                };
                (format!("{place}output of {name} and {others}"), String::new())
            }
            (Some(Whose::One(node)), Some(name)) => (format!("output of {name}"), node.to_string()),
            _ => ("output".to_owned(), String::new()),
        }
    }

    /// What the output says while there is none: why not.
    fn silence(&self, cx: &Cx<'_>) -> String {
        if let Some(Freshness::Failed { why }) = self.shown(cx).map(|output| &output.freshness) {
            return why.clone();
        }
        let Some(detail) = self.detail(cx) else { return String::new() };
        let Some(command) = &detail.command else { return String::new() };
        match self.node().and_then(|node| detail.run(node)) {
            Some(run) if run.output_end > 0 => format!("loading{}", cx.theme.symbols().ellipsis),
            Some(run) if run.state == InvocationState::Success => {
                "It ended well and said nothing.".to_owned()
            }
            Some(run) => why(run, command, cx.mirror.nodes.get(&run.instance_id), cx.now),
            None if command.state.is_terminal() => "Nothing was said.".to_owned(),
            None => "Nothing was said yet.".to_owned(),
        }
    }

    /// Where one is, how it is shown, and whether it can be trusted.
    fn facts(&self, source: &Source<'_>) -> Vec<Said> {
        let Some(output) = source.output else { return Vec::new() };
        let (cx, pager) = (source.cx, &self.pane.pager);
        let mut said: Vec<Said> = Vec::new();
        if let Some(search) = pager.search() {
            said.extend(chip(&search.text()));
            said.extend(self.hits(search, cx));
        }
        said.extend(self.under_way(source).map(|text| (Role::Info, text)));
        let trusted = !pager.follows() && cx.mirror.link.is_live();
        let known =
            freshness(&output.freshness, cx).filter(|_| output.freshness != Freshness::Loading && !trusted);
        said.extend(known);
        let mut shown = vec![position(source, pager)];
        for (on, word) in [(pager.wraps(), "wrapped"), (pager.shows_json(), "JSON")] {
            if on {
                shown.push(word.to_owned());
            }
        }
        let bullet = cx.theme.symbols().bullet;
        said.extend(shown.into_iter().map(|text| (Role::TextMuted, format!("{text} {bullet}"))));
        said.push(match (self.is_over(output, source), pager.follows()) {
            (true, _) => (Role::TextMuted, "complete".to_owned()),
            (false, true) => (Role::Good, "following".to_owned()),
            (false, false) => (Role::Warn, "not following".to_owned()),
        });
        said
    }

    /// How many hits the server has found.
    fn hits(&self, search: &Search, cx: &Cx<'_>) -> Option<Said> {
        let hits = cx.mirror.hits(&self.command, &super::seeking::query(search, Some(self.node()?)))?;
        let far = if hits.is_up_to_date() { String::new() } else { format!(", {} %", hits.percent()) };
        Some((Role::TextMuted, format!("{}{far}", words::count(hits.len() as u64, "hit"))))
    }

    /// What takes a moment.
    fn under_way(&self, source: &Source<'_>) -> Option<String> {
        let ellipsis = source.cx.theme.symbols().ellipsis;
        match self.pane.reading.going {
            Some(Going::Line(line)) => Some(format!("to line {}{ellipsis}", words::grouped(line + 1))),
            Some(Going::End) => Some(format!("to the end{ellipsis}")),
            None => self.pane.waits(&self.command, self.node()?, source),
        }
    }

    fn is_over(&self, output: &Output, source: &Source<'_>) -> bool {
        let run = self.node().and_then(|node| source.detail?.run(node));
        let known = |run: &pilothouse_api::topics::InvocationView| {
            run.state.is_terminal() && output.is_window() && output.whole_end() >= run.output_end
        };
        output.is_complete() || run.is_some_and(known)
    }
}

/// Which line of how many is in sight.
fn position(source: &Source<'_>, pager: &Pager) -> String {
    let Some(output) = source.output.filter(|output| output.is_window()) else {
        return words::count(source.len() as u64, "line");
    };
    let all = output.whole_lines();
    let seen = pager.in_sight(source);
    let more = if output.is_at_end() { "" } else { "+" };
    if pager.follows() || (source.is_whole() && seen.len() >= source.len()) {
        return format!("{}{more}", words::count(all, "line"));
    }
    let at = pager.on().filter(|at| seen.contains(at)).unwrap_or(seen.start);
    format!("line {} of {}{more}", words::grouped(source.number(at) + 1), words::grouped(all))
}

fn chip(pattern: &str) -> Vec<Said> {
    vec![(Role::Chip, format!(" / {pattern} "))]
}

/// Draws lines, or in their place why there are none.
fn draw_lines(
    cx: &Cx<'_>,
    frame: &mut Frame<'_>,
    body: Rect,
    pager: &Pager,
    lines: &impl Lines,
    silence: &str,
) {
    // Also without lines: it learns how much room there is.
    pager.view(frame, body, cx.theme, lines);
    if !lines.is_empty() {
        return;
    }
    let y = body.y + body.height / 3;
    let width = u16::try_from(safe::width(silence)).unwrap_or(u16::MAX).min(body.width);
    let x = body.x + (body.width - width) / 2;
    let (style, ellipsis) = (cx.theme.style(Role::TextMuted), cx.theme.symbols().ellipsis);
    if y < body.bottom() {
        paint::text(frame.buffer_mut(), x, y, width, silence, style, ellipsis);
    }
}

/// Draws a rule with whose output it is and what there is to know of it; what matters least goes when there is no room.
fn draw_title(cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, (title, more): (&str, &str), said: &[Said]) {
    let (theme, symbols) = (cx.theme, cx.theme.symbols());
    let border = theme.style(Role::BorderFocus);
    let rule = symbols.hline.repeat(usize::from(area.width));
    paint::text(frame.buffer_mut(), area.x, area.y, area.width, &rule, border, "");

    let cells = |text: &str| u16::try_from(safe::width(text)).unwrap_or(u16::MAX);
    let facts = |said: &[Said]| {
        said.iter().fold(1_u16, |sum, (_, text)| sum.saturating_add(cells(text)).saturating_add(1))
    };
    let room = area.width.saturating_sub(4);
    let long = format!(" {title} {} {more} ", symbols.bullet);
    let fits = !more.is_empty() && cells(&long).saturating_add(facts(said)) <= room;
    let title = if fits { long } else { format!(" {title} ") };
    let named = cells(&title).min(room);
    paint::text(
        frame.buffer_mut(),
        area.x + 2,
        area.y,
        named,
        &title,
        theme.style(Role::Accent),
        symbols.ellipsis,
    );
    let fitting =
        (0..said.len()).map(|from| &said[from..]).find(|said| facts(said).saturating_add(named) <= room);
    if let Some(said) = fitting {
        let taken = facts(said);
        let x = area.right() - taken - 2;
        paint::text(frame.buffer_mut(), x, area.y, taken, &" ".repeat(usize::from(taken)), border, "");
        pieces(frame, Rect { x: x + 1, width: taken - 1, ..area }, theme, said);
    }
}

impl Pane {
    /// Draws the field that is typed into, and returns what is left.
    fn draw_field(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, body: Rect) -> Rect {
        let Some(asking) = self.asking.as_ref().filter(|_| body.height > 0) else { return body };
        let left = Rect { height: body.height - 1, ..body };
        let line = Rect { y: left.bottom(), height: 1, ..body };
        match asking {
            Asking::Search(field) => {
                field.view(
                    frame,
                    line,
                    cx.theme,
                    "/ ",
                    "look for a text, or for a ~regular expression",
                    true,
                );
            }
            Asking::Save(field) => {
                field.view(frame, line, cx.theme, "save all of it to ", "a new file", true);
            }
        }
        left
    }
}
