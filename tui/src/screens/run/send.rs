//! The command that is sent.

use std::collections::BTreeMap;

use pilothouse_api::commands::SendCommand;
use pilothouse_api::fleet::SendCommandToNodes;

use super::crew::{fits, now};
use super::form::Field;
use super::state::Run;
use crate::effect::Request;
use crate::screen::Cx;

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
        let fitting = self.crew.nodes().iter().filter(|node| fits(now(node, &cx.mirror.nodes)));
        let ids: Vec<String> = fitting.map(|node| node.instance_id.to_string()).collect();
        if ids.len() > MAX_IDS {
            return Request::SendCommandToNodes(SendCommandToNodes { command, nodes: ids });
        }
        command.instance_ids = ids;
        Request::SendCommand(command)
    }

    fn command(&self) -> SendCommand {
        let said = |field| {
            let text = self.form.line(field).map_or("", |line| line.text().trim());
            (!text.is_empty()).then(|| text.to_owned())
        };
        let lines: Vec<String> = self.form.script.lines().to_vec();
        let mut parameters = BTreeMap::from([("commands".to_owned(), lines)]);
        if let Some(directory) = said(Field::Directory) {
            parameters.insert("workingDirectory".to_owned(), vec![directory]);
        }
        if let Some(seconds) = self.form.execution_seconds() {
            parameters.insert("executionTimeout".to_owned(), vec![seconds.to_string()]);
        }
        SendCommand {
            document_name: DOCUMENT.to_owned(),
            parameters,
            comment: said(Field::Comment),
            max_concurrency: said(Field::Concurrency),
            max_errors: said(Field::Errors),
            timeout_seconds: self.form.delivery_seconds(),
            ..SendCommand::default()
        }
    }
}
