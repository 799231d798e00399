//! What the room remembers.

use std::cell::Cell;

use crossterm::event::{KeyCode, KeyModifiers};
use pilothouse_api::approvals::Approval as Asked;
use pilothouse_kit::input::Line;

use super::keys::Msg;
use crate::screen::{Cx, Input};

/// Which part has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// What will run.
    #[default]
    What,
    /// Where.
    Targets,
}

/// How far a pane is scrolled, and how far it can be; drawing knows the latter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scroll {
    /// First line on the screen.
    pub top: usize,
    /// Lines, and lines that there is room for.
    pub size: Cell<(usize, usize)>,
}

/// A request for approval.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// Which.
    pub id: String,
    /// All of it, once it was read.
    pub whole: Option<Asked>,
    /// How it stood when it was decided or taken back from here.
    pub latest: Option<Asked>,
    /// What is said to who asked.
    pub comment: Line,
    /// Whether the comment is being typed.
    pub typing: bool,
    /// Which part has the keys.
    pub pane: Pane,
    /// Why it was not read, or not decided.
    pub trouble: Option<String>,
    pub(super) what: Scroll,
    pub(super) targets: Scroll,
    /// The call that reads it.
    pub(super) reading: Option<u32>,
    /// The call that decides it or takes it back.
    pub(super) deciding: Option<u32>,
    pub(super) next: u32,
}

impl Approval {
    /// A request that is still to be read.
    #[must_use]
    pub fn new(id: String) -> Self {
        Self {
            id,
            whole: None,
            latest: None,
            comment: Line::default(),
            typing: false,
            pane: Pane::What,
            trouble: None,
            what: Scroll::default(),
            targets: Scroll::default(),
            reading: None,
            deciding: None,
            next: 0,
        }
    }

    /// The latest that is known of where it stands.
    pub(super) fn standing<'a>(&'a self, cx: &Cx<'a>) -> Option<&'a Asked> {
        let told = cx.mirror.approvals.get(&self.id);
        // States only move on: of several, the furthest is the latest.
        [self.whole.as_ref(), self.latest.as_ref(), told].into_iter().flatten().max_by_key(|it| it.state)
    }

    /// What runs and where: all of it, or as much as was told.
    pub(super) fn contents<'a>(&'a self, cx: &Cx<'a>) -> Option<&'a Asked> {
        self.whole.as_ref().or_else(|| cx.mirror.approvals.get(&self.id))
    }

    /// What is typed belongs to the comment while that has the keys.
    pub(super) fn takes(&self, input: &Input) -> Option<Msg> {
        if !self.typing {
            return None;
        }
        match input {
            Input::Key(key) if matches!(key.code, KeyCode::Esc | KeyCode::Tab) => None,
            Input::Key(key) if key.modifiers == KeyModifiers::CONTROL && key.code == KeyCode::Char('c') => {
                None
            }
            _ => Some(Msg::Typed(input.clone())),
        }
    }
}
