//! Where an order begins, or goes on: by what is installed, and what the server has.

use pilothouse_protocol::PackageAnswer;

use super::inputs::Action;
use super::script;
use super::work::{Next, Work};
use crate::host::depot::{Deed, Doing, Half, Installed, Phase};
use crate::plugin::StepEnd;

impl Work {
    /// Where to begin, or to go on.
    pub(super) async fn plan(&mut self) -> Next {
        match self.state.doing.take() {
            Some(doing) if doing.step == self.step => {
                let phase = doing.phase;
                self.state.doing = Some(doing);
                return Next::Phase(phase);
            }
            Some(Doing { to, phase, .. }) if phase != Phase::Fetch => {
                let why = format!("an earlier command stopped while its {} ran", phase.action());
                self.state.half = to.or(self.state.installed.clone()).map(|version| Half { version, why });
            }
            _ => {}
        }
        let mut cancelled = self.context.cancelled.clone();
        tokio::select! {
            biased;
            _ = cancelled.wait_for(|is| *is) => Next::End(StepEnd::cancelled()),
            planned = async {
                match self.order.action {
                    Action::Uninstall => self.plan_to_uninstall().await,
                    Action::Install | Action::Update => self.plan_to_install().await,
                }
            } => planned,
        }
    }

    async fn plan_to_uninstall(&mut self) -> Next {
        let there = self.state.half.as_ref().map(|half| &half.version).or(self.state.installed.as_ref());
        let name = &self.order.name;
        match (there, &self.order.version) {
            (None, _) => self.only_say(format!("{name} is not installed")).await,
            (Some(it), Some(version)) if it.version != *version => {
                let said = format!("{name} {version} is not installed; {} is", it.version);
                self.only_say(said).await
            }
            _ => self.go(Deed::Uninstall, None, Phase::Remove),
        }
    }

    async fn plan_to_install(&mut self) -> Next {
        let system = self.context.system();
        let library = &self.context.library;
        let found = library.package(&self.order.asked, self.order.version.as_deref(), &system).await;
        let PackageAnswer { name, version, document_hash, sha256, size, .. } = match found {
            Ok(found) => found,
            Err(why) => {
                return Next::End(StepEnd::failed(format!("{} was not installed: {why}", self.order.name)));
            }
        };
        let to = Installed { version, document_hash, sha256, size };
        if self.state.half.is_none() && self.state.installed.as_ref() == Some(&to) {
            return self.only_say(format!("{name} {} is already installed", to.version)).await;
        }
        let deed = match (self.order.action, &self.state.installed) {
            (Action::Update, Some(_)) => Deed::Update,
            _ => Deed::Install,
        };
        self.go(deed, Some(to), Phase::Fetch)
    }

    fn go(&mut self, deed: Deed, to: Option<Installed>, phase: Phase) -> Next {
        self.adopts = false;
        let step = self.step.clone();
        self.state.doing = Some(Doing { step, deed, to, phase, failure: None });
        Next::Phase(phase)
    }

    async fn only_say(&mut self, line: String) -> Next {
        let script = script::says(&[line], self.context.env.clone());
        match self.script("say", &script).await {
            Ok(_) => Next::End(self.well()),
            Err(end) => Next::End(end),
        }
    }
}
