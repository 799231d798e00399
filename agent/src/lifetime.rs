//! `run` of a registered machine: the agent, and the change of its program.

use std::time::Duration;

use anyhow::Context;
use pilothouse_agent::host::program::Program;
use pilothouse_agent::link::Dial;
use pilothouse_agent::settings::Settings;
use pilothouse_agent::trial::{self, Start};
use pilothouse_agent::{Agent, AgentEnd};
use tokio::sync::watch;

use crate::{dial, options, stop_signal};

/// Runs the agent, unless a new program is to be tried out before.
pub(crate) async fn run(settings: &Settings, is_trial: bool) -> anyhow::Result<()> {
    // Now: when it is replaced, this process is called by another name.
    let path = std::env::current_exe().context("the program does not know its own path")?;
    let program = Program::new(path, settings.data_dir.clone(), is_trial);
    tokio::spawn(trial::bury(trial::inherited()));
    let mut stop = stop_signal()?;
    if is_trial {
        trial::go_with_parent();
        return be(settings, program, stop).await;
    }
    let patience = Duration::from_secs(settings.update_patience_seconds);
    match trial::begin(&program, patience, &mut stop).await.map_err(anyhow::Error::msg)? {
        Start::Agent => be(settings, program, stop).await,
        Start::Anew => {
            let error = trial::become_anew(&program);
            trial::go_back(&program, &error).map_err(anyhow::Error::msg)?;
            be(settings, program, stop).await
        }
        Start::Stop => Ok(()),
    }
}

/// Gives the process to the program at its path; comes back only when that cannot be.
fn start_anew(program: &Program) -> anyhow::Result<()> {
    Err(trial::become_anew(program))
        .with_context(|| format!("{} cannot be started", program.path().display()))
}

/// Is the agent.
async fn be(settings: &Settings, program: Program, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let dial =
        match &settings.server {
            Some(_) => dial(settings, settings.known_authority())?,
            // Says that it is not registered, which is the likelier cause.
            None => return Err(Agent::open(options(settings, Dial::new("http://127.0.0.1", None, false)?)?)
                .err()
                .map_or_else(
                    || {
                        anyhow::anyhow!(
                            "no server is set: give --server URL, or write server = \"URL\" into agent.toml"
                        )
                    },
                    Into::into,
                )),
        };
    let agent = Agent::open(options(settings, dial)?)?;
    match agent.of_program(program.clone()).run(stop).await? {
        AgentEnd::Stopped => Ok(()),
        AgentEnd::Restart => start_anew(&program),
    }
}
