//! Journeys: what users do, told from the outside, with real servers, real agents, the aws CLI and the cockpit in a terminal.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test fails where something is not as it should be; clocks are real here"
)]

mod access;
mod approvals;
mod arming;
mod audit;
mod aws_cli;
mod backup;
mod buckets;
mod canaries;
mod clocks;
mod cockpit;
mod cockpit_command;
mod cockpit_documents;
mod cockpit_history;
mod cockpit_output;
mod cockpit_parameters;
mod cockpit_run_form;
mod commands;
mod crash;
mod disks;
mod documents;
mod failover;
mod folding;
mod headless;
mod nodes;
mod output;
mod output_search;
mod output_verb;
mod packages;
mod parameter_history;
mod parameter_policies;
mod parameters;
mod plugins;
mod principals;
mod run_command;
mod secrets;
mod strangers;
mod tls;
