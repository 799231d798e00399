//! One order, carried out phase by phase: each is written down before it begins, so that the next agent process goes on with it.

use std::path::PathBuf;

use pilothouse_protocol::StepState;

use super::inputs::Order;
use super::script;
use crate::host::depot::{Deed, Depot, Doing, Ended, Half, Installed, PackageState, Phase};
use crate::host::{Exit, How, Place, Script};
use crate::plugin::{StepContext, StepEnd};

/// What follows.
pub(super) enum Next {
    Phase(Phase),
    End(StepEnd),
}

/// What became of a version's script.
enum Told {
    /// It ended well, or there is none.
    Well,
    /// It failed; what to say, and its exit code.
    Badly(String, i32),
    /// It wants the machine rebooted, and is run again then.
    Reboots(StepEnd),
    /// It was stopped, or nobody knows how far it got: nothing more is done.
    Stopped(StepEnd),
}

/// An order that is being carried out.
pub(super) struct Work {
    pub(super) context: StepContext,
    depot: Depot,
    pub(super) order: Order,
    pub(super) state: PackageState,
    /// This step, by its folder: no other one has it.
    pub(super) step: String,
    /// The phase may have been begun by an earlier agent process.
    pub(super) adopts: bool,
    ran: bool,
    lost: u64,
    code: i32,
}

impl Work {
    /// Looks at what is known of the package. A step that was over before the agent went down ends as it did.
    pub(super) fn begin(context: StepContext, depot: Depot, order: Order) -> Result<Self, StepEnd> {
        let state = depot.state(&order.name).map_err(StepEnd::failed)?;
        let step = context.place.dir.display().to_string();
        if let Some(Ended { state, code, message, .. }) =
            state.ended.as_ref().filter(|ended| ended.step == step).cloned()
        {
            let lost = context.place.carry_lost;
            return Err(StepEnd { ran: false, lost, message, ..StepEnd::of(state, code) });
        }
        let lost = context.place.carry_lost;
        let adopts = context.adopt;
        Ok(Self { context, depot, order, state, step, adopts, ran: false, lost, code: 0 })
    }

    pub(super) async fn run(mut self) -> StepEnd {
        let mut next = self.plan().await;
        loop {
            match next {
                Next::Phase(phase) => next = self.phase(phase).await,
                // What was being done is written down: it is done again after the reboot.
                Next::End(end) if end.reboots => return end,
                Next::End(end) => return self.settle(end),
            }
        }
    }

    async fn phase(&mut self, phase: Phase) -> Next {
        if let Some(doing) = &mut self.state.doing {
            doing.phase = phase;
        }
        if let Err(why) = self.depot.write(&self.order.name, &self.state) {
            return Next::End(StepEnd::failed(format!("nothing more was done: {why}")));
        }
        let Some(doing) = self.state.doing.clone() else { return Next::End(self.well()) };
        if phase == Phase::Fetch {
            return self.fetch(&doing).await;
        }
        let half = self.state.half.as_ref().map(|half| half.version.clone());
        let version = match phase {
            Phase::RemoveOld | Phase::RestoreOld => self.state.installed.clone(),
            Phase::Remove => half.or(self.state.installed.clone()),
            _ => doing.to.clone(),
        };
        let Some(version) = version else { return Next::End(self.well()) };
        match self.version_script(phase, &version).await {
            Told::Reboots(end) => Next::End(end),
            Told::Stopped(end) => {
                self.state.half = Some(Half { version, why: end.message.clone() });
                Next::End(end)
            }
            told => self.after(phase, &doing, version, told),
        }
    }

