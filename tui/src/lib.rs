//! Pilothouse's cockpit: what people see, and the headless verbs over the same client.
//!
//! ```text
//!   keys, resize, ticks, news ──▶ one channel ──▶ shell ──▶ layer or room ──▶ effects ──▶ shell ──▶ remote (calls, topics)
//!                                                   │                                                 │
//!                                                   └──────────── draws if dirty ◀── mirror ◀─────────┘
//! ```
//!
//! In: a terminal, and a server's address with credentials (or none: then `local` starts one). Out: frames, and operations.
//! Never here: what a node or the server does; only `local` may even name them.

pub mod arguments;
pub mod asked;
pub mod cockpit;
pub mod effect;
pub mod errand;
pub mod event;
pub mod facts;
pub mod local;
pub mod look;
pub mod manuscript;
pub mod mirror;
pub mod moments;
pub mod remote;
pub mod requests;
pub mod route;
pub mod screen;
pub mod screens;
pub mod settings;
pub mod sheet;
pub mod shell;
pub mod spans;
pub mod tags;
pub mod times;
pub mod typed;
pub mod verbs;
pub mod words;
