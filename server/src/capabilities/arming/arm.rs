//! Arm, Disarm.

use pilothouse_api::Fault;
use pilothouse_api::access::Done;
use pilothouse_api::arming::{Arm, ArmResult, Disarm};
use pilothouse_store::armings::{self, ArmingRecord};

use super::list::shape;
use crate::access::{Kind, Resource};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;

/// Environments that one person may have armed at a time.
const MAX_ARMED: usize = 20;

impl Run for Arm {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ArmResult, Fault> {
        cx.require(vec![Resource::new(Kind::Environment, self.environment.as_str())]).await?;
        let limit = cx.rules.arming_max_seconds;
        if self.seconds > limit {
            let message = format!(
                "{} cannot be armed for {} seconds: this server's limit (arming_max_seconds) is {limit}",
                self.environment, self.seconds
            );
            return Err(Fault::caller("ArmingTooLongException", message));
        }
        let person = cx.call.caller.person();
        let armed = armings::armed(cx.tx, &person, cx.now).await.map_err(store_fault)?;
        if armed.len() >= MAX_ARMED && !armed.contains(&self.environment) {
            let message = format!("{person} has armed {MAX_ARMED} environments already: disarm one first");
            return Err(Fault::caller("LimitExceededException", message));
        }
        let arming = ArmingRecord {
            person,
            environment: self.environment,
            reason: self.reason.trim().to_owned(),
            since: cx.now,
            until: cx.now.plus_seconds(self.seconds),
        };
        armings::put(cx.tx, &arming).await.map_err(store_fault)?;
        cx.ring_in("", Subject::Armings);
        Ok(ArmResult { arming: shape(arming) })
    }
}

impl Run for Disarm {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Done, Fault> {
        cx.require(vec![Resource::new(Kind::Environment, self.environment.as_str())]).await?;
        let person = cx.call.caller.person();
        if armings::end(cx.tx, &person, &self.environment).await.map_err(store_fault)? {
            cx.ring_in("", Subject::Armings);
        }
        Ok(Done {})
    }
}