    /// What follows from how a version's script ended.
    fn after(&mut self, phase: Phase, doing: &Doing, version: Installed, told: Told) -> Next {
        let badly = match told {
            Told::Badly(what, code) => {
                self.code = if self.code == 0 { code } else { self.code };
                Some(what)
            }
            _ => None,
        };
        match (phase, badly) {
            // As AWS's agent does: what the old version says of its end does not keep the new one out.
            (Phase::RemoveOld, _) => Next::Phase(Phase::Install),
            (Phase::Install | Phase::Update, None) => Next::Phase(Phase::Validate),
            (Phase::UndoNew, _) => Next::Phase(Phase::RestoreOld),
            (Phase::Remove, None) => self.reached(None),
            (Phase::RestoreOld, None) => {
                let failure = doing.failure.as_deref().unwrap_or("the new version could not be installed");
                self.state.half = None;
                Next::End(self.failed(format!("{failure}; {} was installed again", version.version)))
            }
            (Phase::Fetch | Phase::Validate, None) => self.reached(Some(version)),
            (phase, Some(what)) => self.goes_back(phase, doing, version, what),
        }
    }

    /// After a failure: back to the version before, if there is one.
    fn goes_back(&mut self, phase: Phase, doing: &Doing, version: Installed, what: String) -> Next {
        match phase {
            Phase::RestoreOld => {
                let failure = doing.failure.as_deref().unwrap_or_default();
                let said = format!("{failure}; and the version before could not be installed again: {what}");
                self.state.installed = None;
                self.state.half = Some(Half { version, why: said.clone() });
                Next::End(self.failed(said))
            }
            Phase::Install | Phase::Update | Phase::Validate if self.state.installed.is_some() => {
                if let Some(doing) = &mut self.state.doing {
                    doing.failure = Some(what);
                }
                let is_over_the_old_one = doing.deed == Deed::Update;
                Next::Phase(if is_over_the_old_one { Phase::RestoreOld } else { Phase::UndoNew })
            }
            _ => {
                self.state.half = Some(Half { version, why: what.clone() });
                Next::End(self.failed(what))
            }
        }
    }

    /// The package is as it was to be.
    fn reached(&mut self, installed: Option<Installed>) -> Next {
        self.state.installed = installed;
        self.state.half = None;
        Next::End(self.well())
    }

    /// Has the archive here, whole and as announced, and unpacked.
    async fn fetch(&mut self, doing: &Doing) -> Next {
        let Some(to) = &doing.to else { return Next::End(self.well()) };
        let name = self.order.name.clone();
        let mut cancelled = self.context.cancelled.clone();
        let (depot, library) = (&self.depot, &self.context.library);
        let comes = async {
            if !depot.tree(&name, &to.sha256)?.is_dir() {
                let archive = depot.archive(&to.sha256)?;
                library.fetch_blob(&to.sha256, &archive).await?;
            }
            depot.unpack(&name, &to.sha256).await
        };
        let came = tokio::select! {
            biased;
            _ = cancelled.wait_for(|is| *is) => return Next::End(StepEnd::cancelled()),
            came = comes => came,
        };
        match (came, doing.deed, &self.state.installed) {
            (Err(why), ..) => {
                let version = &to.version;
                Next::End(StepEnd::failed(format!(
                    "{name} {version} was not installed, nothing was run: {why}"
                )))
            }
            (Ok(_), Deed::Update, Some(_)) => Next::Phase(Phase::Update),
            (Ok(_), _, Some(_)) => Next::Phase(Phase::RemoveOld),
            (Ok(_), _, None) => Next::Phase(Phase::Install),
        }
    }

