//! Timed arming: the right to change an environment, taken for minutes with a reason.
//!
//! In: Arm, Disarm and ListArmings from operators, EndArmings from the clock. Out: rows, of which the time alone decides whether
//! they hold; so nobody stays armed because a server was down. An arming is a person's, whatever role or key it was taken with.
//! What arming is needed for is written in policies (`context.armed`), and the door asks them.
//!
//! Never here: what an armed environment permits.

mod arm;
mod end;
mod list;

#[cfg(test)]
mod stories;
