//! Exporting: records of a span of time, in the order of the chain, as CloudTrail's JSON.

use pilothouse_protocol::Millis;
use pilothouse_store::audit;
use pilothouse_store::{Store, StoreError};

/// Records read at a time.
const BATCH: usize = 500;

/// From when, and until when.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Not before.
    pub from: Millis,
    /// Before.
    pub to: Millis,
}

/// What an export gave out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Records.
    pub records: u64,
    /// Where the next one goes on.
    pub after: i64,
}

/// Gives each record after the place `after` whose time is in the span, as one line of JSON without its end. Clocks of several
/// servers differ, so the whole chain from the first record in time on is looked at.
///
/// # Errors
/// When the store fails, or `line` does.
pub async fn export<E: From<StoreError>>(
    store: &Store,
    span: Span,
    after: i64,
    mut line: impl FnMut(&str) -> Result<(), E>,
) -> Result<Exported, E> {
    let mut done = Exported { records: 0, after };
    let mut tx = store.read().await?;
    if after == 0 {
        match audit::first_since(&mut tx, span.from).await? {
            Some(first) => done.after = first - 1,
            None => return Ok(done),
        }
    }
    loop {
        let rows = audit::following(&mut tx, done.after, BATCH).await?;
        let Some(last) = rows.last() else { return Ok(done) };
        done.after = last.seq;
        for row in rows.iter().filter(|row| span.from <= row.at && row.at < span.to) {
            line(&row.record)?;
            done.records += 1;
        }
    }
}
