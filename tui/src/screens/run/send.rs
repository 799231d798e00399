//! The command that is sent: what it is, what the server would say to it, and what it said.

use std::collections::BTreeMap;

use pilothouse_api::approvals::APPROVAL_REQUIRED;
use pilothouse_api::commands::{SendCommand, SendCommandResult};
use pilothouse_api::fleet::SendCommandToNodes;
use pilothouse_api::protocol::InstanceId;

use super::crew::now;
use super::form::Field;
use super::keys::Msg;
use super::rights::spared;
use super::state::Run;
use crate::effect::{CallError, Effect, Effects, Ladder, Question, Reply, Request, Ticket};
use crate::route::Route;
use crate::screen::Cx;
use crate::words;

/// Tickets from here on are questions for rights.
const RIGHTS: u32 = 1 << 31;

/// What runs scripts.
pub(super) const DOCUMENT: &str = "AWS-RunShellScript";
/// The most nodes that SendCommand takes by id.
const MAX_IDS: usize = 50;

impl Run {
    /// Whether the command carries the tags themselves, so that its history says what was meant.
    pub(super) fn is_by_tags(&self) -> bool {
        self.chosen.is_empty() && self.query().is_ok_and(|query| query.is_by_tags())
    }

    /// The request. By ids, only nodes on which it can run are named: the server refuses all for one that does not fit.
    pub(super) fn request(&self, cx: &Cx<'_>) -> Request {
        let mut command = self.command();
        if self.is_by_tags() {
            command.targets = self.query().map(|query| query.targets).unwrap_or_default();
            return Request::SendCommand(command);
        }
        let fitting = self.crew.nodes().iter().filter(|node| self.crew.fits(now(node, &cx.mirror.nodes)));
        let ids: Vec<String> = fitting.map(|node| node.instance_id.to_string()).collect();
        if ids.len() > MAX_IDS {
            return Request::SendCommandToNodes(SendCommandToNodes { command, nodes: ids });
        }
        command.instance_ids = ids;
        Request::SendCommand(command)
    }

    pub(super) fn command(&self) -> SendCommand {
        let said = |field| {
            let text = self.form.line(field).map_or("", |line| line.text().trim());
            (!text.is_empty()).then(|| text.to_owned())
        };
        let (document_name, document_version, parameters) = match &self.document {
            Some(document) => (document.name.clone(), document.version_to_send(), document.values()),
            None => (DOCUMENT.to_owned(), None, self.script_parameters(said)),
        };
        SendCommand {
            document_name,
            document_version,
            parameters,
            comment: said(Field::Comment),
            max_concurrency: said(Field::Concurrency),
            max_errors: said(Field::Errors),
            timeout_seconds: self.form.delivery_seconds(),
            template: self.templates.used.clone(),
            ..SendCommand::default()
        }
    }

    fn script_parameters(&self, said: impl Fn(Field) -> Option<String>) -> BTreeMap<String, Vec<String>> {
        let lines: Vec<String> = self.form.script.lines().to_vec();
        let mut parameters = BTreeMap::from([("commands".to_owned(), lines)]);
        if let Some(directory) = said(Field::Directory) {
            parameters.insert("workingDirectory".to_owned(), vec![directory]);
        }
        if let Some(seconds) = self.form.execution_seconds() {
            parameters.insert("executionTimeout".to_owned(), vec![seconds.to_string()]);
        }
        parameters
    }

    pub(super) fn send(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        if self.sending.is_some() {
            return Vec::new();
        }
        self.trouble = None;
        let (ticket, call) = self.call(self.request(cx));
        self.sending = Some(ticket);
        vec![call]
    }

    pub(super) fn hear_sent(&mut self, result: Result<Reply, CallError>) -> Effects<Msg> {
        let trouble = match result {
            Ok(
                Reply::SendCommand(SendCommandResult { command })
                | Reply::SendCommandToNodes(SendCommandResult { command }),
            ) => match command.command_id.parse() {
                Ok(id) => {
                    self.first_script = self.form.script.text();
                    self.document.iter_mut().for_each(super::document::Document::settle);
                    return vec![Effect::Replace(Route::command(id))];
                }
                Err(error) => format!("it was sent, but the server names it strangely: {error}"),
            },
            Ok(_) => "the server answered something else".to_owned(),
            // Sending twice is worse than looking first.
            Err(error) if error.is_unreachable() => format!(
                "{error}: it is not known whether the server has it; look at the commands before you send it again"
            ),
            Err(error) => {
                if let Some(at) = self.refused_parameter(&error) {
                    (self.field, self.typing) = (Field::Parameter(at), true);
                    return Vec::new();
                }
                let allowed = self.rights.allowed(self.crew.nodes());
                let is_missing = !error.unarmed().is_empty() || error.code == APPROVAL_REQUIRED;
                let left = spared(&error.message, allowed).filter(|_| !is_missing);
                self.trouble = Some(error.message);
                return left.map(|left| self.ask_only(left)).into_iter().collect();
            }
        };
        self.trouble = Some(trouble);
        Vec::new()
    }

    /// The parameter that the server refuses; what it says stands there from now on.
    fn refused_parameter(&mut self, error: &CallError) -> Option<usize> {
        let document = self.document.as_mut().filter(|_| error.code == "InvalidParameters")?;
        document.refuse(&error.message)
    }

    /// Asks whether to go on with those nodes on which it may run.
    pub(super) fn ask_only(&self, left: Vec<InstanceId>) -> Effect<Msg> {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let nodes = match left.len() {
            1 => String::from("the one node that is"),
            n => format!("the {} that are", words::count(count(n), "node")),
        };
        Effect::Ask(Question {
            title: format!("Go on with {nodes} allowed?"),
            card: vec![
                format!("refused  {}", words::count(count(self.crew.nodes().len() - left.len()), "node")),
                "Nothing is sent yet: r shows what it will touch, and asks.".to_owned(),
            ],
            ladder: Ladder::Yes,
            yes: Msg::Only(left),
        })
    }

    pub(super) fn only(&mut self, nodes: Vec<InstanceId>, cx: &Cx<'_>) -> Effects<Msg> {
        (self.chosen, self.trouble, self.top) = (nodes, None, 0);
        (self.field, self.typing) = (Field::Send, false);
        self.resolve(cx)
    }

    pub(super) fn hear_rights(&mut self, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        let answer = match result {
            Ok(Reply::SimulateAccess(answer)) => Some(answer),
            _ => None,
        };
        self.rights.take(answer, self.crew.nodes());
        self.ask_rights(cx)
    }

    /// Asks the server what it would say to a run on these nodes, if that is not known or asked already.
    pub(super) fn ask_rights(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        if self.crew.is_outdated() || !cx.mirror.link.is_live() {
            return Vec::new();
        }
        // Numbers of their own: what is sent is counted alone.
        let ticket = self.next_rights | RIGHTS;
        let Some(request) = self.rights.ask(self.crew.nodes(), ticket, cx) else { return Vec::new() };
        self.next_rights += 1;
        vec![Effect::Call(Ticket(ticket), Request::SimulateAccess(request))]
    }
}
