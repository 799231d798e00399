//! Run Command's rules, from the outside: with the aws CLI and boto3, on real agents, across restarts, on both databases.

mod boto;
mod cli;
mod notifications;
mod offline;
mod restart;
mod steps;
mod throttle;
