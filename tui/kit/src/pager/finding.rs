//! Going to lines that have something in them; all lines are looked at, not those in sight alone.

use std::ops::Range;

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

    /// Whether the line at this place has a hit.
    #[must_use]
    pub fn hits(&self, lines: &impl Lines, at: usize) -> bool {
        self.search.as_ref().is_some_and(|search| at < lines.len() && search.is_in(&lines.text(at)))
    }

    /// Goes to the next line with a hit, or the one before, if there is one on that side; says whether there was.
    pub fn seek_hit(&mut self, forward: bool, lines: &impl Lines) -> bool {
        let Some(search) = self.search.clone() else { return false };
        self.seek(forward, lines, |lines, at| search.is_in(&lines.text(at)))
    }

    /// Goes to the next line that is an error, or the one before, if there is one on that side; says whether there was.
    pub fn seek_error(&mut self, forward: bool, lines: &impl Lines) -> bool {
        self.seek(forward, lines, |lines, at| lines.is_error(at))
    }

    fn seek<L: Lines>(&mut self, forward: bool, lines: &L, wanted: impl Fn(&L, usize) -> bool) -> bool {
        let (near, _) = self.sides(forward, lines);
        let found = Self::first(forward, near, |at| wanted(lines, at));
        found.inspect(|&at| self.show(at, lines)).is_some()
    }

    /// Goes to the next line, or the one before, of which `wanted` holds; round the end if there is none on this side.
    pub(super) fn find<L: Lines>(
        &mut self,
        forward: bool,
        lines: &L,
        wanted: impl Fn(&L, usize) -> bool,
    ) -> Went {
        let (near, far) = self.sides(forward, lines);
        let wanted = |at: usize| wanted(lines, at);
        let near = Self::first(forward, near, wanted);
        let far = if near.is_none() { Self::first(forward, far, wanted) } else { None };
        let Some(at) = near.or(far) else { return Went::Nowhere };
        self.show(at, lines);
        if near.is_some() { Went::There } else { Went::Around }
    }

    /// The lines that lie on the way, and those that come after them when one goes on from the other end.
    fn sides(&self, forward: bool, lines: &impl Lines) -> (Range<usize>, Range<usize>) {
        let (len, seen) = (lines.len(), self.in_sight(lines));
        // After scrolling away, one goes on from what is in sight.
        let on = self.on.filter(|on| seen.contains(on));
        if forward {
            let from = on.map_or(seen.start, |on| on + 1).min(len);
            (from..len, 0..from)
        } else {
            let to = on.unwrap_or(seen.end).min(len);
            (0..to, to..len)
        }
    }

    fn first(forward: bool, mut range: Range<usize>, wanted: impl Fn(usize) -> bool) -> Option<usize> {
        if forward { range.find(|&at| wanted(at)) } else { range.rev().find(|&at| wanted(at)) }
    }
}
