//! The only mutation by the user.

use crossterm::event::{KeyCode, KeyModifiers};
use pilothouse_api::parameters::{DeleteParameters, GetParameter, RollBackParameter};
use pilothouse_api::protocol::Millis;
use pilothouse_kit::diff::DiffMsg;
use pilothouse_kit::input::LineEvent;

use super::super::dossier::SECURE;
use super::super::sheet::{Came, Sheet, SheetMsg};
use super::super::texts::Texts;
use super::answers::{called, tickets};
use super::keys::Msg;
use super::line::TypedLine;
use super::state::Parameter;
use crate::effect::{Effect, Effects, Ladder, Level, Question, Request, Secret, Ticket};
use crate::errand::Step as Change;
use crate::route::{ParameterTab, ParameterTask, Route};
use crate::screen::{Cx, Input};
use crate::screens::rows::{ListMsg, Step};

/// What is typed into the line that is open: all but what closes it, and what leaves the cockpit.
pub(super) fn goes_into_line(input: &Input) -> Option<Msg> {
    let closes = match input {
        Input::Paste(_) => false,
        Input::Key(key) => {
            let control = key.modifiers.contains(KeyModifiers::CONTROL);
            key.code == KeyCode::Esc || (control && matches!(key.code, KeyCode::Char('c' | 'p')))
        }
    };
    (!closes).then(|| Msg::Typed(input.clone()))
}

