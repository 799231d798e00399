//! Which replies are secrets: for the caller alone, once, and wiped from memory when they were sent.

use pilothouse_api::access::{CreateAccessKey, RotateAccessKey};
use pilothouse_api::activations::CreateActivation;
use pilothouse_api::operation::Operation;
use pilothouse_api::parameters::{GetParameter, GetParameterHistory, GetParameters, GetParametersByPath};
use pilothouse_api::sts::AssumeRole;

/// Permissions of the operations whose reply tells a secret, or may.
const ANSWERS_WITH_A_SECRET: [&str; 8] = [
    CreateAccessKey::PERMISSION,
    RotateAccessKey::PERMISSION,
    AssumeRole::PERMISSION,
    CreateActivation::PERMISSION,
    GetParameter::PERMISSION,
    GetParameters::PERMISSION,
    GetParametersByPath::PERMISSION,
    GetParameterHistory::PERMISSION,
];

/// Whether an operation's reply tells a secret: nobody would hear it when the call is carried out later, and it is wiped from memory
/// when it was sent.
pub(crate) fn answers_with_a_secret<O: Operation>() -> bool {
    ANSWERS_WITH_A_SECRET.contains(&O::PERMISSION)
}
