//! Looking for something in the text.

use std::ops::Range;

use super::{Code, Place};
use crate::pager::{Search, Went};

impl Code {
    /// What is looked for.
    #[must_use]
    pub fn search(&self) -> Option<&Search> {
        self.search.as_ref()
    }

    /// Looks for a pattern from the cursor on; an empty one looks for nothing any more. Where a hit is already counts, so
    /// typing on does not lead away from it.
    pub fn look_for(&mut self, pattern: &str) -> Went {
        self.search = Search::new(pattern);
        if self.search.is_none() {
            return Went::There;
        }
        self.find(true, true)
    }

    /// To the next hit, or the one before, round the ends.
    pub fn next_hit(&mut self, forward: bool) -> Went {
        self.find(forward, false)
    }

    /// Looks for nothing any more.
    pub fn stop_search(&mut self) {
        self.search = None;
    }

    pub(super) fn hits(&self, line: &str) -> Vec<Range<usize>> {
        self.search.as_ref().map_or_else(Vec::new, |search| search.hits(line))
    }

    fn find(&mut self, forward: bool, here_too: bool) -> Went {
        let here = self.cursor;
        let ahead = |place: &Place| *place > here || (here_too && *place == here);
        let in_line = |line: usize| {
            self.hits(self.text.line(line)).into_iter().map(move |hit| Place::new(line, hit.start))
        };
        let all = self.lines().len();
        let (near, far) = if forward {
            let near = (here.line..all).flat_map(in_line).find(ahead);
            (near, near.is_none().then(|| (0..=here.line).flat_map(in_line).next()).flatten())
        } else {
            let back = |line: usize| in_line(line).collect::<Vec<_>>().into_iter().rev();
            let near = (0..=here.line).rev().flat_map(back).find(|place| *place < here);
            (near, near.is_none().then(|| (here.line..all).rev().flat_map(back).next()).flatten())
        };
        let Some(place) = near.or(far) else { return Went::Nowhere };
        self.move_to(place);
        if near.is_some() { Went::There } else { Went::Around }
    }
}
