//! What is known of a package on this machine: what is installed, what is being done to it by which step, and how that ended.

use pilothouse_protocol::{Millis, StepState};
use serde::{Deserialize, Serialize};

/// A version of a package, and the archive that it came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// The version.
    pub version: String,
    /// SHA-256 of the document that it was published by.
    pub document_hash: String,
    /// SHA-256 of its archive.
    pub sha256: String,
    /// The archive's size.
    pub size: u64,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// Another version is uninstalled before.
    Install,
    /// The new version's update script goes over the old one.
    Update,
    /// The installed version is uninstalled.
    Uninstall,
}

/// How far it is: what runs, or is about to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// The archive comes and is unpacked; nothing was changed yet.
    Fetch,
    /// The old version's uninstall script.
    RemoveOld,
    /// The new version's install script.
    Install,
    /// The new version's update script.
    Update,
    /// The new version's check of itself.
    Validate,
    /// After a failure: the new version's uninstall script.
    UndoNew,
    /// After a failure: the old version's install script.
    RestoreOld,
    /// The uninstall script of what is to go.
    Remove,
}

impl Phase {
    /// The action that scripts are called by.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::RemoveOld | Self::UndoNew | Self::Remove => "uninstall",
            Self::Install | Self::RestoreOld => "install",
            Self::Update => "update",
            Self::Validate => "validate",
        }
    }

    /// A name of its own, for files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::RemoveOld => "remove-old",
            Self::Install => "install",
            Self::Update => "update",
            Self::Validate => "validate",
            Self::UndoNew => "undo-new",
            Self::RestoreOld => "restore-old",
            Self::Remove => "remove",
        }
    }
}

/// What is being done to a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doing {
    /// By which step: its job's folder and its own.
    pub step: String,
    /// What.
    pub deed: Deed,
    /// The version that is to be there in the end; none when it is to go.
    pub to: Option<Installed>,
    /// How far it is.
    pub phase: Phase,
    /// What failed before this phase, when it goes back.
    pub failure: Option<String>,
}

/// A version of which nobody knows how much of it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Half {
    /// The version.
    pub version: Installed,
    /// What happened, for people.
    pub why: String,
}

/// How a step ended: found again when the agent goes down before its ledger has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Which step.
    pub step: String,
    /// Its state.
    pub state: StepState,
    /// Its exit code.
    pub code: i32,
    /// For people.
    pub message: String,
}

impl Default for Ended {
    fn default() -> Self {
        Self { step: String::new(), state: StepState::Success, code: 0, message: String::new() }
    }
}

/// What is known of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PackageState {
    /// What is installed; while something is being done, what was installed before.
    pub installed: Option<Installed>,
    /// Since when that is so.
    pub since: Option<Millis>,
    /// What is being done.
    pub doing: Option<Doing>,
    /// A version that is neither installed nor gone: a change stopped half-way.
    pub half: Option<Half>,
    /// The step that was at it last.
    pub ended: Option<Ended>,
}
