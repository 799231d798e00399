//! Verifying: reads the whole trail once, in order, from one state of the database, and names the first thing that is wrong.

use std::fmt;

use pilothouse_store::audit::{self, AuditRow, Indexed, Mark, Which};
use pilothouse_store::{Store, StoreError, Tx};

use super::anchor::Anchor;
use super::chain::{ChainError, ChainKey};
use crate::secrets::Secrets;

/// Records read at a time.
const BATCH: usize = 500;

/// A trail that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The first place that is still there; the ones before it were removed by retention.
    pub first: i64,
    /// How many records there are.
    pub records: i64,
    /// The head: to be kept elsewhere.
    pub anchor: Anchor,
}

/// What is wrong with a trail: the first of it, in the order of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defect {
    /// There is no trail, but an anchor of one.
    Gone,
    /// A mark is not there.
    NoMark(&'static str),
    /// A mark does not bear the seal of the server.
    ForgedMark(&'static str),
    /// Records are not there.
    Missing {
        /// The first of them.
        from: i64,
        /// The last of them.
        to: i64,
    },
    /// A record, or its hash, is not what was written.
    Changed(i64),
    /// A record stands in another one's place.
    Reordered {
        /// The place.
        seq: i64,
        /// Where the record stands that belongs there.
        stands_at: i64,
    },
    /// A record that was never appended.
    Inserted(i64),
    /// What lookups know of a record's resources is not what the record says.
    Index(i64),
    /// The newest records are gone, and an older head was put back.
    Cut {
        /// The head.
        head: i64,
        /// The anchor.
        anchor: i64,
    },
    /// There is another record at an anchor's place.
    OtherChain(i64),
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => write!(f, "the whole trail is missing: there is an anchor, but no records"),
            Self::NoMark(mark) => write!(f, "the {mark} of the chain is missing"),
            Self::ForgedMark(mark) => {
                write!(f, "the {mark} of the chain was changed: its seal does not hold")
            }
            Self::Missing { from, to } if from == to => write!(f, "record {from} is missing"),
            Self::Missing { from, to } => write!(f, "record {from} is missing, and all up to {to}"),
            Self::Changed(seq) => write!(f, "record {seq} was changed: its hash does not hold"),
            Self::Reordered { seq, stands_at } => {
                write!(f, "record {seq} was reordered: what belongs there stands at {stands_at}")
            }
            Self::Inserted(seq) => write!(f, "record {seq} was inserted: the server never wrote it"),
            Self::Index(seq) => {
                write!(
                    f,
                    "the index of record {seq} was changed: lookups by resource do not tell what it says"
                )
            }
            Self::Cut { head, anchor } => write!(
                f,
                "record {} is missing, and all up to {anchor} at least: the chain ends at {head}, before its anchor",
                head + 1
            ),
            Self::OtherChain(seq) => {
                write!(f, "bad anchor: record {seq} is not the one that the anchor was taken from")
            }
        }
    }
}

/// Verifies the trail of a database, and that every anchor is part of it. `Ok(Err(..))` tells what is wrong.
///
/// # Errors
/// When the trail cannot be read.
pub async fn verify(
    store: &Store,
    secrets: &Secrets,
    anchors: &[Anchor],
) -> Result<Result<Verified, Defect>, ChainError> {
    let mut tx = store.read().await?;
    let Some(key) = ChainKey::find(&mut tx, secrets).await? else {
        let nothing = Verified { first: 1, records: 0, anchor: Anchor { seq: 0, hash: vec![0; 32] } };
        let is_expected = anchors.iter().all(|anchor| anchor.seq == 0);
        return Ok(if is_expected { Ok(nothing) } else { Err(Defect::Gone) });
    };
    match read_through(&mut tx, &key, anchors).await {
        Ok(verified) => Ok(Ok(verified)),
        Err(Stop::Defect(defect)) => Ok(Err(defect)),
        Err(Stop::Store(error)) => Err(error.into()),
    }
}

