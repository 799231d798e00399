//! The ways that outputs took: what decides whether what a run has said is how another one began.
//!
//! ```text
//!   root ─┬─ Reading… ─ Building… ─ 3 upgraded ─ done          a track: hashes of everything up to each line
//!         │                └─ 4 upgraded ─ done                 a branch, at the line where somebody said another thing
//!         └─ E: could not get lock
//! ```
//! Two designs were weighed. A tree with a vertex per line, through which each run's token is moved, keeps counts at hand, but costs
//! a lookup, two counts and 64 bytes per line, also where nobody differs. Here a line costs a hash and one comparison with the
//! next point of the track that the run is on, and 16 bytes for each line that was not said before; who is where is counted when
//! somebody looks, four times a second.
//!
//! A hash stands for everything up to its line. So when there are too many points every second one is dropped, and prefixes are
//! told apart at every second line: memory is bounded, and what is over is compared exactly all the same.

use std::collections::HashMap;

/// A hash of a stream's lines up to a place.
pub(super) type Chain = u128;

/// The track that all begin on; it has no points.
const ROOT: u32 = 0;

/// A way.
#[derive(Debug, Default)]
struct Track {
    /// The track that it branches off.
    parent: u32,
    /// Number of its first point, counted from 1 at the beginning of the output.
    begin: u64,
    points: Vec<Chain>,
}

/// Where a stream of a run is: on this track, after so many lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    track: u32,
    lines: u64,
}

/// All ways that outputs of a command took.
#[derive(Debug)]
pub(super) struct Tracks {
    tracks: Vec<Track>,
    /// Tracks by their first point.
    branches: HashMap<Chain, u32>,
    /// Lines from one point to the next.
    stride: u64,
    points: usize,
    most: usize,
}

impl Tracks {
    /// None, with room for so many points.
    pub(super) fn new(most: usize) -> Self {
        let root = Track { begin: 1, ..Track::default() };
        Self { tracks: vec![root], branches: HashMap::new(), stride: 1, points: 0, most: most.max(1) }
    }

    /// Goes on to the next line, up to which everything has this hash.
    pub(super) fn advance(&mut self, place: Place, lines: u64, chain: Chain) -> Place {
        if !lines.is_multiple_of(self.stride) {
            return place;
        }
        if let Some(known) = self.known(place, lines, chain) {
            return known;
        }
        let number = lines / self.stride;
        let (track, _) = self.settled(place);
        let index = self.index(track, number);
        let place = Place { track: self.extend(track, index, number, chain), lines };
        self.points += 1;
        if self.points > self.most {
            self.thin();
        }
        place
    }

    /// Where the next line leads, if somebody has said it before; where it is if not.
    pub(super) fn seek(&self, place: Place, lines: u64, chain: Chain) -> Place {
        self.known(place, lines, chain).unwrap_or(place)
    }

    fn known(&self, place: Place, lines: u64, chain: Chain) -> Option<Place> {
        if !lines.is_multiple_of(self.stride) {
            return None;
        }
        let (track, _) = self.settled(place);
        let index = self.index(track, lines / self.stride);
        let is_next = self.get(track).and_then(|it| it.points.get(index)) == Some(&chain);
        let track = if is_next { Some(track) } else { self.branches.get(&chain).copied() };
        track.map(|track| Place { track, lines })
    }

    /// Where a point of this number stands in a track.
    fn index(&self, track: u32, number: u64) -> usize {
        let begin = self.get(track).map_or(0, |it| it.begin);
        usize::try_from(number.saturating_sub(begin)).unwrap_or(usize::MAX)
    }

    /// The track that has this point now: the same one if it ended here, else a new one.
    fn extend(&mut self, track: u32, index: usize, number: u64, chain: Chain) -> u32 {
        if let Some(it) =
            self.tracks.get_mut(track as usize).filter(|it| track != ROOT && it.points.len() == index)
        {
            it.points.push(chain);
            return track;
        }
        let branch = u32::try_from(self.tracks.len()).unwrap_or(u32::MAX);
        self.tracks.push(Track { parent: track, begin: number, points: vec![chain] });
        self.branches.insert(chain, branch);
        branch
    }

    /// Whether the way to `to` leads over `from`; as far as there are points.
    pub(super) fn leads(&self, from: Place, to: Place) -> bool {
        let ((track, number), mut at) = (self.settled(from), self.settled(to));
        loop {
            if at.0 == track {
                return number <= at.1;
            }
            match self.before(at) {
                Some(before) => at = before,
                None => return false,
            }
        }
    }

