//! The ports that operations use: to nodes, to stored output and blobs, to secrets.

use std::collections::BTreeSet;
use std::sync::Arc;

use pilothouse_api::about::Protection;
use pilothouse_protocol::{InstanceId, Refusal, ToAgent};
use pilothouse_store::blobs::Blobs;
use pilothouse_store::outputs::Outputs;

use crate::folding::Folds;
use crate::internal::BucketAddress;
use crate::secrets::Secrets;

/// What a node's link takes before it has to catch up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Frames, jobs among them.
    pub frames: usize,
    /// Jobs.
    pub jobs: usize,
}

impl Room {
    /// Takes room for a frame; `false` when there is none.
    pub fn take_frame(&mut self) -> bool {
        let is_free = self.frames > 0;
        self.frames -= usize::from(is_free);
        is_free
    }

    /// Takes room for a job; `false` when there is none.
    pub fn take_job(&mut self) -> bool {
        let is_free = self.jobs > 0 && self.take_frame();
        self.jobs -= usize::from(is_free);
        is_free
    }
}

/// The way to nodes; the gateway implements it.
pub trait Agents: Send + Sync {
    /// Hands a frame to the node's live link, if it has one and there is room. `false` means: not handed over.
    fn send(&self, instance: &InstanceId, frame: ToAgent) -> bool;
    /// What may be handed to the node now; nothing when it has no live link here.
    fn room(&self, instance: &InstanceId) -> Room;
    /// Closes the node's link.
    fn disconnect(&self, instance: &InstanceId, reason: Refusal, message: &str);
}

/// The ports that operations use.
#[derive(Clone)]
pub struct Ports {
    /// To nodes.
    pub agents: Arc<dyn Agents>,
    /// To stored output.
    pub outputs: Arc<dyn Outputs>,
    /// To what is attached to documents.
    pub blobs: Arc<dyn Blobs>,
    /// To what is sealed.
    pub secrets: Secrets,
    /// Names of the webhooks that the settings know.
    pub webhooks: Arc<BTreeSet<String>>,
    /// To outputs that are folded.
    pub folds: Folds,
    /// Where buckets are for output, if the settings say.
    pub buckets: Option<Arc<BucketAddress>>,
    /// How the way to the server is protected.
    pub protection: Protection,
}
