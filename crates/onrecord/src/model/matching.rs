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
    /// Meetings of which a person said that it is none of theirs.
    pub refused: Vec<MeetingId>,
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
    let may_belong = |recording: &Unfiled, file: &Unmatched| {
        is_near(recording, file) && !file.refused.contains(&recording.meeting)
    };
    let by_chat = |recording: &Unfiled, file: &Unmatched| {
        recording.chat_names.contains(&file.name) && may_belong(recording, file)
    };
    let mut found = proved(recordings, files, by_chat, true);
    let taken =
        |pairs: &[Pair], r: ArtifactId, f: ArtifactId| pairs.iter().any(|p| p.recording == r || p.file == f);
    let by_name = |recording: &Unfiled, file: &Unmatched| {
        file.started_at.is_some()
            && may_belong(recording, file)
            && recording.subjects.iter().any(|subject| may_be(file, subject))
    };
    // Everything that fits counts against uniqueness, joined by chat or not: two classes of one title at one hour
    // must not swap because the first pair is already gone.
    let rest = proved(recordings, files, by_name, false);
    let rest = rest.into_iter().filter(|pair| !taken(&found, pair.recording, pair.file)).collect::<Vec<_>>();
    found.extend(rest);
    found
}

/// A file of unknown start is near everything; only the chat can name it.
fn is_near(recording: &Unfiled, file: &Unmatched) -> bool {
    file.started_at.is_none_or(|at| (at - recording.started_at).abs() <= STAMP_TOLERANCE)
}

/// What fits nothing else: one recording and one file, or all recordings of one meeting and as many files, which
/// then lie in the same order in time. The second tells a false start from the class that follows it at once.
fn proved(
    recordings: &[Unfiled],
    files: &[Unmatched],
    fits: impl Fn(&Unfiled, &Unmatched) -> bool,
    by_chat: bool,
) -> Vec<Pair> {
    let mut found = Vec::new();
    let mut seen = vec![false; recordings.len()];
    for start in 0..recordings.len() {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let (mut group, mut own) = (vec![start], Vec::new());
        let mut next = 0;
        while let Some(at) = group.get(next).copied() {
            next += 1;
            for (place, file) in files.iter().enumerate().filter(|(_, file)| fits(&recordings[at], file)) {
                if own.contains(&place) {
                    continue;
                }
                own.push(place);
                for (other, recording) in recordings.iter().enumerate() {
                    if !seen[other] && fits(recording, file) {
                        seen[other] = true;
                        group.push(other);
                    }
                }
            }
        }
        found.extend(in_order(recordings, files, (group, own), by_chat));
    }
    found
}

/// The pairs of a group that hangs together; none if it is of several meetings or the numbers differ.
fn in_order(
    recordings: &[Unfiled],
    files: &[Unmatched],
    (mut group, mut own): (Vec<usize>, Vec<usize>),
    by_chat: bool,
) -> Vec<Pair> {
    let of_one = group.iter().all(|at| recordings[*at].meeting == recordings[group[0]].meeting);
    let is_timed = own.len() == 1 || own.iter().all(|at| files[*at].started_at.is_some());
    if group.len() != own.len() || !of_one || !is_timed {
        return Vec::new();
    }
    group.sort_by_key(|at| (recordings[*at].started_at, recordings[*at].id));
    own.sort_by_key(|at| (files[*at].started_at, files[*at].id));
    let pair = |(recording, file): (&usize, &usize)| Pair {
        recording: recordings[*recording].id,
        file: files[*file].id,
        by_chat,
    };
    group.iter().zip(&own).map(pair).collect()
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
        Unmatched {
            id: ArtifactId(id),
            name: name.to_owned(),
            started_at: Some(at(second)),
            refused: Vec::new(),
        }
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

    #[test]
    fn a_false_start_and_the_class_that_follows_at_once_keep_their_order() {
        let recordings = [recording(1, 1, 0, &[]), recording(2, 1, 40, &[])];
        let files = [file(9, "Algebra 1", 38), file(8, "Algebra", -2)];
        assert_eq!(join(&recordings, &files), [(1, 8), (2, 9)]);
        assert_eq!(
            join(&recordings, &files[..1]),
            [],
            "which of the two it is will show when the other comes"
        );
        let two_classes = [recording(1, 1, 0, &[]), recording(2, 2, 40, &[])];
        assert_eq!(join(&two_classes, &files), [], "never across classes");
    }

    #[test]
    fn what_a_person_refused_is_not_joined_by_any_evidence() {
        let refused = Unmatched { refused: vec![MeetingId(1)], ..file(8, "Algebra", 1) };
        assert_eq!(join(&[recording(1, 1, 0, &["Algebra"])], &[refused]), []);
    }

    proptest::proptest! {
        /// Classes of one title at one hour, each with its parts; some chats name their files, some do not; files come
        /// in any order and some not at all. Whatever is joined is right.
        #[test]
        fn whatever_is_joined_is_of_its_own_class(
            classes in proptest::collection::vec((0_i64..4, 1_usize..3, proptest::bool::ANY, 0_i64..30), 1..6),
            lost in proptest::collection::vec(0_usize..12, 0..4),
            turn in 0_usize..12,
        ) {
            let mut recordings = Vec::new();
            let mut files = Vec::new();
            let mut truth = Vec::new();
            let hours: Vec<i64> = classes.iter().map(|class| class.0).collect();
            for (number, (hour, parts, named, lag)) in classes.iter().enumerate() {
                for part in 0..*parts {
                    let id = (number * 10 + part) as i64;
                    let begins = hour * 86_400 + part as i64 * 1_800 + number as i64 * 7;
                    let name = format!("Algebra {id}");
                    let names: Vec<String> = (0..*parts).map(|p| format!("Algebra {}", number * 10 + p)).collect();
                    let names: Vec<&str> = names.iter().map(String::as_str).filter(|_| *named).collect();
                    let mut one = recording(id, number as i64, begins, &names);
                    // As the caller does: with a twin, name and time prove nothing.
                    if hours.iter().filter(|other| *other == hour).count() > 1 {
                        one.subjects.clear();
                    }
                    recordings.push(one);
                    files.push(file(1_000 + id, &name, begins - lag));
                    truth.push((id, 1_000 + id));
                }
            }
            for place in lost {
                if place < files.len() {
                    files.remove(place);
                }
            }
            let turn = turn.min(files.len());
            files.rotate_left(turn);
            for pair in join(&recordings, &files) {
                proptest::prop_assert!(truth.contains(&pair), "{pair:?} was joined wrongly");
            }
        }
    }
}
