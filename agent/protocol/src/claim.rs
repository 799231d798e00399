//! Who an agent is: what it claims, how it proves it, and what it says about its machine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{ActivationId, InstanceId};
use crate::state::Platform;

/// Who an agent says it is; proven by the signature that follows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Claim {
    /// A new node that holds an activation.
    Enrol {
        /// The activation.
        activation_id: ActivationId,
        /// Its code: a secret.
        activation_code: String,
    },
    /// A node that enrolled before.
    Known {
        /// The id it was given.
        instance_id: InstanceId,
    },
}

impl std::fmt::Debug for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Enrol { activation_id, .. } => write!(f, "Enrol({activation_id}, code ***)"),
            Self::Known { instance_id } => write!(f, "Known({instance_id})"),
        }
    }
}

/// What a node says about itself. All of it is untrusted text, cut to 256 bytes a member by the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Version of the agent, `major.minor.patch`.
    pub agent_version: String,
    /// Linux, Windows or macOS.
    pub platform: Option<Platform>,
    /// Distribution, such as `Debian GNU/Linux`.
    pub platform_name: String,
    /// Its version, such as `12`.
    pub platform_version: String,
    /// Machine architecture, such as `x86_64`.
    pub architecture: String,
    /// Host name.
    pub computer_name: String,
    /// First address that is not loopback.
    pub ip_address: String,
    /// Kernel release.
    pub kernel: String,
    /// Changes with each boot of the machine.
    pub boot_id: String,
    /// Logical processors.
    pub cpus: u32,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Tags that the node proposes for itself at enrolment (simulated fleets); later ones are ignored.
    pub tags: BTreeMap<String, String>,
}

/// What a node signs to prove that it holds its key: bound to this purpose, this nonce and this claim, so that a signature
/// is good for one link only.
#[must_use]
pub fn proof_message(nonce: &[u8], claim: &Claim, public_key: &[u8]) -> Vec<u8> {
    let subject = match claim {
        Claim::Enrol { activation_id, .. } => activation_id.as_str(),
        Claim::Known { instance_id } => instance_id.as_str(),
    };
    let mut message = b"pilothouse link proof v1\0".to_vec();
    for part in [nonce, subject.as_bytes(), public_key] {
        message.extend_from_slice(&(part.len() as u64).to_be_bytes());
        message.extend_from_slice(part);
    }
    message
}
