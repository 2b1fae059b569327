//! A transcript as a WebVTT file that loads on every player. Microsoft's own files do not: times are not padded,
//! cues run backwards, names hold angle brackets. Nothing is taken over unescaped.

use std::fmt::Write as _;

use super::artifact::Cue;

/// The media type of what [`webvtt`] writes.
pub const MIME_TYPE: &str = "text/vtt; charset=utf-8";

/// The shortest time a cue stands, for those that end before they begin.
const SHORTEST_MS: i64 = 1;

/// Writes `cues` as WebVTT: sorted by start, clipped at zero, each ending after it begins; cues that say nothing
/// or lie wholly before the recording are left out.
pub fn webvtt(cues: &[Cue]) -> String {
    let mut lines: Vec<(i64, i64, &Cue)> = cues.iter().filter_map(timed).collect();
    lines.sort_by_key(|(start, end, _)| (*start, *end));
    let mut file = String::with_capacity(16 + lines.len() * 96);
    file.push_str("WEBVTT\n");
    for (start, end, cue) in lines {
        let text = plain_lines(&cue.text);
        if text.is_empty() {
            continue;
        }
        file.push('\n');
        push_time(&mut file, start);
        file.push_str(" --> ");
        push_time(&mut file, end);
        file.push('\n');
        // Hyphens before the tag's end would make the arrow of a cue's times.
        let speaker = one_line(&cue.speaker);
        let speaker = speaker.trim_end_matches(['-', ' ']);
        if !speaker.is_empty() {
            file.push_str("<v ");
            push_escaped(&mut file, speaker);
            file.push('>');
        }
        push_escaped(&mut file, &text);
        file.push('\n');
    }
    file
}

/// Start and end within the recording, or `None` for a cue that was over before it began.
fn timed(cue: &Cue) -> Option<(i64, i64, &Cue)> {
    if cue.start_ms < 0 && cue.end_ms <= 0 {
        return None;
    }
    let start = cue.start_ms.max(0);
    Some((start, cue.end_ms.max(start + SHORTEST_MS), cue))
}

fn push_time(file: &mut String, ms: i64) {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    write!(file, "{hours:02}:{minutes:02}:{seconds:02}.{:03}", ms % 1_000)
        .expect("writing to a string does not fail");
}

/// Lines without blank ones between them: a blank line would end the cue.
fn plain_lines(text: &str) -> String {
    let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).map(one_line);
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// One line, with single spaces and without control characters.
fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `>` is escaped too: no text can hold the arrow of a cue's times.
fn push_escaped(file: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => file.push_str("&amp;"),
            '<' => file.push_str("&lt;"),
            '>' => file.push_str("&gt;"),
            other => file.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cue(start_ms: i64, end_ms: i64, speaker: &str, text: &str) -> Cue {
        Cue { start_ms, end_ms, speaker: speaker.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn times_are_padded_and_names_are_voices() {
        let file =
            webvtt(&[cue(0, 5_320, "Ada Lovelace", "Good morning."), cue(3_605_007, 3_606_000, "", "Bye.")]);
        assert_eq!(
            file,
            "WEBVTT\n\n00:00:00.000 --> 00:00:05.320\n<v Ada Lovelace>Good morning.\n\n\
             01:00:05.007 --> 01:00:06.000\nBye.\n"
        );
    }

    #[test]
    fn what_was_said_before_the_recording_began_is_clipped() {
        let file = webvtt(&[cue(-9_000, -1_000, "A", "gone"), cue(-500, 700, "A", "clipped")]);
        assert!(!file.contains("gone"));
        assert!(file.contains("00:00:00.000 --> 00:00:00.700\n<v A>clipped\n"));
    }

    #[test]
    fn markup_arrows_and_blank_lines_stay_text() {
        let file = webvtt(&[cue(0, 1, "Eve <script>", "a --> b\n\n\n1 < 2 & 3 > 2\r\nNOTE \u{0}x")]);
        assert_eq!(
            file,
            "WEBVTT\n\n00:00:00.000 --> 00:00:00.001\n<v Eve &lt;script&gt;>a --&gt; b\n1 &lt; 2 &amp; 3 &gt; 2\n\
             NOTE x\n"
        );
    }

    #[test]
    fn a_name_that_ends_in_hyphens_makes_no_arrow() {
        let file = webvtt(&[cue(0, 1, "Ada --", "hello"), cue(1, 2, "--", "world")]);
        assert_eq!(file.matches("-->").count(), 2);
        assert!(file.contains("<v Ada>hello\n") && file.contains("\nworld\n"));
    }

    #[test]
    fn other_scripts_are_left_as_they_are() {
        let file = webvtt(&[cue(0, 900, "অমর্ত্য সেন", "শুভ সকাল 👋"), cue(900, 950, "نجيب", "صباح الخير")]);
        assert!(file.contains("<v অমর্ত্য সেন>শুভ সকাল 👋\n") && file.contains("<v نجيب>صباح الخير\n"));
    }

    fn read_time(text: &str) -> i64 {
        let (clock, ms) = text.split_once('.').unwrap();
        let parts: Vec<i64> = clock.split(':').map(|part| part.parse().unwrap()).collect();
        assert!(text.len() >= 12 && parts.len() == 3 && ms.len() == 3, "{text}");
        (parts[0] * 3_600 + parts[1] * 60 + parts[2]) * 1_000 + ms.parse::<i64>().unwrap()
    }

    proptest! {
        #[test]
        fn any_cues_make_a_valid_file(
            raw in proptest::collection::vec((-10_000_i64..40_000_000, -10_000_i64..40_000_000, ".*", ".*"), 0..20)
        ) {
            let cues: Vec<Cue> = raw.iter().map(|(start, end, who, text)| cue(*start, *end, who, text)).collect();
            let file = webvtt(&cues);
            let mut blocks = file.split("\n\n");
            prop_assert_eq!(blocks.next().unwrap().trim_end(), "WEBVTT");
            let mut last = 0;
            for block in blocks {
                let (times, text) = block.split_once('\n').unwrap();
                let (start, end) = times.split_once(" --> ").unwrap();
                let (start, end) = (read_time(start), read_time(end));
                prop_assert!(start >= last && end > start);
                prop_assert!(!text.trim().is_empty() && !text.contains("-->"));
                last = start;
            }
        }
    }
}
