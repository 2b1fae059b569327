//! Transcripts as Microsoft may write them: whatever comes in, nothing panics, and what is written for players is WebVTT
//! that is read back as the same number of captions.

#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord::model::{captions, transcript};

fuzz_target!(|data: (&str, i32)| {
    let (text, shift_ms) = data;
    let Ok(cues) = transcript::parse(text) else { return };
    let placed = transcript::place(cues, i64::from(shift_ms));
    assert!(placed.iter().all(|cue| cue.start_ms >= 0 && cue.end_ms >= cue.start_ms));
    let written = captions::webvtt(&placed);
    let again = transcript::parse(&written).expect("what is written can be read");
    assert!(again.len() <= placed.len());
});
