//! The cockpit as a program: takes the terminal, paints, starts what is behind, runs the loop, and leaves everything as it was.
//!
//! The first frame is painted before anything else is begun: neither a server that starts nor one that is far away delays it.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use pilothouse_client::{Client, Endpoint};
use pilothouse_kit::painter::Painter;
use pilothouse_kit::terminal::Guard;
use ratatui::layout::Size;
use tokio::sync::mpsc;

use crate::local::{self, Hosted, Kind};
use crate::remote::clock::now;
use crate::remote::{self, Connected, QUEUE, Remote, Say};
use crate::shell::layers::bar::MAX_HISTORY;

use crate::shell::run::{Loop, Outer};
use crate::shell::{Options, Shell};

/// The command bar's history, below the state directory.
const HISTORY: &str = "history";
/// A history file that is longer is none of ours.
const MAX_HISTORY_BYTES: u64 = 256 * 1024;

/// What the cockpit works with.
#[derive(Clone, Debug)]
pub enum Behind {
    /// A server and nodes of our own.
    Local(Kind),
    /// A server somewhere.
    Remote(Endpoint),
}

/// Runs the cockpit until it is left. State is kept in `state`.
///
/// # Errors
/// When there is no terminal, or it goes away.
pub fn run(options: Options, behind: Behind, state: &Path, outer: Outer) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let guard = Guard::enter(false)
        .context("the cockpit needs a terminal; `pilothouse run` and `pilothouse nodes` do without")?;
    let (width, height) = crossterm::terminal::size()?;
    let size = Size::new(width, height);
    // Without the line buffer of standard output, a frame is one write.
    let out = File::from(std::io::stdout().as_fd().try_clone_to_owned()?);
    let mut shell = Shell::new(options, size, now());
    let done = runtime.block_on(async {
        let mut screen = Loop::new(Painter::new(out, size), outer)?;
        screen.draw(&mut shell)?;
        let (sender, mut events) = mpsc::channel(QUEUE);
        remote::watch_signals(sender.clone())?;
        remote::read_input(sender.clone())?;
        let hosted = Arc::new(Mutex::new(None));
        let remote = {
            let (state, hosted) = (state.to_owned(), hosted.clone());
            Remote::start(sender, move |say| connect(behind.clone(), state.clone(), say, hosted.clone()))
        };
        let done = screen.run(&mut shell, &mut events, &remote).await;
        drop(guard);
        remote.stop().await;
        let hosted = hosted.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(hosted) = hosted {
            Hosted::stop(hosted).await;
        }
        done
    });
    remember(state, shell.history());
    // A terminal that is gone is no failure of ours: there is nobody to tell.
    runtime.shutdown_background();
    Ok(done?)
}

/// Gives the way to the server; whatever is started for it is put into `hosted`.
async fn connect(
    behind: Behind,
    state: PathBuf,
    say: Say,
    hosted: Arc<Mutex<Option<Hosted>>>,
) -> Result<Connected, String> {
    let (endpoint, borrowed) = match behind {
        Behind::Remote(endpoint) => {
            say(format!("connecting to {}", endpoint.url));
            (endpoint, false)
        }
        Behind::Local(kind) => {
            say(String::from("starting the local server"));
            let (endpoint, started) = local::start(kind, &state).await.map_err(|error| error.to_string())?;
            let borrowed = started.is_none();
            *hosted.lock().unwrap_or_else(PoisonError::into_inner) = started;
            (endpoint, borrowed)
        }
    };
    let client = Client::new(endpoint).map_err(|error| error.to_string())?;
    Ok(Connected { client, borrowed })
}

/// What was typed into the command bar in former runs.
#[must_use]
pub fn remembered(state: &Path) -> Vec<String> {
    let file = state.join(HISTORY);
    let small = std::fs::metadata(&file).is_ok_and(|it| it.len() <= MAX_HISTORY_BYTES);
    let text = if small { std::fs::read_to_string(&file).unwrap_or_default() } else { String::new() };
    text.lines().take(MAX_HISTORY).map(str::to_owned).collect()
}

fn remember(state: &Path, lines: &[String]) {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    if lines.is_empty() {
        return;
    }
    let file = File::options().create(true).truncate(true).write(true).mode(0o600).open(state.join(HISTORY));
    let written = file.and_then(|mut file| file.write_all((lines.join("\n") + "\n").as_bytes()));
    if let Err(error) = written {
        tracing::warn!(%error, "the command bar's history is not kept");
    }
}
