//! `pilothouse-agent`: arguments, and wiring.

mod lifetime;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, Subcommand};
use pilothouse_agent::host::machine::Reboot;
use pilothouse_agent::link::Dial;
use pilothouse_agent::settings::Settings;
use pilothouse_agent::simulate::{self, Activation};
use pilothouse_agent::{AgentError, AgentOptions, register, step_runner};
use pilothouse_protocol::ActivationId;
use pilothouse_trust::Authority;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

/// Exit status of an agent that the server does not want: starting it again mends nothing (`EX_NOPERM` of sysexits.h).
const REFUSED: u8 = 77;

/// Runs on each node: registers it with a Pilothouse server and runs what the server asks for.
#[derive(Parser)]
#[command(name = "pilothouse-agent", version, about)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Args)]
struct Common {
    /// Settings in TOML; DATA_DIR/agent.toml is read if it is there and this is not given
    #[arg(long)]
    config: Option<PathBuf>,
    /// Where identity, ledger and spools live
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// PEM file of authorities to trust instead of the system's
    #[arg(long)]
    ca: Option<PathBuf>,
    /// The only authority to trust, by the SHA-256 of its certificate: sha256:HEX, as the server prints it
    #[arg(long, value_name = "SHA256", conflicts_with = "ca")]
    ca_fingerprint: Option<String>,
    /// Allow plain HTTP to another machine
    #[arg(long)]
    allow_plain: bool,
}

#[derive(Subcommand)]
enum Verb {
    /// Registers this machine with an activation
    Register {
        /// The server's URL, such as https://pilothouse.example:8440
        #[arg(long)]
        server: String,
        /// Id of the activation
        #[arg(long)]
        activation_id: ActivationId,
        /// Code of the activation
        #[arg(long, env = "PILOTHOUSE_ACTIVATION_CODE", hide_env_values = true)]
        activation_code: String,
        #[command(flatten)]
        common: Common,
    },
    /// Runs the agent of a registered machine
    Run {
        /// Simulates this many nodes instead; needs --server and activations
        #[arg(long, requires = "server", requires = "activation_id", requires = "activation_code")]
        simulate: Option<usize>,
        /// Simulates the 24 nodes of the demo instead of plain ones
        #[arg(long, requires = "simulate")]
        demo: bool,
        /// The server's URL; as registered if absent
        #[arg(long)]
        server: Option<String>,
        /// Id of an activation for simulated nodes; repeat it for each 1000 of them
        #[arg(long, requires = "simulate")]
        activation_id: Vec<ActivationId>,
        /// Code of the activation in the same place
        #[arg(long, requires = "simulate")]
        activation_code: Vec<String>,
        /// This program is tried out by the one whose place it may get (started by the agent)
        #[arg(long, hide = true)]
        trial: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Runs one step (started by the agent)
    #[command(hide = true)]
    StepRunner {
        /// The step's directory
        dir: PathBuf,
    },
}

fn main() -> ExitCode {
    let verb = Arguments::parse().verb;
    if let Verb::StepRunner { dir } = verb {
        return step_runner::main(&dir);
    }
    match work(verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the program's last word")]
            {
                eprintln!("pilothouse-agent: {error:#}");
            }
            match error.downcast_ref() {
                Some(AgentError::Refused(_)) => ExitCode::from(REFUSED),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn settings(common: &Common, server: Option<&str>) -> anyhow::Result<Settings> {
    let text = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let flags = [
        ("server", server.map(str::to_owned)),
        ("data_dir", text(&common.data_dir)),
        ("ca", text(&common.ca)),
        ("ca_fingerprint", common.ca_fingerprint.clone()),
        ("allow_plain", common.allow_plain.then(|| String::from("true"))),
    ];
    let settings = Settings::read(common.config.as_deref(), &flags)?;
    // The step runner finds its files by absolute paths, wherever a script changes to.
    let data_dir =
        std::path::absolute(&settings.data_dir).context("the data directory has no absolute path")?;
    Ok(Settings { data_dir, ..settings })
}

/// Rooms that write whole frames and headers into the log below this level, secrets among them: whatever PILOTHOUSE_LOG says.
const DISCREET: [&str; 2] = ["tungstenite=warn", "tokio_tungstenite=warn"];

fn work(verb: Verb) -> anyhow::Result<()> {
    let mut filter = EnvFilter::try_from_env("PILOTHOUSE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    for directive in DISCREET {
        filter = filter.add_directive(directive.parse()?);
    }
    let is_terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_terminal)
        .init();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if !matches!(verb, Verb::Run { simulate: Some(_), .. }) {
        // A guest on other people's machines: one thread works while another waits for the disk.
        runtime.worker_threads(2);
    }
    let runtime = runtime.enable_all().build()?;
    runtime.block_on(async {
        match verb {
            Verb::Register { server, activation_id, activation_code, common } => {
                let settings = settings(&common, Some(&server))?;
                enrol(&settings, &server, activation_id, activation_code).await
            }
            Verb::Run {
                simulate: Some(count), demo, server, activation_id, activation_code, common, ..
            } => {
                let settings = settings(&common, server.as_deref())?;
                simulated(&settings, count, demo, activation_id, activation_code).await
            }
            Verb::Run { server, common, trial, .. } => {
                lifetime::run(&settings(&common, server.as_deref())?, trial).await
            }
            Verb::StepRunner { .. } => Ok(()),
        }
    })
}

fn dial(settings: &Settings, authority: Option<Authority>) -> anyhow::Result<Dial> {
    let server = settings.server.as_deref().context(
        "no server is set: give --server URL, or register this machine first with pilothouse-agent register",
    )?;
    Ok(Dial::new(server, authority.as_ref(), settings.allow_plain)?)
}

/// What `run` needs to know again: written beside the identity, unless the operator keeps a file of their own there.
#[derive(serde::Serialize)]
struct Remembered<'a> {
    server: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<PathBuf>,
    allow_plain: bool,
}

async fn enrol(settings: &Settings, server: &str, id: ActivationId, code: String) -> anyhow::Result<()> {
    let instance = register(&settings.data_dir, &dial(settings, settings.authority())?, id, code).await?;
    let file = settings.data_dir.join("agent.toml");
    if !file.exists() {
        let ca = settings.ca.as_ref().map(std::path::absolute).transpose()?;
        let remembered = Remembered { server, ca, allow_plain: settings.allow_plain };
        std::fs::write(&file, toml::to_string(&remembered)?).with_context(|| {
            format!("registered as {instance}, but {} cannot be written: run with --server", file.display())
        })?;
    }
    #[expect(clippy::print_stdout, reason = "the answer that scripts read")]
    {
        println!("registered as {instance}");
    }
    Ok(())
}

/// Turns true on SIGTERM or SIGINT.
fn stop_signal() -> anyhow::Result<watch::Receiver<bool>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        let _ = sender.send(true);
    });
    Ok(receiver)
}

