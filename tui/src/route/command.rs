//! One command, and what of it: `command/ID`, `command/ID/nodes`, `command/ID/output/mi-…`.

use std::fmt;

use pilothouse_api::protocol::{CommandId, InstanceId};
use serde::{Deserialize, Serialize};

use super::{BadLocator, Route};

/// What the room of a command shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CommandTab {
    /// How far it is, and what the nodes say, folded.
    #[default]
    Summary,
    /// A row per node.
    Nodes,
    /// What they say, whole.
    Output,
    /// What one says beside what another says.
    Diff,
    /// When each began and ended.
    Timeline,
}

impl CommandTab {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Summary, Self::Nodes, Self::Output, Self::Diff, Self::Timeline];

    /// Its name in a locator.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Nodes => "nodes",
            Self::Output => "output",
            Self::Diff => "diff",
            Self::Timeline => "timeline",
        }
    }
}

/// One command, and what of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandSpot {
    /// Which.
    pub id: CommandId,
    /// What is shown; what fits the command best, if absent.
    pub tab: Option<CommandTab>,
    /// The node that the tab is about; all of them, if absent.
    pub node: Option<InstanceId>,
}

impl From<CommandId> for CommandSpot {
    fn from(id: CommandId) -> Self {
        Self { id, tab: None, node: None }
    }
}

impl CommandSpot {
    /// The output of one of its nodes.
    #[must_use]
    pub const fn output(id: CommandId, node: InstanceId) -> Self {
        Self { id, tab: Some(CommandTab::Output), node: Some(node) }
    }

    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "command/{}", self.id)?;
        if let Some(tab) = self.tab {
            write!(f, "/{}", tab.name())?;
            if let Some(node) = &self.node {
                write!(f, "/{node}")?;
            }
        }
        Ok(())
    }
}

/// `ID`, `ID/TAB` or `ID/TAB/NODE`.
pub(super) fn read(rest: &str) -> Result<CommandSpot, BadLocator> {
    let mut parts = rest.splitn(3, '/');
    let mut spot = CommandSpot::from(parts.next().unwrap_or_default().parse::<CommandId>()?);
    if let Some(name) = parts.next().filter(|name| !name.is_empty()) {
        let known = CommandTab::ALL.into_iter().find(|tab| tab.name() == name);
        spot.tab = Some(known.ok_or_else(|| BadLocator::UnknownCommandTab(name.chars().take(80).collect()))?);
    }
    if let Some(node) = parts.next().filter(|node| !node.is_empty()) {
        spot.node = Some(node.parse()?);
    }
    Ok(spot)
}

impl Route {
    /// One command, at what fits it best.
    #[must_use]
    pub fn command(id: CommandId) -> Self {
        Self::Command(id.into())
    }
}
