//! Why something makes no sense now.
//!
//! In: a message, the command as it is. Out: a reason in plain words, or none.
//! Never here: what the caller may not do; that the policies say.

use pilothouse_api::protocol::InvocationState;

use super::keys::Msg;
use super::state::Command;
use crate::route::CommandTab;
use crate::screen::Cx;

impl Command {
    /// Why a message makes no sense now.
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        let known = self.detail(cx).and_then(|detail| detail.command.as_ref());
        let said = match msg {
            Msg::Output(msg) => return self.output.why_not(msg, cx),
            Msg::Enter if self.output.list().is_some() && self.tab() == CommandTab::Output => return None,
            Msg::Enter if self.tab() == CommandTab::Output => "this is the output",
            Msg::Enter | Msg::Describe if self.node(cx).is_none() => match self.tab() {
                CommandTab::Output => "this is the output of all nodes",
                _ => "there is no node",
            },
            Msg::Compare if self.tab() == CommandTab::Diff => "this is the comparison: b chooses with what",
            Msg::Again
            | Msg::Pause
            | Msg::Faster(_)
            | Msg::Limits
            | Msg::Abort
            | Msg::Cancel(_)
            | Msg::Stop
                if known.is_none() =>
            {
                "not loaded yet"
            }
            Msg::Pause | Msg::Faster(_) | Msg::Limits => return self.why_not_paced(cx),
            Msg::Abort => return self.why_not_aborted(cx),
            Msg::Stop if known.is_some_and(|command| command.state.is_terminal()) => "it is over everywhere",
            Msg::Cancel(nodes) if self.stoppable(nodes, cx).is_empty() => match nodes.is_empty() {
                true => "it is over everywhere",
                false => "it is over there",
            },
            Msg::CopyOutput if self.output.shown(cx).is_none_or(|output| output.is_empty()) => {
                "there is none"
            }
            Msg::Diff(_) if self.tab() != CommandTab::Diff => {
                "nothing is compared here: 4 shows the comparison"
            }
            _ => return None,
        };
        Some(said.to_owned())
    }

    /// Why nothing can be changed about the pace.
    fn why_not_paced(&self, cx: &Cx<'_>) -> Option<String> {
        let command = self.detail(cx)?.command.as_ref()?;
        let said = match () {
            () if command.state.is_terminal() => "it is over",
            () if command.aborted => "it was aborted: nothing more is sent",
            () => return None,
        };
        Some(said.to_owned())
    }

    /// Why nothing is left to give up.
    fn why_not_aborted(&self, cx: &Cx<'_>) -> Option<String> {
        let command = self.detail(cx)?.command.as_ref()?;
        let unsent = command.counts.get(&InvocationState::Pending).copied().unwrap_or_default();
        let said = match () {
            () if command.state.is_terminal() => "it is over",
            () if command.aborted => "it was aborted already",
            () if unsent == 0 => "everything was sent: cancel stops what runs",
            () => return None,
        };
        Some(said.to_owned())
    }
}
