//! AttachPolicy, DetachPolicy. Both ask about the policy and about the principal.

use pilothouse_api::Fault;
use pilothouse_api::access::{AttachPolicy, DetachPolicy, Done};
use pilothouse_store::policies;
use pilothouse_store::versions::{self, Part};

use super::policies::text_of;
use super::{holder, must_exist, no_such, policy};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for AttachPolicy {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Done, Fault> {
        let holder = holder(&self.principal).ok_or_else(|| no_such("principal", &self.principal))?;
        versions::hold(cx.tx, Part::Policies).await.map_err(store_fault)?;
        let text = text_of(cx, &self.policy_name).await?;
        let policy = policy(&self.policy_name);
        // Who approves it approves what the policy says, and not whatever it may say when it is carried out.
        let policy = text.iter().fold(policy, |policy, text| policy.holding(text));
        cx.require(vec![policy, holder.clone()]).await?;
        if text.is_none() {
            return Err(no_such("policy", &self.policy_name));
        }
        must_exist(cx, &holder).await?;
        policies::attach(cx.tx, &self.policy_name, &self.principal).await.map_err(store_fault)?;
        cx.reload_access();
        Ok(Done {})
    }
}

impl Run for DetachPolicy {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Done, Fault> {
        let holder = holder(&self.principal).ok_or_else(|| no_such("principal", &self.principal))?;
        cx.require(vec![policy(&self.policy_name), holder]).await?;
        versions::hold(cx.tx, Part::Policies).await.map_err(store_fault)?;
        if !policies::detach(cx.tx, &self.policy_name, &self.principal).await.map_err(store_fault)? {
            let message = format!("the policy {} is not attached to {}", self.policy_name, self.principal);
            return Err(Fault::caller("NoSuchEntity", message));
        }
        cx.reload_access();
        Ok(Done {})
    }
}
