# Everyday commands; `just` lists them.

default:
    @just --list

# open the cockpit with 24 simulated nodes
demo:
    cargo run --release -- --demo

# what CI runs, on this checkout
ci:
    .ci/run

fmt:
    cargo fmt --all

lint:
    cargo clippy --workspace --all-targets -- -D warnings
    cargo deny --config .deny.toml check licenses bans sources

test:
    cargo test --workspace

# the laws of the house alone
house:
    cargo test -p pilothouse-tests --test house

# stories with real servers and agents; with words, those whose names contain one
journeys *WORDS:
    cargo test -p pilothouse-tests --test journeys -- {{WORDS}}

# accept changed screens after having looked at them
snapshots:
    cargo insta review --workspace

# figures: just bench fan-out --nodes 1000
bench +ARGS:
    cargo build --release --workspace
    cargo run --release -p pilothouse-tests --bin bench -- {{ARGS}}
