//! What jobs do that are not over: as the link tells it, and whether the machine may go down under them.

use std::time::Duration;

use pilothouse_protocol::{JobId, ProcessState, Progress as Doing};
use tokio::sync::watch;

use super::{Board, lock};
use crate::clock;

/// Jobs that run, and those of them that wait for a reboot.
pub(super) struct Traffic {
    running: watch::Sender<u32>,
    rebooting: watch::Sender<u32>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self { running: watch::channel(0).0, rebooting: watch::channel(0).0 }
    }
}

/// Counted as long as it is held.
pub(crate) struct Counted(watch::Sender<u32>);

impl Counted {
    fn of(count: &watch::Sender<u32>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Board {
    /// A job runs that an earlier agent process began.
    pub(crate) fn runs_on(&self) -> Counted {
        Counted::of(&self.0.traffic.running)
    }

    /// A job begins; not while the machine is about to go down.
    pub(crate) async fn begins(&self) -> Counted {
        let mut rebooting = self.0.traffic.rebooting.subscribe();
        // The sender is the board's own.
        let _ = rebooting.wait_for(|count| *count == 0).await;
        self.runs_on()
    }

    /// Resolves when no job runs but those that wait for a reboot, and at the latest when patience is at its end.
    pub(crate) async fn others_ended(&self) {
        let Traffic { running, rebooting } = &self.0.traffic;
        let (mut running, rebooting) = (running.subscribe(), rebooting.subscribe());
        let patience = *lock(&self.0.reboot_patience);
        if patience.is_zero() {
            return;
        }
        let ended = running.wait_for(|running| *running <= *rebooting.borrow());
        if tokio::time::timeout(patience, ended).await.is_err() {
            tracing::warn!("jobs still run that the reboot will end");
        }
    }

    /// A reboot waits so long for what else runs; by zero it does not wait.
    #[must_use]
    pub fn with_reboot_patience(self, patience: Duration) -> Self {
        *lock(&self.0.reboot_patience) = patience;
        self
    }

    /// What a job does now, for the link to tell.
    pub(crate) fn note_doing(&self, id: &JobId, doing: Doing) {
        if let Some(entry) = lock(&self.0.jobs).get_mut(id).filter(|entry| entry.is_open()) {
            entry.doing = Some(doing);
            entry.doings += 1;
        }
        self.ring();
    }

    /// A job begins, or goes on after a reboot: if it was told to wait for that, it is told that it waits no more.
    pub(crate) fn note_going_on(&self, id: &JobId) {
        let waits = |doing: &Doing| matches!(doing.state, ProcessState::Queued | ProcessState::Rebooting);
        let told = lock(&self.0.jobs).get(id).and_then(|entry| entry.doing.clone()).filter(waits);
        if let Some(doing) = told {
            let state = ProcessState::Unknown;
            self.note_doing(id, Doing { at: clock::now(), state, quiet_seconds: 0, ..doing });
        }
    }

    /// A job waits for the end of this boot, or not any more. As long as it does no other one begins.
    pub(crate) fn note_reboot(&self, id: &JobId, boot_id: Option<String>) {
        if let Some(entry) = lock(&self.0.jobs).get_mut(id) {
            entry.rebooting = boot_id.map(|boot_id| (boot_id, Counted::of(&self.0.traffic.rebooting)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use futures_util::FutureExt;
    use pilothouse_protocol::{InstanceId, Job, Millis, Phase};

    use super::*;
    use crate::host::fake::Fake;
    use crate::ledger::Ledger;
    use crate::simulate::plain_fleet;

    fn board(jobs: u8) -> (Board, Vec<JobId>) {
        let host = Arc::new(Fake::new(plain_fleet(1).remove(0)));
        let board = Board::new(Ledger::memory(), host, 4, 1 << 20);
        let put_up = |n| {
            let command = format!("00000000-0000-0000-0000-0000000000{n:02x}").parse().unwrap();
            let job = Job {
                id: JobId { command, instance: InstanceId::from_random([1; 9]) },
                document_name: String::new(),
                document: String::new(),
                parameters: BTreeMap::new(),
                resolved: BTreeMap::new(),
                requested_at: Millis(0),
                start_by: Millis(0),
            };
            assert!(board.put_up(&job));
            job.id
        };
        let ids = (0..jobs).map(put_up).collect();
        (board, ids)
    }

    #[tokio::test]
    async fn a_reboot_waits_for_what_runs_and_nothing_begins_meanwhile() {
        let (board, jobs) = board(1);
        let board = board.with_reboot_patience(Duration::from_secs(3600));
        let (mine, other) = (board.begins().await, board.begins().await);
        board.note_reboot(&jobs[0], Some(String::from("this")));
        assert_eq!(board.held()[0].phase, Phase::Rebooting { boot_id: String::from("this") });
        let mut beginning = Box::pin(board.begins());
        assert!(
            (&mut beginning).now_or_never().is_none(),
            "it begins though the machine is about to go down"
        );
        let mut waiting = Box::pin(board.others_ended());
        assert!((&mut waiting).now_or_never().is_none(), "it does not wait for the other one");
        drop(other);
        waiting.await;
        drop(mine);
        board.note_reboot(&jobs[0], None);
        beginning.await;
    }

    #[tokio::test]
    async fn two_that_want_a_reboot_do_not_wait_for_each_other_nor_for_ever_for_others() {
        let (board, jobs) = board(2);
        let board = board.with_reboot_patience(Duration::from_secs(3600));
        let _running = (board.runs_on(), board.runs_on());
        jobs.iter().for_each(|job| board.note_reboot(job, Some(String::from("this"))));
        assert!(board.others_ended().now_or_never().is_some());
        let _other = board.runs_on();
        assert!(board.others_ended().now_or_never().is_none());
        board.with_reboot_patience(Duration::from_millis(1)).others_ended().await;
    }
}
