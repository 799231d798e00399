//! What can be followed: news of nodes, commands, runs and their output since a cursor.
//!
//! In: a topic with its cursor. Out: what is new, and the topic with its cursor moved past it. The event stream runs this
//! operation whenever the doorbell rings, so there is no second way by which news could be lost or reordered.
//!
//! Never here: sockets, queues, subscriptions.

mod approvals;
mod armings;
mod audit;
mod follow;
mod parameters;
mod search;
