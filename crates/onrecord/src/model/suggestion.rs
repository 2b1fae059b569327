//! Which class a file in the inbox may belong to, and why. A suggestion never decides: it saves a person the search
//! and says what speaks for it, in words that can be checked by eye.

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;

use super::artifact::Confidence;
use super::id::MeetingId;
use super::recording_name::RecordingName;
use crate::words;

/// People begin a call so long before its class.
pub const EARLY: Duration = Duration::minutes(30);

/// A class this far away from the recording is still named.
const NEAR: Duration = Duration::hours(1);

words! {
    /// What speaks for a class.
    pub enum Reason {
        /// The file has the name of the class.
        SameName = "same_name",
        /// The file's name is a long beginning of the name of the class.
        CutName = "cut_name",
        /// It began while the class was planned.
        SameTime = "same_time",
        /// It began within an hour of the class.
        NearTime = "near_time",
        /// It was found in the OneDrive of whoever organizes the class.
        SameOrganizer = "same_organizer",
        /// The class has no recording yet.
        NoRecordingYet = "no_recording_yet",
    }
}

words! {
    /// Why something waits in the inbox.
    pub enum Why {
        /// No class was planned near its time.
        NoClass = "no_class",
        /// There are classes near its time, and nothing else speaks for one.
        OtherTime = "other_time",
        /// One class fits, and it is not proved.
        OneFits = "one_fits",
        /// Several classes fit.
        SeveralFit = "several_fit",
    }
}

/// A file that belongs to no class yet, as far as guessing goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Its name.
    pub name: String,
    /// When it began, if that is known in UTC.
    pub started_at: Option<DateTime<Utc>>,
    /// Graph `user.id` of whose drive it was found in.
    pub organizer_id: Option<String>,
    /// Meetings of which a person said that it is none of theirs.
    pub refused: Vec<MeetingId>,
}

/// A class that might have left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Its meeting.
    pub meeting: MeetingId,
    /// Graph `user.id` of its organizer, once known.
    pub organizer_id: Option<String>,
    /// Scheduled start.
    pub starts_at: DateTime<Utc>,
    /// Scheduled end.
    pub ends_at: DateTime<Utc>,
    /// Name of its conference.
    pub title: String,
    /// Its zone.
    pub zone: Tz,
    /// Recordings that certainly belong to it.
    pub recordings: i64,
}

impl Class {
    /// What Teams may call the meeting: as OnRecord names it, or by the title alone.
    pub fn subjects(&self) -> [String; 2] {
        let local = self.starts_at.with_timezone(&self.zone);
        [format!("{} - {}", self.title, local.format("%Y-%m-%d %H:%M")), self.title.clone()]
    }
}

/// A class that may be meant, with what speaks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Its meeting.
    pub meeting: MeetingId,
    /// `likely`, or `none` if it is only possible. Never `certain`.
    pub confidence: Confidence,
    /// What speaks for it, the strongest first.
    pub reasons: Vec<Reason>,
}

impl Suggestion {
    /// Whether a person who knows the class will probably say yes.
    pub fn is_likely(&self) -> bool {
        self.confidence == Confidence::Likely
    }

    /// Whether the file's own name speaks for the class.
    pub fn is_by_name(&self) -> bool {
        self.reasons.iter().any(|reason| matches!(reason, Reason::SameName | Reason::CutName))
    }
}

/// The classes that a file may belong to, the likeliest first. What a person refused is left out.
pub fn suggest(stray: &Stray, classes: &[Class]) -> Vec<Suggestion> {
    let name = RecordingName::parse(&stray.name);
    let mut found: Vec<(i64, Duration, Suggestion)> = classes
        .iter()
        .filter(|class| !stray.refused.contains(&class.meeting))
        .map(|class| {
            let (reasons, distance) = reasons(stray, name.as_ref(), class);
            let points = reasons.iter().map(|reason| weight(*reason)).sum();
            let confidence = confidence(&reasons);
            (points, distance, Suggestion { meeting: class.meeting, confidence, reasons })
        })
        .collect();
    found.sort_by_key(|(points, distance, one)| (!one.is_likely(), -points, *distance, one.meeting));
    found.into_iter().map(|(_, _, one)| one).collect()
}

/// Why a file with these suggestions waits.
pub fn why(suggestions: &[Suggestion]) -> Why {
    match (suggestions.iter().filter(|one| one.is_likely()).count(), suggestions.is_empty()) {
        (0, true) => Why::NoClass,
        (0, false) => Why::OtherTime,
        (1, _) => Why::OneFits,
        _ => Why::SeveralFit,
    }
}

