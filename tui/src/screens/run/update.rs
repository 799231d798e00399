//! The only mutation.

use crossterm::event::{KeyCode, KeyModifiers};
use pilothouse_api::commands::ListCommands;

use super::crew::{question, question_of_nodes};
use super::document::{Document, Hand};
use super::form::Field;
use super::keys::Msg;
use super::paper::{parameters_as_json, unready};
use super::send::DOCUMENT;
use super::state::Run;
use super::takeover::Earlier;
use crate::effect::{CallError, Choice, Effect, Effects, Level, Reply, Request, Ticket};
use crate::mirror::Link;
use crate::screen::{Cx, Input, Screen};

impl Run {
    /// It was just entered: takes over from the earlier command, and asks who is meant.
    pub(super) fn begin(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let mut effects = Vec::new();
        if let Some(id) = self.from.clone().filter(|_| self.taking_over) {
            let known = cx.mirror.command(&id).and_then(|detail| detail.command.as_ref());
            match known.or_else(|| cx.mirror.commands.get(&id)) {
                Some(command) if command.document_name == DOCUMENT => self.take_over(&Earlier::from(command)),
                // Which version it ran is in its record alone.
                _ => {
                    let request =
                        ListCommands { command_id: Some(id.to_string()), ..ListCommands::default() };
                    effects.push(self.call(Request::ListCommands(request)).1);
                }
            }
        }
        effects.extend(self.begin_template());
        effects.extend(self.read_document(cx));
        effects.extend(self.resolve(cx));
        effects
    }

    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        // Whoever goes on with something else is not asked about what was to be sent.
        self.asks_then = false;
        match msg {
            Msg::Next => self.step(true),
            Msg::Previous => self.step(false),
            Msg::Enter if self.field == Field::Send => return self.ask(cx),
            Msg::Enter if matches!(self.hand(), Some(Hand::Pick { .. })) => return self.ask_choice(),
            Msg::Enter => self.typing = true,
            Msg::Choices => return self.ask_choice(),
            Msg::Choose(at) => self.choose(at),
            Msg::Typed(input) => return self.take(&input, cx),
            Msg::Scroll(down) => {
                let page = self.height.0.get().max(2) - 1;
                let most = self.crew.nodes().len().saturating_sub(1);
                self.top = if down { (self.top + page).min(most) } else { self.top.saturating_sub(page) };
            }
            Msg::OtherTargets => return self.swap(cx),
            Msg::Send => return self.ask(cx),
            Msg::Armed => {
                let mut effects = self.ask_rights(cx);
                effects.extend(self.ask(cx));
                return effects;
            }
            Msg::Confirmed => return self.send(cx),
            Msg::Only(nodes) => return self.only(nodes, cx),
            Msg::Copy => return vec![self.ask_copy()],
            Msg::CopyText(text) => return vec![Effect::Copy(text)],
            of_templates => return self.hear_of_templates(of_templates, cx),
        }
        Vec::new()
    }

    pub(super) fn hear_answer(
        &mut self,
        ticket: Ticket,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        let mut effects = self.hear_one(ticket, result, cx);
        if self.asks_then && !self.is_looking_up() {
            self.asks_then = false;
            effects.extend(self.ask(cx));
        }
        effects
    }

    /// Whether something is on its way without which it cannot be sent.
    fn is_looking_up(&self) -> bool {
        let is_read = self.document.as_ref().is_none_or(|document| !document.is_on_its_way());
        self.crew.is_outdated() || self.rights.is_asking() || !is_read
    }

    fn hear_one(&mut self, ticket: Ticket, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        if self.sending == Some(ticket.0) {
            self.sending = None;
            return self.hear_sent(result);
        }
        if self.document.as_ref().is_some_and(|document| document.is_asked(ticket.0)) {
            return self.hear_document(result, cx);
        }
        if self.asked_template(ticket.0) {
            return self.hear_template(result, cx);
        }
        if self.rights.is_asked(ticket.0) {
            return self.hear_rights(result, cx);
        }
        match result {
            Ok(Reply::ListCommands(mut page)) => {
                if let Some(command) = page.commands.pop() {
                    self.take_over(&Earlier::from(command));
                } else {
                    self.trouble = Some("the earlier command is not known any more".to_owned());
                }
            }
            Ok(Reply::ResolveTargets(answer)) => drop(self.crew.take(ticket.0, Ok(answer), &cx.mirror.nodes)),
            Err(error) => {
                if !self.crew.take(ticket.0, Err(error.clone()), &cx.mirror.nodes) {
                    self.trouble = Some(format!("the earlier command was not read: {error}"));
                }
                return Vec::new();
            }
            Ok(_) => {}
        }
        // The line may be another by now.
        let mut effects = self.read_document(cx);
        effects.extend(self.resolve(cx));
        effects.extend(self.ask_rights(cx));
        effects
    }

    /// Why it makes no sense now.
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        match msg {
            Msg::Send | Msg::Armed | Msg::Confirmed if self.sending.is_some() => {
                Some("it is being sent".to_owned())
            }
            Msg::Send if !cx.mirror.link.is_live() => Some("the server is not reached".to_owned()),
            Msg::OtherTargets if self.chosen.is_empty() && self.aside.is_empty() => {
                Some("no nodes were chosen before".to_owned())
            }
            _ => None,
        }
    }

    pub(super) fn call(&mut self, request: Request) -> (u32, Effect<Msg>) {
        self.next += 1;
        (self.next, Effect::Call(Ticket(self.next), request))
    }

    /// Asks the server who is meant, if that is not known or asked already.
    pub(super) fn resolve(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        if matches!(cx.mirror.link, Link::Lost { .. } | Link::Broken(_)) {
            return Vec::new();
        }
        let question = if self.chosen.is_empty() {
            match self.query() {
                Ok(query) => question(&query, &cx.mirror.nodes),
                Err(_) => {
                    self.crew.clear();
                    return Vec::new();
                }
            }
        } else {
            question_of_nodes(&self.chosen)
        };
        let asked = self.crew.ask(&question, self.next + 1);
        asked.map(|request| self.call(Request::ResolveTargets(request)).1).into_iter().collect()
    }

    fn take(&mut self, input: &Input, cx: &Cx<'_>) -> Effects<Msg> {
        if self.field == Field::Script {
            match input {
                Input::Key(key) => drop(self.form.script.key(*key)),
                Input::Paste(text) if self.form.script.paste(text) => {}
                Input::Paste(_) => return vec![Effect::Toast(Level::Warn, too_long())],
            }
            return Vec::new();
        }
        if let Field::Parameter(at) = self.field {
            let sheet = self.document.as_mut().and_then(Document::sheet_mut);
            let fits =
                sheet.and_then(|sheet| sheet.entries.get_mut(at)).is_none_or(|entry| entry.take(input));
            return if fits { Vec::new() } else { vec![Effect::Toast(Level::Warn, too_long())] };
        }
        if self.field == Field::Targets && !self.chosen.is_empty() {
            // Chosen nodes are not typed over by a slip.
            let clears = matches!(input, Input::Key(key)
                if key.code == KeyCode::Char('u') && key.modifiers == KeyModifiers::CONTROL);
            return if clears { self.swap(cx) } else { Vec::new() };
        }
        if let Some(line) = self.form.line_mut(self.field) {
            input.type_into(line);
        }
        if self.field == Field::Targets { self.resolve(cx) } else { Vec::new() }
    }

    /// From the chosen nodes to a typed line, or back.
    fn swap(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        if self.chosen.is_empty() && self.aside.is_empty() {
            return Vec::new();
        }
        std::mem::swap(&mut self.chosen, &mut self.aside);
        (self.field, self.top) = (Field::Targets, 0);
        self.typing = self.chosen.is_empty();
        self.resolve(cx)
    }

    /// Shows what it will touch, or the first thing that is wrong.
    pub(super) fn ask(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.tried = true;
        if let Some(why) = self.reason(&Msg::Send, cx) {
            return vec![Effect::Toast(Level::Warn, why)];
        }
        // What is about to be known is waited for.
        self.asks_then = self.is_looking_up();
        if let Some(why) = self.document.as_ref().and_then(unready) {
            return vec![Effect::Toast(Level::Warn, why)];
        }
        let wrong = self.fields().into_iter().find_map(|field| Some((field, self.wrong(field)?)));
        if let Some((field, why)) = wrong {
            (self.field, self.typing, self.asks_then) = (field, true, false);
            let label = match field {
                Field::Parameter(_) => self.label(field).to_owned(),
                field => field.label().to_lowercase(),
            };
            return vec![Effect::Toast(Level::Warn, format!("{label}: {why}"))];
        }
        if let Some(why) = self.nobody() {
            return vec![Effect::Toast(Level::Warn, why)];
        }
        if self.asks_then {
            return Vec::new();
        }
        let rights = &self.rights.tally;
        if !rights.refused.is_empty() {
            if rights.allowed == 0 {
                return vec![Effect::Toast(Level::Warn, rights.why_refused.clone())];
            }
            return vec![self.ask_only(self.rights.allowed(self.crew.nodes()))];
        }
        if let Some(environment) = rights.unarmed.keys().next() {
            return vec![Effect::Arm { environment: environment.clone(), then: Msg::Armed }];
        }
        vec![Effect::Ask(self.question(cx))]
    }

    /// Why nothing would run, though all fields are right.
    fn nobody(&self) -> Option<String> {
        use super::crew::Resolved;
        let misfits = self.crew.tally.misfits;
        match &self.crew.resolved {
            _ if self.crew.is_outdated() => Some("the nodes are being looked up".to_owned()),
            Resolved::Nothing | Resolved::Asking => Some("the nodes are being looked up".to_owned()),
            Resolved::Failed(why) => Some(format!("the nodes are not known: {why}")),
            Resolved::Nodes(nodes) if nodes.is_empty() => {
                Some("no node is meant by these targets".to_owned())
            }
            Resolved::Nodes(nodes) if nodes.len() == misfits && self.document.is_some() => {
                Some("the document does not run on the systems of these nodes".to_owned())
            }
            Resolved::Nodes(nodes) if nodes.len() == misfits => {
                Some("scripts for a shell do not run on Windows, and these are all Windows nodes".to_owned())
            }
            Resolved::Nodes(_) => None,
        }
    }

    fn ask_copy(&self) -> Effect<Msg> {
        let ids: Vec<&str> = self.crew.nodes().iter().map(|node| node.instance_id.as_str()).collect();
        let names: Vec<&str> = self.crew.nodes().iter().map(|node| node.name.as_str()).collect();
        let what = match &self.document {
            Some(document) => ("the parameters, as JSON", parameters_as_json(document)),
            None => ("the script", self.form.script.text()),
        };
        let copies = [
            what,
            ("names of the nodes", names.join("\n")),
            ("ids of the nodes", ids.join("\n")),
            ("the locator", self.route().to_string()),
        ];
        let items = copies.into_iter().map(|(what, text)| Choice {
            disabled: text.trim().is_empty().then(|| "there is none".to_owned()),
            ..Choice::new(what, Msg::CopyText(text))
        });
        Effect::Pick { title: "Copy".to_owned(), items: items.collect() }
    }
}

fn too_long() -> String {
    format!("a script has at most {} KiB", pilothouse_kit::code::LIMIT / 1024)
}
