//! Operations that are declared and not yet written. This file goes away with the last of them.

use pilothouse_api::{Fault, access, approvals, arming, audit, sts};

use crate::cx::Cx;
use crate::door::{Guard, Run};

macro_rules! pending {
    ($($request:path;)*) => { $(impl Run for $request {
        const GUARD: Guard = Guard::Account;

        async fn run(self, _: &mut Cx<'_>) -> Result<Self::Reply, Fault> {
            Err(Fault::unavailable(concat!(stringify!($request), " is not written yet")))
        }
    })* };
}

pending! {
    access::CreateUser; access::DeleteUser; access::ListUsers; access::ImportSshPublicKey; access::DeleteSshPublicKey;
    access::CreateAccessKey; access::RotateAccessKey; access::UpdateAccessKey; access::DeleteAccessKey;
    access::CreateGroup; access::DeleteGroup; access::ListGroups; access::AddUserToGroup; access::RemoveUserFromGroup;
    access::CreateRole; access::DeleteRole; access::ListRoles;
    access::PutPolicy; access::ValidatePolicy; access::ListPolicies; access::DeletePolicy; access::AttachPolicy; access::DetachPolicy;
    access::SimulateAccess; access::GetCallerAccess;
    arming::Arm; arming::Disarm; arming::ListArmings;
    approvals::ListApprovals; approvals::GetApproval; approvals::DecideApproval; approvals::WithdrawApproval;
    audit::ListAuditRecords; audit::GetAuditRecord; audit::LookupEvents;
    sts::GetCallerIdentity; sts::AssumeRole;
}
