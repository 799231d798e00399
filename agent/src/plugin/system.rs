//! The machine that a step runs on, in the words of packages.

use super::{StepContext, System};
use crate::host::depot::Selector;

impl StepContext {
    /// The machine, as packages tell machines apart.
    pub(crate) fn system(&self) -> System {
        let Selector { platform, release, architecture } = Selector::of(&self.host.facts());
        System { platform, release, architecture }
    }
}
