//! How a step of a run stands, in AWS's words for plugins.

use pilothouse_protocol::{InvocationState, Millis, StepResult, StepState};
use pilothouse_store::invocations::InvocationRecord;

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StepStand {
    /// Coarse, as of an invocation.
    pub(super) status: &'static str,
    /// Fine.
    pub(super) details: &'static str,
    /// Exit code; -1 until it has run.
    pub(super) code: i64,
    /// When it began.
    pub(super) begun: Option<Millis>,
    /// When it ended.
    pub(super) ended: Option<Millis>,
}

impl StepStand {
    /// Of the step with this number of a run whose document has `count`.
    pub(super) fn of(run: &InvocationRecord, number: u16, count: usize) -> Self {
        let result = run.steps.iter().find(|step| step.index == number);
        // The last one is over when the run is: not before is all of its output here.
        let is_last = usize::from(number) + 1 == count;
        match result.filter(|_| run.state.is_terminal() || !is_last) {
            Some(result) => Self::ended(result),
            None => Self::without_result(run, number),
        }
    }

    fn ended(result: &StepResult) -> Self {
        Self {
            status: result.state.status(),
            details: match result.state {
                StepState::TimedOut => InvocationState::ExecutionTimedOut.as_str(),
                state => state.as_str(),
            },
            code: if result.state == StepState::Pending { -1 } else { i64::from(result.code) },
            begun: Some(result.started_at),
            ended: Some(result.finished_at),
        }
    }

    fn without_result(run: &InvocationRecord, number: u16) -> Self {
        let is_at = (0..number).all(|before| run.steps.iter().any(|step| step.index == before));
        let (state, begun) = match number {
            _ if run.state.is_terminal() => (run.state, None),
            0 => (run.state, run.started_at),
            _ if is_at => (run.state, run.steps.iter().map(|step| step.finished_at).max()),
            _ => (InvocationState::Pending, None),
        };
        Self { status: state.status(), details: state.as_str(), code: -1, begun, ended: None }
    }

    /// As of a plugin, which knows fewer words.
    pub(super) fn as_plugin(self) -> Self {
        match self.status {
            "Delayed" => Self { status: "Pending", ..self },
            "Cancelling" => Self { status: "InProgress", ..self },
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(index: u16, state: StepState, code: i32) -> StepResult {
        StepResult {
            index,
            name: format!("step-{index}"),
            action: String::from("aws:runShellScript"),
            state,
            code,
            started_at: Millis(10),
            finished_at: Millis(20),
            message: String::new(),
        }
    }

    fn run(state: InvocationState, steps: Vec<StepResult>) -> InvocationRecord {
        InvocationRecord {
            region: String::new(),
            command_id: "00000000-0000-0000-0000-000000000000".parse().unwrap(),
            instance_id: pilothouse_protocol::InstanceId::from_random([1; 9]),
            position: 0,
            node_name: String::new(),
            state,
            sent_at: None,
            started_at: Some(Millis(10)),
            finished_at: None,
            exit_code: None,
            output_end: 0,
            message: String::new(),
            cancel: false,
            steps,
            requested_at: Millis(0),
            document_name: String::new(),
            revision: 0,
            progress: None,
            killed: Vec::new(),
            killed_count: 0,
        }
    }

    fn words(run: &InvocationRecord, number: u16, count: usize) -> (&'static str, &'static str, i64) {
        let it = StepStand::of(run, number, count);
        (it.status, it.details, it.code)
    }

    #[test]
    fn each_step_of_a_run_has_a_state_and_a_code_of_its_own() {
        let steps = vec![result(0, StepState::Success, 0), result(1, StepState::Failed, 3)];
        let over = run(InvocationState::Failed, steps);
        assert_eq!(words(&over, 0, 2), ("Success", "Success", 0));
        assert_eq!(words(&over, 1, 2), ("Failed", "Failed", 3));
    }

    #[test]
    fn a_step_that_is_over_is_told_while_the_next_runs_but_the_last_only_with_the_run() {
        let steps = vec![result(0, StepState::Success, 0)];
        let running = run(InvocationState::InProgress, steps.clone());
        assert_eq!(words(&running, 0, 3), ("Success", "Success", 0));
        assert_eq!(words(&running, 1, 3), ("InProgress", "InProgress", -1));
        assert_eq!(words(&running, 2, 3), ("Pending", "Pending", -1));
        assert_eq!(StepStand::of(&running, 1, 3).begun, Some(Millis(20)));
        assert_eq!(words(&running, 0, 1), ("InProgress", "InProgress", -1));
    }

    #[test]
    fn a_step_that_was_killed_for_its_time_and_one_that_was_not_for_this_node() {
        let steps = vec![result(0, StepState::TimedOut, 137), result(1, StepState::Skipped, 0)];
        let over = run(InvocationState::ExecutionTimedOut, steps);
        assert_eq!(words(&over, 0, 2), ("TimedOut", "ExecutionTimedOut", 137));
        assert_eq!(words(&over, 1, 2), ("Success", "Skipped", 0));
    }

    #[test]
    fn a_run_that_never_came_to_its_steps_says_so_of_each() {
        let over = run(InvocationState::DeliveryTimedOut, Vec::new());
        assert_eq!(words(&over, 1, 2), ("TimedOut", "DeliveryTimedOut", -1));
        let waiting = run(InvocationState::Delayed, Vec::new());
        assert_eq!(words(&waiting, 0, 1), ("Delayed", "Delayed", -1));
        assert_eq!(StepStand::of(&waiting, 0, 1).as_plugin().status, "Pending");
    }
}
