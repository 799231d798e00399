//! What the server finds beyond what was told live: pages of it, asked for when one comes near the end.

use std::collections::{HashMap, HashSet};

use pilothouse_api::protocol::CommandId;
use pilothouse_api::runs::{FindCommands, FindCommandsResult};
use pilothouse_api::timestamp::Timestamp;
use pilothouse_api::topics::CommandView;

use super::keys::Msg;
use super::query;
use super::state::Commands;
use crate::effect::{CallError, Effect, Effects, Reply, Request, Ticket};
use crate::mirror::Freshness;
use crate::screen::Cx;

/// Commands of a page.
const PAGE: i64 = 200;
/// The most that are kept: who wants to look further back narrows the filter.
const MOST: usize = 20_000;
/// So many rows before the end the next page is asked for.
const AHEAD: usize = 50;

/// Pages of the history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Older {
    /// What they were asked for with.
    asked_for: FindCommands,
    /// Without those that are told live.
    pub(super) commands: Vec<CommandView>,
    places: HashMap<CommandId, usize>,
    /// Those that the server found to have gone where the filter says, live ones among them.
    judged: HashSet<CommandId>,
    next: Option<String>,
    /// Whether there is nothing more.
    done: bool,
    /// Why there is no more, if that was said.
    pub(super) trouble: Option<String>,
    /// The page under way: its ticket.
    pub(super) asked: Option<u32>,
}

impl Older {
    /// Its place among them.
    pub(super) fn position(&self, id: &CommandId) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// Whether the server found that it went where the filter says.
    pub(super) fn went_there(&self, id: &CommandId) -> bool {
        self.judged.contains(id)
    }

    fn take(&mut self, page: FindCommandsResult, cx: &Cx<'_>) {
        let judges = self.asked_for.target.is_some();
        for command in page.commands {
            let id = command.command_id.clone();
            if judges {
                self.judged.insert(id.clone());
            }
            if cx.mirror.commands.get(&id).is_none() && !self.places.contains_key(&id) {
                self.places.insert(id, self.commands.len());
                self.commands.push(command);
            }
        }
        let enough = self.commands.len() >= MOST;
        self.done = page.next_token.is_none() || enough;
        self.next = page.next_token;
        self.trouble = enough.then(|| "these are enough: narrow the filter to look further back".to_owned());
    }

    /// What is told live by now stands there.
    pub(super) fn settle(&mut self, cx: &Cx<'_>) {
        if self.commands.iter().any(|command| cx.mirror.commands.get(&command.command_id).is_some()) {
            self.commands.retain(|command| cx.mirror.commands.get(&command.command_id).is_none());
            let ids = self.commands.iter().map(|command| command.command_id.clone());
            self.places = ids.enumerate().map(|(at, id)| (id, at)).collect();
        }
    }
}

impl Commands {
    /// Asks for the next page when the cursor comes near the end.
    pub(super) fn ask_older(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let live = &cx.mirror.commands;
        if live.freshness != Freshness::Fresh || !cx.mirror.link.is_live() || self.list.typing {
            return Vec::new();
        }
        let wanted = query::read(self.list.filter.text(), self.list.faults, cx.theme.symbols());
        if wanted != self.older.asked_for {
            self.older = Older { asked_for: wanted, ..Older::default() };
            self.generation += 1;
        }
        let older = &self.older;
        let near = self.list.row().unwrap_or(0) + AHEAD >= self.list.shown().len();
        if older.done || older.trouble.is_some() || older.asked.is_some() || !near {
            return Vec::new();
        }
        let oldest =
            live.nth(live.len().wrapping_sub(1)).map(|command| Timestamp::from(command.requested_at));
        let request = FindCommands {
            // Where a live one went is for the server to say, too: it knows which nodes a tag meant.
            before: oldest.filter(|_| older.asked_for.target.is_none()),
            next_token: older.next.clone(),
            max_results: Some(PAGE),
            ..older.asked_for.clone()
        };
        self.next += 1;
        self.older.asked = Some(self.next);
        vec![Effect::Call(Ticket(self.next), Request::FindCommands(request))]
    }

    /// A page came; one that is not waited for any more is not heard.
    pub(super) fn hear_older(
        &mut self,
        ticket: Ticket,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        if self.older.asked.take_if(|asked| *asked == ticket.0).is_none() {
            return Vec::new();
        }
        match result {
            Ok(Reply::FindCommands(page)) => self.older.take(page, cx),
            Ok(_) => {}
            Err(error) => self.older.trouble = Some(error.message),
        }
        self.generation += 1;
        self.refresh(cx);
        self.ask_older(cx)
    }

    /// Asks anew for all of it.
    pub(super) fn look_again(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.older = Older::default();
        self.generation += 1;
        self.refresh(cx);
        self.ask_older(cx)
    }
}
