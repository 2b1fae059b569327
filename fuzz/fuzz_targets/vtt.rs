//! Transcripts as Microsoft may write them, and the captions that are made of them.

#![no_main]

#[path = "../checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|data: (&str, i32)| checks::vtt(data.0, i64::from(data.1)));
