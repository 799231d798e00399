//! The topic of requests for approval.

use pilothouse_api::Fault;
use pilothouse_api::fleet::FollowResult;
use pilothouse_api::topics::{News, Revision, Topic};

use crate::cx::Cx;
use crate::door::Run;
use crate::internal::{ApprovalNews, ApprovalsSince};

/// Requests that are new or changed, as far as the caller may see them.
pub(super) async fn since(cx: &mut Cx<'_>, after: Revision) -> Result<FollowResult, Fault> {
    let ApprovalNews { approvals, upto, more } = ApprovalsSince { after }.run(cx).await?;
    Ok(FollowResult { news: News::Approvals { approvals }, next: Topic::Approvals { after: upto }, more })
}
