//! The benchmark: how fast and how lean, in figures, each beside a baseline of the same run.
//!
//! ```text
//! cargo run --release -p pilothouse-tests --bin bench -- fan-out --nodes 1000
//! cargo run --release -p pilothouse-tests --bin bench -- machines --agents 50
//! cargo run --release -p pilothouse-tests --bin bench -- lines --agents 50
//! cargo run --release -p pilothouse-tests --bin bench -- first-line --idle 0,1000
//! cargo run --release -p pilothouse-tests --bin bench -- restart --nodes 1000
//! cargo run --release -p pilothouse-tests --bin bench -- fold --nodes 10000
//! cargo run --release -p pilothouse-tests --bin bench -- frame --nodes 10000
//! cargo run --release -p pilothouse-tests --bin bench -- long --lines 10000000
//! cargo run --release -p pilothouse-tests --bin bench -- decide --targets 10000
//! cargo run --release -p pilothouse-tests --bin bench -- parameters --parameters 100000
//! ```
//!
//! In: `cargo build --release --workspace` before it; the programs are found beside this one. Out: one JSON line per figure on
//! stdout, the story on stderr. Times are wall times of this machine; compare the ratios, not the figures of two machines.
//! Never here: assertions. A figure is read by people.

mod decide;
mod door;
mod fan_out;
mod figure;
mod first_line;
mod fold;
mod frame;
mod hub;
mod lines;
mod load;
mod long;
mod machines;
mod nats;
mod others;
mod parameters;
mod process;
mod pty;
mod restart;
mod ssh;
mod stand;
mod watch;

use clap::{Parser, Subcommand};
use stand::Ground;

/// Measures Pilothouse. Build with `cargo build --release --workspace` first.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// From SendCommand until the first output byte reaches a subscriber, and until every result is stored
    FanOut {
        #[command(flatten)]
        ground: Ground,
        /// Simulated nodes
        #[arg(long, default_value_t = 1000)]
        nodes: usize,
        /// Commands that are sent, one after the other
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// A small command on real agents beside spawning it here and pdsh over ssh
    Machines {
        #[command(flatten)]
        ground: Ground,
        /// Agents, each a process of its own
        #[arg(long, default_value_t = 50)]
        agents: usize,
        /// Commands that are sent, one after the other
        #[arg(long, default_value_t = 10)]
        rounds: usize,
    },
    /// Much output of real agents at once, beside pdsh over ssh
    Lines {
        #[command(flatten)]
        ground: Ground,
        /// Agents, each a process of its own
        #[arg(long, default_value_t = 50)]
        agents: usize,
        /// Lines that each of them says
        #[arg(long, default_value_t = 20_000)]
        lines: usize,
        /// Commands that are sent, one after the other
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// What folding outputs costs, and how late groups are, beside nobody who looks and somebody who reads all
    Fold {
        #[command(flatten)]
        ground: Ground,
        /// Simulated nodes
        #[arg(long, default_value_t = 1000)]
        nodes: usize,
        /// Commands of each kind
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// From SendCommand to the first line at a subscriber, beside idle nodes
    FirstLine {
        #[command(flatten)]
        ground: Ground,
        /// Idle simulated nodes; several numbers are measured one after the other
        #[arg(long, value_delimiter = ',', default_value = "0,1000")]
        idle: Vec<usize>,
        /// Commands that are sent, one after the other
        #[arg(long, default_value_t = 100)]
        commands: usize,
    },
    /// From the start of a server that was killed until all nodes are back
    Restart {
        #[command(flatten)]
        ground: Ground,
        /// Simulated nodes
        #[arg(long, default_value_t = 1000)]
        nodes: usize,
        /// Times that it is killed
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// What a signature, a policy and a record cost: small operations beside the unsigned health route
    Door {
        /// Requests of each kind and round
        #[arg(long, default_value_t = 8000)]
        requests: usize,
        /// Rounds
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Reading, listing and writing parameters beside etcd, OpenBao and nginx, as far as they are installed
    Parameters {
        /// Parameters that are there
        #[arg(long, default_value_t = 100_000)]
        parameters: usize,
        /// Requests of each kind and number of clients
        #[arg(long, default_value_t = 20_000)]
        requests: usize,
        /// OpenBao's program
        #[arg(long, default_value = "bao")]
        openbao: String,
        /// Only what has this in its name, such as `pilothouse` or `nginx`
        #[arg(long, default_value = "")]
        only: String,
        /// Numbers of clients
        #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 128])]
        clients: Vec<usize>,
    },
    /// Time, CPU and bytes per key on a filtered, sorted table of nodes, in a pty
    Frame {
        /// Simulated nodes
        #[arg(long, default_value_t = 10_000)]
        nodes: usize,
        /// Keys that are measured
        #[arg(long, default_value_t = 300)]
        keys: usize,
    },
    /// One output of millions of lines in the cockpit: opening it, going to any place of it, memory; beside less
    Long {
        /// Lines
        #[arg(long, default_value_t = 10_000_000)]
        lines: u64,
        /// Lines that are gone to
        #[arg(long, default_value_t = 30)]
        jumps: u64,
    },
    /// What it costs to decide about every target of a command
    Decide {
        /// Targets
        #[arg(long, default_value_t = 10_000)]
        targets: usize,
        /// Times that all of them are decided
        #[arg(long, default_value_t = 20)]
        rounds: usize,
    },
    /// The baseline of fan-out: a bare websocket hub (started by the bench)
    #[command(hide = true)]
    Hub,
    /// The baseline's clients (started by the bench)
    #[command(hide = true)]
    HubNodes { url: String, count: usize },
    /// Nodes of another baseline of fan-out (started by the bench)
    #[command(hide = true)]
    NatsNodes { address: String, count: usize },
    /// The baseline of frame: a program that answers every key with a fixed text (started by the bench)
    #[command(hide = true)]
    Parrot,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().what {
        What::Parrot => pty::parrot(),
        What::FanOut { ground, nodes, rounds } => asynchronously(fan_out::run(ground, nodes, rounds)),
        What::Machines { ground, agents, rounds } => asynchronously(machines::run(ground, agents, rounds)),
        What::Lines { ground, agents, lines, rounds } => {
            asynchronously(lines::run(ground, agents, lines, rounds))
        }
        What::Fold { ground, nodes, rounds } => asynchronously(fold::run(ground, nodes, rounds)),
        What::FirstLine { ground, idle, commands } => {
            asynchronously(first_line::run(ground, &idle, commands))
        }
        What::Restart { ground, nodes, rounds } => asynchronously(restart::run(ground, nodes, rounds)),
        What::Door { requests, rounds } => asynchronously(door::run(requests, rounds)),
        What::Parameters { parameters, requests, openbao, only, clients } => {
            asynchronously(parameters::run(parameters, requests, &openbao, &only, &clients))
        }
        What::Decide { targets, rounds } => decide::run(targets, rounds),
        What::Long { lines, jumps } => asynchronously(long::run(lines, jumps)),
        What::Frame { nodes, keys } => asynchronously(frame::run(nodes, keys)),
        What::Hub => asynchronously(hub::serve()),
        What::HubNodes { url, count } => asynchronously(hub::answer(url, count)),
        What::NatsNodes { address, count } => asynchronously(nats::answer(address, count)),
    }
}

fn asynchronously(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    process::allow_many_files();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(until_told(work))
}

/// Who is told to end takes the programs along that were started.
async fn until_told(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        done = work => done,
        _ = terminate.recv() => anyhow::bail!("the bench was told to end"),
        _ = interrupt.recv() => anyhow::bail!("the bench was told to end"),
    }
}
