//! The name Teams gives a recording's file. It carries no meeting id: subject and start stamp are all it tells,
//! so nothing here may be taken as proof on its own.

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

/// Shortest cut subject that may still stand for a longer one.
const SHORTEST_CUT: usize = 24;

/// What a file name tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingName {
    /// The meeting's subject, with OneDrive's replacements and possibly cut.
    pub subject: String,
    /// When the recording began, in the zone that [`RecordingName::is_utc`] tells.
    pub stamp: NaiveDateTime,
    /// True since 2025; older names are in the local time of whoever recorded.
    pub is_utc: bool,
    /// The localized end, such as `Meeting Recording`.
    pub suffix: String,
}

impl RecordingName {
    /// Reads `{Subject}-{YYYYMMDD}_{HHMMSS}[UTC]-{suffix}.mp4`; `None` for any other name.
    pub fn parse(file_name: &str) -> Option<Self> {
        let stem = file_name.strip_suffix(".mp4").or_else(|| file_name.strip_suffix(".MP4"))?;
        let mut at = stem.len();
        while let Some(dash) = stem[..at].rfind('-') {
            if let Some(name) = Self::at_dash(stem, dash) {
                return Some(name);
            }
            at = dash;
        }
        None
    }

    /// The name, if its stamp follows the dash at `dash`. The subject is greedy: the last stamp counts.
    fn at_dash(stem: &str, dash: usize) -> Option<Self> {
        let rest = &stem[dash + 1..];
        let stamp = rest.get(..15)?;
        if !stamp.bytes().enumerate().all(|(i, b)| if i == 8 { b == b'_' } else { b.is_ascii_digit() }) {
            return None;
        }
        let stamp = NaiveDateTime::parse_from_str(stamp, "%Y%m%d_%H%M%S").ok()?;
        let rest = &rest[15..];
        let (is_utc, rest) = match rest.strip_prefix("UTC") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let suffix = rest.strip_prefix('-')?.to_owned();
        Some(Self { subject: stem[..dash].to_owned(), stamp, is_utc, suffix })
    }

    /// When the recording began, for a recorder in `zone` if the name is an old one.
    pub fn started_at(&self, zone: Tz) -> Option<DateTime<Utc>> {
        if self.is_utc {
            return Some(self.stamp.and_utc());
        }
        zone.from_local_datetime(&self.stamp).earliest().map(|moment| moment.to_utc())
    }

    /// Whether this is the small shell that a meeting with transcription but without recording leaves.
    pub fn is_transcript_shell(&self) -> bool {
        letters(&self.suffix).starts_with("meetingtranscript")
    }

    /// Whether the subject is `subject`, letter by letter.
    pub fn is_exactly(&self, subject: &str) -> bool {
        let own = letters(&self.subject);
        !own.is_empty() && own == letters(subject)
    }

    /// What two files of the same meeting have in common in their names.
    pub fn subject_key(&self) -> String {
        letters(&self.subject)
    }

    /// Whether the subject can be `subject`: the same letters and digits, or a long beginning of them.
    pub fn may_be(&self, subject: &str) -> bool {
        let (own, wanted) = (letters(&self.subject), letters(subject));
        !own.is_empty()
            && (own == wanted || (own.chars().count() >= SHORTEST_CUT && wanted.starts_with(&own)))
    }
}

/// Letters and digits in lower case: what OneDrive's replacement of forbidden characters leaves alone.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_ages_and_languages_are_read() {
        let name =
            RecordingName::parse("Algebra 1 - 2026-09-01 08_00-20260901_060112UTC-Meeting Recording.mp4")
                .unwrap();
        assert_eq!(name.subject, "Algebra 1 - 2026-09-01 08_00");
        assert!(name.is_utc);
        assert_eq!(name.started_at(Tz::UTC).unwrap().to_rfc3339(), "2026-09-01T06:01:12+00:00");
        let old = RecordingName::parse("Álgebra-20240901_080112-Grabación de la reunión.mp4").unwrap();
        assert_eq!(old.suffix, "Grabación de la reunión");
        let madrid = old.started_at(chrono_tz::Europe::Madrid).unwrap();
        assert_eq!(madrid.to_rfc3339(), "2024-09-01T06:01:12+00:00");
    }

    #[test]
    fn other_files_are_not_recordings() {
        for name in
            ["sheet1.pdf", "holiday.mp4", "a-20261399_000000-x.mp4", "a-20260901_060112.mp4", "-é.mp4", ""]
        {
            assert_eq!(RecordingName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_subject_survives_replacement_and_cutting_but_not_another_class() {
        let name = |subject: &str| {
            RecordingName::parse(&format!("{subject}-20260901_060112UTC-Meeting Recording.mp4")).unwrap()
        };
        let full = "What is life? Biology for everyone - 2026-09-01 08:00";
        assert!(name("What is life_ Biology for everyone - 2026-09-01 08_00").may_be(full));
        assert!(name("What is life_ Biology for every").may_be(full));
        assert!(!name("What").may_be(full));
        assert!(!name("What is life_ Biology for everyone - 2026-09-01 09_00").may_be(full));
    }

    #[test]
    fn a_transcript_shell_is_known_by_its_name() {
        let name = RecordingName::parse("Algebra-20260901_060112UTC-Meeting Transcript.mp4").unwrap();
        assert!(name.is_transcript_shell());
    }
}
