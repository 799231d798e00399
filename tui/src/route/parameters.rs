//! Places of parameters: the tree, now or at an instant, and one parameter.

use pilothouse_api::protocol::Millis;
use serde::{Deserialize, Serialize};

use super::{BadLocator, Route, escape, unescape};
use crate::moments;

/// What is shown of one parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ParameterTab {
    /// What it holds.
    #[default]
    Value,
    /// Its versions.
    History,
    /// Who wrote it, and who read it.
    Blame,
    /// Documents that refer to it.
    Uses,
    /// What it does by itself.
    Policies,
}

impl ParameterTab {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Value, Self::History, Self::Blame, Self::Uses, Self::Policies];

    /// Its name in a locator.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::History => "history",
            Self::Blame => "blame",
            Self::Uses => "used-by",
            Self::Policies => "policies",
        }
    }
}

/// What is begun at once when a parameter is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ParameterTask {
    /// Its value is changed.
    Edit,
    /// Labels of its newest version are changed.
    Label,
    /// Its tags are changed.
    Tag,
}

impl ParameterTask {
    const ALL: [Self; 3] = [Self::Edit, Self::Label, Self::Tag];

    const fn name(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Label => "label",
            Self::Tag => "tag",
        }
    }
}

/// One parameter, and what of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParameterPlace {
    /// Its name.
    pub name: String,
    /// What is shown of it.
    pub tab: ParameterTab,
    /// What is begun at once.
    pub task: Option<ParameterTask>,
}

impl ParameterPlace {
    /// The parameter of that name, at its value.
    #[must_use]
    pub fn of(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// The tree's place in a locator, and its options.
pub(super) fn tree(path: Option<&str>, at: Option<Millis>) -> (String, Vec<String>) {
    let place = path.map_or_else(|| "parameters".to_owned(), |path| format!("parameters/{}", escape(path)));
    (place, at.map(|at| format!("at={}", moments::written(at))).into_iter().collect())
}

/// What a locator says of one parameter besides its name.
pub(super) fn options(place: &ParameterPlace) -> Vec<String> {
    let tab = (place.tab != ParameterTab::default()).then(|| format!("tab={}", place.tab.name()));
    tab.into_iter().chain(place.task.map(|task| format!("do={}", task.name()))).collect()
}

/// `/PATH?at=INSTANT`, both optional.
pub(super) fn read_tree(rest: &str) -> Result<Route, BadLocator> {
    let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.strip_prefix('/').filter(|path| !path.is_empty()).map(unescape);
    let mut at = None;
    for option in options.split('&').filter(|option| !option.is_empty()) {
        // What is not past then is as it is.
        at = match option.split_once('=') {
            Some(("at", text)) => moments::read(&unescape(text), Millis(i64::MAX)).ok(),
            _ => None,
        };
        if at.is_none() {
            return Err(BadLocator::UnknownParameterOption(option.chars().take(80).collect()));
        }
    }
    Ok(Route::Parameters { path, at })
}

/// `NAME?tab=history&do=edit`.
pub(super) fn read_one(rest: &str) -> Result<ParameterPlace, BadLocator> {
    let (name, options) = rest.split_once('?').unwrap_or((rest, ""));
    let mut place = ParameterPlace::of(unescape(name));
    for option in options.split('&').filter(|option| !option.is_empty()) {
        let unknown = || BadLocator::UnknownParameterOption(option.chars().take(80).collect());
        match option.split_once('=') {
            Some(("tab", name)) => {
                let tab = ParameterTab::ALL.into_iter().find(|tab| tab.name() == name);
                place.tab = tab.ok_or_else(unknown)?;
            }
            Some(("do", name)) => {
                let task = ParameterTask::ALL.into_iter().find(|task| task.name() == name);
                place.task = Some(task.ok_or_else(unknown)?);
            }
            _ => return Err(unknown()),
        }
    }
    Ok(place)
}
