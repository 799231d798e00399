//! The server itself: what it says when it is asked about itself.
//!
//! In: nothing. Out: its version, its account, and how the way to it is protected, which a registration line and a warning are
//! made of. Everyone who is known may ask.
//! Never here: settings, certificates.

mod describe;