/// Whether an anchor is part of the trail, without reading all of it.
///
/// # Errors
/// When the store fails.
pub async fn anchor_holds(store: &Store, anchor: &Anchor) -> Result<Result<(), Defect>, StoreError> {
    let mut tx = store.read().await?;
    let (head, floor) = (audit::head(&mut tx).await?, audit::floor(&mut tx).await?);
    let (Some(head), Some(floor)) = (head, floor) else { return Ok(Err(Defect::Gone)) };
    if anchor.seq > head.seq {
        return Ok(Err(Defect::Cut { head: head.seq, anchor: anchor.seq }));
    }
    let there = match anchor.seq.cmp(&floor.seq) {
        std::cmp::Ordering::Less => return Ok(Ok(())),
        std::cmp::Ordering::Equal => Some(floor.hash),
        std::cmp::Ordering::Greater => {
            let row = audit::following(&mut tx, anchor.seq - 1, 1).await?.pop();
            row.filter(|row| row.seq == anchor.seq).map(|row| row.hash)
        }
    };
    Ok(match there {
        Some(hash) if hash == anchor.hash => Ok(()),
        Some(_) => Err(Defect::OtherChain(anchor.seq)),
        None => Err(Defect::Missing { from: anchor.seq, to: anchor.seq }),
    })
}

enum Stop {
    Defect(Defect),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Defect> for Stop {
    fn from(defect: Defect) -> Self {
        Self::Defect(defect)
    }
}

async fn read_through(tx: &mut Tx, key: &ChainKey, anchors: &[Anchor]) -> Result<Verified, Stop> {
    let floor = mark(key, Which::Floor, audit::floor(tx).await?)?;
    let head = mark(key, Which::Head, audit::head(tx).await?)?;
    if let Some((seq, ..)) = audit::oldest(tx, 1).await?.first().filter(|(seq, ..)| *seq <= floor.seq) {
        return Err(Defect::Inserted(*seq).into());
    }
    let mut at = Anchor::from(&floor);
    check_anchors(anchors, &at)?;
    while at.seq < head.seq {
        let rows = audit::following(tx, at.seq, BATCH).await?;
        let Some(last) = rows.last() else {
            return Err(Defect::Missing { from: at.seq + 1, to: head.seq }.into());
        };
        let mut index = audit::indexed(tx, at.seq + 1, last.seq).await?.into_iter().peekable();
        for row in rows.iter().take_while(|row| row.seq <= head.seq) {
            check(tx, key, &at, row).await?;
            let mut lines = Vec::new();
            while let Some(line) = index.next_if(|line| line.seq <= row.seq) {
                lines.push(line);
            }
            if lines != expected_index(row) {
                return Err(Defect::Index(row.seq).into());
            }
            at = Anchor { seq: row.seq, hash: row.hash.clone() };
            check_anchors(anchors, &at)?;
        }
    }
    if at.hash != head.hash {
        return Err(Defect::Changed(head.seq).into());
    }
    if let Some(row) = audit::following(tx, head.seq, 1).await?.first() {
        return Err(Defect::Inserted(row.seq).into());
    }
    if let Some(anchor) = anchors.iter().find(|anchor| anchor.seq > head.seq) {
        return Err(Defect::Cut { head: head.seq, anchor: anchor.seq }.into());
    }
    Ok(Verified { first: floor.seq + 1, records: head.seq - floor.seq, anchor: at })
}

fn mark(key: &ChainKey, which: Which, found: Option<Mark>) -> Result<Mark, Defect> {
    let name = match which {
        Which::Head => "head",
        Which::Floor => "floor",
    };
    let mark = found.ok_or(Defect::NoMark(name))?;
    if key.is_genuine(which, &mark) { Ok(mark) } else { Err(Defect::ForgedMark(name)) }
}

fn check_anchors(anchors: &[Anchor], at: &Anchor) -> Result<(), Defect> {
    let is_other = |anchor: &&Anchor| anchor.seq == at.seq && anchor.hash != at.hash;
    anchors.iter().find(is_other).map_or(Ok(()), |anchor| Err(Defect::OtherChain(anchor.seq)))
}

/// Whether `row` is the one that follows `at`.
async fn check(tx: &mut Tx, key: &ChainKey, at: &Anchor, row: &AuditRow) -> Result<(), Stop> {
    let next = at.seq + 1;
    let follows = row.seq == next && row.previous == at.hash;
    if follows && key.link(&row.previous, row) == row.hash {
        return Ok(());
    }
    if !follows && let Some(stands_at) = audit::successor_of(tx, &at.hash).await?.filter(|seq| *seq != next) {
        return Err(Defect::Reordered { seq: next, stands_at }.into());
    }
    if row.seq == next {
        Err(Defect::Changed(next).into())
    } else {
        Err(Defect::Missing { from: next, to: row.seq - 1 }.into())
    }
}

fn expected_index(row: &AuditRow) -> Vec<Indexed> {
    let line = |touched: &audit::Touched| Indexed {
        seq: row.seq,
        region: row.region.clone(),
        at: row.at,
        touched: touched.clone(),
    };
    let mut lines: Vec<_> = row.resources.iter().map(line).collect();
    lines.sort();
    lines.dedup();
    lines
}
