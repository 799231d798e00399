//! A page of what is looked for: what the caller may see of it.

use pilothouse_api::Fault;
use pilothouse_store::parameters::{self, ParameterRecord, Seek};

use super::resource;
use crate::capabilities::page;
use crate::cx::{Cx, store_fault};

/// Rows fetched at a time, when the first did not fill the page.
pub(super) const FETCH: usize = 500;
/// Rows that are looked through for one page; then it goes out as it is, with a token.
pub(super) const MOST: usize = 10_000;

/// Parameters that fit and that the caller may see, in order of path, and the token that leads on.
pub(super) async fn page(
    cx: &mut Cx<'_>,
    wanted: &Seek,
    token: Option<&str>,
    limit: usize,
) -> Result<(Vec<ParameterRecord>, Option<String>), Fault> {
    let mut sifter = cx.sifter(cx.permission).await?;
    let mut after: String = page::cursor(token)?.unwrap_or_default();
    let region = cx.region().to_owned();
    let (mut found, mut seen, mut fetch) = (Vec::new(), 0, limit + 1);
    loop {
        let rows = parameters::seek(cx.tx, &region, wanted, &after, fetch).await.map_err(store_fault)?;
        let is_last = rows.len() < fetch;
        seen += rows.len();
        if let Some(last) = rows.last() {
            after.clone_from(&last.newest.path);
        }
        found.extend(rows.into_iter().filter(|row| sifter.shows(&resource(row))));
        if is_last || found.len() > limit {
            return Ok(page::cut(found, limit, |row| row.newest.path.clone()));
        }
        if seen >= MOST {
            return Ok((found, page::token(&after)));
        }
        fetch = FETCH;
    }
}
