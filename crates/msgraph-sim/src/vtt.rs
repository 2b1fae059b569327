//! Transcripts in Teams' own WebVTT: hours and minutes not padded, speakers in voice tags.
//! Deliberately not valid WebVTT in its times, because Microsoft's is not.

use std::fmt::Write as _;

use chrono::TimeDelta;
use serde_json::json;

use crate::clock::milli;
use crate::world::{Cue, Transcript};

/// `0:0:5.320`; negative offsets keep one sign in front.
fn stamp(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.abs();
    let (hours, minutes, seconds, rest) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
    format!("{sign}{hours}:{minutes}:{seconds}.{rest:03}")
}

fn write(transcript: &Transcript, text: impl Fn(&Cue) -> String) -> String {
    let mut file = String::from("WEBVTT\n");
    for cue in &transcript.cues {
        let _ = write!(file, "\n{} --> {}\n{}\n", stamp(cue.start_ms), stamp(cue.end_ms), text(cue));
    }
    file
}

/// The captions with speakers.
pub(crate) fn captions(transcript: &Transcript) -> String {
    write(transcript, |cue| format!("<v {}>{}</v>", cue.speaker, cue.text))
}

/// The words without speakers.
pub(crate) fn plain(transcript: &Transcript) -> String {
    write(transcript, |cue| cue.text.clone())
}

/// The variant whose cue texts are JSON.
pub(crate) fn metadata(transcript: &Transcript) -> String {
    write(transcript, |cue| {
        json!({
            "startDateTime": milli(transcript.created_at + TimeDelta::milliseconds(cue.start_ms)),
            "endDateTime": milli(transcript.created_at + TimeDelta::milliseconds(cue.end_ms)),
            "speakerName": cue.speaker, "spokenText": cue.text, "spokenLanguage": "en-us",
        })
        .to_string()
    })
}
