//! What is known of one run, and how far its output was folded.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use pilothouse_api::folding::Normal;
use pilothouse_protocol::{Chunk, InstanceId, InvocationState};
use pilothouse_store::invocations::Standing;

use super::lines::{Kind, Lines};
use super::normal::{OwnNames, is_nothing, normalise};
use super::tracks::{Chain, Place, Tracks};

/// How far a stream of a run was folded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// Lines.
    pub(super) lines: u64,
    /// A hash of them.
    pub(super) chain: Chain,
    /// Where that is.
    pub(super) place: Place,
}

/// What is known of a run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) instance_id: InstanceId,
    pub(super) position: i64,
    pub(super) name: String,
    pub(super) state: InvocationState,
    pub(super) exit_code: Option<i32>,
    /// Whether anything of it ever ran.
    pub(super) began: bool,
    /// End of what is stored.
    pub(super) end: u64,
    /// End of what was folded.
    pub(super) offset: u64,
    own: Arc<OwnNames>,
    lines: Lines,
    pub(super) reach: [Reach; 3],
}

impl Run {
    pub(super) fn new(row: &Standing) -> Self {
        // Each stream is a way of its own.
        let begin = |stream: usize| Reach { chain: stream as Chain, ..Reach::default() };
        Self {
            instance_id: row.instance_id.clone(),
            position: row.position,
            name: row.node_name.clone(),
            state: row.state,
            exit_code: None,
            began: false,
            end: 0,
            offset: 0,
            own: Arc::default(),
            lines: Lines::default(),
            reach: [0, 1, 2].map(begin),
        }
    }

    /// Whether a row tells anything that is not known.
    pub(super) fn is_news(&self, row: &Standing) -> bool {
        let same = (self.state, self.exit_code) == (row.state, row.exit_code);
        !same || row.output_end > self.end || (row.began && !self.began)
    }

    /// Takes in where it stands.
    pub(super) fn learn(&mut self, row: &Standing) {
        self.state = row.state;
        self.exit_code = row.exit_code;
        self.began |= row.began || row.output_end > 0;
        self.end = self.end.max(row.output_end);
    }

    /// Whether it is over and all that it said was folded.
    pub(super) fn is_over(&self) -> bool {
        self.state.is_terminal() && self.offset >= self.end
    }

    /// Whether it belongs to a group.
    pub(super) fn is_grouped(&self) -> bool {
        self.offset > 0 || self.is_over()
    }
    /// Takes in what it calls itself, beside the name that is known.
    pub(super) fn call(&mut self, names: &[&str]) {
        let known = [self.name.as_str(), self.instance_id.as_str()];
        self.own = Arc::new(OwnNames::new(names.iter().copied().chain(known)));
    }

    /// Folds more of its output; nothing means that what should be there is passed over.
    pub(super) fn feed(
        &mut self,
        chunks: &[Chunk],
        normal: Normal,
        tracks: &mut Tracks,
        scratch: &mut Vec<u8>,
    ) {
        let Self { lines, reach, own, .. } = self;
        for chunk in chunks {
            lines.push(chunk, |stream, kind, text| {
                if let Some(reach) = reach.get_mut(stream) {
                    *reach = next(*reach, kind, text, (normal, own), scratch);
                    reach.place = tracks.advance(reach.place, reach.lines, reach.chain);
                }
            });
        }
        self.offset = chunks.last().map_or(self.end, Chunk::end);
    }

    /// How far a stream came; with what has no line end, if it is over.
    pub(super) fn reached(
        &self,
        stream: usize,
        normal: Normal,
        tracks: &Tracks,
        scratch: &mut Vec<u8>,
    ) -> Reach {
        let reach = self.reach.get(stream).copied().unwrap_or_default();
        if self.is_over() && self.lines.has_tail(stream) {
            let end = next(reach, Kind::Line, self.lines.tail(stream), (normal, &self.own), scratch);
            Reach { place: tracks.seek(reach.place, end.lines, end.chain), ..end }
        } else {
            reach
        }
    }

    /// Forgets what is needed to go on.
    pub(super) fn settle(&mut self) {
        self.lines = Lines::default();
        self.own = Arc::default();
    }
}

/// The reach after one more line.
fn next(
    reach: Reach,
    kind: Kind,
    text: &[u8],
    (normal, own): (Normal, &OwnNames),
    scratch: &mut Vec<u8>,
) -> Reach {
    scratch.clear();
    scratch.extend_from_slice(&reach.chain.to_le_bytes());
    scratch.push(match kind {
        Kind::Line => 0,
        Kind::Piece => 1,
        Kind::Hole => 2,
    });
    if is_nothing(normal) {
        scratch.extend_from_slice(text);
    } else {
        normalise(text, normal, own, scratch);
    }
    Reach { lines: reach.lines + 1, chain: short(scratch), ..reach }
}

/// The first half of the SHA-256: nobody finds a second text with the same by trying.
pub(super) fn short(text: &[u8]) -> Chain {
    let whole = digest(&SHA256, text);
    whole.as_ref().first_chunk().map_or(0, |half| Chain::from_be_bytes(*half))
}
