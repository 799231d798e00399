//! Carrying out what rooms ask for.

use std::path::PathBuf;

use pilothouse_kit::terminal::CLIPBOARD_LIMIT;

use super::Shell;
use super::keys::{Action, Say};
use super::layers::{Confirm, Entry, Layer, List};
use super::rooms::RoomMsg;
use super::tabs::RoomId;
use crate::effect::{CallError, Effect, Effects, Level, Reply};
use crate::event::{CallId, Order};

impl Shell {
    /// Says something to a room, unless it makes no sense now.
    pub(super) fn tell_room(&mut self, id: RoomId, msg: RoomMsg) {
        let cx = self.world.cx();
        let Some(place) = self.tabs.find(id) else { return };
        if let Some(why) = place.room.why_not(&msg, &cx) {
            return self.say(Level::Warn, why);
        }
        let effects = place.room.update(msg, &cx);
        self.carry_out(id, effects);
    }

    /// A call was answered. Whoever asked may be gone; the answer is then of no use.
    pub(super) fn landed(&mut self, call: CallId, result: Result<Reply, CallError>) {
        let Some((id, ticket)) = self.calls.remove(&call) else { return };
        if let Ok(Reply::SendCommand(sent) | Reply::SendCommandToNodes(sent)) = &result
            && let Ok(command) = sent.command.command_id.parse()
        {
            self.attached.sent(command, self.world.now);
        }
        let cx = self.world.cx();
        match self.tabs.find(id) {
            Some(place) => {
                let effects = place.room.landed(ticket, result, &cx);
                self.carry_out(id, effects);
            }
            None => {
                if let Err(error) = result {
                    self.say(Level::Error, error.message);
                }
            }
        }
    }

    /// Does what a room asks for, in order.
    pub(super) fn carry_out(&mut self, id: RoomId, effects: Effects<RoomMsg>) {
        for effect in effects {
            self.carry_out_one(id, effect);
        }
    }

    fn carry_out_one(&mut self, id: RoomId, effect: Effect<RoomMsg>) {
        let seen = self.tabs.current().here().id == id;
        match effect {
            Effect::Call(ticket, request) => {
                let call = CallId(self.name());
                self.calls.insert(call, (id, ticket));
                self.orders.push(Order::Call(call, Box::new(request)));
            }
            // A room that is not seen any more moves nobody.
            Effect::Open(route) if seen => self.open(route),
            Effect::Replace(route) if seen => self.replace(route),
            Effect::Close if seen => {
                self.tabs.current_mut().close();
            }
            Effect::Open(_) | Effect::Replace(_) | Effect::Close => {}
            Effect::Ask(mut question) => {
                question.ladder = self.environment.at_least(question.ladder);
                self.layers.push(Layer::Confirm(Confirm::of_room(question, id)));
            }
            Effect::Pick { title, items } => {
                let entries = items.into_iter().map(|choice| Entry {
                    label: choice.label,
                    detail: choice.detail,
                    hint: String::new(),
                    disabled: choice.disabled,
                    say: Say::Room(choice.msg),
                });
                let list = List::new(title, entries.collect(), Some(id));
                self.layers.push(Layer::List(list));
            }
            Effect::Copy(text) => self.copy(text),
            Effect::Save { path, text } => self.orders.push(Order::Save(path, text)),
            Effect::Toast(level, text) => self.say(level, text),
            Effect::Quit => self.act(Say::Shell(Action::Quit)),
        }
    }

    /// Puts text on the terminal's clipboard, or into a file when it is too much for one.
    pub(super) fn copy(&mut self, text: String) {
        if text.len() > CLIPBOARD_LIMIT {
            let path = PathBuf::from(format!("pilothouse-copy-{}.txt", self.world.now.0));
            self.say(Level::Info, "too much for a clipboard: it goes to a file");
            self.orders.push(Order::Save(path, text));
            return;
        }
        let n = text.chars().count();
        self.say(Level::Good, format!("{n} characters copied (OSC 52)"));
        self.orders.push(Order::Copy(text));
    }
}
