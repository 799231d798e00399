//! What the server does about parameters by itself.

use serde::{Deserialize, Serialize};

/// Whether there is any policy to be carried out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LookForParameterPolicies {}

/// Takes policies that are due, so that no other server does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TakeParameterPolicies {}

/// Which policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterPolicyPlace {
    /// Where its parameter lives.
    pub region: String,
    /// Of which parameter.
    pub path: String,
    /// Of which version.
    pub version: i64,
    /// Its number among that version's.
    pub place: i64,
}

/// Policies that were taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueParameterPolicies {
    /// The longest due first; there may be more.
    pub taken: Vec<ParameterPolicyPlace>,
}

/// Does what a policy says, once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CarryOutParameterPolicy {
    /// Which.
    pub policy: ParameterPolicyPlace,
}

/// Forgets what happened to parameters long ago, and what is too much.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SweepParameterEvents {}

/// Forgets parameters that were deleted long ago.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SweepParameterPast {}
