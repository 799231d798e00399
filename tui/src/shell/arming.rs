//! Timed arming: the right to change an environment, taken for minutes, with a reason. The server gives it and ends it; here it is
//! asked for, shown, and counted down by the server's clock.
//!
//! In: what the user wants, refusals for want of an arming, the mirror's armings. Out: calls, questions, and what was refused
//! before, once more. Never here: whether something needs an arming.

use std::collections::BTreeMap;

use pilothouse_api::arming::{Arm, Arming, Disarm};
use pilothouse_api::protocol::Millis;

use super::Shell;
use super::errands::{Errand, RoomCall};
use super::keys::{Action, Say};
use super::layers::{ArmForm, Confirm, Entry, Layer, List, Notice};
use super::rooms::RoomMsg;
use super::tabs::RoomId;
use crate::effect::{CallError, Ladder, Level, Request};
use crate::{look, spans, words};

/// What waits until an environment is armed.
#[derive(Default)]
pub(super) struct Unarmed {
    /// Calls that were refused, with the refusal.
    refused: Vec<(RoomCall, CallError)>,
    /// What a room wants to hear then.
    then: Option<(RoomId, RoomMsg)>,
    /// What the user had armed when it was last looked at, and until when.
    mine: BTreeMap<String, Millis>,
}

impl Shell {
    /// What is armed now, the next to end first.
    pub(super) fn armings(&self) -> impl Iterator<Item = &Arming> {
        self.world.mirror.armings.at(self.world.mirror.server_time(self.world.now))
    }

    /// What the user has armed.
    pub(super) fn my_armings(&self) -> impl Iterator<Item = &Arming> {
        let me = self.world.mirror.caller.person();
        self.armings().filter(move |arming| !me.is_empty() && arming.principal == me)
    }

    /// Milliseconds until it ends.
    pub(super) fn left(&self, arming: &Arming) -> i64 {
        arming.until.since(self.world.mirror.server_time(self.world.now))
    }

    /// The key: arms, or asks to disarm.
    pub(super) fn arm(&mut self) {
        if self.environment.is_hosted() {
            return self.say(Level::Info, "nothing needs to be armed here: this server is yours alone");
        }
        if self.my_armings().next().is_some() {
            return self.disarm(None);
        }
        let entries = self.environments();
        if entries.is_empty() {
            let how = "no node has a tag env or environment; :arm NAME 10m WHY arms any name";
            return self.say(Level::Info, how);
        }
        self.layers.push(Layer::List(List::new("Arm which environment?", entries, None)));
    }

    /// Environments of nodes, production first, with who has armed them.
    fn environments(&self) -> Vec<Entry> {
        let mut found: BTreeMap<(bool, &str), u64> = BTreeMap::new();
        for node in self.world.mirror.nodes.list() {
            if let Some(environment) = look::environment(node) {
                *found.entry((!look::is_prod(environment), environment)).or_default() += 1;
            }
        }
        let entry = |((_, environment), nodes): (&(bool, &str), &u64)| {
            let armed = self.armings().filter(|arming| arming.environment == **environment);
            let armed = armed.map(|arming| self.armed_in_words(arming)).collect::<Vec<_>>().join(", ");
            let action = Action::ArmFor { environment: (*environment).to_owned(), seconds: None };
            Entry {
                label: (*environment).to_owned(),
                detail: if armed.is_empty() { String::from("not armed") } else { armed },
                hint: words::count(*nodes, "node"),
                disabled: None,
                say: Say::Shell(action),
            }
        };
        found.iter().map(entry).collect()
    }

    fn armed_in_words(&self, arming: &Arming) -> String {
        format!("armed by {} {}", arming.principal, spans::left(self.left(arming)))
    }

    /// Asks for how long, and why.
    pub(super) fn ask_arm(&mut self, environment: String, seconds: Option<i64>) {
        self.layers.push(Layer::Arm(ArmForm::new(environment, seconds)));
    }

    pub(super) fn arm_now(&mut self, arm: Arm) {
        self.run_errand(Errand::Arm, Request::Arm(arm));
    }

    pub(super) fn armed(&mut self, arming: Arming) {
        self.world.mirror.clock(arming.since, self.world.now);
        let time = spans::left(self.left(&arming));
        self.say(Level::Warn, format!("{} is armed for {time}: A disarms it", arming.environment));
        self.world.mirror.armed(arming);
        for (call, _) in std::mem::take(&mut self.unarmed.refused) {
            self.call_for(call.id, call.ticket, *call.request);
        }
        if let Some((id, msg)) = self.unarmed.then.take() {
            self.tell_room(id, msg);
        }
    }

    pub(super) fn not_armed(&mut self, error: CallError) {
        self.say(Level::Error, format!("it is not armed: {error}"));
        self.leave_unarmed();
    }

