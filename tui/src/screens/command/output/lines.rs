//! Lines of an output, as the pager asks for them.

use std::borrow::Cow;

use pilothouse_api::protocol::{CommandId, InstanceId, Millis};
use pilothouse_kit::pager::{Lines, PagerLine};
use pilothouse_kit::safe;
use pilothouse_kit::theme::Role;

use crate::mirror::{CommandDetail, Output, Said};
use crate::screen::{Cx, Times};
use crate::times;

/// The most cells for the name of a node.
const NAME: u16 = 24;
/// Cells for the time of a line: `12:00:00.000`, or seconds since the command was asked for.
pub(super) const TIME: u16 = 12;

/// What is shown of an output.
#[derive(Clone, Copy)]
pub(in super::super) struct Source<'a> {
    pub(super) output: Option<&'a Output>,
    pub(super) detail: Option<&'a CommandDetail>,
    pub(super) merged: bool,
    pub(super) cx: &'a Cx<'a>,
}

impl<'a> Source<'a> {
    /// The output of a node, or of all merged.
    pub(super) fn of(command: &CommandId, node: Option<&InstanceId>, cx: &'a Cx<'a>) -> Self {
        let output = match node {
            Some(node) => cx.mirror.output(command, node),
            None => cx.mirror.merged(command),
        };
        Self { output, detail: cx.mirror.command(command), merged: node.is_none(), cx }
    }

    /// Whether everything that was said so far is here.
    pub(super) fn is_whole(&self) -> bool {
        self.output.is_none_or(|output| output.start() == 0 && output.is_at_end())
    }

    /// The number of the line at this place, from 0.
    pub(super) fn number(&self, at: usize) -> u64 {
        let output = self.output.and_then(|output| Some((output, output.line(at)?)));
        output.map_or(0, |(output, line)| if output.is_window() { line.number } else { at as u64 })
    }

    /// All that is here, as text.
    pub(super) fn whole_text(&self) -> String {
        (0..self.len()).map(|at| format!("{}\n", self.text_of(at))).collect()
    }

    /// A line as text; of a merged output with its node's name.
    pub(super) fn text_of(&self, at: usize) -> String {
        let line = self.line(at);
        if line.prefix.is_empty() {
            return line.text.into_owned();
        }
        format!("{}: {}", safe::visible(&line.prefix), line.text)
    }
}

/// The node's name when the command was sent.
pub(super) fn name<'a>(detail: Option<&'a CommandDetail>, node: &'a InstanceId, cx: &Cx<'a>) -> &'a str {
    match detail.and_then(|detail| Some(detail.name(detail.run(node)?))) {
        Some(name) => name,
        None => cx.mirror.nodes.name(node),
    }
}

/// Cells for the names of a command's nodes.
pub(super) fn name_cells(detail: Option<&CommandDetail>) -> u16 {
    let longest = detail.map_or(0, CommandDetail::longest_name);
    u16::try_from(longest).unwrap_or(NAME).min(NAME)
}

/// When a line was said.
pub(super) fn time(detail: Option<&CommandDetail>, at: Millis, cx: &Cx<'_>) -> String {
    match (cx.times, detail.and_then(|detail| detail.command.as_ref())) {
        (Times::Relative, Some(command)) => {
            let ms = at.since(command.requested_at).max(0);
            format!("{:>width$}", format!("+{}.{:03}", ms / 1_000, ms % 1_000), width = usize::from(TIME))
        }
        _ => times::clock(at, cx),
    }
}

impl Lines for Source<'_> {
    fn len(&self) -> usize {
        self.output.map_or(0, Output::len)
    }

    fn line(&self, at: usize) -> PagerLine<'_> {
        let Some((output, line)) = self.output.and_then(|output| Some((output, output.line(at)?))) else {
            return PagerLine::default();
        };
        let node = output.node(line).filter(|_| self.merged);
        PagerLine {
            prefix: Cow::Borrowed(node.map_or("", |node| name(self.detail, node, self.cx))),
            time: Cow::Owned(time(self.detail, line.at, self.cx)),
            text: Cow::Borrowed(&line.text),
            role: match line.said {
                Said::Out => None,
                Said::Err => Some(Role::StreamErr),
                Said::Agent => Some(Role::Info),
                Said::Gap => Some(Role::Gap),
            },
            prefix_role: None,
        }
    }

    fn text(&self, at: usize) -> Cow<'_, str> {
        let line = self.output.and_then(|output| output.line(at));
        line.map_or(Cow::Borrowed(""), |line| Cow::Borrowed(&line.text))
    }

    fn prefix_cells(&self) -> u16 {
        name_cells(self.detail.filter(|_| self.merged))
    }

    fn time_cells(&self) -> u16 {
        TIME
    }

    fn whole(&self) -> (u64, u64) {
        match self.output {
            Some(output) if output.is_window() => (output.first_number(), output.whole_lines()),
            _ => (0, self.len() as u64),
        }
    }

    fn is_error(&self, at: usize) -> bool {
        let error =
            |at: usize| self.output.and_then(|output| output.line(at)).is_some_and(|line| line.is_error());
        // Of a run of them the first: a stack trace is one error.
        error(at) && !at.checked_sub(1).is_some_and(error)
    }
}
