//! Parameters as they are kept in memory, where this process alone writes: told without a statement, and read at start.

use super::seek::{Seek, Within, find};
use super::{KIND, ParameterRecord, packed};
use crate::rows::text;
use crate::shelf::{Found, Reach};
use crate::{Store, StoreError, Tx};

/// Parameters that are read at a time.
const AT_ONCE: usize = 1000;

/// What is known of a path without a look: a parameter, or that there is none; `None` when it must be looked for.
pub(super) fn get(tx: &Tx, region: &str, path: &str) -> Option<Option<ParameterRecord>> {
    match tx.shelf(region, path)?.get(region, path) {
        Found::Item(it) => packed::unpack(region, path, &it).map(Some),
        Found::Nothing => Some(None),
        Found::Unknown => None,
    }
}

/// Keeps what was read of a path.
pub(super) fn keep(tx: &Tx, it: &ParameterRecord) {
    if let Some(shelf) = tx.reading_shelf() {
        let place = (it.newest.region.clone(), it.newest.path.clone());
        shelf.put(tx.epoch(), place, packed::pack(it));
    }
}

/// The parameters that are looked for, if these are all of one place and all of that is known.
pub(super) fn seek(
    tx: &Tx,
    region: &str,
    wanted: &Seek,
    after: &str,
    count: usize,
) -> Option<Vec<ParameterRecord>> {
    let shelf = tx.reading_shelf()?;
    let [within] = wanted.within.as_slice() else { return None };
    let (Within::Level(path) | Within::Below(path)) = within;
    let reach = if let Within::Level(_) = within { Reach::Level } else { Reach::Below };
    if *wanted != (Seek { within: wanted.within.clone(), ..Seek::default() }) {
        return None;
    }
    let below = format!("{}/", path.trim_end_matches('/'));
    let found = shelf.list(region, &below, reach, after, count)?;
    found.iter().map(|(path, it)| packed::unpack(region, path, it)).collect()
}

/// Says what a parameter is now, so that nobody has to look for it: with the tags that it has, after everything else was done to it
/// in this transaction.
pub fn became(tx: &mut Tx, it: &ParameterRecord) {
    let place = (it.newest.region.clone(), it.newest.path.clone());
    tx.parameter_becomes(place, || Found::Item(packed::pack(it)));
}

/// Reads all parameters into memory, if that is of use and they are not there yet, as far as there is room.
///
/// # Errors
/// When the store fails.
pub async fn warm(store: &Store) -> Result<(), StoreError> {
    let Some(load) = store.shelf.as_ref().and_then(|shelf| shelf.load()) else { return Ok(()) };
    let mut tx = store.read().await?;
    let regions = sqlx::query("SELECT DISTINCT region FROM parameters").fetch_all(tx.connection()).await?;
    for region in &regions {
        let region = text(region, "region")?;
        let mut after = String::new();
        loop {
            let found = find(&mut tx, &region, &Seek::default(), &after, AT_ONCE).await?;
            let is_last = found.len() < AT_ONCE;
            if let Some(last) = found.last() {
                after.clone_from(&last.newest.path);
            }
            let pack = |it: ParameterRecord| {
                let packed = packed::pack(&it);
                ((it.newest.region, it.newest.path), packed)
            };
            if !load.take(found.into_iter().map(pack).collect()) {
                tracing::debug!(kind = KIND, "not all of it is kept in memory");
                return Ok(());
            }
            if is_last {
                break;
            }
        }
    }
    load.finish();
    Ok(())
}
