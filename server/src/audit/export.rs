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

/// Gives each record after the place `after` whose time is in the span, as one line of JSON without its end. Clocks of several
/// servers differ, so the whole chain from the first record in time on is looked at. The place after which the next export goes on.
///
/// # Errors
/// When the store fails, or `line` does.
pub async fn export<E: From<StoreError>>(
    store: &Store,
    span: Span,
    mut after: i64,
    mut line: impl FnMut(&str) -> Result<(), E>,
) -> Result<i64, E> {
    let mut tx = store.read().await?;
    if after == 0 {
        match audit::first_since(&mut tx, span.from).await? {
            Some(first) => after = first - 1,
            None => return Ok(after),
        }
    }
    loop {
        let rows = audit::following(&mut tx, after, BATCH).await?;
        let Some(last) = rows.last() else { return Ok(after) };
        after = last.seq;
        for row in rows.iter().filter(|row| span.from <= row.at && row.at < span.to) {
            line(&row.record)?;
        }
    }
}
