//! Frames of an agent's link in both directions, and messages of the event stream.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pilothouse_api::topics::{FromClient, FromServer};
use pilothouse_protocol::frame::{ToAgent, ToServer, decode, encode};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(frame) = decode::<ToServer>(bytes) {
        let again = encode(&frame).expect("what was read can be written");
        decode::<ToServer>(&again).expect("what was written can be read");
    }
    let _ = decode::<ToAgent>(bytes);
    let _ = rmp_serde::from_slice::<FromClient>(bytes);
    let _ = rmp_serde::from_slice::<FromServer>(bytes);
});
