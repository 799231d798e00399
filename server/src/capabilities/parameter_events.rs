//! What happens to parameters is written down for whoever follows them, in the transaction in which it happens.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_api::topics::ParameterOperation;
use pilothouse_store::parameters::VersionRecord;
use pilothouse_store::parameters::events::{self, EventRecord};

use crate::cx::{Cx, store_fault};
use crate::doorbell::Subject;

/// The caller, as versions and events name it: an ARN, or `system`.
pub(crate) fn author(cx: &Cx<'_>) -> String {
    let operator = cx.call.caller.operator();
    operator.map_or_else(|| cx.call.caller.to_string(), |it| it.who.arn(cx.account_id))
}

/// Something that happened to a parameter, with the tags that it has, and if they changed those that it had. `detail` is for people,
/// and says nothing of a value.
pub(crate) async fn note(
    cx: &mut Cx<'_>,
    operation: ParameterOperation,
    it: &VersionRecord,
    tags: Vec<BTreeMap<String, String>>,
    detail: String,
) -> Result<(), Fault> {
    let event = EventRecord { tags, detail, ..EventRecord::of(it, operation, cx.now, author(cx)) };
    events::append(cx.tx, &event).await.map_err(store_fault)?;
    cx.ring_in(&it.region, Subject::Parameters);
    Ok(())
}
