//! GetCallerAccess: who the caller is, and what it can never do.

use pilothouse_api::Fault;
use pilothouse_api::access::{GetCallerAccess, GetCallerAccessResult};

use crate::access::policies::{actions, never};
use crate::cx::Cx;
use crate::door::{Guard, Run};

impl Run for GetCallerAccess {
    const GUARD: Guard = Guard::Known;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GetCallerAccessResult, Fault> {
        let operator = super::sessions::operator(cx)?;
        let groups = cx.access.groups_of(&operator.who);
        let why = |name: &str| {
            let because = cx.access.policies.may_ever(&operator.who, groups, name).err()?;
            Some(never(&operator.who, name, because.as_ref()))
        };
        let denied = actions().iter().filter_map(|it| Some((it.name.to_owned(), why(it.name)?)));
        Ok(GetCallerAccessResult {
            principal: operator.who.principal(),
            person: operator.who.person(),
            arn: operator.who.arn(cx.account_id),
            groups: groups.to_vec(),
            denied: denied.collect(),
            expires_at: operator.expires_at.map(Into::into),
        })
    }
}