fn options(settings: &Settings, dial: Dial) -> anyhow::Result<AgentOptions> {
    Ok(AgentOptions {
        data_dir: settings.data_dir.clone(),
        dial,
        step_runner: step_runner::command_of_this_program()?,
        concurrency: settings.concurrency,
        spool_bytes: settings.spool_bytes,
        reboot: settings.reboot_command.clone().map_or(Reboot::Platform, Reboot::Command),
        reboot_patience: Duration::from_secs(settings.reboot_patience_seconds),
    })
}

async fn simulated(
    settings: &Settings,
    count: usize,
    demo: bool,
    ids: Vec<ActivationId>,
    codes: Vec<String>,
) -> anyhow::Result<()> {
    anyhow::ensure!(ids.len() == codes.len(), "give one --activation-code for each --activation-id");
    let mut left = count;
    let activations: Vec<_> = ids
        .into_iter()
        .zip(codes)
        .map(|(id, code)| {
            let nodes = left.min(1000);
            left -= nodes;
            Activation { id, code, nodes }
        })
        .collect();
    let mut fleet = if demo { simulate::demo_fleet() } else { simulate::plain_fleet(count) };
    fleet.truncate(count);
    let total = fleet.len();
    let announce = move |ready: usize| {
        if ready == total {
            #[expect(clippy::print_stdout, reason = "the line that scripts wait for")]
            {
                println!("{total} simulated nodes are registered");
            }
        }
    };
    simulate::run(dial(settings, settings.authority())?, fleet, activations, stop_signal()?, announce)
        .await
        .map_err(anyhow::Error::msg)
}
