//! Looks from time to time at what runs for a step, and notes what is to be told of it. While nothing runs nobody looks.

use std::convert::Infallible;
use std::time::Duration;

use pilothouse_protocol::{ProcessState, Progress as Doing};
use tokio::time::{Instant, sleep};

use super::sequence::Work;
use crate::clock;
use crate::host::{Place, Sighting};

/// Between two looks; most steps are over before the first one.
pub(super) const LOOK: Duration = Duration::from_secs(5);
/// What did not change is told once more after so long.
const AGAIN: Duration = Duration::from_secs(30);

/// Looks until it is dropped.
pub(super) async fn watch(work: &Work, place: &Place) -> Infallible {
    let (mut end, mut grown) = (place.spool.mark(), Instant::now());
    let mut told: Option<(Doing, Instant)> = None;
    loop {
        sleep(LOOK).await;
        let now = place.spool.mark();
        if now != end {
            (end, grown) = (now, Instant::now());
        }
        let doing = doing(place.step, work.board.host().look(place), grown.elapsed());
        let is_due = told.as_ref().is_none_or(|(last, at)| is_news(last, &doing) || at.elapsed() >= AGAIN);
        if is_due {
            work.board.note_doing(&work.job, doing.clone());
            told = Some((doing, Instant::now()));
        }
    }
}

fn doing(step: u16, sighting: Option<Sighting>, quiet: Duration) -> Doing {
    let nothing = Sighting { pid: None, state: ProcessState::Unknown, processes: 0, waits_for: None };
    let Sighting { pid, state, processes, waits_for } = sighting.unwrap_or(nothing);
    Doing { at: clock::now(), step, pid, state, processes, quiet_seconds: quiet.as_secs(), waits_for }
}

/// Whether it says something else. A process works and waits by turns, and starts others, all the time: that is no news.
fn is_news(last: &Doing, now: &Doing) -> bool {
    let works = |state| match state {
        ProcessState::Running | ProcessState::Sleeping | ProcessState::DiskSleep => ProcessState::Running,
        other => other,
    };
    last.step != now.step || last.waits_for != now.waits_for || works(last.state) != works(now.state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilothouse_protocol::LockHolder;

    fn sighting(state: ProcessState) -> Sighting {
        Sighting { pid: Some(7), state, processes: 2, waits_for: None }
    }

    #[test]
    fn a_process_that_works_and_waits_by_turns_is_no_news_and_a_lock_is() {
        let seen = |sighting| doing(0, Some(sighting), Duration::from_secs(9));
        let works = seen(sighting(ProcessState::Running));
        let other = Sighting { pid: Some(9), processes: 5, ..sighting(ProcessState::Sleeping) };
        assert!(!is_news(&works, &seen(other)));
        assert!(is_news(&works, &seen(sighting(ProcessState::Stopped))));
        let lock = LockHolder { lock: "/l".into(), pid: Some(1), command: "apt".into() };
        let waits = Sighting { waits_for: Some(lock), ..sighting(ProcessState::Sleeping) };
        assert!(is_news(&works, &seen(waits.clone())) && is_news(&seen(waits), &works));
    }

    #[test]
    fn a_step_without_a_process_is_told_all_the_same() {
        let told = doing(3, None, Duration::from_millis(5900));
        assert_eq!((told.step, told.state, told.quiet_seconds), (3, ProcessState::Unknown, 5));
    }
}
