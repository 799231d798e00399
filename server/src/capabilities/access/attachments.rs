//! AttachPolicy, DetachPolicy. Both ask about the policy and about the principal.

use pilothouse_api::Fault;
use pilothouse_api::access::{AttachPolicy, DetachPolicy, Done};
use pilothouse_store::policies;
use pilothouse_store::versions::{self, Part};

use super::policies::is_there;
use super::{holder, must_exist, no_such, policy};
use crate::access::Resource;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for AttachPolicy {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Done, Fault> {
        let holder = allowed(cx, &self.policy_name, &self.principal).await?;
        if !is_there(cx, &self.policy_name).await? {
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
        allowed(cx, &self.policy_name, &self.principal).await?;
        if !policies::detach(cx.tx, &self.policy_name, &self.principal).await.map_err(store_fault)? {
            let message = format!("the policy {} is not attached to {}", self.policy_name, self.principal);
            return Err(Fault::caller("NoSuchEntity", message));
        }
        cx.reload_access();
        Ok(Done {})
    }
}

async fn allowed(cx: &mut Cx<'_>, name: &str, principal: &str) -> Result<Resource, Fault> {
    let holder = holder(principal).ok_or_else(|| no_such("principal", principal))?;
    cx.require(vec![policy(name), holder.clone()]).await?;
    versions::hold(cx.tx, Part::Policies).await.map_err(store_fault)?;
    Ok(holder)
}
