//! ListArmings: one's own, and those of others as far as the caller may see them.

use pilothouse_api::arming::{Arming, ListArmings, ListArmingsResult};
use pilothouse_api::{Fault, FaultKind, Operation};
use pilothouse_store::armings::{self, ArmingRecord};

use crate::access::{Kind, Resource};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for ListArmings {
    const GUARD: Guard = Guard::Known;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListArmingsResult, Fault> {
        let mut others = match cx.sifter(Self::PERMISSION).await {
            Ok(sifter) => Some(sifter),
            Err(fault) if fault.kind == FaultKind::Denied => None,
            Err(fault) => return Err(fault),
        };
        let person = cx.call.caller.person();
        let mut armings = armings::list(cx.tx, cx.now).await.map_err(store_fault)?;
        armings.retain(|arming| {
            let environment = Resource::new(Kind::Environment, arming.environment.as_str());
            arming.person == person || others.as_mut().is_some_and(|others| others.shows(&environment))
        });
        Ok(ListArmingsResult { armings: armings.into_iter().map(shape).collect() })
    }
}

/// As everyone sees it.
pub(super) fn shape(arming: ArmingRecord) -> Arming {
    let ArmingRecord { person, environment, reason, since, until } = arming;
    Arming { environment, principal: person, reason, since, until }
}
