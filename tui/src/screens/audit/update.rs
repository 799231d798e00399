//! What the room does when it is told something.

use std::path::PathBuf;

use pilothouse_api::audit::{AuditView, GetAuditRecord};
use pilothouse_kit::pager::PagerMsg;

use super::jump;
use super::keys::Msg;
use super::record::{Record, RecordMsg};
use super::state::Audit;
use super::table::{Calls, WHEN};
use crate::effect::{CallError, Choice, Effect, Effects, Level, Reply, Request, Ticket};
use crate::screen::{Cx, Screen};
use crate::screens::rows::{ListMsg, Step};

impl Audit {
    /// Why a message makes no sense now.
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        let nothing = || self.meant(cx).is_none().then(|| "there is no record".to_owned());
        match msg {
            Msg::Open if self.record.is_some() => Some("it is open".to_owned()),
            Msg::Open if !cx.mirror.link.is_live() => Some("the server is not reached".to_owned()),
            Msg::Open | Msg::Copy | Msg::Actions => nothing(),
            Msg::Jump => nothing().or_else(|| {
                let nowhere =
                    self.meant(cx).is_none_or(|call| jump::places(call, &cx.mirror.nodes).is_empty());
                nowhere.then(|| "nothing that it touched has a place here".to_owned())
            }),
            Msg::Follow | Msg::Writes if self.record.is_some() => {
                Some("a record is open: Esc closes it".to_owned())
            }
            Msg::Record(RecordMsg::Pager(_)) if self.record.is_none() => {
                Some("Enter opens a record first".to_owned())
            }
            _ => None,
        }
    }

    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(reason) = self.reason(&msg, cx) {
            return vec![Effect::Toast(Level::Info, reason)];
        }
        match msg {
            Msg::List(msg) => self.hear_list(msg, cx),
            Msg::Record(RecordMsg::Save) if self.record.is_none() => self.save_shown(cx),
            Msg::Record(msg) => self.record.as_mut().map_or_else(Vec::new, |record| record.update(msg)),
            Msg::Open => self.open_record(cx),
            Msg::Follow => self.turn_follow(cx),
            Msg::Writes => {
                self.writes_only = !self.writes_only;
                self.refresh(cx);
                Vec::new()
            }
            Msg::Jump => self.jump(cx),
            Msg::Go(route) => vec![Effect::Open(route)],
            Msg::Copy => vec![self.copy_menu(cx)],
            Msg::CopyText(text) => vec![Effect::Copy(text)],
            Msg::Actions => vec![self.actions_menu(cx)],
        }
    }

    pub(super) fn hear_answer(
        &mut self,
        ticket: Ticket,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        match result {
            Ok(Reply::ListAuditRecords(page)) => drop(self.older.take(ticket.0, Ok(page))),
            Ok(Reply::GetAuditRecord(answer)) => {
                self.record.as_mut().map(|record| record.take(ticket.0, Ok(answer)));
            }
            Ok(_) => {}
            Err(error) => {
                if !self.older.take(ticket.0, Err(error.clone())) {
                    self.record.as_mut().map(|record| record.take(ticket.0, Err(error)));
                }
            }
        }
        self.refresh(cx);
        // The cursor may be near the end of what came, too.
        self.ask_older(cx)
    }

    /// What moves the list moves the record while one is open.
    fn hear_list(&mut self, msg: ListMsg, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(record) = &mut self.record {
            return match in_record(&msg) {
                Some(msg) => record.update(msg),
                None => Vec::new(),
            };
        }
        self.refresh(cx);
        let rows = Calls::of(&self.applied, &self.older, self.generation, cx);
        let effects = self.list.update(msg, &rows, Msg::List);
        self.refresh(cx);
        effects.into_iter().chain(self.ask_older(cx)).collect()
    }

    fn open_record(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(seq) = self.call(cx).map(|call| call.seq) else { return Vec::new() };
        self.next += 1;
        self.record = Some(Record::new(seq, self.next));
        // Who reads a record wants to find it where it was.
        self.list.held = true;
        vec![Effect::Call(Ticket(self.next), Request::GetAuditRecord(GetAuditRecord { seq }))]
    }

    fn turn_follow(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let follow = !self.follows();
        if follow {
            self.list.sort = (WHEN, true);
        }
        self.list.held = !follow;
        self.refresh(cx);
        let said = if follow { "following what comes" } else { "staying here" };
        vec![Effect::Toast(Level::Info, said.to_owned())]
    }

    fn jump(&self, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(call) = self.meant(cx) else { return Vec::new() };
        let mut places = jump::places(call, &cx.mirror.nodes);
        if let [(_, route)] = &mut places[..] {
            return vec![Effect::Open(route.clone())];
        }
        let items = places.into_iter().map(|(called, route)| Choice {
            detail: route.to_string(),
            ..Choice::new(called, Msg::Go(route))
        });
        vec![Effect::Pick { title: "Go to".to_owned(), items: items.collect() }]
    }

    /// All that is shown, a record per line, oldest first.
    fn save_shown(&self, cx: &Cx<'_>) -> Effects<Msg> {
        let rows = self.rows(cx);
        let mut text = String::new();
        for call in self.list.shown().iter().rev().filter_map(|&at| rows.at(at as usize)) {
            // Plain data always becomes JSON.
            text += &serde_json::to_string(call).unwrap_or_default();
            text.push('\n');
        }
        if text.is_empty() {
            return vec![Effect::Toast(Level::Info, "there is no record to save".to_owned())];
        }
        vec![Effect::Save { path: PathBuf::from(format!("audit-{}.jsonl", cx.now.0)), text }]
    }

    fn copy_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let text = |label: &str, text: String| Choice {
            detail: text.lines().next().unwrap_or_default().to_owned(),
            ..Choice::new(label, Msg::CopyText(text))
        };
        let mut items = Vec::new();
        if let Some(call) = self.meant(cx) {
            items.extend(
                self.record.as_ref().and_then(Record::text).map(|json| text("the whole record", json)),
            );
            items.push(text("in a line", line(call)));
            items.push(text("who", call.who.clone()));
            if !call.resources.is_empty() {
                items.push(text("resources", call.resources.join("\n")));
            }
            if !call.note.is_empty() {
                items.push(text("why", call.note.clone()));
            }
        }
        items.push(text("locator", Screen::route(self).to_string()));
        Effect::Pick { title: "Copy".to_owned(), items }
    }

    fn actions_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let rows = [
            ("read it whole", Msg::Open),
            ("go to what it touched", Msg::Jump),
            ("copy", Msg::Copy),
            ("save", Msg::Record(RecordMsg::Save)),
        ];
        let items = rows
            .into_iter()
            .map(|(label, msg)| Choice { disabled: self.reason(&msg, cx), ..Choice::new(label, msg) });
        Effect::Pick { title: "Do".to_owned(), items: items.collect() }
    }
}

/// A call in a line, for a chat.
fn line(call: &AuditView) -> String {
    let on =
        if call.resources.is_empty() { String::new() } else { format!(" on {}", call.resources.join(", ")) };
    format!("{} {} by {} from {}{on}: {}", call.seq, call.operation, call.who, call.source, call.outcome)
}

/// What a key that moves a list means in a text.
fn in_record(msg: &ListMsg) -> Option<RecordMsg> {
    let way = |down: bool| if down { 1 } else { -1 };
    Some(RecordMsg::Pager(match msg {
        ListMsg::Step(Step::By(by)) => PagerMsg::Scroll(*by),
        ListMsg::Step(Step::First) => PagerMsg::First,
        ListMsg::Step(Step::Last) => PagerMsg::Last,
        ListMsg::Half(down) => PagerMsg::HalfPage(way(*down)),
        ListMsg::Page(down) => PagerMsg::Page(way(*down)),
        ListMsg::Sideways(right) => PagerMsg::Sideways(way(*right)),
        ListMsg::Filter => return Some(RecordMsg::Search),
        _ => return None,
    }))
}
