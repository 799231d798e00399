//! Any order of what can happen to a fleet and its server: each script runs once, and once more after each reboot that it asks
//! for; the server learns of every end, and what it took for an end stays one.
//!
//! The door with its capabilities and its store, the files of output, the agents' boards and ledgers are the real ones; machines
//! are tables, and links are queues that lose, double and reorder what they carry. Two servers stand on one store: one has the
//! links, the other only reconciles until it takes over. All chance comes from one seed, which a failure prints:
//! `PILOTHOUSE_MODEL_SEED=N cargo test -p pilothouse-tests --test model` plays that world again, and
//! `PILOTHOUSE_MODEL_WORLDS=N` plays more of them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "what fails here fails the test, and is told with its seed"
)]

#[path = "../../agent/tests/model/machine.rs"]
mod machine;
mod node;
mod play;
mod server;

use std::panic::{AssertUnwindSafe, catch_unwind};

use play::Play;

/// Worlds that are played without being asked for more.
const WORLDS: u64 = 24;
/// Turns of a world, before all goes well again.
const TURNS: usize = 60;

/// A number of the environment.
fn given(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Chance that can be repeated (splitmix64).
pub struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// True in so many of a hundred cases.
    fn percent(&mut self, cases: usize) -> bool {
        self.below(100) < cases
    }
}

#[test]
fn whatever_happens_to_a_fleet_and_its_servers_each_run_is_made_once_and_its_end_is_known() {
    let (first, worlds) = match given("PILOTHOUSE_MODEL_SEED") {
        Some(seed) => (seed, 1),
        None => (1, given("PILOTHOUSE_MODEL_WORLDS").unwrap_or(WORLDS)),
    };
    let (mut runs, mut starts) = (0, 0);
    for seed in first..first + worlds {
        let played = catch_unwind(AssertUnwindSafe(|| {
            let mut play = Play::begin(Chance(seed));
            (0..TURNS).for_each(|_| play.turn());
            play.ends();
            play.is_as_it_should_be()
        }));
        match played {
            Ok((more, again)) => (runs, starts) = (runs + more, starts + again),
            Err(_) => panic!("play it again with PILOTHOUSE_MODEL_SEED={seed}"),
        }
    }
    eprintln!("{worlds} worlds, {runs} runs on nodes, scripts were started {starts} times");
}
