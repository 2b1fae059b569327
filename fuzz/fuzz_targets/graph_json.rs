//! Bodies as Graph may send them: unknown fields, unknown words, wrong shapes.

#![no_main]

#[path = "../checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|body: &[u8]| checks::graph_json(body));
