//! Where a recording lies in the archive, so that people who open the archive itself find it:
//! `Recordings/{course}/{title}_{YYYYMMDD}_{HHMMSS}.mp4`, with `_transcript.vtt` and `_chat.txt` beside it. Nothing
//! that was typed leaves its folder, and two recordings never share a name.

use chrono::{DateTime, Utc};
use unicode_normalization::UnicodeNormalization as _;

/// Longest course and title in bytes; with date, number and ending a name stays below what file systems take.
const LONGEST_COURSE: usize = 80;
const LONGEST_TITLE: usize = 150;

/// The folder of all recordings.
const FOLDER: &str = "Recordings";

/// The ending of every recording's key.
pub const VIDEO: &str = ".mp4";

/// What a recording's place is made of.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveName<'a> {
    /// Short name of the course.
    pub course_code: &'a str,
    /// Title of the class.
    pub title: &'a str,
    /// When the recording began.
    pub began: DateTime<Utc>,
    /// The IANA zone of the class, in which people look for it.
    pub time_zone: &'a str,
}

impl ArchiveName<'_> {
    /// The key of the recording; `number` is 1, or more where the earlier ones are taken.
    pub fn key(&self, number: usize) -> String {
        let zone: chrono_tz::Tz = self.time_zone.parse().unwrap_or(chrono_tz::UTC);
        let began = self.began.with_timezone(&zone).format("%Y%m%d_%H%M%S");
        let course = part(self.course_code, LONGEST_COURSE, "course");
        let title = part(self.title, LONGEST_TITLE, "class");
        let again = if number > 1 { format!("_{number}") } else { String::new() };
        format!("{FOLDER}/{course}/{title}_{began}{again}{VIDEO}")
    }
}

/// The key of the transcript beside a recording.
pub fn transcript_beside(key: &str) -> String {
    format!("{}_transcript.vtt", stem(key))
}

/// The key of the chat beside a recording.
pub fn chat_beside(key: &str) -> String {
    format!("{}_chat.txt", stem(key))
}

fn stem(key: &str) -> &str {
    key.strip_suffix(VIDEO).unwrap_or(key)
}

/// One name of a key: letters and digits of any script and a few harmless signs, never beginning or ending with a dot
/// or a space.
fn part(text: &str, longest: usize, fallback: &str) -> String {
    let composed: String = text.nfc().map(plain).collect();
    let words: Vec<&str> = composed.split(' ').filter(|word| !word.is_empty()).collect();
    let joined = words.join(" ");
    let mut end = joined.len().min(longest);
    while !joined.is_char_boundary(end) {
        end -= 1;
    }
    let kept = joined[..end].trim_matches(['.', ' ']);
    if kept.is_empty() { fallback.to_owned() } else { kept.to_owned() }
}

fn plain(letter: char) -> char {
    if letter.is_whitespace() || letter.is_control() || is_unseen(letter) {
        return ' ';
    }
    let is_taken = !letter.is_ascii() || letter.is_ascii_alphanumeric() || "-_.=,()'&+@".contains(letter);
    if is_taken { letter } else { '-' }
}

/// Characters that show nothing or turn the direction of what follows.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;
    use proptest::prelude::*;

    use super::*;

    fn key(course_code: &str, title: &str, number: usize) -> String {
        let began = Utc.with_ymd_and_hms(2026, 12, 1, 8, 0, 7).unwrap();
        ArchiveName { course_code, title, began, time_zone: "Europe/Amsterdam" }.key(number)
    }

    #[test]
    fn a_recording_lies_where_people_look_for_it() {
        let first = key("BIO-204", "Cells and membranes", 1);
        assert_eq!(first, "Recordings/BIO-204/Cells and membranes_20261201_090007.mp4");
        assert_eq!(
            transcript_beside(&first),
            "Recordings/BIO-204/Cells and membranes_20261201_090007_transcript.vtt"
        );
        assert_eq!(chat_beside(&first), "Recordings/BIO-204/Cells and membranes_20261201_090007_chat.txt");
        assert_eq!(key("BIO-204", "Cells", 3), "Recordings/BIO-204/Cells_20261201_090007_3.mp4");
    }

    #[test]
    fn nothing_that_was_typed_leaves_its_folder() {
        assert_eq!(key("../..", "../../etc/passwd", 1), "Recordings/-/-..-etc-passwd_20261201_090007.mp4");
        assert_eq!(key("", " . ", 1), "Recordings/course/class_20261201_090007.mp4");
        assert_eq!(key("A/B", "50% \"off\"\r\n?", 1), "Recordings/A-B/50- -off- -_20261201_090007.mp4");
        assert_eq!(key("X", "কোষ خلية", 1), "Recordings/X/কোষ خلية_20261201_090007.mp4");
    }

    proptest! {
        #[test]
        fn whatever_is_typed_the_key_has_three_parts_of_a_length_that_fits(course in ".{0,300}", title in ".{0,300}") {
            let key = key(&course, &title, 12);
            let parts: Vec<&str> = key.split('/').collect();
            prop_assert_eq!(parts.len(), 3);
            prop_assert!(parts.iter().all(|part| !part.is_empty() && *part != "." && *part != ".." && part.len() < 220));
            prop_assert!(!key.chars().any(|letter| letter.is_control() || "\\:*?\"<>|%#".contains(letter)));
        }
    }
}
