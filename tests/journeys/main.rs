//! Journeys: what users do, told from the outside, with real servers, real agents, the aws CLI and the cockpit in a terminal.

mod commands;
