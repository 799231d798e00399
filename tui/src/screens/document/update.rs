//! What the room does when it is told something.

use crossterm::event::KeyCode;
use pilothouse_api::documents::UpdateDocumentDefaultVersion;
use pilothouse_kit::diff::DiffMsg;
use pilothouse_kit::input::{Line, LineEvent};
use pilothouse_kit::pager::Went;

use super::compared::Compared;
use super::form::{self, Field, Form, Kind};
use super::keys::Msg;
use super::state::Document;
use crate::effect::{Effect, Effects, Level, Request, Ticket};
use crate::errand::Step;
use crate::route::{DocumentTab, Draft, Route, RunSpec};
use crate::screen::{Cx, Input};
use crate::screens::rows::{ListMsg, Step as Move};
use crate::sheet::{Came, Sheet};

impl Document {
    /// Whether what is typed goes into a field: of a form, or of the search.
    pub(super) fn takes(&self, input: &Input) -> Option<Msg> {
        if self.form.is_some() {
            return Sheet::<Field>::takes(input).then(|| Msg::Form(input.clone()));
        }
        self.looking.as_ref()?;
        match input {
            Input::Key(key) if key.code == KeyCode::Esc => None,
            _ => Some(Msg::Looked(input.clone())),
        }
    }

    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(reason) = self.reason(&msg, cx) {
            return vec![Effect::Toast(Level::Info, reason)];
        }
        match msg {
            Msg::Move(msg) => self.step(&msg),
            Msg::Turn(right) => return self.turn(right),
            Msg::Tab(tab) => return self.show(tab),
            Msg::Open => return self.open_row(cx),
            Msg::Version(version) => return self.look_at(version, cx),
            Msg::PickVersion => return vec![self.version_menu(cx)],
            Msg::Format => return self.turn_format(),
            Msg::Look => {
                self.looking = Some(Line::new(self.code.search().map_or("", |search| search.pattern())));
            }
            Msg::Looked(input) => return self.hear_looked(&input),
            Msg::Next(forward) => return self.next_of(forward),
            Msg::Diff(msg) => return self.hear_diff(msg),
            Msg::Mark => self.mark(),
            Msg::Compare => {
                return self.pair().map_or_else(Vec::new, |(left, right)| self.compare(left, right));
            }
            Msg::CompareWith(left, right) => return self.compare(left, right),
            Msg::Edit | Msg::Duplicate | Msg::Run => return vec![Effect::Open(self.place(&msg))],
            Msg::Add => return self.add(cx),
            Msg::Fill(form) => self.form = Some(*form),
            Msg::Form(input) => return self.hear_form(&input),
            Msg::Copy => return vec![self.copy_menu(cx)],
            Msg::CopyText(text) => return vec![Effect::Copy(text)],
            Msg::Actions => return vec![self.actions_menu(cx)],
            change => return self.change(change),
        }
        Vec::new()
    }

    /// What changes something on the server.
    fn change(&mut self, msg: Msg) -> Effects<Msg> {
        let step = match msg {
            Msg::Remove => match self.taken_at_once() {
                Some(msg) => return self.change(msg),
                None => return vec![self.ask_removal()],
            },
            Msg::Delete => return vec![self.ask_delete()],
            Msg::Deleted(version) => {
                self.leaving = version.is_none();
                // The default version is shown when the one that was looked at is gone.
                if version.is_some() && version == self.version {
                    self.version = None;
                }
                self.deletion(version)
            }
            Msg::Default => match self.version_here().map(|it| it.document_version.clone()) {
                Some(version) => self.making_default(version),
                None => return Vec::new(),
            },
            Msg::DefaultOf(version) => self.making_default(version),
            Msg::Share(account, version) => form::share(&self.name, &account, version),
            Msg::Unshare(account) => form::unshare(&self.name, &account),
            Msg::Untag(key) => self.untagging(key),
            Msg::Review(action) => {
                self.form = Some(Form::review(&self.name, action, self.version.clone()));
                return Vec::new();
            }
            _ => return Vec::new(),
        };
        self.set_out(step)
    }

    fn making_default(&self, version: String) -> Step {
        let done = format!("version {version} of {} is the default one", self.name);
        let request = UpdateDocumentDefaultVersion { name: self.name.clone(), document_version: version };
        Step::new(Request::UpdateDocumentDefaultVersion(request), done)
    }

    fn mark(&mut self) {
        let here = self.version_here().map(|it| it.document_version.clone());
        self.marked = if self.marked == here { None } else { here };
    }

    /// Where one goes to write a version of it or a copy, or to run it.
    fn place(&self, msg: &Msg) -> Route {
        let (name, version) = (self.name.clone(), self.version.clone());
        match msg {
            Msg::Edit => Route::Editor(self.draft()),
            Msg::Duplicate => Route::Editor(Draft::New { kind: None, copy_of: Some((name, version)) }),
            _ => Route::Run(RunSpec { document: Some(name), version, ..RunSpec::default() }),
        }
    }

    fn draft(&self) -> Draft {
        let from = self.version_here().map(|it| it.document_version.clone()).or_else(|| self.version.clone());
        Draft::Version { name: self.name.clone(), from }
    }

    fn step(&mut self, msg: &ListMsg) {
        if let Some(compared) = &mut self.compared {
            let diff = compared.diff.as_mut();
            diff.zip(in_diff(msg)).map(|(diff, msg)| diff.hear(msg));
            return;
        }
        if self.tab == DocumentTab::Content {
            let (half, page) = (self.code.height() / 2, self.code.height().saturating_sub(1));
            let lines =
                |down: bool, lines: usize| if down { lines.cast_signed() } else { -lines.cast_signed() };
            match msg {
                ListMsg::Step(Move::By(by)) => self.code.step(*by),
                ListMsg::Step(Move::First) => self.code.go(0, 0),
                ListMsg::Step(Move::Last) => self.code.go(self.code.lines().len() - 1, 0),
                ListMsg::Half(down) => self.code.step(lines(*down, half.max(1))),
                ListMsg::Page(down) => self.code.step(lines(*down, page.max(1))),
                _ => {}
            }
            return;
        }
        let (Some(row), last, at) = (self.row(), self.row_count().saturating_sub(1), self.tab_at()) else {
            return;
        };
        self.rows[at] = match msg {
            ListMsg::Step(Move::By(by)) => row.saturating_add_signed(*by).min(last),
            ListMsg::Step(Move::First) => 0,
            ListMsg::Step(Move::Last) => last,
            ListMsg::Half(true) | ListMsg::Page(true) => (row + 10).min(last),
            ListMsg::Half(false) | ListMsg::Page(false) => row.saturating_sub(10),
            _ => row,
        };
    }

    fn turn(&mut self, right: bool) -> Effects<Msg> {
        let tabs = self.tabs();
        let here = tabs.iter().position(|tab| *tab == self.tab).unwrap_or(0);
        let next = if right { here + 1 } else { here + tabs.len() - 1 } % tabs.len();
        self.show(tabs[next])
    }

    fn show(&mut self, tab: DocumentTab) -> Effects<Msg> {
        self.tab = tab;
        self.looking = None;
        self.ask_tab()
    }

    /// What Enter means in the tab that is shown.
    fn open_row(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(version) = self.version_here().map(|it| it.document_version.clone()) {
            self.tab = DocumentTab::Content;
            return self.look_at(Some(version), cx);
        }
        if self.tab == DocumentTab::Tags
            && let Some(tag) = self.row().and_then(|row| self.tags().get(row))
        {
            let form = Form::tag(&self.name, &format!("{}={}", tag.key, tag.value));
            return match self.reason(&Msg::Add, cx) {
                Some(reason) => vec![Effect::Toast(Level::Info, reason)],
                None => {
                    self.form = Some(form);
                    Vec::new()
                }
            };
        }
        vec![self.actions_menu(cx)]
    }

    /// Looks at another version. What is shown stays until that is there.
    fn look_at(&mut self, version: Option<String>, cx: &Cx<'_>) -> Effects<Msg> {
        self.version = version;
        self.ask_all(cx)
    }

    /// Text in the other format; a comparison folds what is the same.
    fn turn_format(&mut self) -> Effects<Msg> {
        if self.compared.is_some() {
            return self.hear_diff(DiffMsg::Fold);
        }
        let now = self.known.content.value().map(|it| it.document_format.as_str());
        self.format = Some(if now == Some("YAML") { "JSON" } else { "YAML" });
        let ticket = self.ticket();
        let request = self.wanted().text();
        vec![Effect::Call(Ticket(self.known.content.ask(ticket)), request)]
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

    fn next_of(&mut self, forward: bool) -> Effects<Msg> {
        if self.compared.is_some() {
            return self.hear_diff(DiffMsg::Change(forward));
        }
        said(self.code.next_hit(forward))
    }

    fn hear_diff(&mut self, msg: DiffMsg) -> Effects<Msg> {
        let diff = self.compared.as_mut().and_then(|compared| compared.diff.as_mut());
        let Some(diff) = diff else { return Vec::new() };
        if diff.hear(msg) {
            return Vec::new();
        }
        vec![Effect::Toast(Level::Info, "there is no further change that way".to_owned())]
    }

    fn compare(&mut self, left: String, right: String) -> Effects<Msg> {
        let mut next = self.ticket();
        self.next_ticket(2);
        let (compared, questions) = Compared::ask(&self.name, [left, right], self.format, || {
            next += 1;
            next
        });
        self.compared = Some(compared);
        questions.into_iter().map(|(ticket, request)| Effect::Call(Ticket(ticket), request)).collect()
    }

    fn add(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        match self.tab {
            DocumentTab::Tags => self.form = Some(Form::tag(&self.name, "")),
            DocumentTab::Permissions => self.form = Some(Form::share(&self.name)),
            DocumentTab::Reviews => return vec![self.review_menu(cx)],
            _ => return vec![self.add_menu(cx)],
        }
        Vec::new()
    }

    fn hear_form(&mut self, input: &Input) -> Effects<Msg> {
        let Some(form) = self.form.as_mut().filter(|_| !self.errand.is_busy()) else { return Vec::new() };
        if form.sheet.take(input) == Came::Nothing {
            return Vec::new();
        }
        if form.kind == Kind::Share && form.sheet.text(Field::Account) == "all" {
            let version = form.shared();
            self.form = None;
            return vec![self.ask_public(version)];
        }
        let step = form.step(&self.name);
        self.set_out(step)
    }
}

fn said(went: Went) -> Effects<Msg> {
    match went {
        Went::There => Vec::new(),
        Went::Around => vec![Effect::Toast(Level::Info, "no further hit: on from the other end".to_owned())],
        Went::Nowhere => vec![Effect::Toast(Level::Info, "no hit".to_owned())],
    }
}

/// What moves a list moves the comparison.
const fn in_diff(msg: &ListMsg) -> Option<DiffMsg> {
    Some(match msg {
        ListMsg::Step(Move::By(by)) => DiffMsg::Scroll(*by),
        ListMsg::Step(Move::First) => DiffMsg::First,
        ListMsg::Step(Move::Last) => DiffMsg::Last,
        ListMsg::Half(down) => DiffMsg::Half(*down),
        ListMsg::Page(down) => DiffMsg::Page(*down),
        _ => return None,
    })
}
