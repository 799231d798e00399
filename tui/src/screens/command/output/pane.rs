//! The place in an output, however long it is: what the pager is told, and what stands in the way of doing it at once.

use std::path::PathBuf;

use crossterm::event::KeyCode;
use pilothouse_api::protocol::InstanceId;
use pilothouse_kit::input::{Line as Field, LineEvent};
use pilothouse_kit::pager::{Pager, PagerMsg, Search};

use super::lines::Source;
use super::reading::{Going, Reading};
use super::seeking::{Seeking, What};
use super::{Asking, OutputMsg};
use crate::effect::{Effect, Effects, Level};
use crate::screen::Input;

/// Where an output stood when it was last looked at: how often it moved as a whole, and by how many lines.
type Stand = Option<(u64, i64)>;

/// The pane's state.
#[derive(Clone, Debug, PartialEq)]
pub struct Pane {
    /// Place, wrap, follow, what is marked.
    pub pager: Pager,
    /// A field that has the keys.
    pub asking: Option<Asking>,
    pub(super) reading: Reading,
    pub(super) seeking: Seeking,
    /// Whose output the place is of; all nodes' if `Some(None)`.
    shown: Option<Option<InstanceId>>,
    stand: Stand,
    /// The number of the first line in sight.
    line: u64,
}

impl Default for Pane {
    fn default() -> Self {
        Self {
            pager: Pager::following(),
            asking: None,
            reading: Reading::default(),
            seeking: Seeking::default(),
            shown: None,
            stand: None,
            line: 0,
        }
    }
}

impl Pane {
    /// Shows another output, or the same as it is now.
    pub(super) fn shows(&mut self, node: Option<InstanceId>, source: &Source<'_>) {
        let now: Stand = source.output.map(|output| (output.moves(), output.moved()));
        if self.shown.as_ref() != Some(&node) {
            self.pager.restart();
            self.reading = self.reading.another();
            self.seeking = Seeking::default();
            self.shown = Some(node);
        } else {
            self.stay(now, source);
        }
        self.stand = now;
        self.arrive(source);
        if source.output.is_some() && self.reading.going.is_none() {
            self.line = source.number(self.pager.in_sight(source).start);
        }
    }

    /// What is in sight stays in sight, whatever was put before it, was forgotten, or stands there now.
    fn stay(&mut self, now: Stand, source: &Source<'_>) {
        match (self.stand, now) {
            (Some((moves, moved)), Some((now_moves, now_moved))) if moves == now_moves => {
                let by = usize::try_from((now_moved - moved).unsigned_abs()).unwrap_or(usize::MAX);
                if now_moved > moved {
                    self.pager.forget(by);
                } else {
                    self.pager.precede(by);
                }
            }
            (None, None) => {}
            _ => {
                self.pager.replace();
                let window = source.output.is_some_and(crate::mirror::Output::is_window);
                if window && !self.pager.follows() && self.reading.going.is_none() {
                    self.reading.go(Going::Line(self.line));
                }
            }
        }
    }

    /// Where one is on the way to is reached, if it is here now.
    fn arrive(&mut self, source: &Source<'_>) {
        let Some(output) = source.output else { return };
        match self.reading.going {
            Some(Going::End) if output.is_at_end() => {
                self.reading.going = None;
                self.pager.update(PagerMsg::Last, source);
            }
            Some(Going::Line(line)) => {
                let Some(at) = output.place_of(line) else { return };
                self.reading.going = None;
                self.pager.update(PagerMsg::Line(at), source);
            }
            _ => {}
        }
    }

    pub(super) fn typed(&self, input: &Input) -> Option<OutputMsg> {
        self.asking.as_ref()?;
        match input {
            Input::Key(key) if key.code == KeyCode::Esc => None,
            _ => Some(OutputMsg::Typed(input.clone())),
        }
    }

    /// Leaves the field that is typed into, or gives up a way or a search that takes long; says whether there was one.
    pub(super) fn leave(&mut self) -> bool {
        let field = self.asking.take().is_some();
        field || self.reading.give_up() || self.seeking.give_up()
    }

