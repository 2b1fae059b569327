//! The name under which a recording or file is saved, in any script, and as it stands in `Content-Disposition`.
//! Nothing that was typed or sent by Microsoft can break out of the header or the folder.

use std::fmt::Write as _;

use chrono::NaiveDate;

/// Longest name without its ending, in bytes: file systems take 255 for the whole.
const LONGEST: usize = 180;

/// What a recording's file name is made of.
#[derive(Debug, Clone)]
pub struct RecordingName<'a> {
    /// Short name of the course.
    pub course_code: &'a str,
    /// Title of the class.
    pub title: &'a str,
    /// Day of the class in its own time zone.
    pub day: NaiveDate,
    /// Number of the part, if the class has several.
    pub part: Option<i64>,
    /// Ending without the dot.
    pub ending: &'a str,
}

impl RecordingName<'_> {
    /// `BIO-204 Cells and membranes 2026-12-01 part 2.mp4`.
    pub fn file_name(&self) -> String {
        let tail = match self.part {
            Some(part) => format!(" {} part {part}", self.day),
            None => format!(" {}", self.day),
        };
        let head = clean(&format!("{} {}", self.course_code, self.title));
        let head = cut(&head, LONGEST - tail.len());
        let head = if head.is_empty() { "recording" } else { head };
        format!("{head}{tail}.{}", self.ending)
    }
}

/// A file's own name, made harmless; `fallback` if nothing is left of it.
pub fn safe_name(name: &str, fallback: &str) -> String {
    let name = clean(name);
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && (1..=10).contains(&ending.len()) => (stem, Some(ending)),
        _ => (name.as_str(), None),
    };
    let stem = cut(stem, LONGEST);
    match (stem.is_empty(), ending) {
        (true, _) => fallback.to_owned(),
        (false, Some(ending)) => format!("{stem}.{ending}"),
        (false, None) => stem.to_owned(),
    }
}

/// What a browser does with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Shows it where it stands.
    Inline,
    /// Saves it.
    Attachment,
}

/// The value of `Content-Disposition`: an ASCII name for old programs, the real one for all others (RFC 6266,
/// RFC 8187).
pub fn disposition(what: Disposition, name: &str) -> String {
    let mut value = String::with_capacity(48 + name.len() * 2);
    value.push_str(match what {
        Disposition::Inline => "inline",
        Disposition::Attachment => "attachment",
    });
    value.push_str("; filename=\"");
    for letter in name.chars() {
        let plain = (letter.is_ascii_graphic() || letter == ' ') && !matches!(letter, '"' | '\\' | '%');
        value.push(if plain { letter } else { '_' });
    }
    value.push_str("\"; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            value.push(char::from(byte));
        } else {
            write!(value, "%{byte:02X}").expect("writing to a string does not fail");
        }
    }
    value
}

/// Without what no file system takes, without control and direction characters, with single spaces, and never
/// beginning or ending with a dot.
fn clean(name: &str) -> String {
    let kept = name.chars().map(|letter| match letter {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
        letter if letter.is_control() || letter.is_whitespace() => ' ',
        letter => letter,
    });
    let kept: String = kept.filter(|letter| !turns_direction(*letter)).collect();
    let words: Vec<&str> = kept.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").trim_matches(['.', ' ']).to_owned()
}

/// Characters that make `exe.mp4` look like `4pm.exe`, and a byte order mark. Joiners stay: scripts and emoji
/// need them.
fn turns_direction(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn cut(text: &str, longest: usize) -> &str {
    let mut end = text.len().min(longest);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end_matches(['.', ' '])
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    fn name(title: &str, part: Option<i64>) -> String {
        let day = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap();
        RecordingName { course_code: "BIO-204", title, day, part, ending: "mp4" }.file_name()
    }

    #[test]
    fn a_recording_is_named_after_its_class() {
        assert_eq!(name("Cells", None), "BIO-204 Cells 2026-12-01.mp4");
        assert_eq!(name("Cells", Some(2)), "BIO-204 Cells 2026-12-01 part 2.mp4");
        assert_eq!(name("a/b\\c: \"d\"\r\n<e>|?*", None), "BIO-204 a-b-c- -d- -e---- 2026-12-01.mp4");
        assert_eq!(name("  ..  ", None), "BIO-204 2026-12-01.mp4");
    }

    #[test]
    fn every_script_survives_and_old_programs_get_ascii() {
        let value = disposition(Disposition::Attachment, &name("কোষ خلية 🧬", None));
        assert!(value.starts_with("attachment; filename=\"BIO-204 ___"), "{value}");
        let (_, encoded) = value.split_once("filename*=UTF-8''").unwrap();
        assert_eq!(percent_decode_str(encoded).decode_utf8().unwrap(), "BIO-204 কোষ خلية 🧬 2026-12-01.mp4");
    }

    #[test]
    fn file_names_keep_their_ending_and_lose_their_tricks() {
        assert_eq!(safe_name("../../etc/passwd", "file"), "-..-etc-passwd");
        assert_eq!(safe_name("photo\u{202e}gpj.exe", "file"), "photogpj.exe");
        assert_eq!(safe_name("\r\n", "file"), "file");
        assert_eq!(safe_name(&format!("{}.pdf", "ü".repeat(300)), "file").len(), 184);
    }

    proptest! {
        #[test]
        fn no_name_breaks_out_of_the_header(title in ".{0,300}") {
            let file = name(&title, Some(3));
            prop_assert!(file.len() <= 200 && file.ends_with(" 2026-12-01 part 3.mp4"));
            prop_assert!(!file.contains(['/', '\\', '\n', '\r', '\0']));
            let value = disposition(Disposition::Attachment, &file);
            prop_assert!(value.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
            prop_assert_eq!(value.matches('"').count(), 2);
            let (_, encoded) = value.split_once("filename*=UTF-8''").unwrap();
            prop_assert_eq!(percent_decode_str(encoded).decode_utf8().unwrap(), file);
        }
    }
}
