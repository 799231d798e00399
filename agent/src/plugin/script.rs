//! Running a script as a part of a step: begun once, found again by the next agent process, stopped on request.

use crate::host::{Adopted, Exit, Place, Process, Script};
use crate::plugin::{StepContext, StepEnd};

impl StepContext {
    /// Runs a script in a place of the step and waits for its end. With `adopt` it may have been begun by an earlier agent process
    /// and is never begun a second time.
    ///
    /// # Errors
    /// How the step ends when the script was not run, or it is not known how far it got.
    pub(crate) async fn run_script(
        &mut self,
        place: &Place,
        script: &Script,
        adopt: bool,
    ) -> Result<Exit, StepEnd> {
        let process = self.begin(place, script, adopt).await?;
        Ok(self.listen(process).await)
    }

    async fn begin(&self, place: &Place, script: &Script, adopt: bool) -> Result<Box<dyn Process>, StepEnd> {
        let start = self.host.start(place, script);
        if !adopt {
            return start.await.map_err(StepEnd::failed);
        }
        match self.host.adopt(place, self.rebooted).await {
            Adopted::Process(process) => Ok(process),
            Adopted::Untouched if *self.cancelled.borrow() => Err(StepEnd::cancelled()),
            Adopted::Untouched => start.await.map_err(StepEnd::failed),
            Adopted::Lost if self.rebooted => Err(StepEnd::failed(String::from(
                "the node was rebooted while the script ran: how far it got is not known, and it was not run again",
            ))),
            Adopted::Lost => Err(StepEnd::failed(String::from(
                "agent and step runner were killed while the script ran: how far it got is not known, and it was not run \
                 again",
            ))),
        }
    }

    /// Waits for the end, and passes the wish to cancel on.
    async fn listen(&mut self, mut process: Box<dyn Process>) -> Exit {
        let mut was_asked = false;
        loop {
            (self.on_pid)(process.pid());
            (self.on_change)();
            if let Some(exit) = process.ended() {
                return exit;
            }
            tokio::select! {
                () = process.changed() => {}
                _ = self.cancelled.wait_for(|is| *is), if !was_asked => {
                    was_asked = true;
                    process.cancel();
                }
            }
        }
    }
}
