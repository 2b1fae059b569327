//! Which file is which recording. A recording is seen twice, as `callRecording` (meeting and call, no file) and as
//! `driveItem` (file, no meeting). They are joined only when nothing else fits: a wrong join would show one class
//! the other's video, so what is ambiguous is left for a person.

use chrono::{DateTime, Duration, Utc};

use super::id::{ArtifactId, MeetingId};

/// The stamp in a file's name lies this close to the recording's start.
pub const STAMP_TOLERANCE: Duration = Duration::seconds(120);

/// A recording of a known meeting that has no file yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfiled {
    /// Its row.
    pub id: ArtifactId,
    /// Its meeting.
    pub meeting: MeetingId,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// What the meeting may be called in Teams.
    pub subjects: Vec<String>,
    /// File names that the meeting's chat gives for this recording's call.
    pub chat_names: Vec<String>,
}

/// A file that belongs to no meeting yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// Its row.
    pub id: ArtifactId,
    /// Its name.
    pub name: String,
    /// What the name tells, with the start in UTC.
    pub started_at: Option<DateTime<Utc>>,
}

/// A join that is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The recording's row.
    pub recording: ArtifactId,
    /// The file's row.
    pub file: ArtifactId,
    /// The chat named it; else name and time did.
    pub by_chat: bool,
}

/// The joins among recordings and files of one drive. `may_be` says whether a file's name can be that subject.
pub fn pairs(
    recordings: &[Unfiled],
    files: &[Unmatched],
    may_be: impl Fn(&Unmatched, &str) -> bool,
) -> Vec<Pair> {
    let by_chat = |recording: &Unfiled, file: &Unmatched| {
        recording.chat_names.contains(&file.name) && is_near(recording, file)
    };
    let mut found = unique(recordings, files, by_chat, true);
    let taken =
        |pairs: &[Pair], r: ArtifactId, f: ArtifactId| pairs.iter().any(|p| p.recording == r || p.file == f);
    let by_name = |recording: &Unfiled, file: &Unmatched| {
        file.started_at.is_some()
            && is_near(recording, file)
            && recording.subjects.iter().any(|subject| may_be(file, subject))
    };
    // Everything that fits counts against uniqueness, joined by chat or not: two classes of one title at one hour
    // must not swap because the first pair is already gone.
    let rest = unique(recordings, files, by_name, false);
    let rest = rest.into_iter().filter(|pair| !taken(&found, pair.recording, pair.file)).collect::<Vec<_>>();
    found.extend(rest);
    found
}

/// A file of unknown start is near everything; only the chat can name it.
fn is_near(recording: &Unfiled, file: &Unmatched) -> bool {
    file.started_at.is_none_or(|at| (at - recording.started_at).abs() <= STAMP_TOLERANCE)
}

fn unique(
    recordings: &[Unfiled],
    files: &[Unmatched],
    fits: impl Fn(&Unfiled, &Unmatched) -> bool,
    by_chat: bool,
) -> Vec<Pair> {
    let mut found = Vec::new();
    for recording in recordings {
        let mut fitting = files.iter().filter(|file| fits(recording, file));
        let (Some(file), None) = (fitting.next(), fitting.next()) else { continue };
        if recordings.iter().filter(|other| fits(other, file)).count() == 1 {
            found.push(Pair { recording: recording.id, file: file.id, by_chat });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        "2026-12-01T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::seconds(second)
    }

    fn recording(id: i64, meeting: i64, second: i64, chat: &[&str]) -> Unfiled {
        Unfiled {
            id: ArtifactId(id),
            meeting: MeetingId(meeting),
            started_at: at(second),
            subjects: vec!["Algebra".to_owned()],
            chat_names: chat.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn file(id: i64, name: &str, second: i64) -> Unmatched {
        Unmatched { id: ArtifactId(id), name: name.to_owned(), started_at: Some(at(second)) }
    }

    fn join(recordings: &[Unfiled], files: &[Unmatched]) -> Vec<(i64, i64)> {
        let pairs = pairs(recordings, files, |file, subject| file.name.starts_with(subject));
        pairs.into_iter().map(|pair| (pair.recording.0, pair.file.0)).collect()
    }

    #[test]
    fn one_recording_and_one_file_are_joined() {
        assert_eq!(join(&[recording(1, 1, 60, &[])], &[file(9, "Algebra", 0)]), [(1, 9)]);
        assert_eq!(join(&[recording(1, 1, 60, &[])], &[file(9, "Biology", 0)]), []);
        assert_eq!(join(&[recording(1, 1, 200, &[])], &[file(9, "Algebra", 0)]), []);
    }

    #[test]
    fn two_classes_of_the_same_title_at_the_same_hour_never_swap() {
        let recordings = [recording(1, 1, 0, &[]), recording(2, 2, 5, &[])];
        let files = [file(8, "Algebra", 1), file(9, "Algebra 1", 6)];
        assert_eq!(join(&recordings, &files), []);
        assert_eq!(join(&recordings, &files[..1]), []);
        assert_eq!(join(&recordings[..1], &files), []);
    }

    #[test]
    fn the_chat_settles_what_name_and_time_cannot() {
        let recordings = [recording(1, 1, 0, &["Algebra"]), recording(2, 2, 5, &["Algebra 1"])];
        let files = [file(8, "Algebra", 1), file(9, "Algebra 1", 6)];
        assert_eq!(join(&recordings, &files), [(1, 8), (2, 9)]);
        let half = [recording(1, 1, 0, &["Algebra"]), recording(2, 2, 5, &[])];
        assert_eq!(join(&half, &files), [(1, 8)], "the other stays ambiguous");
    }

    #[test]
    fn parts_of_one_class_are_told_apart_by_their_stamps() {
        let recordings = [recording(1, 1, 0, &[]), recording(2, 1, 14_400, &[])];
        let files = [file(8, "Algebra", 14_401), file(9, "Algebra", 1)];
        assert_eq!(join(&recordings, &files), [(1, 9), (2, 8)]);
    }
}
