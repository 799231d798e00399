//! Approvals: a call that a policy lets through only when somebody else has said yes to exactly it.
//!
//! In: RequestApproval from the door when a call lacks nothing but that; ListApprovals, GetApproval, DecideApproval and
//! WithdrawApproval from people; from the clock LookForApprovals, TakeApproved, StopApproval and ExpireApprovals. Out: requests
//! with their calls sealed in the store. An approved call is made by the scheduler through the door in the requester's name; the
//! door commits "executed" together with what the call did.
//! Nobody decides a request of their own, whatever key or role they use and whatever policies say.
//!
//! Never here: whether a call needs approval (policies), how it is held to its targets (the door).

mod brief;
mod decide;
mod execute;
mod expire;
mod list;
mod request;
mod viewer;

#[cfg(test)]
mod stories;
