//! The output of a run, followed as the cockpit follows it: no gap, nothing twice.

use pilothouse_api::topics::{News, Topic};
use pilothouse_client::{EventStream, StreamEvent};
use pilothouse_protocol::{Chunk, CommandId, InstanceId, Payload};

use crate::server::Server;
use crate::wait;

/// The output of a run as it is told.
pub struct Following {
    stream: EventStream,
    /// What was told so far.
    pub bytes: Vec<u8>,
    /// Every chunk of it.
    pub chunks: Vec<Chunk>,
    end: u64,
}

impl Following {
    /// From the beginning.
    #[must_use]
    pub fn of(server: &Server, command: &CommandId, node: &InstanceId) -> Self {
        let stream = EventStream::open(server.client());
        stream.follow(Topic::Output { command_id: command.clone(), instance_id: node.clone(), from: 0 });
        Self { stream, bytes: Vec::new(), chunks: Vec::new(), end: 0 }
    }

    /// Waits for more; `true` when all of it was told.
    ///
    /// # Panics
    /// When nothing more comes, or something is missing.
    pub async fn next(&mut self) -> bool {
        let deadline = tokio::time::Instant::now() + wait::PATIENCE;
        loop {
            let event = tokio::time::timeout_at(deadline, self.stream.next()).await;
            match event.unwrap_or_else(|_| panic!("no more output after {} bytes", self.end)).unwrap() {
                StreamEvent::News { news: News::Output { chunks, complete }, .. } => {
                    for chunk in &chunks {
                        assert_eq!(chunk.offset, self.end, "the output has a gap, or is told twice");
                        self.end = chunk.end();
                        if let Payload::Data(bytes) = &chunk.payload {
                            self.bytes.extend_from_slice(bytes);
                        }
                    }
                    self.chunks.extend(chunks);
                    return complete;
                }
                StreamEvent::Refused { code, reason, .. } => panic!("{code}: {reason}"),
                StreamEvent::Broken { why } => panic!("{why}"),
                _ => {}
            }
        }
    }

    /// Waits until the output contains this text.
    ///
    /// # Panics
    /// When it ends without.
    pub async fn until(&mut self, text: &str) {
        while !self.has(text) {
            let is_over = self.next().await;
            assert!(!is_over || self.has(text), "the output ended without {text:?}: {:?}", self.tail());
        }
    }

    fn has(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.bytes).contains(text)
    }

    fn tail(&self) -> String {
        String::from_utf8_lossy(&self.bytes[self.bytes.len().saturating_sub(200)..]).into_owned()
    }
}