    /// Looks for nothing any more, and says whether it did.
    pub(super) fn stop_search(&mut self) -> bool {
        let searched = self.pager.search().is_some();
        self.pager.stop_search();
        self.seeking = Seeking::default();
        searched
    }

    /// Does what the pager can do with what is here; else goes where it must be read first.
    pub(super) fn tell<M>(&mut self, msg: PagerMsg, source: &Source<'_>) -> Effects<M> {
        self.reading.trouble = None;
        let window = source.output.filter(|output| output.is_window());
        match msg {
            PagerMsg::NextHit => return self.seek(What::Hit, true, source),
            PagerMsg::PreviousHit => return self.seek(What::Hit, false, source),
            PagerMsg::NextError => return self.seek(What::Error, true, source),
            PagerMsg::PreviousError => return self.seek(What::Error, false, source),
            PagerMsg::First if window.is_some_and(|output| output.start() > 0) => {
                self.reading.go(Going::Line(0));
            }
            PagerMsg::Last | PagerMsg::Follow
                if !self.pager.follows() && window.is_some_and(|output| !output.is_at_end()) =>
            {
                self.reading.go(Going::End);
            }
            msg => {
                let moves =
                    !matches!(msg, PagerMsg::Wrap | PagerMsg::Times | PagerMsg::Json | PagerMsg::Sideways(_));
                if moves {
                    self.reading.give_up();
                }
                self.pager.update(msg, source);
            }
        }
        Vec::new()
    }

    /// To a line by its number, from 0.
    pub(super) fn go_to_line(&mut self, line: u64, source: &Source<'_>) {
        if source.merged {
            let at = usize::try_from(line).unwrap_or(usize::MAX);
            self.pager.update(PagerMsg::Line(at), source);
            return;
        }
        let known = source.output.filter(|output| output.is_at_end() && output.is_complete());
        let last = known.map_or(u64::MAX, |output| output.whole_lines().saturating_sub(1));
        self.reading.go(Going::Line(line.min(last)));
        self.arrive(source);
    }

    /// Begins to type what to look for.
    pub(super) fn ask_search(&mut self) {
        let last = self.pager.search().map_or_else(String::new, Search::text);
        self.asking = Some(Asking::Search(Field::new(&last)));
    }

    /// Begins to type where to save.
    pub(super) fn ask_path(&mut self, name: &str) {
        self.asking = Some(Asking::Save(Field::new(file_name(name))));
    }

    /// Takes what is typed. What is to be done then is told to whoever asked.
    pub(super) fn take(&mut self, input: &Input, source: &Source<'_>) -> Typed {
        let Some(asking) = &mut self.asking else { return Typed::On };
        let (Asking::Search(field) | Asking::Save(field)) = asking;
        let event = input.type_into(field);
        let (text, saves) = (field.text().to_owned(), matches!(asking, Asking::Save(_)));
        match event {
            // A pattern is marked and looked for in what is here while it grows, without a word when there is none yet.
            LineEvent::Changed if !saves => {
                self.pager.mark(Search::typed(&text));
                let from = self.pager.on();
                if from.is_none_or(|at| !self.pager.hits(source, at)) {
                    let _ = self.pager.seek_hit(true, source);
                }
            }
            LineEvent::Submit => {
                self.asking = None;
                return if saves { Typed::Save(PathBuf::from(text.trim())) } else { Typed::Search(text) };
            }
            LineEvent::Cancel => self.asking = None,
            LineEvent::Changed | LineEvent::Moved | LineEvent::Ignored => {}
        }
        Typed::On
    }
}

/// What came of something typed.
pub(super) enum Typed {
    /// One types on.
    On,
    /// Look for this.
    Search(String),
    /// Save there.
    Save(PathBuf),
}

pub(super) fn said<M>(level: Level, text: impl Into<String>) -> Effects<M> {
    vec![Effect::Toast(level, text.into())]
}

/// A name for a file in the current directory, whatever a node is called.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = name.chars().take(100).map(plain).collect();
    format!("{}.log", name.trim_start_matches(['.', '-']))
}
