//! What the board says on a link, and what it hears there of what was said before.

use std::collections::BTreeMap;

use pilothouse_protocol::link::Window;
use pilothouse_protocol::{Held, JobId, ToServer, Verdict};

use super::entry::{Entry, Told};
use super::{Board, lock};

impl Board {
    /// What is held, for the first frame after the welcome.
    #[must_use]
    pub fn held(&self) -> Vec<Held> {
        lock(&self.0.jobs).values().map(Entry::held).collect()
    }

    /// Takes what the server knows of held jobs, and gives the cursors of a new link.
    pub fn resume(&self, verdicts: Vec<Verdict>, window: &mut Window) -> BTreeMap<JobId, Told> {
        let mut told = BTreeMap::new();
        for verdict in verdicts {
            if verdict.forget {
                self.forget(&verdict.job);
                continue;
            }
            if verdict.cancel {
                self.cancel(&verdict.job);
            }
            window.start(&verdict.job, verdict.stored_to);
            told.insert(verdict.job, Told::output_to(verdict.stored_to));
        }
        told
    }

    /// The server has output of a job below `to`.
    pub fn stored(&self, id: &JobId, to: u64) {
        if let Some(entry) = lock(&self.0.jobs).get(id) {
            entry.spool.forget_below(to);
        }
    }

    /// The next thing to say, if there is any: `told` moves past it. Jobs take turns.
    pub fn say(
        &self,
        told: &mut BTreeMap<JobId, Told>,
        turn: &mut usize,
        window: &mut Window,
    ) -> Option<ToServer> {
        let jobs = lock(&self.0.jobs);
        told.retain(|id, _| jobs.contains_key(id));
        let count = jobs.len();
        for i in 0..count {
            let (id, entry) = jobs.iter().nth((*turn + i) % count)?;
            let told = told.entry(id.clone()).or_insert_with(|| {
                window.start(id, 0);
                Told::default()
            });
            if let Some(frame) = entry.say(told, window) {
                *turn = (*turn + i + 1) % count;
                return Some(frame);
            }
        }
        None
    }
}