    /// Lines that the ways to both places have in common.
    pub(super) fn common(&self, one: Place, other: Place) -> u64 {
        let mut ways: HashMap<u32, u64> = HashMap::new();
        self.way(one, |track, number| {
            ways.insert(track, number);
        });
        let mut common = 0;
        self.way(other, |track, number| {
            if let Some(also) = ways.get(&track) {
                common = common.max(number.min(*also));
            }
        });
        common * self.stride
    }

    /// The tracks on the way to a place, from its end, each with the last point of it that is on the way.
    pub(super) fn way(&self, place: Place, mut tell: impl FnMut(u32, u64)) {
        let mut at = Some(self.settled(place));
        while let Some((track, number)) = at {
            tell(track, number);
            at = self.before((track, number));
        }
    }

    /// The track of a place, and the number of the last point of it that lies behind.
    pub(super) fn settled(&self, place: Place) -> (u32, u64) {
        let mut at = (place.track, place.lines / self.stride);
        while let Some(it) = self.get(at.0).filter(|it| at.0 != ROOT && at.1 < it.begin) {
            at.0 = it.parent;
        }
        at
    }

    /// Where the track of a place was branched off.
    fn before(&self, (track, number): (u32, u64)) -> Option<(u32, u64)> {
        let it = self.get(track).filter(|_| track != ROOT)?;
        Some((it.parent, number.min(it.begin.saturating_sub(1))))
    }

    fn get(&self, track: u32) -> Option<&Track> {
        self.tracks.get(track as usize)
    }

    /// Drops every second point.
    fn thin(&mut self) {
        self.stride *= 2;
        self.points = 0;
        self.branches.clear();
        for (number, track) in self.tracks.iter_mut().enumerate() {
            let skip = usize::from(!track.begin.is_multiple_of(2));
            track.points = track.points.iter().skip(skip).step_by(2).copied().collect();
            track.begin = track.begin.div_ceil(2);
            self.points += track.points.len();
            if let Some(first) = track.points.first() {
                self.branches.insert(*first, u32::try_from(number).unwrap_or(u32::MAX));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same chain for the same lines.
    fn chain(lines: &[u8]) -> Chain {
        lines.iter().fold(7, |chain: Chain, line| {
            (chain ^ Chain::from(*line)).wrapping_mul(0x0123_4567_89ab_cdef_0fed_cba9_8765_4321)
        })
    }

    /// Walks all outputs in turns, a few lines each, and gives their places.
    fn walk(tracks: &mut Tracks, outputs: &[Vec<u8>], steps: usize) -> Vec<Place> {
        let mut places = vec![Place::default(); outputs.len()];
        let longest = outputs.iter().map(Vec::len).max().unwrap_or(0);
        for from in (0..longest).step_by(steps) {
            for (place, output) in places.iter_mut().zip(outputs) {
                for line in from..output.len().min(from + steps) {
                    *place = tracks.advance(*place, line as u64 + 1, chain(&output[..=line]));
                }
            }
        }
        places
    }

    proptest! {
        #[test]
        fn a_way_leads_over_what_it_begins_with_and_over_nothing_else(
            outputs in proptest::collection::vec(proptest::collection::vec(0u8..2, 0..9), 1..9), steps in 1usize..5,
        ) {
            let mut tracks = Tracks::new(1000);
            let places = walk(&mut tracks, &outputs, steps);
            for (from, one) in places.iter().zip(&outputs) {
                for (to, other) in places.iter().zip(&outputs) {
                    prop_assert_eq!(tracks.leads(*from, *to), other.starts_with(one), "{:?} {:?}", one, other);
                    let common = one.iter().zip(other).take_while(|(a, b)| a == b).count() as u64;
                    prop_assert_eq!(tracks.common(*from, *to), common);
                }
            }
        }

        #[test]
        fn with_too_many_points_only_every_few_lines_are_compared_and_no_more_are_kept(
            outputs in proptest::collection::vec(proptest::collection::vec(0u8..2, 0..40), 1..9), steps in 1usize..5,
        ) {
            let mut tracks = Tracks::new(20);
            let places = walk(&mut tracks, &outputs, steps);
            let kept: usize = tracks.tracks.iter().map(|it| it.points.len()).sum();
            prop_assert!(kept <= 20 && kept == tracks.points);
            let stride = usize::try_from(tracks.stride).unwrap();
            for (from, one) in places.iter().zip(&outputs) {
                for (to, other) in places.iter().zip(&outputs) {
                    let compared = &one[..one.len() / stride * stride];
                    prop_assert_eq!(tracks.leads(*from, *to), other.starts_with(compared), "{:?} {:?}", one, other);
                }
            }
        }
    }
}
