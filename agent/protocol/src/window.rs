//! Output credit: how much may be on the way, and what is.

use std::collections::BTreeMap;

use crate::ids::JobId;

/// Output credit on one link: how many bytes may be on the way, unacknowledged, over all jobs.
#[derive(Debug, Clone)]
pub struct Window {
    limit: u64,
    jobs: BTreeMap<JobId, Flight>,
}

#[derive(Debug, Clone, Copy)]
struct Flight {
    sent: u64,
    stored: u64,
}

impl Window {
    /// A window of `limit` bytes, with nothing on the way.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self { limit, jobs: BTreeMap::new() }
    }

    /// Bytes that may still be sent. A chunk may be sent whenever this is above zero, so one chunk may exceed the limit.
    #[must_use]
    pub fn room(&self) -> u64 {
        let flying: u64 = self.jobs.values().map(|f| f.sent.saturating_sub(f.stored)).sum();
        self.limit.saturating_sub(flying)
    }

    /// The job's output will be sent from `offset` on (after a resume, or for a new job from 0).
    pub fn start(&mut self, job: &JobId, offset: u64) {
        self.jobs.insert(job.clone(), Flight { sent: offset, stored: offset });
    }

    /// Output up to `end` was sent.
    pub fn sent(&mut self, job: &JobId, end: u64) {
        if let Some(flight) = self.jobs.get_mut(job) {
            flight.sent = flight.sent.max(end);
        }
    }

    /// The server stored output up to `to`.
    pub fn stored(&mut self, job: &JobId, to: u64) {
        if let Some(flight) = self.jobs.get_mut(job) {
            flight.stored = flight.stored.max(to.min(flight.sent));
        }
    }

    /// The job is over.
    pub fn forget(&mut self, job: &JobId) {
        self.jobs.remove(job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::InstanceId;

    fn job(n: u8) -> JobId {
        JobId {
            command: format!("00000000-0000-0000-0000-0000000000{n:02x}").parse().unwrap(),
            instance: InstanceId::from_random([n; 9]),
        }
    }

    #[test]
    fn the_window_counts_what_is_on_the_way_over_all_jobs() {
        let mut window = Window::new(100);
        window.start(&job(1), 0);
        window.start(&job(2), 500);
        window.sent(&job(1), 60);
        window.sent(&job(2), 560);
        assert_eq!(window.room(), 0);
        window.stored(&job(2), 540);
        assert_eq!(window.room(), 20);
        window.stored(&job(2), 9_999);
        assert_eq!(
            window.room(),
            40,
            "an acknowledgement beyond what was sent counts only for what was sent"
        );
        window.forget(&job(1));
        assert_eq!(window.room(), 100);
    }
}
