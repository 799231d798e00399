//! EndArmings: what is armed no more is forgotten, and followers are told.

use pilothouse_api::Fault;
use pilothouse_store::armings;

use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;
use crate::internal::{EndArmings, Expired};

impl Run for EndArmings {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Expired, Fault> {
        let ended = armings::forget_ended(cx.tx, cx.now).await.map_err(store_fault)?;
        if ended > 0 {
            cx.ring_in("", Subject::Armings);
        }
        Ok(Expired { changed: usize::try_from(ended).unwrap_or(usize::MAX) })
    }
}
