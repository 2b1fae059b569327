//! Posts to the address for change notifications, which anybody can send.

#![no_main]

#[path = "../checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|body: &[u8]| checks::webhook(body));
