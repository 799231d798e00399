//! What the room does when it is told something.

use super::keys::Msg;
use super::state::Commands;
use super::table::History;
use crate::effect::{Choice, Effect, Effects, Level};
use crate::route::{Route, RunSpec};
use crate::screen::Cx;
use crate::words;

impl Commands {
    /// Why a message makes no sense now.
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        let of_one = matches!(msg, Msg::Open | Msg::Again | Msg::Copy | Msg::Actions);
        (of_one && self.command(cx).is_none()).then(|| "there is no command".to_owned())
    }

    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(reason) = self.reason(&msg, cx) {
            return vec![Effect::Toast(Level::Info, reason)];
        }
        let Some(id) = self.list.on() else { return self.tell_list(msg, cx) };
        match msg {
            Msg::Open => vec![Effect::Open(Route::command(id))],
            Msg::Again => vec![Effect::Open(Route::Run(RunSpec { from: Some(id), ..RunSpec::default() }))],
            Msg::Copy => vec![self.copy_menu(cx)],
            Msg::CopyText(text) => vec![Effect::Copy(text)],
            Msg::Actions => vec![actions_menu()],
            Msg::List(_) | Msg::Templates => self.tell_list(msg, cx),
        }
    }

    fn tell_list(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        match msg {
            Msg::List(msg) => {
                let Self { list, older, generation, .. } = self;
                let mut effects = list.update(msg, &History::of(older, *generation, cx), Msg::List);
                effects.extend(self.ask_older(cx));
                effects
            }
            Msg::Templates => vec![Effect::Open(Route::Run(RunSpec {
                template: Some(String::new()),
                ..RunSpec::default()
            }))],
            _ => Vec::new(),
        }
    }

    fn copy_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let text = |label: &str, text: String| Choice {
            detail: text.lines().next().unwrap_or_default().to_owned(),
            ..Choice::new(label, Msg::CopyText(text))
        };
        let mut items = Vec::new();
        if let Some(command) = self.command(cx) {
            let id = &command.command_id;
            items.push(text("command id", id.to_string()));
            items.push(text("locator", Route::command(id.clone()).to_string()));
            items.extend(words::script(command).map(|script| text("script", script)));
            items.extend(words::run_line(command).map(|line| text("line to run it again", line)));
            items.push(text("aws line", words::aws_line(id, None)));
        }
        Effect::Pick { title: "Copy".to_owned(), items }
    }
}

fn actions_menu() -> Effect<Msg> {
    let rows = [("open", Msg::Open), ("run again", Msg::Again), ("copy", Msg::Copy)];
    Effect::Pick { title: "Do".to_owned(), items: rows.map(|(label, msg)| Choice::new(label, msg)).into() }
}
