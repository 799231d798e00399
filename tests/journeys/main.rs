//! Journeys: what users do, told from the outside, with real servers, real agents, the aws CLI and the cockpit in a terminal.

mod aws_cli;
mod cockpit;
mod commands;
mod crash;
mod headless;
mod nodes;
mod output;
mod strangers;
