//! Going to lines that have something in them; all lines are looked at, not those in sight alone.

use super::{Lines, Pager, Search, Went};

impl Pager {
    pub(super) fn look_for(&mut self, text: &str, lines: &impl Lines) -> Went {
        self.search = Search::new(text);
        let Some(search) = &self.search else {
            self.on = None;
            return Went::There;
        };
        // Where one is already counts: typing on does not lead away from a hit.
        let from = self.on.unwrap_or_else(|| self.place(lines).0).min(lines.len().saturating_sub(1));
        let ahead = (from..lines.len()).find(|&at| search.is_in(&lines.text(at)));
        let found = ahead.or_else(|| (0..from).rev().find(|&at| search.is_in(&lines.text(at))));
        match found {
            None => Went::Nowhere,
            Some(at) => {
                self.show(at, lines);
                if at < from { Went::Around } else { Went::There }
            }
        }
    }

    pub(super) fn hit(&mut self, forward: bool, lines: &impl Lines) -> Went {
        let Some(search) = self.search.clone() else { return Went::Nowhere };
        self.find(forward, lines, |lines, at| search.is_in(&lines.text(at)))
    }

    /// Goes to the next line, or the one before, of which `wanted` holds; round the end if there is none on this side.
    pub(super) fn find<L: Lines>(
        &mut self,
        forward: bool,
        lines: &L,
        wanted: impl Fn(&L, usize) -> bool,
    ) -> Went {
        let (len, seen) = (lines.len(), self.in_sight(lines));
        // After scrolling away, one goes on from what is in sight.
        let on = self.on.filter(|on| seen.contains(on));
        let wanted = |at: &usize| wanted(lines, *at);
        let (near, far) = if forward {
            let from = on.map_or(seen.start, |on| on + 1).min(len);
            ((from..len).find(wanted), (0..from).find(wanted))
        } else {
            let to = on.unwrap_or(seen.end).min(len);
            ((0..to).rev().find(wanted), (to..len).rev().find(wanted))
        };
        let Some(at) = near.or(far) else { return Went::Nowhere };
        self.show(at, lines);
        if near.is_some() { Went::There } else { Went::Around }
    }
}
