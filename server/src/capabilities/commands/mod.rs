//! Run Command: a document sent to nodes, within limits, and what became of it on each.
//!
//! In: SendCommand, CancelCommand and their listings from operators; Settle, ResumeJobs and what jobs ask for from nodes; Dispatch
//! and ExpireCommands from the clock. Out: commands and their runs in the store, jobs and cancels for nodes.
//! `send` only writes rows and rings; `dispatch` hands them over from what the rows say, so a crash between the two loses
//! nothing. Every change of a run's state is a transition of `protocol::InvocationState`, which can refuse.
//!
//! Never here: what a document means (`agent/document`), how output is kept (`store::outputs`).

mod alarm;
mod answer;
mod buckets;
mod cancel;
mod dispatch;
mod document;
mod expire;
mod find;
mod get;
mod groups;
mod list;
mod notify;
mod output_text;
mod references;
mod resolve;
mod resume;
mod rollup;
mod send;
mod settle;
mod shape;
mod step;
mod targets;
mod templates;
mod throttle;

#[cfg(test)]
mod reference_stories;
#[cfg(test)]
mod stories;
