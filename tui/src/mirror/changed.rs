//! What the shell notes of documents, for which there is no topic: that they were changed from here, and the region that names say.

use super::Mirror;

impl Mirror {
    /// The region that we work in, as names of things say it.
    #[must_use]
    pub fn region(&self) -> &str {
        if self.region.is_empty() { "us-east-1" } else { &self.region }
    }

    /// Counts the changes of documents that were made from here; for them there is no topic.
    #[must_use]
    pub const fn document_changes(&self) -> u64 {
        self.document_changes
    }

    /// Documents were changed from here.
    pub fn documents_changed(&mut self) {
        self.generation += 1;
        self.document_changes += 1;
    }
}
