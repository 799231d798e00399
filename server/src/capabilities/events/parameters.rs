//! What happens to parameters: from now on, as far as the caller may see it.

use pilothouse_api::fleet::FollowResult;
use pilothouse_api::parameters::DescribeParameters;
use pilothouse_api::topics::{News, ParameterEvent, Revision, Topic};
use pilothouse_api::{Fault, Operation};
use pilothouse_store::parameters::events::{self, EventRecord};

use super::follow::fingerprint;
use crate::capabilities::resources;
use crate::cx::{Cx, Sifter, store_fault};
use crate::door::{Guard, Run};
use crate::internal::{Expired, SweepParameterEvents};

/// Events in one batch of news.
const ROWS: usize = 1000;

/// Days for which an event is kept.
const DAYS_KEPT: i64 = 90;

/// A cursor that lies before the first change of a region, and is not that of a fresh follower.
const BEFORE_ALL: Revision = -1;

/// What happened since. A fresh follower is told where the log stands, and no more; who is under another fingerprint than before, or
/// has missed what was dropped, also that what it has read is void.
pub(super) async fn since(cx: &mut Cx<'_>, after: Revision, under: u64) -> Result<FollowResult, Fault> {
    let mut sifter = cx.sifter(DescribeParameters::PERMISSION).await?;
    let now = fingerprint(cx);
    let region = cx.region().to_owned();
    let is_fresh = after == 0;
    let dropped = events::dropped(cx.tx, &region).await.map_err(store_fault)?;
    let reset = !is_fresh && (under != now || after.max(0) < dropped);
    if is_fresh || reset {
        let latest = cx.tx.latest_revision(&region).await.map_err(store_fault)?;
        let after = if latest == 0 { BEFORE_ALL } else { latest };
        let next = Topic::Parameters { after, under: now };
        return Ok(FollowResult { news: News::Parameters { events: Vec::new(), reset }, next, more: false });
    }
    let (rows, more) = events::since(cx.tx, &region, after, ROWS).await.map_err(store_fault)?;
    let upto = rows.last().map_or(after, |row| row.revision);
    let seen = rows.into_iter().filter(|row| shows(&mut sifter, row));
    Ok(FollowResult {
        news: News::Parameters { events: seen.map(view).collect(), reset },
        next: Topic::Parameters { after: upto, under: now },
        more,
    })
}

/// Whether the caller could see it then, or before its tags changed.
fn shows(sifter: &mut Sifter, it: &EventRecord) -> bool {
    it.tags.iter().any(|tags| sifter.shows(&resources::parameter(&it.path, tags.clone())))
}

fn view(it: EventRecord) -> ParameterEvent {
    ParameterEvent {
        revision: it.revision,
        at: it.at,
        name: it.name,
        operation: it.operation,
        version: it.version,
        r#type: it.kind,
        by: it.by,
        detail: it.detail,
    }
}

impl Run for SweepParameterEvents {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Expired, Fault> {
        let before = cx.now.plus_seconds(-DAYS_KEPT * 86_400);
        let swept = events::sweep(cx.tx, before, events::KEPT).await.map_err(store_fault)?;
        Ok(Expired { changed: usize::try_from(swept).unwrap_or(usize::MAX) })
    }
}
