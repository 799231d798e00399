//! What the room does when it is told something.

use crossterm::event::{KeyCode, KeyModifiers};
use pilothouse_api::document;
use pilothouse_kit::diff::DiffMsg;
use pilothouse_kit::input::{Line, LineEvent};
use pilothouse_kit::pager::Went;

use super::keys::Msg;
use super::save::Field;
use super::state::{Editor, Format};
use super::templates;
use crate::effect::{Effect, Effects, Level, Ticket};
use crate::route::{DocumentSpot, Draft, Route, RunSpec};
use crate::screen::{Cx, Input};
use crate::screens::rows::{ListMsg, Step};
use crate::sheet::{Came, Sheet};

fn toast(level: Level, text: impl Into<String>) -> Effects<Msg> {
    vec![Effect::Toast(level, text.into())]
}

impl Editor {
    /// Whether what is typed goes into a field: what is asked before saving, the search, the text.
    pub(super) fn takes(&self, input: &Input) -> Option<Msg> {
        if self.sheet.is_some() {
            return Sheet::<Field>::takes(input).then(|| Msg::Sheet(input.clone()));
        }
        if self.looking.is_some() {
            return match input {
                Input::Key(key) if key.code == KeyCode::Esc => None,
                _ => Some(Msg::Looked(input.clone())),
            };
        }
        if !self.typing || self.compared.is_some() {
            return None;
        }
        let Input::Key(key) = input else { return Some(Msg::Typed(input.clone())) };
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => None,
            KeyCode::Char('s') if control => Some(Msg::Save),
            KeyCode::Char('g') if control => Some(Msg::Finding(true)),
            KeyCode::Char('c') if control => None,
            _ => Some(Msg::Typed(input.clone())),
        }
    }

    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(reason) = self.reason(&msg, cx) {
            let level = if matches!(msg, Msg::Save | Msg::SaveAs) { Level::Warn } else { Level::Info };
            return toast(level, reason);
        }
        match msg {
            Msg::Typed(input) => return self.hear_typed(&input, cx),
            Msg::Write => {
                self.typing = true;
                self.code.stop_search();
            }
            Msg::Move(msg) => self.step(&msg),
            Msg::Next(forward) => return self.next_of(forward),
            Msg::Finding(forward) => return self.go_to_finding(forward),
            Msg::Look => {
                self.looking = Some(Line::new(self.code.search().map_or("", |search| search.pattern())));
            }
            Msg::Looked(input) => return self.hear_looked(&input),
            Msg::Save => self.sheet = Some(self.save_sheet()),
            Msg::SaveAs => self.sheet = Some(self.create_sheet("Save it under a name of your own")),
            Msg::Sheet(input) => return self.hear_sheet(&input),
            Msg::SaveOver => return self.send(true),
            Msg::Convert if self.compared.is_some() => return self.hear_diff(DiffMsg::Fold),
            Msg::Convert if self.has_notes() => return vec![self.ask_convert()],
            Msg::Convert | Msg::ConvertNow => return self.convert(cx),
            Msg::Templates => return vec![templates::pick()],
            Msg::Template(kind) if self.is_unsaved() => return vec![self.ask_template(kind)],
            Msg::Template(kind) | Msg::TemplateNow(kind) => return self.take_template(kind, cx),
            Msg::Compare => return self.ask_theirs(),
            Msg::Diff(msg) => return self.hear_diff(msg),
            Msg::Run | Msg::Document => return vec![Effect::Open(self.place(&msg))],
            Msg::Copy => return vec![self.copy_menu(cx)],
            Msg::CopyText(text) => return vec![Effect::Copy(text)],
            Msg::Actions => return vec![self.actions_menu(cx)],
        }
        Vec::new()
    }

    fn ask_theirs(&mut self) -> Effects<Msg> {
        self.sheet = None;
        let (name, format, ticket) = (self.name().to_owned(), self.format().name(), self.ticket());
        let (ticket, request) = self.origin.ask_theirs(&name, format, ticket);
        vec![Effect::Call(Ticket(ticket), request)]
    }

    /// Where one goes to run what was saved, or to look at it.
    fn place(&self, msg: &Msg) -> Route {
        if *msg == Msg::Document {
            return Route::Document(DocumentSpot::of(self.name()));
        }
        let (document, version) = (Some(self.name().to_owned()), self.origin.replaces.clone());
        Route::Run(RunSpec { document, version, ..RunSpec::default() })
    }

    fn hear_typed(&mut self, input: &Input, cx: &Cx<'_>) -> Effects<Msg> {
        let before = self.code.revision();
        let full = match input {
            Input::Key(key) => {
                self.code.key(*key);
                false
            }
            Input::Paste(text) => !self.code.paste(text),
        };
        if self.code.revision() != before {
            self.code.set_language(self.format().language());
            self.check.again(cx.now);
        }
        if full {
            return toast(Level::Warn, format!("a document has at most {} KiB", self.code.limit() / 1024));
        }
        Vec::new()
    }

    /// Moves the cursor as lists do, while nothing is typed.
    fn step(&mut self, msg: &ListMsg) {
        if let Some(diff) = &mut self.compared {
            let msg = match msg {
                ListMsg::Step(Step::By(by)) => DiffMsg::Scroll(*by),
                ListMsg::Step(Step::First) => DiffMsg::First,
                ListMsg::Step(Step::Last) => DiffMsg::Last,
                ListMsg::Half(down) => DiffMsg::Half(*down),
                ListMsg::Page(down) => DiffMsg::Page(*down),
                _ => return,
            };
            diff.hear(msg);
            return;
        }
        let way = |down: bool, lines: usize| {
            let lines = lines.max(1).cast_signed();
            if down { lines } else { -lines }
        };
        let height = self.code.height();
        match msg {
            ListMsg::Step(Step::By(by)) => self.code.step(*by),
            ListMsg::Step(Step::First) => self.code.go(0, 0),
            ListMsg::Step(Step::Last) => self.code.go(self.code.lines().len() - 1, 0),
            ListMsg::Half(down) => self.code.step(way(*down, height / 2)),
            ListMsg::Page(down) => self.code.step(way(*down, height.saturating_sub(1))),
            _ => {}
        }
    }

    /// The next change of a comparison, hit of a search, or finding: whichever there is.
    fn next_of(&mut self, forward: bool) -> Effects<Msg> {
        if self.compared.is_some() {
            return self.hear_diff(DiffMsg::Change(forward));
        }
        if self.code.search().is_some() {
            return said(self.code.next_hit(forward));
        }
        self.go_to_finding(forward)
    }

    fn go_to_finding(&mut self, forward: bool) -> Effects<Msg> {
        let found = self.code.go_to_mark(&self.check.marks(), forward);
        if found { Vec::new() } else { toast(Level::Info, "nothing is found wrong") }
    }

    fn hear_looked(&mut self, input: &Input) -> Effects<Msg> {
        let Some(line) = &mut self.looking else { return Vec::new() };
        match input.type_into(line) {
            LineEvent::Changed => drop(self.code.look_for(line.text())),
            LineEvent::Submit => {
                let went = self.code.look_for(line.text());
                self.looking = None;
                return said(went);
            }
            LineEvent::Cancel => self.looking = None,
            LineEvent::Moved | LineEvent::Ignored => {}
        }
        Vec::new()
    }

    fn hear_diff(&mut self, msg: DiffMsg) -> Effects<Msg> {
        let found = self.compared.as_mut().is_none_or(|diff| diff.hear(msg));
        if found { Vec::new() } else { toast(Level::Info, "there is no further change that way") }
    }

    fn hear_sheet(&mut self, input: &Input) -> Effects<Msg> {
        let Some(sheet) = self.sheet.as_mut().filter(|_| self.saving.is_none()) else { return Vec::new() };
        if sheet.take(input) == Came::Nothing { Vec::new() } else { self.send(false) }
    }

    fn send(&mut self, over: bool) -> Effects<Msg> {
        let ticket = self.ticket();
        self.save(ticket, over).map(|request| Effect::Call(Ticket(ticket), request)).into_iter().collect()
    }

    /// Whether it holds lines that JSON has no place for.
    fn has_notes(&self) -> bool {
        self.format() == Format::Yaml
            && self.code.lines().iter().any(|line| line.trim_start().starts_with('#'))
    }

    fn convert(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let (from, to) = match self.format() {
            Format::Json => (document::Format::Json, document::Format::Yaml),
            Format::Yaml => (document::Format::Yaml, document::Format::Json),
            Format::Text => return Vec::new(),
        };
        let text = match document::convert(&self.code.text(), from, to) {
            Ok(text) => text,
            Err(error) => return toast(Level::Warn, format!("it cannot be converted as it is: {error}")),
        };
        if !self.code.rewrite(&text) {
            return toast(Level::Warn, "it would be longer than a document may be");
        }
        self.code.go(0, 0);
        self.code.set_language(self.format().language());
        self.check.again(cx.now);
        Vec::new()
    }

    fn take_template(&mut self, kind: &'static str, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(text) = templates::text(kind) else { return Vec::new() };
        self.kind = kind.to_owned();
        self.draft = Draft::New { kind: Some(kind.to_owned()), copy_of: None };
        self.start(text);
        self.look_again(cx)
    }
}

fn said(went: Went) -> Effects<Msg> {
    match went {
        Went::There => Vec::new(),
        Went::Around => toast(Level::Info, "no further hit: on from the other end"),
        Went::Nowhere => toast(Level::Info, "no hit"),
    }
}
