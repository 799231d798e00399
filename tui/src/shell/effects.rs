//! Carrying out what rooms ask for.

use std::path::{Path, PathBuf};

use pilothouse_api::commands::ReadOutputResult;
use pilothouse_kit::terminal::CLIPBOARD_LIMIT;

use super::Shell;
use super::errands::{Asker, RoomCall};
use super::keys::{Action, Say};
use super::layers::{Confirm, Entry, Layer, List};
use super::rooms::RoomMsg;
use super::tabs::RoomId;
use crate::effect::{CallError, Effect, Effects, Ladder, Level, Reply, Request, Secret, Ticket};
use crate::event::{CallId, Order};
use crate::route::Route;

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
        let call = match self.calls.remove(&call) {
            None => return,
            Some(Asker::Shell(errand)) => return self.errand_landed(errand, result),
            Some(Asker::Room(call)) => call,
        };
        match result {
            Err(error) if call.request.is_write() => self.refused(call, error),
            result => {
                let result = result.map(|reply| self.note(&call.request, reply));
                if result.is_ok() && call.request.changes_documents() {
                    self.world.mirror.documents_changed();
                }
                self.deliver(call.id, call.ticket, result);
            }
        }
    }

    /// Output that was read is the mirror's; the room hears that it is there.
    fn note(&mut self, request: &Request, reply: Reply) -> Reply {
        match (request, reply) {
            (Request::ReadOutput(asked), Reply::ReadOutput(mut read)) => {
                let chunks = std::mem::take(&mut read.chunks);
                let kept = ReadOutputResult { chunks, ..read.clone() };
                self.world.mirror.read(asked, kept, self.world.now);
                Reply::ReadOutput(read)
            }
            (_, reply) => reply,
        }
    }

    /// A room's call was refused: perhaps only an arming, or somebody else's approval, is missing.
    fn refused(&mut self, call: RoomCall, error: CallError) {
        if let Some(environment) = self.to_arm(&error) {
            return self.offer_arming(call, error, environment);
        }
        let approval = error.approval().map(str::to_owned);
        self.deliver(call.id, call.ticket, Err(error));
        // Of several that wait, the first is offered; all of them are in the inbox.
        if let Some(id) = approval.filter(|_| self.layers.is_empty()) {
            let title = String::from("It waits for somebody else's approval. Look at the request?");
            let yes = Say::Shell(Action::Open(Route::Approval(id.clone())));
            let card = vec![format!("request  {id}"), String::from("It runs as it is when it is approved.")];
            self.layers.push(Layer::Confirm(Confirm::new(title, card, Ladder::Yes, yes)));
        }
    }

    /// Hands an answer to the room that asked.
    pub(super) fn deliver(&mut self, id: RoomId, ticket: Ticket, result: Result<Reply, CallError>) {
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
            Effect::Call(ticket, request) => self.call_for(id, ticket, request),
            Effect::Arm { environment, then } => self.arm_for_room(id, environment, then),
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
                let denied = |msg: &RoomMsg| self.world.mirror.caller.why_denied(msg.permission()?);
                let entries = items.into_iter().map(|choice| Entry {
                    label: choice.label,
                    detail: choice.detail,
                    hint: String::new(),
                    disabled: denied(&choice.msg).map(str::to_owned).or(choice.disabled),
                    say: Say::Room(choice.msg),
                });
                let list = List::new(title, entries.collect(), Some(id));
                self.layers.push(Layer::List(list));
            }
            Effect::Copy(text) => self.copy(text),
            Effect::Save { path, text } => self.orders.push(Order::Save(path, text)),
            Effect::SaveOutput(file) => self.orders.push(Order::SaveOutput(file)),
            Effect::CopySecret(secret) => self.copy_secret(secret),
            Effect::SaveSecret { path, text } => self.orders.push(Order::SaveSecret(path, text)),
            Effect::Load(path) => self.orders.push(Order::Load(path)),
            Effect::Toast(level, text) => self.say(level, text),
            Effect::Quit => self.act(Say::Shell(Action::Quit)),
        }
    }

    /// A file was written, or why not. Whoever is seen asked for it.
    pub(super) fn saved(&mut self, path: &Path, result: Result<(), String>) {
        self.tabs.current_mut().here_mut().room.saved(path, result.is_ok());
        match result {
            Ok(()) => self.say(Level::Good, format!("saved to {}", path.display())),
            Err(why) => self.say(Level::Error, why),
        }
    }

    /// A file was read, or why not. Whoever is seen asked for it.
    pub(super) fn loaded(&mut self, path: &Path, held: Result<Secret, String>) {
        let cx = self.world.cx();
        let place = self.tabs.current_mut().here_mut();
        let (id, effects) = (place.id, place.room.loaded(path, held, &cx));
        self.carry_out(id, effects);
    }

    fn copy_secret(&mut self, secret: Secret) {
        self.say(Level::Good, "the secret is on the clipboard (OSC 52)");
        self.orders.push(Order::CopySecret(secret));
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
