//! Reading the audit trail: as CloudTrail is asked for it, and as the cockpit pages through it.
//!
//! In: LookupEvents, ListAuditRecords, GetAuditRecord. Out: records of the caller's region, newest first. All of them are about
//! one resource, the trail: whoever may read it reads all of it, and that is recorded, too.
//!
//! Never here: how records are made and chained (`crate::audit`), and news of them (`events`).

mod get;
mod list;
mod lookup;
#[cfg(test)]
mod stories;