fn weight(reason: Reason) -> i64 {
    match reason {
        Reason::SameName => 8,
        Reason::CutName => 6,
        Reason::SameTime => 5,
        Reason::NearTime => 3,
        Reason::SameOrganizer => 2,
        Reason::NoRecordingYet => 1,
    }
}

fn reasons(stray: &Stray, name: Option<&RecordingName>, class: &Class) -> (Vec<Reason>, Duration) {
    let mut reasons = Vec::new();
    if let Some(name) = name {
        let subjects = class.subjects();
        if subjects.iter().any(|subject| name.is_exactly(subject)) {
            reasons.push(Reason::SameName);
        } else if subjects.iter().any(|subject| name.may_be(subject)) {
            reasons.push(Reason::CutName);
        }
    }
    let began = stray.started_at.or_else(|| name?.started_at(class.zone));
    let distance = began.map_or(Duration::MAX, |at| {
        (class.starts_at - EARLY - at).max(at - class.ends_at).max(Duration::zero())
    });
    if distance.is_zero() {
        reasons.push(Reason::SameTime);
    } else if distance <= NEAR {
        reasons.push(Reason::NearTime);
    }
    if stray.organizer_id.is_some() && stray.organizer_id == class.organizer_id {
        reasons.push(Reason::SameOrganizer);
    }
    if class.recordings == 0 {
        reasons.push(Reason::NoRecordingYet);
    }
    (reasons, distance)
}

/// Name and time together, or the very time of a class of the same organizer that lacks its recording.
fn confidence(reasons: &[Reason]) -> Confidence {
    let has = |reason: Reason| reasons.contains(&reason);
    let named = has(Reason::SameName) || has(Reason::CutName);
    let timed = has(Reason::SameTime) || has(Reason::NearTime);
    let lacking = has(Reason::SameTime) && has(Reason::SameOrganizer) && has(Reason::NoRecordingYet);
    if (named && timed) || lacking { Confidence::Likely } else { Confidence::None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        "2026-12-01T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::minutes(minute)
    }

    fn class(meeting: i64, title: &str, minute: i64) -> Class {
        Class {
            meeting: MeetingId(meeting),
            organizer_id: Some("rec".to_owned()),
            starts_at: at(minute),
            ends_at: at(minute + 60),
            title: title.to_owned(),
            zone: Tz::UTC,
            recordings: 0,
        }
    }

    fn stray(name: &str, minute: i64) -> Stray {
        let stamp = at(minute).format("%Y%m%d_%H%M%SUTC");
        Stray {
            name: format!("{name}-{stamp}-Meeting Recording.mp4"),
            started_at: Some(at(minute)),
            organizer_id: Some("rec".to_owned()),
            refused: Vec::new(),
        }
    }

    fn meetings(suggestions: &[Suggestion]) -> Vec<i64> {
        suggestions.iter().map(|one| one.meeting.0).collect()
    }

    #[test]
    fn name_and_time_go_before_time_alone_and_say_so() {
        let classes = [class(1, "Biology", 0), class(2, "Algebra", 0), class(3, "Algebra", 600)];
        let found = suggest(&stray("Algebra", 1), &classes);
        assert_eq!(meetings(&found), [2, 1, 3]);
        let words: Vec<_> = found[0].reasons.iter().map(ToString::to_string).collect();
        assert_eq!(words, ["same_name", "same_time", "same_organizer", "no_recording_yet"]);
        assert!(found[0].is_likely() && found[0].is_by_name());
        assert!(found[1].is_likely() && !found[1].is_by_name(), "it lacks a recording at this very time");
        assert!(!found[2].is_likely(), "the name alone is never enough");
    }

    #[test]
    fn same_titles_at_the_same_hour_are_both_suggested_and_neither_is_certain() {
        let found = suggest(&stray("Algebra", 1), &[class(1, "Algebra", 0), class(2, "Algebra", 0)]);
        assert_eq!(meetings(&found), [1, 2]);
        assert!(found.iter().all(|one| one.confidence == Confidence::Likely));
        assert_eq!(why(&found), Why::SeveralFit);
    }

    #[test]
    fn what_was_refused_is_not_suggested_again() {
        let refused = Stray { refused: vec![MeetingId(1)], ..stray("Algebra", 1) };
        let found = suggest(&refused, &[class(1, "Algebra", 0), class(2, "Algebra", 0)]);
        assert_eq!(meetings(&found), [2]);
        assert_eq!(why(&found), Why::OneFits);
    }

    #[test]
    fn every_wait_has_its_reason() {
        assert_eq!(why(&suggest(&stray("Algebra", 1), &[])), Why::NoClass);
        let done = Class { recordings: 1, ..class(1, "Biology", 0) };
        assert_eq!(why(&suggest(&stray("Algebra", 1), &[done])), Why::OtherTime);
    }
}
