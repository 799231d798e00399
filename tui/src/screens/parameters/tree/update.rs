//! The only mutation by the user.

use pilothouse_kit::input::LineEvent;
use pilothouse_kit::tree::TreeMsg;

use super::super::naming;
use super::super::sheet::{Came, Sheet, SheetMsg};
use super::comparison::{Comparison, scrolls};
use super::keys::Msg;
use super::prompt::{Ask, Prompt};
use super::state::{Key, Parameters};
use crate::effect::{Effect, Effects, Level, Request, Ticket};
use crate::moments;
use crate::route::{ParameterPlace, ParameterTab, ParameterTask, Route};
use crate::screen::{Cx, Input};

impl Parameters {
    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        match msg {
            Msg::Tree(msg) => return self.step(msg, cx),
            Msg::Enter => return self.enter(cx),
            Msg::Describe => return self.look_closer(None),
            Msg::Task(task) => return self.look_closer(Some(task)),
            Msg::Mark => self.mark(),
            Msg::MarkAll => self.mark_all(),
            Msg::Unmark => self.marks.clear(),
            Msg::Filter => self.prompt = Some(Prompt::new(Ask::Filter, self.search.text())),
            Msg::Find => self.prompt = Some(Prompt::new(Ask::Find, "")),
            // Empty, so that Enter alone leads back to now.
            Msg::At => self.prompt = Some(Prompt::new(Ask::At, "")),
            Msg::Now => return self.travel_to(None, cx),
            Msg::Travel(at) => return self.travel_to(Some(at), cx),
            Msg::Typed(input) => return self.take(&input, cx),
            Msg::Reveal => return self.reveal(),
            Msg::New => self.sheet = Some(Sheet::new(&self.folder())),
            Msg::Sheet(msg) => return self.hear_sheet(msg, cx),
            Msg::Delete => return self.ask_delete(cx),
            Msg::Deleted(names) => return self.delete(&names),
            Msg::Compare => return self.compare(),
            Msg::Diff(msg) => self.comparison.iter_mut().for_each(|comparison| comparison.hear(msg)),
            Msg::CopyTo => self.ask_where(false),
            Msg::MoveTo => self.ask_where(true),
            Msg::Planned => return self.carry_out_plan(),
            Msg::Import => self.ask_import(),
            Msg::Export => return vec![self.export_menu()],
            Msg::ExportTo(reveal) => self.ask_file(reveal),
            Msg::Copy => return vec![self.copy_menu(cx)],
            Msg::CopyText(text) => return vec![Effect::Copy(text)],
            Msg::CopyValue => return self.copy_value(),
            Msg::Actions => return vec![self.actions_menu(cx)],
        }
        self.refresh(cx);
        Vec::new()
    }

    fn step(&mut self, msg: TreeMsg, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(comparison) = &mut self.comparison {
            scrolls(msg).into_iter().for_each(|msg| comparison.hear(msg));
            return Vec::new();
        }
        // Whoever moves the cursor goes where they want.
        self.wanted = None;
        self.tree_mut().hear(msg);
        self.ask(cx)
    }

    /// A folder opens or closes, a parameter is looked at closer.
    fn enter(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        match self.on() {
            Some(Key::Parameter(_)) => self.look_closer(None),
            _ => self.step(TreeMsg::Toggle, cx),
        }
    }

    fn look_closer(&self, task: Option<ParameterTask>) -> Effects<Msg> {
        let Some(name) = self.one().map(str::to_owned) else { return Vec::new() };
        let tab =
            if task == Some(ParameterTask::Label) { ParameterTab::History } else { ParameterTab::Value };
        vec![Effect::Open(Route::Parameter(ParameterPlace { name, tab, task }))]
    }

    fn mark(&mut self) {
        let Some(key) = self.on().cloned() else { return };
        if !self.marks.remove(&key) {
            self.marks.insert(key);
        }
        self.tree_mut().hear(TreeMsg::Step(1));
    }

    /// Marks every parameter that is shown.
    fn mark_all(&mut self) {
        let keys: Vec<Key> =
            self.tree().shown().filter(|key| matches!(key, Key::Parameter(_))).cloned().collect();
        self.marks.extend(keys);
    }

    fn travel_to(&mut self, at: Option<pilothouse_api::protocol::Millis>, cx: &Cx<'_>) -> Effects<Msg> {
        self.travel(at);
        self.ask(cx)
    }

    /// Something was typed into the line that is open.
    fn take(&mut self, input: &Input, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(prompt) = &mut self.prompt else { return Vec::new() };
        match prompt.take(input, cx.now) {
            LineEvent::Submit => {}
            LineEvent::Cancel => {
                self.prompt = None;
                return Vec::new();
            }
            _ => return Vec::new(),
        }
        let (ask, text) = (prompt.ask.clone(), prompt.line.text().trim().to_owned());
        match ask {
            Ask::Filter => {
                self.look_for(&text);
                match self.search.wrong.clone() {
                    Some(why) => self.refuse(why),
                    None => self.prompt = None,
                }
                return self.ask(cx);
            }
            Ask::Find => return self.jump(cx),
            Ask::At if text.is_empty() => {
                self.prompt = None;
                return self.travel_to(None, cx);
            }
            Ask::At => match moments::read(&text, cx.now) {
                Ok(at) => return self.travel_to(Some(at), cx),
                Err(why) => self.refuse(why.to_string()),
            },
            other => return self.plan(&other, &text),
        }
        Vec::new()
    }

    /// What was typed stays, with what is wrong with it.
    pub(super) fn refuse(&mut self, why: String) {
        if let Some(prompt) = &mut self.prompt {
            prompt.wrong = Some(why);
        }
    }

    /// Goes to the name that was found.
    fn jump(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(prompt) = &mut self.prompt else { return Vec::new() };
        let Some(name) = prompt.names.get(prompt.chosen).cloned() else {
            // Whoever is faster than the answer gets it first.
            prompt.due = prompt.due.map(|_| cx.now);
            return self.ask(cx);
        };
        self.prompt = None;
        if self.search.is_on() {
            self.look_for("");
        }
        self.wanted = Some((naming::slashed(&name).into_owned(), 0));
        self.ask(cx)
    }

    fn reveal(&mut self) -> Effects<Msg> {
        if let Some(Comparison::Texts(texts)) = &mut self.comparison {
            if !texts.is_sealed() {
                texts.hide();
                return Vec::new();
            }
            return self.open_comparison();
        }
        if self.preview.value.is_shown() {
            self.preview.value.hide();
            return Vec::new();
        }
        let ticket = self.ticket();
        let calls = self.preview.open(ticket);
        calls.into_iter().map(|(ticket, request)| Effect::Call(Ticket(ticket), request)).collect()
    }

    fn hear_sheet(&mut self, msg: SheetMsg, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(sheet) = &mut self.sheet else { return Vec::new() };
        match sheet.hear(msg, cx.now, None) {
            Came::Put(put) => {
                let ticket = self.ticket();
                self.sheet.iter_mut().for_each(|sheet| sheet.asked = Some(ticket));
                vec![Effect::Call(Ticket(ticket), Request::PutParameter(*put))]
            }
            Came::Say(said) => vec![Effect::Toast(Level::Warn, said)],
            Came::Nothing | Came::Fetch | Came::AskOverwrite => Vec::new(),
        }
    }

    /// Closes what is open, one at a time; says whether there was something.
    pub(super) fn close_one(&mut self) -> bool {
        if let Some(sheet) = &mut self.sheet {
            if sheet.may_close() {
                self.sheet = None;
            }
            return true;
        }
        if self.prompt.take().is_some() || self.comparison.take().is_some() || self.plan.take().is_some() {
            return true;
        }
        if self.search.is_on() {
            let on = self.on().map(|key| naming::slashed(key.path()).into_owned());
            self.look_for("");
            self.wanted = on.map(|on| (on, 0));
            return true;
        }
        false
    }
}
