//! The output pane: the lines of one run, or of all runs merged with their nodes' names before them.
//!
//! In: which output, the mirror that has it, what the pager is told, what is typed into its fields. Out: cells, the text of a file.
//! What is shown was made harmless when it came in; a node that is chosen anew is shown from its end, as far as that is known.
//! Never here: the list of runs, another source of lines than the mirror.

mod view;

use std::borrow::Cow;
use std::path::PathBuf;

use crossterm::event::KeyCode;
use pilothouse_api::protocol::{CommandId, InstanceId, Millis};
use pilothouse_kit::input::{Line as Field, LineEvent};
use pilothouse_kit::pager::{Lines, Pager, PagerLine, PagerMsg, Went};
use pilothouse_kit::theme::Role;
use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Effects, Level};
use crate::mirror::{CommandDetail, Mirror, Output, Said};
use crate::screen::{Cx, Input, Times};
use crate::times;

/// The most cells for the name of a node.
const NAME: u16 = 24;
/// Cells for the time of a line: `12:00:00.000`, or seconds since the command was asked for.
const TIME: u16 = 12;

/// A field of the pane that is being typed into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asking {
    /// What to look for.
    Search(Field),
    /// Where to save.
    Save(Field),
}

/// What can be said to the pane.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputMsg {
    /// To the pager.
    Pager(PagerMsg),
    /// Begin to type what to look for.
    Search,
    /// Begin to type where to save.
    Save,
    /// Something typed.
    Typed(Input),
}

/// The pane's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pane {
    /// Place, wrap, follow, search.
    pub pager: Pager,
    /// A field that has the keys.
    pub asking: Option<Asking>,
    /// Whose output the place is of; all nodes' if `Some(None)`.
    shown: Option<Option<InstanceId>>,
    moved: u64,
}

impl Default for Pane {
    fn default() -> Self {
        Self { pager: Pager::following(), asking: None, shown: None, moved: 0 }
    }
}

/// Lines of an output, as the pager asks for them.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    output: Option<&'a Output>,
    detail: Option<&'a CommandDetail>,
    merged: bool,
    cx: &'a Cx<'a>,
}

impl<'a> Source<'a> {
    pub(super) fn of(command: &CommandId, node: Option<&InstanceId>, cx: &'a Cx<'a>) -> Self {
        let detail = cx.mirror.command(command);
        Self { output: find(cx.mirror, command, node), detail, merged: node.is_none(), cx }
    }

    /// The node's name when the command was sent.
    fn name(&self, node: &'a InstanceId) -> &'a str {
        match self.detail.and_then(|detail| Some(detail.name(detail.run(node)?))) {
            Some(name) => name,
            None => self.cx.mirror.nodes.name(node),
        }
    }

    fn time(&self, at: Millis) -> String {
        let command = self.detail.and_then(|detail| detail.command.as_ref());
        match (self.cx.times, command) {
            (Times::Relative, Some(command)) => {
                let ms = at.since(command.requested_at).max(0);
                format!("{:>width$}", format!("+{}.{:03}", ms / 1_000, ms % 1_000), width = usize::from(TIME))
            }
            _ => times::clock(at, self.cx),
        }
    }
}

fn find<'a>(mirror: &'a Mirror, command: &CommandId, node: Option<&InstanceId>) -> Option<&'a Output> {
    match node {
        Some(node) => mirror.output(command, node),
        None => mirror.merged(command),
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
            prefix: Cow::Borrowed(node.map_or("", |node| self.name(node))),
            time: Cow::Owned(self.time(line.at)),
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
        let longest = self.detail.filter(|_| self.merged).map_or(0, CommandDetail::longest_name);
        u16::try_from(longest).unwrap_or(NAME).min(NAME)
    }

    fn time_cells(&self) -> u16 {
        TIME
    }

    fn is_error(&self, at: usize) -> bool {
        let error =
            |at: usize| self.output.and_then(|output| output.line(at)).is_some_and(|line| line.is_error());
        // Of a run of them the first: a stack trace is one error.
        error(at) && !at.checked_sub(1).is_some_and(error)
    }
}

