//! Reading Microsoft's transcripts. Their `WebVTT` is not quite valid: times are not padded and may be negative.
//! What comes out here is plain text on the recording's own time line.

use std::fmt;

use chrono::{DateTime, Utc};

use super::artifact::Cue;

/// Why a text is no transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotWebVtt;

impl fmt::Display for NotWebVtt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text does not begin with WEBVTT")
    }
}

/// Reads a transcript. Times are as written, possibly negative. A block that cannot be read is left out.
pub fn parse(text: &str) -> Result<Vec<Cue>, NotWebVtt> {
    let text = text.trim_start_matches('\u{feff}');
    if !text.starts_with("WEBVTT") {
        return Err(NotWebVtt);
    }
    let mut cues = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((start_ms, end_ms)) = times(line) else { continue };
        let said: Vec<&str> = lines.by_ref().take_while(|line| !line.trim().is_empty()).collect();
        for (speaker, text) in voices(&said.join("\n")) {
            cues.push(Cue { start_ms, end_ms: end_ms.max(start_ms), speaker, text });
        }
    }
    Ok(cues)
}

/// How far `transcript` has to be moved to lie on the time line of a recording that began at `recording`.
/// Cues with negative times are already on that line.
pub fn shift_ms(cues: &[Cue], transcript: Option<DateTime<Utc>>, recording: Option<DateTime<Utc>>) -> i64 {
    if cues.iter().any(|cue| cue.start_ms < 0) {
        return 0;
    }
    match (transcript, recording) {
        (Some(transcript), Some(recording)) => (transcript - recording).num_milliseconds(),
        _ => 0,
    }
}

/// The cues moved by `shift_ms`, clipped at 0, in order; what was said before the recording began is left out.
pub fn place(cues: Vec<Cue>, shift_ms: i64) -> Vec<Cue> {
    let mut placed: Vec<Cue> = cues
        .into_iter()
        .map(|cue| Cue { start_ms: cue.start_ms + shift_ms, end_ms: cue.end_ms + shift_ms, ..cue })
        .filter(|cue| cue.end_ms > 0)
        .map(|cue| Cue { start_ms: cue.start_ms.max(0), ..cue })
        .collect();
    placed.sort_by_key(|cue| (cue.start_ms, cue.end_ms));
    placed
}

/// `0:0:5.320 --> 00:00:09.000 align:start` in milliseconds.
fn times(line: &str) -> Option<(i64, i64)> {
    let (start, rest) = line.split_once("-->")?;
    let end = rest.split_whitespace().next()?;
    Some((moment(start.trim())?, moment(end)?))
}

/// `[-][h:]m:s[.fraction]` in milliseconds.
fn moment(text: &str) -> Option<i64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let mut seconds: i64 = 0;
    let mut parts = 0;
    for part in whole.split(':') {
        let number: i64 = part.parse().ok().filter(|number| (0..=99_999).contains(number))?;
        seconds = seconds.checked_mul(60)?.checked_add(number)?;
        parts += 1;
    }
    if !(2..=3).contains(&parts) || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    Some(sign * (seconds * 1_000 + millis))
}

/// Who said what in one cue: `<v Name>text</v>`, possibly several.
fn voices(said: &str) -> Vec<(String, String)> {
    let mut voices = Vec::new();
    let mut speaker = String::new();
    let mut rest = said;
    loop {
        let next = rest.find("<v ").or_else(|| rest.find("<v."));
        let text = plain(&rest[..next.unwrap_or(rest.len())]);
        if !text.is_empty() {
            voices.push((speaker.clone(), text));
        }
        let Some(tag) = next else { return voices };
        let Some(close) = rest[tag..].find('>') else { return voices };
        let name = rest[tag + 2..tag + close].trim();
        let name =
            if name.starts_with('.') { name.split_once(' ').map_or("", |(_, name)| name) } else { name };
        speaker = entities(name.trim());
        rest = &rest[tag + close + 1..];
    }
}

/// Text without tags, its white space folded.
fn plain(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        kept.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('>') else {
            rest = "";
            break;
        };
        rest = &rest[open + close + 1..];
    }
    kept.push_str(rest);
    entities(&kept).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text with the character references of `WebVTT` and HTML put back.
pub(super) fn entities(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|b| b == b';');
        if let Some((end, c)) = end.and_then(|end| entity(&rest[1..end]).map(|c| (end, c))) {
            out.push(c);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    let known = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "lrm" => '\u{200e}',
        "rlm" => '\u{200f}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            return char::from_u32(code).filter(|c| *c != '\0');
        }
    };
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cue(start_ms: i64, end_ms: i64, speaker: &str, text: &str) -> Cue {
        Cue { start_ms, end_ms, speaker: speaker.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn microsofts_odd_form_is_read() {
        let vtt = "WEBVTT\r\n\r\n0:0:0.0 --> 0:0:5.320\r\n<v Ada Lovelace>Good morning, everybody.</v>\r\n\r\n\
                   id-2\r\n-0:0:2.5 --> 00:01:02.004 align:start\r\n<v O&apos;Brien>a &lt; b\r\nand so on</v>\r\n";
        let cues = parse(vtt).unwrap();
        assert_eq!(cues[0], cue(0, 5_320, "Ada Lovelace", "Good morning, everybody."));
        assert_eq!(cues[1], cue(-2_500, 62_004, "O'Brien", "a < b and so on"));
    }

    #[test]
    fn several_voices_make_several_cues() {
        let cues = parse("WEBVTT\n\n1:00 --> 1:02\n<v A>one</v><v.loud B>two</v>\n").unwrap();
        assert_eq!(cues, [cue(60_000, 62_000, "A", "one"), cue(60_000, 62_000, "B", "two")]);
    }

    #[test]
    fn a_page_in_html_is_no_transcript() {
        assert_eq!(parse("<html>"), Err(NotWebVtt));
        assert_eq!(parse(""), Err(NotWebVtt));
        assert_eq!(parse("WEBVTT"), Ok(Vec::new()));
    }

    #[test]
    fn damaged_blocks_are_left_out() {
        let cues = parse("WEBVTT\n\nnot --> times\nx\n\n0:1 --> 0:2\nkept\n\n9:9:9:9 --> 1:1\nx").unwrap();
        assert_eq!(cues, [cue(1_000, 2_000, "", "kept")]);
    }

    #[test]
    fn what_was_said_before_the_recording_is_clipped() {
        let cues = vec![
            cue(-9_000, -1_000, "", "gone"),
            cue(-1_000, 4_000, "", "cut"),
            cue(5_000, 6_000, "", "whole"),
        ];
        let start = "2026-09-01T06:00:00Z".parse().ok();
        let shift = shift_ms(&cues, start, "2026-09-01T06:00:30Z".parse().ok());
        assert_eq!(shift, 0);
        assert_eq!(place(cues, shift), [cue(0, 4_000, "", "cut"), cue(5_000, 6_000, "", "whole")]);
    }

    #[test]
    fn a_transcript_that_began_later_is_moved_to_the_recordings_start() {
        let cues = vec![cue(0, 1_000, "", "hello")];
        let shift = shift_ms(&cues, "2026-09-01T06:00:30Z".parse().ok(), "2026-09-01T06:00:00Z".parse().ok());
        assert_eq!(place(cues, shift), [cue(30_000, 31_000, "", "hello")]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(WEBVTT\n\n)?[-0-9:.<>v/ &;#xé\n]{0,200}") {
            for cue in place(parse(&text).unwrap_or_default(), 0) {
                proptest::prop_assert!(cue.start_ms >= 0 && cue.end_ms >= cue.start_ms);
            }
        }
    }
}