impl Parameter {
    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        match msg {
            Msg::Move(msg) => self.step(&msg),
            Msg::Turn(right) => self.turn(right),
            Msg::Tab(tab) => self.show(tab),
            Msg::Enter => return self.enter(),
            Msg::Base => {
                let version = self.version();
                self.base = if self.base == version { None } else { version };
            }
            Msg::Reveal => return self.reveal(),
            Msg::Edit => self.sheet = Some(Sheet::edit(&self.dossier)),
            Msg::Sheet(msg) => return self.hear_sheet(msg, cx),
            Msg::Label => self.label(),
            Msg::Tag => self.line = Some(TypedLine::tags(self.dossier.tag_list())),
            Msg::Typed(input) => return self.take(&input),
            Msg::RollBack => return self.show_roll_back(),
            Msg::RolledBack(version) => return self.roll_back(version),
            Msg::Delete => return vec![self.ask_delete(cx)],
            Msg::Deleted => return self.delete(),
            Msg::Diff(msg) => self.hear_diff(msg),
            Msg::Copy => return vec![self.copy_menu(cx)],
            Msg::CopyText(text) => return vec![Effect::Copy(text)],
            Msg::CopyValue(version) => return self.copy_value(version),
            Msg::Actions => return vec![self.actions_menu(cx)],
        }
        Vec::new()
    }

    /// Shows the tab to the right, or to the left; after the last comes the first.
    fn turn(&mut self, right: bool) {
        let all = ParameterTab::ALL;
        let here = all.iter().position(|tab| *tab == self.tab).unwrap_or(0);
        let by = if right { 1 } else { all.len() - 1 };
        self.show(all[(here + by) % all.len()]);
    }

    fn roll_back(&mut self, version: i64) -> Effects<Msg> {
        self.rolls_to = None;
        let request = RollBackParameter { name: self.name().to_owned(), version };
        let done = format!("{} holds again what version {version} held", self.name());
        self.set_out(vec![Change::new(Request::RollBackParameter(request), done)])
    }

    fn delete(&mut self) -> Effects<Msg> {
        let request = DeleteParameters { names: vec![self.name().to_owned()] };
        let done = format!("{} is deleted", self.name());
        self.set_out(vec![Change::new(Request::DeleteParameters(request), done)])
    }

    /// Begins what the place was opened for, as soon as what it needs is known.
    pub(super) fn begin_task(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let ready = match self.task {
            None => return Vec::new(),
            Some(ParameterTask::Edit) => {
                let read = self.dossier.is_secret() || self.dossier.value.text().is_some();
                self.dossier.metadata.get().is_some() && read
            }
            Some(ParameterTask::Label) => self.dossier.blame.get().is_some(),
            Some(ParameterTask::Tag) => self.dossier.tags.get().is_some(),
        };
        if !ready {
            return Vec::new();
        }
        let msg = match self.task.take() {
            Some(ParameterTask::Edit) => Msg::Edit,
            Some(ParameterTask::Label) => Msg::Label,
            _ => Msg::Tag,
        };
        match self.reason(&msg, cx) {
            Some(why) => vec![Effect::Toast(Level::Warn, why)],
            None => self.hear(msg, cx),
        }
    }

    /// What moves goes to the comparison, the text, or the cursor in the list.
    fn step(&mut self, msg: &ListMsg) {
        if self.texts.is_some() {
            return scrolls(msg).into_iter().for_each(|msg| self.hear_diff(msg));
        }
        let page = self.height.get().max(2).cast_signed();
        let way = |down: bool, n: isize| if down { n } else { -n };
        let by = match msg {
            ListMsg::Step(Step::By(by)) => *by,
            ListMsg::Step(Step::First) => isize::MIN,
            ListMsg::Step(Step::Last) => isize::MAX,
            ListMsg::Half(down) => way(*down, page / 2),
            ListMsg::Page(down) => way(*down, page - 1),
            _ => return,
        };
        if self.tab == ParameterTab::Value {
            self.code.iter_mut().for_each(|code| code.step(by));
        } else {
            self.row = self.row.saturating_add_signed(by).min(self.rows().saturating_sub(1));
        }
    }

    fn hear_diff(&mut self, msg: DiffMsg) {
        if let Some(diff) = self.texts.as_mut().and_then(|texts| texts.diff.as_mut()) {
            diff.hear(msg);
        }
    }

    fn enter(&mut self) -> Effects<Msg> {
        match self.tab {
            ParameterTab::History => self.compare(),
            ParameterTab::Uses => {
                let used = self.uses.get().and_then(|uses| uses.get(self.row));
                let place = used.and_then(|used| format!("document/{}", used.document).parse::<Route>().ok());
                match place {
                    Some(route) => vec![Effect::Open(route)],
                    None => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }

    /// Compares the version under the cursor with the one that is marked, or with the one before it.
    fn compare(&mut self) -> Effects<Msg> {
        let Some(after) = self.version() else { return Vec::new() };
        let before = self.base.filter(|base| *base != after);
        let before = before.or_else(|| self.versions().get(self.row + 1).map(|it| it.version));
        match before {
            Some(before) => self.open_texts(before.min(after), before.max(after)),
            None => vec![Effect::Toast(Level::Info, "there is no version before it".to_owned())],
        }
    }

    fn open_texts(&mut self, before: i64, after: i64) -> Effects<Msg> {
        let side = |version: i64| (format!("{}:{version}", self.name()), format!("version {version}"));
        let mut texts = Texts::of(side(before), side(after));
        let calls = texts.ask(&mut tickets(&mut self.next));
        self.texts = Some(texts);
        called(calls)
    }

    fn reveal(&mut self) -> Effects<Msg> {
        if let Some(texts) = &mut self.texts {
            if texts.is_sealed() {
                return called(texts.open(&mut tickets(&mut self.next)));
            }
            texts.hide();
            return Vec::new();
        }
        if self.dossier.value.is_shown() {
            self.dossier.value.hide();
            self.settle_text();
            return Vec::new();
        }
        let ticket = self.ticket();
        called(self.dossier.open(ticket))
    }

    fn hear_sheet(&mut self, msg: SheetMsg, cx: &Cx<'_>) -> Effects<Msg> {
        let by = self.changed_by(cx);
        let Some(sheet) = &mut self.sheet else { return Vec::new() };
        match sheet.hear(msg, cx.now, by.as_deref()) {
            Came::Nothing => Vec::new(),
            Came::Say(said) => vec![Effect::Toast(Level::Warn, said)],
            Came::Put(put) => {
                let ticket = self.ticket();
                self.sheet.iter_mut().for_each(|sheet| sheet.asked = Some(ticket));
                vec![Effect::Call(Ticket(ticket), Request::PutParameter(*put))]
            }
            Came::Fetch => {
                let ticket = self.ticket();
                self.sheet.iter_mut().for_each(|sheet| sheet.fetching = Some(ticket));
                let request = GetParameter { name: self.name().to_owned(), with_decryption: Some(true) };
                vec![Effect::Call(Ticket(ticket), Request::GetParameter(request))]
            }
            Came::AskOverwrite => vec![Effect::Ask(Question {
                title: format!("Put it over what {} put meanwhile?", by.unwrap_or_default()),
                card: vec!["Their version stays in the history. Esc goes on writing.".to_owned()],
                ladder: Ladder::Yes,
                yes: Msg::Sheet(SheetMsg::Overwrite),
            })],
        }
    }

    fn label(&mut self) {
        let version = self.version();
        let line = self.versions().iter().find(|it| Some(it.version) == version).map(TypedLine::labels);
        self.line = line;
    }

    fn take(&mut self, input: &Input) -> Effects<Msg> {
        let Some(line) = self.line.as_mut().filter(|_| !self.errand.is_busy()) else { return Vec::new() };
        match input.type_into(&mut line.line) {
            LineEvent::Submit => {}
            LineEvent::Cancel => {
                self.line = None;
                return Vec::new();
            }
            LineEvent::Changed => {
                line.wrong = None;
                return Vec::new();
            }
            LineEvent::Moved | LineEvent::Ignored => return Vec::new(),
        }
        let steps = line.steps(&self.dossier.name, self.dossier.blame.get().map_or(&[], |it| &it.versions));
        match steps {
            Ok(steps) if steps.is_empty() => {
                self.line = None;
                Vec::new()
            }
            Ok(steps) => self.set_out(steps),
            Err(why) => {
                line.wrong = Some(why);
                Vec::new()
            }
        }
    }

    /// Puts the value on the clipboard; one that is sealed is read for that.
    fn copy_value(&mut self, version: Option<i64>) -> Effects<Msg> {
        if let Some(text) = self.dossier.value.text().filter(|_| version.is_none()) {
            return vec![Effect::CopySecret(Secret::new(text.to_owned()))];
        }
        let selector = version.map_or_else(String::new, |version| format!(":{version}"));
        let ticket = self.ticket();
        self.copying = Some(ticket);
        let with_decryption = (self.dossier.kind == SECURE).then_some(true);
        let request = GetParameter { name: format!("{}{selector}", self.name()), with_decryption };
        vec![Effect::Call(Ticket(ticket), Request::GetParameter(request))]
    }

    /// Milliseconds for which a secret is still seen.
    pub(super) fn still_shown(&self, now: Millis) -> Option<i64> {
        self.dossier.value.left(now)
    }
}

/// The same movement, said to a comparison.
const fn scrolls(msg: &ListMsg) -> Option<DiffMsg> {
    Some(match msg {
        ListMsg::Step(Step::By(rows)) => DiffMsg::Scroll(*rows),
        ListMsg::Step(Step::First) => DiffMsg::First,
        ListMsg::Step(Step::Last) => DiffMsg::Last,
        ListMsg::Half(down) => DiffMsg::Half(*down),
        ListMsg::Page(down) => DiffMsg::Page(*down),
        _ => return None,
    })
}
