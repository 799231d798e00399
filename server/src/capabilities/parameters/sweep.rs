//! The past of parameters that were deleted long ago is forgotten.

use pilothouse_api::Fault;
use pilothouse_store::parameters::past;

use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::internal::{Expired, SweepParameterPast};

/// Parameters that are forgotten at a time: so short that nobody who writes waits for it.
const AT_ONCE: usize = 500;

impl Run for SweepParameterPast {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Expired, Fault> {
        let before = cx.now.plus_seconds(-cx.rules.keep_deleted_parameters_seconds);
        let changed = past::sweep(cx.tx, before, AT_ONCE).await.map_err(store_fault)?;
        Ok(Expired { changed })
    }
}
