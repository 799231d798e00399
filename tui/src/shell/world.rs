//! What rooms may look at, as the shell keeps it.

use pilothouse_api::protocol::Millis;
use pilothouse_kit::theme::Theme;
use ratatui::layout::Size;

use super::Options;
use crate::mirror::Mirror;
use crate::screen::{Cx, Times};

/// What rooms may look at.
pub(super) struct World {
    pub mirror: Mirror,
    pub theme: Theme,
    pub now: Millis,
    pub size: Size,
    pub times: Times,
    pub typed_from: usize,
}

impl World {
    pub(super) fn of(options: &Options, size: Size, now: Millis) -> Self {
        Self {
            mirror: Mirror::default(),
            theme: options.theme.clone(),
            now,
            size,
            times: options.times,
            typed_from: options.typed_from,
        }
    }

    pub(super) fn cx(&self) -> Cx<'_> {
        Cx {
            mirror: &self.mirror,
            theme: &self.theme,
            now: self.now,
            size: self.size,
            times: self.times,
            typed_from: self.typed_from,
        }
    }
}