    /// Disarms this, or what the user has armed; asks first.
    pub(super) fn disarm(&mut self, environment: Option<String>) {
        let mine: Vec<&Arming> = self.my_armings().collect();
        let chosen: Vec<String> = match environment {
            Some(environment) => vec![environment],
            None => mine.iter().map(|arming| arming.environment.clone()).collect(),
        };
        match chosen.as_slice() {
            [] => self.say(Level::Info, "you have armed nothing"),
            [one] => {
                let title = format!("Disarm {one}?");
                let reason = mine.iter().find(|arming| arming.environment == *one);
                let card = reason.map(|arming| {
                    vec![format!("armed for {} more: {}", spans::left(self.left(arming)), arming.reason)]
                });
                let yes = Say::Shell(Action::DisarmNow(one.clone()));
                self.layers.push(Layer::Confirm(Confirm::new(
                    title,
                    card.unwrap_or_default(),
                    Ladder::Yes,
                    yes,
                )));
            }
            several => {
                let entry = |environment: &String| Entry {
                    label: environment.clone(),
                    detail: String::new(),
                    hint: String::new(),
                    disabled: None,
                    say: Say::Shell(Action::Disarm(Some(environment.clone()))),
                };
                let entries = several.iter().map(entry).collect();
                self.layers.push(Layer::List(List::new("Disarm which?", entries, None)));
            }
        }
    }

    pub(super) fn disarm_now(&mut self, environment: String) {
        let request = Request::Disarm(Disarm { environment: environment.clone() });
        self.run_errand(Errand::Disarm(environment), request);
    }

    pub(super) fn disarmed(&mut self, environment: &str) {
        let me = self.world.mirror.caller.person().to_owned();
        self.world.mirror.disarmed(environment, &me);
        self.unarmed.mine.remove(environment);
        self.say(Level::Good, format!("{environment} is disarmed"));
    }

    /// Says when something that the user had armed is armed no more.
    pub(super) fn watch_armings(&mut self) {
        let mine: BTreeMap<String, Millis> =
            self.my_armings().map(|arming| (arming.environment.clone(), arming.until)).collect();
        let ended: Vec<String> = self
            .unarmed
            .mine
            .keys()
            .filter(|environment| !mine.contains_key(*environment))
            .cloned()
            .collect();
        self.unarmed.mine = mine;
        for environment in ended {
            self.say(Level::Info, format!("{environment} is armed no more"));
        }
    }

    pub(super) fn show_armings(&mut self) {
        let lines: Vec<String> = self
            .armings()
            .map(|it| {
                format!(
                    "{} armed by {}, {} left: {}",
                    it.environment,
                    it.principal,
                    spans::left(self.left(it)),
                    it.reason
                )
            })
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let nothing = ["Nothing is armed."];
        let notice = Notice::new("Who has armed what", if lines.is_empty() { &nothing } else { &lines });
        self.layers.push(Layer::Notice(notice));
    }

    /// Of the environments that a refusal wants armed, the first that is not; production before others.
    pub(super) fn to_arm(&self, error: &CallError) -> Option<String> {
        let mut wanted = error.unarmed();
        wanted.retain(|environment| !self.my_armings().any(|arming| arming.environment == *environment));
        wanted.sort_by_key(|environment| !look::is_prod(environment));
        wanted.first().map(|environment| (*environment).to_owned())
    }

    /// A room's call was refused until an environment is armed: offers to do that, and to send it again. Calls that are refused
    /// for the same reason meanwhile wait with it.
    pub(super) fn offer_arming(&mut self, call: RoomCall, error: CallError, environment: String) {
        let first = self.unarmed.refused.is_empty();
        let card = vec![
            error.message.chars().take(400).collect(),
            String::new(),
            String::from("Armed, it is sent again at once."),
        ];
        self.unarmed.refused.push((call, error));
        if first {
            let title = format!("{environment} is not armed. Arm it, and send again?");
            let yes = Say::Shell(Action::ArmFor { environment, seconds: None });
            let question = Confirm::new(title, wrapped(&card), Ladder::Yes, yes);
            self.layers.push(Layer::Confirm(question.otherwise(Say::Shell(Action::LeaveUnarmed))));
        }
    }

    /// A room wants an environment armed.
    pub(super) fn arm_for_room(&mut self, id: RoomId, environment: String, then: RoomMsg) {
        self.unarmed.then = Some((id, then));
        self.ask_arm(environment, None);
    }

    /// It is not armed: whoever was refused hears so.
    pub(super) fn leave_unarmed(&mut self) {
        self.unarmed.then = None;
        for (call, error) in std::mem::take(&mut self.unarmed.refused) {
            self.deliver(call.id, call.ticket, Err(error));
        }
    }
}

fn wrapped(lines: &[String]) -> Vec<String> {
    let wrap = |line: &String| match line.is_empty() {
        true => vec![String::new()],
        false => pilothouse_kit::safe::wrap(line, 72),
    };
    lines.iter().flat_map(wrap).collect()
}
