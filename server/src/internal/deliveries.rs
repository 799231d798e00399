//! What is carried out of the house.

use pilothouse_store::deliveries::{Attempt, DeliveryRecord, Kind, Wanted};
use serde::{Deserialize, Serialize};

/// Whether anything of a kind is due.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LookForDeliveries {
    /// Which kind.
    pub kind: Kind,
}

/// Takes what is due, so that no other server does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TakeDeliveries {
    /// What, and for how long.
    pub wanted: Wanted,
}

/// What was taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TakenDeliveries {
    /// In order of their reasons; there may be more.
    pub taken: Vec<DeliveryRecord>,
}

/// Says how an attempt went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SettleDelivery {
    /// As it was taken.
    pub taken: DeliveryRecord,
    /// How it went.
    pub attempt: Attempt,
}

/// Gives a delivery up, for the record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GiveUpDelivery {
    /// As it was taken.
    pub taken: DeliveryRecord,
    /// Why.
    pub problem: String,
}

/// Forgets deliveries that ended long ago.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SweepDeliveries {}
