//! CreateRole, DeleteRole, ListRoles.

use pilothouse_api::access::{
    CreateRole, CreateRoleResult, DeleteRole, Done, ListRoles, ListRolesResult, MAX_ROLES, Role,
};
use pilothouse_api::{Fault, Operation, Timestamp};
use pilothouse_store::principals::roles::{self, RoleRecord};
use pilothouse_store::versions::{self, Part};

use super::{exists_already, no_such, policies_by_holder, role, room_for_one, unique_id};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// How long a session may live when nothing else is said.
pub(super) const USUAL_SESSION_SECONDS: i64 = 3600;

impl Run for CreateRole {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<CreateRoleResult, Fault> {
        cx.require(vec![role(&self.role_name)]).await?;
        versions::hold(cx.tx, Part::Principals).await.map_err(store_fault)?;
        room_for_one(roles::count(cx.tx).await.map_err(store_fault)?, MAX_ROLES, "roles")?;
        let record = RoleRecord {
            role_id: unique_id(cx, "PROA"),
            name: self.role_name,
            comment: self.comment,
            created_at: cx.now,
            max_session_seconds: self.max_session_seconds.unwrap_or(USUAL_SESSION_SECONDS),
        };
        if !roles::insert(cx.tx, &record).await.map_err(store_fault)? {
            return Err(exists_already("role", &record.name));
        }
        cx.created(role(&record.name));
        cx.reload_access();
        Ok(CreateRoleResult { role: view(record, Vec::new(), cx.account_id) })
    }
}

impl Run for DeleteRole {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Done, Fault> {
        cx.require(vec![role(&self.role_name)]).await?;
        if !roles::delete(cx.tx, &self.role_name).await.map_err(store_fault)? {
            return Err(no_such("role", &self.role_name));
        }
        cx.reload_access();
        Ok(Done {})
    }
}

impl Run for ListRoles {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListRolesResult, Fault> {
        let mut sifter = cx.sifter(Self::PERMISSION).await?;
        let mut policies = policies_by_holder(cx).await?;
        let all = roles::list(cx.tx).await.map_err(store_fault)?.into_iter();
        let seen = all.filter(|record| sifter.shows(&role(&record.name)));
        let roles = seen.map(|record| {
            let held = policies.remove(&format!("role/{}", record.name)).unwrap_or_default();
            view(record, held, cx.account_id)
        });
        Ok(ListRolesResult { roles: roles.collect() })
    }
}

/// `arn:aws:iam::ACCOUNT:role/NAME`.
pub(super) fn arn(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}

fn view(record: RoleRecord, policies: Vec<String>, account: &str) -> Role {
    Role {
        arn: arn(account, &record.name),
        role_name: record.name,
        comment: record.comment,
        created_date: Timestamp(record.created_at),
        max_session_seconds: record.max_session_seconds,
        policies,
    }
}
