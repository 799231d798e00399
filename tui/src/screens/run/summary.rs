//! What stands under the targets: how many nodes, how they are, and what is odd about them.

use pilothouse_kit::safe;
use pilothouse_kit::theme::Role;

use super::crew::Resolved;
use super::form::Field;
use super::state::Run;
use crate::screen::Cx;
use crate::screens::rows::Said;
use crate::words;

impl Run {
    /// How many nodes, how they are, and what is odd about them.
    pub(super) fn summary(&self, cx: &Cx<'_>) -> Vec<Said> {
        let (symbols, tally) = (cx.theme.symbols(), &self.crew.tally);
        let nodes = match &self.crew.resolved {
            Resolved::Nodes(nodes) => nodes.len(),
            Resolved::Asking => {
                return vec![(Role::TextMuted, format!("looking them up{}", symbols.ellipsis))];
            }
            Resolved::Failed(why) => return vec![(Role::Bad, why.clone())],
            Resolved::Nothing => {
                if !self.form.targets.is_empty() && !cx.mirror.link.is_live() {
                    return vec![(Role::Warn, "the server is not reached".to_owned())];
                }
                let shown = self.tried || !self.form.targets.is_empty();
                let role = self.role_of_wrong_targets();
                return self
                    .wrong(Field::Targets)
                    .filter(|_| shown)
                    .map(|why| (role, why))
                    .into_iter()
                    .collect();
            }
        };
        let count = |n: usize, noun: &str| words::count(u64::try_from(n).unwrap_or(u64::MAX), noun);
        let mut said = vec![(Role::TextStrong, count(nodes, "node"))];
        if tally.online > 0 {
            said.push((Role::NodeOnline, format!("{} {} online", symbols.online, tally.online)));
        }
        if nodes > tally.online {
            said.push((Role::NodeLost, format!("{} {} not there", symbols.lost, nodes - tally.online)));
        }
        if let Some(why) = self.wrong(Field::Targets) {
            said.push((self.role_of_wrong_targets(), why));
        }
        if self.crew.is_outdated() {
            said.push((Role::TextMuted, symbols.ellipsis.to_owned()));
        }
        said
    }

    /// Which environments they are in, and which cannot run it.
    pub(super) fn environments(&self) -> Vec<Said> {
        let tally = &self.crew.tally;
        let mut said = self.rights.said();
        if !tally.environments.is_empty() {
            let role = if tally.production.is_some() { Role::EnvProd } else { Role::TextMuted };
            said.push((role, tally.environments.clone()));
        }
        if tally.misfits > 0 {
            let what = if self.document.is_some() { "node" } else { "Windows node" };
            let misfits = words::count(u64::try_from(tally.misfits).unwrap_or(u64::MAX), what);
            said.push((Role::Warn, format!("{misfits} cannot run it")));
        }
        said
    }

    /// Nobody is scolded for what is still being typed.
    fn role_of_wrong_targets(&self) -> Role {
        if self.tried || self.field != Field::Targets { Role::Bad } else { Role::TextMuted }
    }
}

/// Breaks a text at blanks into lines of at most so many cells.
pub(super) fn wrap(text: &str, cells: usize) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new()];
    for word in safe::visible(text).split(' ') {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && safe::width(&lines[last]) + 1 + safe::width(word) > cells {
            lines.push(word.to_owned());
        } else {
            if !lines[last].is_empty() {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    lines
}
