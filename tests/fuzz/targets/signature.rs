//! The head of a request, as a stranger writes it: is it signed, by whom, when, over what?
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n');
    let target = lines.next().unwrap_or_default();
    let mut request = http::Request::builder().method("POST").uri(target);
    for line in lines {
        if let Some((name, value)) = line.split_once(':') {
            request = request.header(name.trim(), value.trim());
        }
    }
    let Ok(request) = request.body(()) else { return };
    let (head, ()) = request.into_parts();
    pilothouse_server::http::reads_signature(&head);
});