    /// Runs a version's own script for a phase.
    async fn version_script(&mut self, phase: Phase, version: &Installed) -> Told {
        let what = format!("{} {}", self.order.name, version.version);
        let found: Result<(PathBuf, Option<String>), String> =
            self.depot.tree(&self.order.name, &version.sha256).and_then(|tree| {
                let file = self.depot.script(&tree, phase.action())?;
                if tree.is_dir() { Ok((tree, file)) } else { Err(format!("the files of {what} are gone")) }
            });
        let (tree, file) = match found {
            Ok((tree, Some(file))) => (tree, file),
            Ok((_, None)) if phase == Phase::Update => {
                return Told::Badly(format!("{what} has no update script: install it anew instead"), -1);
            }
            // As AWS's agent does: what has no script has nothing to do.
            Ok((_, None)) => return Told::Well,
            Err(why) => return Told::Badly(why, -1),
        };
        let mut env = self.context.env.clone();
        env.extend(script::environment(&self.context.host.facts(), phase.action()));
        env.extend(self.order.arguments.clone());
        let script = script::runs(&what, &file, &tree, phase, env);
        match self.script(phase.word(), &script).await {
            Err(end) => Told::Stopped(end),
            Ok(exit) if exit.wants_reboot(self.context.host.platform()) => {
                Told::Reboots(StepEnd { reboots: true, ..ended(&exit, StepState::Failed, String::new()) })
            }
            Ok(exit) => told(&exit, &format!("{file} of {what}")),
        }
    }

    /// Runs a script in a folder of its own beside the step's.
    pub(super) async fn script(&mut self, word: &str, script: &Script) -> Result<Exit, StepEnd> {
        let adopt = std::mem::take(&mut self.adopts);
        let step = self.context.place.dir.file_name().unwrap_or_default().display().to_string();
        let dir = self.context.place.dir.with_file_name(format!("{step}.{word}"));
        let place = Place { dir, carry_lost: self.lost, ..self.context.place.clone() };
        let exit = self.context.run_script(&place, script, adopt).await?;
        (self.ran, self.lost) = (true, exit.lost);
        Ok(exit)
    }

    pub(super) fn well(&self) -> StepEnd {
        StepEnd { ran: self.ran, ..StepEnd::well(self.lost) }
    }

    fn failed(&self, message: String) -> StepEnd {
        // Codes by which a script ends its document, or wants a reboot, are not a package's to end with.
        let code = if matches!(self.code, 168 | 169 | 194) { 1 } else { self.code };
        StepEnd { ran: self.ran, lost: self.lost, message, ..StepEnd::of(StepState::Failed, code) }
    }

    /// Writes the end down before anybody is told, and clears up.
    fn settle(mut self, end: StepEnd) -> StepEnd {
        let (step, message) = (self.step, end.message.clone());
        self.state.doing = None;
        self.state.ended = Some(Ended { step, state: end.state, code: end.code, message });
        self.state.since = Some(crate::clock::now());
        let name = &self.order.name;
        if let Err(why) = self.depot.write(name, &self.state) {
            tracing::warn!(package = name, why, "how a change of a package ended could not be written down");
            return end;
        }
        let half = self.state.half.as_ref().map(|half| &half.version);
        let kept: Vec<&str> =
            half.into_iter().chain(&self.state.installed).map(|version| version.sha256.as_str()).collect();
        self.depot.keep_only(name, &kept);
        end
    }
}

/// What a script's end says.
fn told(exit: &Exit, what: &str) -> Told {
    match exit.how {
        How::Exited if exit.code == 0 => Told::Well,
        How::Exited => Told::Badly(format!("{what} ended with exit code {}", exit.code), exit.code),
        How::TimedOut => {
            let seconds = script::TIMEOUT.as_secs();
            Told::Badly(format!("{what} was killed after its time-out of {seconds} s"), exit.code)
        }
        How::NotStarted => Told::Badly(format!("{what} was not run: {}", exit.message), exit.code),
        How::Cancelled => {
            let message = format!("{what} was killed on request: how far it got is not known; run it again");
            Told::Stopped(ended(exit, StepState::Cancelled, message))
        }
    }
}

fn ended(exit: &Exit, state: StepState, message: String) -> StepEnd {
    let (killed, killed_count) = (exit.killed.clone(), exit.killed_count);
    StepEnd { lost: exit.lost, message, killed, killed_count, ..StepEnd::of(state, exit.code) }
}
