//! The topic of armings: all of them, whenever anything of the account changed.

use pilothouse_api::Fault;
use pilothouse_api::arming::ListArmings;
use pilothouse_api::fleet::FollowResult;
use pilothouse_api::topics::{News, Revision, Topic};

use crate::cx::{Cx, store_fault};
use crate::door::Run;

/// What is armed now. The cursor is the account's own revision, which moves with policies, too: the cockpit asks anew what its
/// caller may do.
pub(super) async fn all(cx: &mut Cx<'_>, after: Revision) -> Result<FollowResult, Fault> {
    let upto = cx.tx.latest_revision("").await.map_err(store_fault)?;
    let armings = ListArmings {}.run(cx).await?.armings;
    let next = Topic::Armings { after: upto.max(after) };
    Ok(FollowResult { news: News::Armings { armings }, next, more: false })
}
