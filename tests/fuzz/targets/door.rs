//! The JSON of every operation: decoded, checked, masked for the audit trail, and written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pilothouse_api::operation::Operation;
use pilothouse_api::{Violations, decode};

fn take<O: Operation>(body: &[u8]) {
    let Ok(operation) = decode::<O>(body) else { return };
    let mut violations = Violations::default();
    operation.validate(&mut violations);
    // What is refused is told in words, whatever it was.
    let _ = violations.into_result();
    let _ = pilothouse_server::audit::parameters(&operation);
    let written = serde_json::to_vec(&operation).expect("what was read can be written");
    decode::<O>(&written).expect("what was written can be read");
}

macro_rules! all {
    ($($request:path,)*) => { &[$(take::<$request>),*] };
}
const ALL: &[fn(&[u8])] = pilothouse_api::for_each_operation!(all);

fuzz_target!(|bytes: &[u8]| {
    let Some((which, body)) = bytes.split_first() else { return };
    ALL[usize::from(*which) % ALL.len()](body);
});
