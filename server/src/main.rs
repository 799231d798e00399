//! `pilothouse-server`: arguments, and wiring.

use std::collections::HashMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use pilothouse_server::clock::{Dice, SystemChance, SystemClock};
use pilothouse_server::config::Settings;
use pilothouse_server::server::Server;
use pilothouse_server::tools::{Bench, Outcome, Tool};
use tracing_subscriber::EnvFilter;
use zeroize::Zeroize;

/// Frames, rows and JSON are many small pieces that come and go on many threads; and after a storm the memory goes back to the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Decides what runs on the fleet, and remembers it: operators and agents connect to it.
#[derive(Parser)]
#[command(name = "pilothouse-server", version, about)]
struct Arguments {
    /// Settings in TOML
    #[arg(long, global = true, value_name = "FILE", env = "PILOTHOUSE_CONFIG")]
    config: Option<PathBuf>,
    /// Where database, output, credentials, master keys and lock live
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// Where operators and agents come in, such as 127.0.0.1:8440; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    #[command(subcommand)]
    tool: Option<Tool>,
}

fn main() -> ExitCode {
    match work(Arguments::parse()) {
        Ok(Outcome::Well) => ExitCode::SUCCESS,
        Ok(Outcome::NotWell) => ExitCode::FAILURE,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the program's last word")]
            {
                eprintln!("pilothouse-server: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Rooms that write whole frames and headers into the log below this level, secrets among them: whatever PILOTHOUSE_LOG says.
const DISCREET: [&str; 2] = ["tungstenite=warn", "tokio_tungstenite=warn"];

fn work(Arguments { config, data_dir, listen, tool }: Arguments) -> anyhow::Result<Outcome> {
    let usual = if tool.is_none() { "info,sqlx=warn" } else { "warn,sqlx=error" };
    let mut filter = EnvFilter::try_from_env("PILOTHOUSE_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    for directive in DISCREET {
        filter = filter.add_directive(directive.parse()?);
    }
    let is_terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_terminal)
        .init();
    raise_open_files();
    keep_files_private();
    // What is no text cannot be a setting.
    let mut environment: HashMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let mut flags = vec![("data_dir", data_dir), ("listen", listen)];
    flags.extend(tool.iter().flat_map(Tool::settings));
    let settings = Settings::read(config.as_deref(), &environment, &flags);
    // Root credentials, master keys, and the database's password are among them.
    environment.values_mut().for_each(Zeroize::zeroize);
    let mut settings = settings?;
    // The lines that are announced are used in other shells, too.
    settings.data_dir =
        std::path::absolute(&settings.data_dir).context("the data directory has no absolute path")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match tool {
        None => runtime.block_on(run(settings)).map(|()| Outcome::Well),
        Some(tool) => runtime.block_on(use_tool(tool, &settings)),
    }
}

async fn use_tool(tool: Tool, settings: &Settings) -> anyhow::Result<Outcome> {
    let (dice, mut out) = (Dice(Arc::new(SystemChance::default())), std::io::stdout());
    Ok(tool.run(&mut Bench { settings, clock: &SystemClock, dice: &dice, out: &mut out }).await?)
}

async fn run(settings: Settings) -> anyhow::Result<()> {
    let credentials_are_given = settings.root.is_some();
    let server = Server::start(settings).await?;
    announce(&server, credentials_are_given).context("the address cannot be written to stdout")?;
    stop_is_asked().await.context("signals cannot be waited for")?;
    tracing::info!("stopping");
    server.stop().await;
    Ok(())
}

/// A text as one word of a shell.
fn shell_word(text: String) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._-+,@:".contains(char);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The address first, so that scripts can read it; then what points the aws CLI and the cockpit here.
fn announce(server: &Server, credentials_are_given: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {}", server.url())?;
    let url = server.public_url();
    // Of these services alone: others of the aws CLI are not ours.
    writeln!(
        out,
        "export AWS_ENDPOINT_URL_SSM={url} AWS_ENDPOINT_URL_STS={url} AWS_ENDPOINT_URL_CLOUDTRAIL={url}"
    )?;
    writeln!(out, "export AWS_DEFAULT_REGION={}", server.region())?;
    if credentials_are_given {
        let (id, _) = server.root_credentials();
        writeln!(out, "export AWS_ACCESS_KEY_ID={id}  # and AWS_SECRET_ACCESS_KEY, as given to this server")?;
    } else {
        let file = shell_word(server.credentials_file().display().to_string());
        writeln!(out, "export AWS_SHARED_CREDENTIALS_FILE={file} AWS_PROFILE=default")?;
    }
    if let Some(authority) = server.authority() {
        writeln!(out, "export AWS_CA_BUNDLE={}", shell_word(authority.file.display().to_string()))?;
    }
    writeln!(out, "aws ssm describe-instance-information")?;
    write!(out, "pilothouse --endpoint {url}")?;
    if let Some(authority) = server.authority() {
        write!(out, " --ca-fingerprint {}", authority.fingerprint)?;
    }
    writeln!(out)?;
    out.flush()
}

/// Each agent is an open file: the soft limit of most systems, 1024, would be the end of the fleet.
#[cfg(unix)]
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%error, soft = limit.current, "the limit of open files could not be raised");
    }
}

#[cfg(not(unix))]
fn raise_open_files() {}

/// Database, output and credentials are for the server's own user, also in a directory that was there before and is open to all.
#[cfg(unix)]
fn keep_files_private() {
    use rustix::fs::Mode;
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

#[cfg(not(unix))]
fn keep_files_private() {}

#[cfg(unix)]
async fn stop_is_asked() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn stop_is_asked() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_blank_is_one_word() {
        assert_eq!(shell_word("/var/lib/pilothouse/credentials".into()), "/var/lib/pilothouse/credentials");
        assert_eq!(shell_word("/srv/it's mine".into()), r"'/srv/it'\''s mine'");
    }
}
