//! A step that wants the machine rebooted, and is run again then.
//!
//! First it is written down which boot is to end, then the machine is asked to go down. When the boot is another one, and not
//! before, the step is run again: whatever went down meanwhile, and however often the agent did.

use std::time::Duration;

use pilothouse_protocol::{ProcessState, Progress as Doing};
use tokio::time::sleep;

use super::sequence::{Keep, Work};
use crate::clock;
use crate::host::Place;
use crate::ledger::Progress;
use crate::plugin::StepEnd;

/// Reboots that one step gets; one that wants more would have the machine go down for ever.
pub(super) const MOST: u32 = 5;
/// A machine that was asked to go down does so within this time.
const GOES_DOWN: Duration = Duration::from_secs(15 * 60);
/// What is said of a cancel that came before.
const NOT_DONE: &str = "it wanted the node rebooted, which was not done";
/// Between two looks whether it has.
const LOOK: Duration = Duration::from_millis(500);

/// Writes down that the machine is to be rebooted for a step that ended with that wish.
///
/// # Errors
/// How the step ends when it is not to be.
pub(super) fn plan(
    work: &Work,
    keep: &dyn Keep,
    progress: &mut Progress,
    end: StepEnd,
) -> Result<(), StepEnd> {
    let why = if *work.cancelled.borrow() {
        return Err(cancelled(end, NOT_DONE));
    } else if progress.reboots >= MOST {
        format!("it wanted the node rebooted once more after {MOST} reboots, which was not done")
    } else {
        (progress.rebooting, progress.reboots) = (Some(work.board.host().boot_id()), progress.reboots + 1);
        progress.lost = end.lost;
        match keep.advanced(progress) {
            Ok(()) => return Ok(()),
            Err(error) => format!("the node was not rebooted: {error}; free some space on it"),
        }
    };
    progress.rebooting = None;
    Err(StepEnd { reboots: false, message: why, ..end })
}

/// Has the machine rebooted, if it was not yet, and makes ready to run the step again. Where the agent goes down with the machine
/// its next process comes by here again.
///
/// # Errors
/// How the step ends when it is not run again.
pub(super) async fn carry_out(
    work: &Work,
    keep: &dyn Keep,
    progress: &mut Progress,
    place: &Place,
) -> Result<(), StepEnd> {
    let Some(boot) = progress.rebooting.clone() else { return Ok(()) };
    let ended = if work.board.host().boot_id() == boot {
        goes_down(work, keep, progress, place, &boot).await
    } else {
        Ok(())
    };
    work.board.note_reboot(&work.job, None);
    (progress.rebooting, progress.goes_down) = (None, false);
    ended?;
    tracing::info!(job = %work.job, "the machine was rebooted, as the step wanted");
    // What is written down is the way back: before that nothing of the run before may be left to be found.
    let failed = |why: String| StepEnd::failed(format!("not run again after the reboot: {why}"));
    work.board.host().clear(place).map_err(failed)?;
    progress.boot_id = work.board.host().boot_id();
    keep.advanced(progress).map_err(|error| failed(format!("{error}; free some space on the node")))?;
    if *work.cancelled.borrow() {
        return Err(cancelled(StepEnd::cancelled(), "the node was rebooted, and the step was not run again"));
    }
    work.board.note_going_on(&work.job);
    Ok(())
}

fn cancelled(end: StepEnd, what: &str) -> StepEnd {
    let state = StepEnd::cancelled().state;
    StepEnd { state, reboots: false, message: format!("cancelled: {what}"), ..end }
}

/// Waits for what else runs, asks, and waits for the end of the boot. A cancel keeps the machine up until it was written down that
/// it is asked; what comes later finds it going down, perhaps since an earlier agent process.
async fn goes_down(
    work: &Work,
    keep: &dyn Keep,
    progress: &mut Progress,
    place: &Place,
    boot: &str,
) -> Result<(), StepEnd> {
    let host = work.board.host();
    work.board.note_reboot(&work.job, Some(boot.to_owned()));
    work.board.note_doing(&work.job, rebooting(place.step));
    let failed = |why: String| StepEnd::failed(format!("the node was not rebooted: {why}"));
    if !progress.goes_down {
        let mut wish = work.cancelled.clone();
        tokio::select! {
            biased;
            _ = wish.wait_for(|is| *is) => return Err(cancelled(StepEnd::cancelled(), NOT_DONE)),
            () = work.board.others_ended() => {}
        }
        progress.goes_down = true;
        keep.advanced(progress).map_err(|error| failed(format!("{error}; free some space on it")))?;
    }
    host.reboot().await.map_err(failed)?;
    let down = async {
        while host.boot_id() == boot {
            sleep(LOOK).await;
        }
    };
    let minutes = GOES_DOWN.as_secs() / 60;
    let stays = |_| failed(format!("it was asked to, and did not go down within {minutes} minutes"));
    tokio::time::timeout(GOES_DOWN, down).await.map_err(stays)
}

fn rebooting(step: u16) -> Doing {
    let state = ProcessState::Rebooting;
    Doing { at: clock::now(), step, pid: None, state, processes: 0, quiet_seconds: 0, waits_for: None }
}