impl Pane {
    /// Shows another output, or the same as it is now.
    pub(super) fn shows(&mut self, command: &CommandId, node: Option<InstanceId>, cx: &Cx<'_>) {
        let moved = find(cx.mirror, command, node.as_ref()).map_or(0, Output::moved);
        if self.shown.as_ref() != Some(&node) {
            self.pager.restart();
            self.shown = Some(node);
        } else if let Some(gone) = moved.checked_sub(self.moved).filter(|gone| *gone > 0) {
            self.pager.forget(usize::try_from(gone).unwrap_or(usize::MAX));
        }
        self.moved = moved;
    }

    pub(super) fn typed(&self, input: &Input) -> Option<OutputMsg> {
        self.asking.as_ref()?;
        match input {
            Input::Key(key) if key.code == KeyCode::Esc => None,
            _ => Some(OutputMsg::Typed(input.clone())),
        }
    }

    /// Leaves the field that is typed into, and says whether there was one.
    pub(super) fn leave_field(&mut self) -> bool {
        self.asking.take().is_some()
    }

    /// Looks for nothing any more, and says whether it did.
    pub(super) fn stop_search(&mut self) -> bool {
        let searched = self.pager.search().is_some();
        self.pager.stop_search();
        searched
    }

    pub(super) fn update<M>(&mut self, msg: OutputMsg, source: &Source<'_>, name: &str) -> Effects<M> {
        match msg {
            OutputMsg::Pager(msg) => return self.tell(msg, source),
            OutputMsg::Search => {
                let last = self.pager.search().map_or("", |search| search.pattern());
                self.asking = Some(Asking::Search(Field::new(last)));
            }
            OutputMsg::Save if source.is_empty() => {
                return vec![Effect::Toast(Level::Info, "there is no output to save".to_owned())];
            }
            OutputMsg::Save => self.asking = Some(Asking::Save(Field::new(file_name(name)))),
            OutputMsg::Typed(input) => return self.take(&input, source),
        }
        Vec::new()
    }

    fn tell<M>(&mut self, msg: PagerMsg, source: &Source<'_>) -> Effects<M> {
        let what = match msg {
            PagerMsg::NextError | PagerMsg::PreviousError => "error line",
            _ => "hit",
        };
        if matches!(msg, PagerMsg::NextHit | PagerMsg::PreviousHit) && self.pager.search().is_none() {
            return vec![Effect::Toast(Level::Info, "nothing is looked for: / begins a search".to_owned())];
        }
        match self.pager.update(msg, source) {
            Went::There => Vec::new(),
            Went::Around => {
                vec![Effect::Toast(Level::Info, format!("no further {what}: on from the other end"))]
            }
            Went::Nowhere => vec![Effect::Toast(Level::Info, format!("no {what}"))],
        }
    }

    fn take<M>(&mut self, input: &Input, source: &Source<'_>) -> Effects<M> {
        let Some(asking) = &mut self.asking else { return Vec::new() };
        let (Asking::Search(field) | Asking::Save(field)) = asking;
        let event = input.type_into(field);
        let (text, saves) = (field.text().to_owned(), matches!(asking, Asking::Save(_)));
        match event {
            // A pattern is looked for while it grows, without a word when there is none yet.
            LineEvent::Changed if !saves => {
                self.pager.update(PagerMsg::Search(text), source);
            }
            LineEvent::Submit => {
                self.asking = None;
                if !saves {
                    return self.tell(PagerMsg::Search(text), source);
                }
                if !text.trim().is_empty() {
                    return vec![Effect::Save { path: PathBuf::from(text.trim()), text: file(source) }];
                }
            }
            LineEvent::Cancel => self.asking = None,
            LineEvent::Changed | LineEvent::Moved | LineEvent::Ignored => {}
        }
        Vec::new()
    }
}

/// All that is kept of an output, as text; of a merged one each line with its node's name.
pub(super) fn file(source: &Source<'_>) -> String {
    let mut text = String::new();
    for at in 0..source.len() {
        let line = source.line(at);
        if !line.prefix.is_empty() {
            text.push_str(&pilothouse_kit::safe::visible(&line.prefix));
            text.push_str(": ");
        }
        text.push_str(&line.text);
        text.push('\n');
    }
    text
}

/// A name for a file in the current directory, whatever a node is called.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = name.chars().take(100).map(plain).collect();
    format!("{}.log", name.trim_start_matches(['.', '-']))
}
