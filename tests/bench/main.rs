//! The benchmark: how fast and how lean, in figures, each beside a baseline of the same run.
//!
//! ```text
//! cargo run --release -p pilothouse-tests --bin bench -- fan-out --nodes 1000
//! cargo run --release -p pilothouse-tests --bin bench -- frame --nodes 10000
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
mod frame;
mod hub;
mod load;
mod parameters;
mod process;
mod pty;
mod stand;

use clap::{Parser, Subcommand};

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
        /// Simulated nodes
        #[arg(long, default_value_t = 1000)]
        nodes: usize,
        /// Commands that are sent, one after the other
        #[arg(long, default_value_t = 5)]
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
    /// The baseline of frame: a program that answers every key with a fixed text (started by the bench)
    #[command(hide = true)]
    Parrot,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().what {
        What::Parrot => pty::parrot(),
        What::FanOut { nodes, rounds } => asynchronously(fan_out::run(nodes, rounds)),
        What::Door { requests, rounds } => asynchronously(door::run(requests, rounds)),
        What::Parameters { parameters, requests, openbao, only } => {
            asynchronously(parameters::run(parameters, requests, &openbao, &only))
        }
        What::Decide { targets, rounds } => decide::run(targets, rounds),
        What::Frame { nodes, keys } => asynchronously(frame::run(nodes, keys)),
        What::Hub => asynchronously(hub::serve()),
        What::HubNodes { url, count } => asynchronously(hub::answer(url, count)),
    }
}

fn asynchronously(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    process::allow_many_files();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
