//! What there is to choose from: the palette, the help, the themes. All of it is derived: from the tables of keys, from the mirror.

use std::fmt::Write;

use pilothouse_api::audit::AuditFilter;
use pilothouse_api::protocol::CommandId;
use pilothouse_kit::keymap::Binding;

use super::Shell;
use super::keymaps::chords;
use super::keys::{Action, Say};
use super::layers::{Entry, Layer, List};
use crate::effect::Level;
use crate::look;
use crate::route::{AccessTab, Draft, Route, RunSpec};
use crate::words;

/// The most commands that the palette lists.
const MAX_COMMANDS: usize = 200;

impl Shell {
    pub(super) fn choose_theme(&mut self) {
        let here = self.world.theme.name().to_owned();
        let entries = self.themes.names().into_iter().map(|name| {
            let hint = if name == here { "in use" } else { "" };
            entry(name.clone(), String::new(), hint, Say::Shell(Action::Theme(name)))
        });
        let list = List::new("Theme", entries.collect(), None);
        self.layers.push(Layer::List(list));
    }

    /// To the run that was sent from here, under way or over; of several, shows them.
    pub(super) fn show_attached(&mut self) {
        let here = self.tabs.current().here().room.route();
        let is_here = |id: &CommandId| matches!(&here, Route::Command(spot) if spot.id == *id);
        let mut places = self.attached.places(&self.world.mirror);
        if places.len() > 1 {
            places.retain(|it| !is_here(&it.id));
        }
        match places.as_slice() {
            [] => self.say(Level::Info, "nothing was sent from here"),
            [only] if is_here(&only.id) => self.say(Level::Info, "this is the run that was sent from here"),
            [only] => self.open(Route::command(only.id.clone())),
            _ => {
                let entries = places.into_iter().map(|it| {
                    let hint = if it.ill { "failed" } else { "" };
                    entry(it.long, it.id.to_string(), hint, go(Route::command(it.id)))
                });
                let list = List::new("Runs from here", entries.collect(), None);
                self.layers.push(Layer::List(list));
            }
        }
    }

    /// Everything that has a name here, with its keys.
    pub(super) fn help(&mut self) {
        let place = self.tabs.current().here();
        let title = format!("Help: {}", place.room.title(&self.world.cx()));
        let list = List::new(title, self.actions(), Some(place.id));
        self.layers.push(Layer::List(list));
    }

    /// Everything that one can go to or do.
    pub(super) fn palette(&mut self) {
        let mut entries = vec![
            place("Nodes", "the fleet", Route::Nodes { filter: None }),
            place("Commands", "the history", Route::Commands),
            place("Run a command", "", Route::Run(RunSpec::default())),
            place("Parameters", "values by name", Route::Parameters { path: None, at: None }),
            place("Documents", "what can be run", Route::Documents { filter: None }),
            place("New document", "", Route::Editor(Draft::New { kind: None, copy_of: None })),
            place("Inbox", "requests for approval", Route::Inbox),
            place(
                "Access",
                "users, groups, policies",
                Route::Access { tab: AccessTab::Users, selected: None },
            ),
            place("Audit", "who did what", Route::Audit { filter: AuditFilter::default() }),
        ];
        entries.extend(self.actions());
        entries.extend(self.nodes());
        entries.extend(self.commands());
        let list = List::new("Find anything", entries, Some(self.tabs.current().here().id));
        self.layers.push(Layer::List(list));
    }

    fn actions(&self) -> Vec<Entry> {
        let room = &self.tabs.current().here().room;
        let cx = self.world.cx();
        let action = |binding: &Binding<Say>| Entry {
            disabled: match &binding.msg {
                Say::Room(msg) => room.why_not(msg, &cx),
                say => say.permission().and_then(|it| cx.mirror.caller.why_denied(it)).map(str::to_owned),
            },
            ..entry(
                binding.doc.to_owned(),
                format!(":{}", binding.name),
                &chords(binding),
                binding.msg.clone(),
            )
        };
        self.keymaps.bindings(room.kind()).map(action).collect()
    }

    fn nodes(&self) -> Vec<Entry> {
        let mut nodes: Vec<_> = self.world.mirror.nodes.list().iter().collect();
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        let line = |node: &pilothouse_api::topics::NodeView| {
            let mut detail = node.instance_id.to_string();
            for (key, value) in &node.tags {
                // Writing to a String cannot fail.
                let _ = write!(detail, " {key}={value}");
            }
            entry(node.name.clone(), detail, "node", go(Route::Node(node.instance_id.clone())))
        };
        nodes.into_iter().map(line).collect()
    }

    fn commands(&self) -> Vec<Entry> {
        let commands = self.world.mirror.commands.iter().take(MAX_COMMANDS);
        let line = |command: &pilothouse_api::topics::CommandView| {
            let nodes = words::count(command.target_count.into(), "node");
            let state = look::command_word(command.state);
            let detail = format!("{} {state}, {nodes}, {}", command.comment, command.command_id);
            let say = go(Route::command(command.command_id.clone()));
            entry(words::first_line(command), detail.trim().to_owned(), "command", say)
        };
        commands.map(line).collect()
    }
}

fn go(route: Route) -> Say {
    Say::Shell(Action::Open(route))
}

fn place(label: &str, detail: &str, route: Route) -> Entry {
    entry(label.to_owned(), detail.to_owned(), "place", go(route))
}

fn entry(label: String, detail: String, hint: &str, say: Say) -> Entry {
    Entry { label, detail, hint: hint.to_owned(), disabled: None, say }
}
