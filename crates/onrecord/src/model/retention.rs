//! How long something is kept, and why: pure rules over written policies. A hold goes before legal retention, legal
//! retention before a policy; without a written policy that wants it, nothing is ever removed.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::hold::Hold;
use super::id::{CourseId, HoldId, RetentionPolicyId};
use crate::words;

words! {
    /// What is kept.
    pub enum Kept {
        /// A recording with its captions.
        Recording = "recording",
        /// A transcript.
        Transcript = "transcript",
        /// A shared file.
        File = "file",
        /// The attendance of one class.
        Attendance = "attendance",
        /// The chat of one class.
        Chat = "chat",
    }
}

impl Kept {
    /// Whether it is an artifact, which goes through the bin; the others are removed at once.
    pub fn is_artifact(self) -> bool {
        matches!(self, Self::Recording | Self::Transcript | Self::File)
    }
}

words! {
    /// What a policy says.
    pub enum Nature {
        /// After that time it is removed.
        Removal = "removal",
        /// Before that time nobody may remove it.
        Legal = "legal",
    }
}

words! {
    /// From when a policy's days are counted.
    pub enum CountedFrom {
        /// From the end of the class.
        Class = "class",
        /// From the last day of the course's term.
        Term = "term",
        /// Not at all: until a date.
        Date = "date",
    }
}

/// A written rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The row.
    pub id: RetentionPolicyId,
    /// What people call it.
    pub name: String,
    /// Whether it removes or keeps.
    pub nature: Nature,
    /// Only this course.
    pub course_id: Option<CourseId>,
    /// Only courses of this term; empty for all.
    pub term: String,
    /// Only classes with minors: of a course that is marked so, or in which somebody is.
    pub of_minors: bool,
    /// Only this; `None` for everything.
    pub kind: Option<Kept>,
    /// From when its days are counted.
    pub counted_from: CountedFrom,
    /// How many days.
    pub days: i64,
    /// Until when, if no days are counted.
    pub until: Option<NaiveDate>,
    /// Whether a recording is removed only with a verified copy, so that the bin can give it back.
    pub copy_first: bool,
}

/// One thing that is kept, as far as the rules ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// What it is.
    pub kind: Kept,
    /// Its course.
    pub course_id: CourseId,
    /// The course's term.
    pub term: String,
    /// Whether the course, or somebody in it, is marked as minors.
    pub of_minors: bool,
    /// Last day of the course's term, if it is known.
    pub term_ends_on: Option<NaiveDate>,
    /// When its class ended.
    pub ended_at: DateTime<Utc>,
    /// Taken out of the bin, it is left alone until then.
    pub spared_until: Option<DateTime<Utc>>,
    /// Whether there is a verified copy, or nothing that could be copied.
    pub has_copy: bool,
}

/// Why something is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// A hold.
    Hold(HoldId, String),
    /// A legal retention.
    Legal(RetentionPolicyId),
    /// A policy whose time has not come.
    Policy(RetentionPolicyId),
    /// A policy counts from the end of the term, and the course has none.
    NoTermEnd(RetentionPolicyId),
    /// It was taken out of the bin lately.
    Restored,
    /// No policy removes it.
    NoPolicy,
}

/// What the rules say of a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// It is kept, until a moment if that is known.
    Kept(Option<DateTime<Utc>>, Because),
    /// Its time has come, and a verified copy must be made first.
    CopyFirst(RetentionPolicyId, DateTime<Utc>),
    /// Its time came at this moment by this policy.
    Due(RetentionPolicyId, DateTime<Utc>),
}

/// Until when a policy keeps a thing; `None` if that cannot be told.
fn until(policy: &Policy, thing: &Thing) -> Option<DateTime<Utc>> {
    let day_after = |day: NaiveDate| day.checked_add_days(Days::new(1))?.and_hms_opt(0, 0, 0);
    let days = TimeDelta::try_days(policy.days)?;
    match policy.counted_from {
        CountedFrom::Class => thing.ended_at.checked_add_signed(days),
        CountedFrom::Term => day_after(thing.term_ends_on?)?.and_utc().checked_add_signed(days),
        CountedFrom::Date => Some(policy.until?.and_hms_opt(0, 0, 0)?.and_utc()),
    }
}

fn covers(policy: &Policy, thing: &Thing) -> bool {
    policy.course_id.is_none_or(|course| course == thing.course_id)
        && (policy.term.is_empty() || policy.term == thing.term)
        && (!policy.of_minors || thing.of_minors)
        && policy.kind.is_none_or(|kind| kind == thing.kind)
}

/// A rule for one course goes before one for classes with minors, that before one for a term, and that before one for
/// all; then a rule for one kind before one for every kind.
fn rank(policy: &Policy) -> (bool, bool, bool, bool) {
    (policy.course_id.is_some(), policy.of_minors, !policy.term.is_empty(), policy.kind.is_some())
}

/// The policy that says when a thing is removed: the most specific; of equals the one that keeps it longest.
fn decisive<'a>(policies: &'a [Policy], thing: &Thing) -> Option<&'a Policy> {
    // What cannot be told keeps longest.
    let length = |policy: &Policy| until(policy, thing).unwrap_or(DateTime::<Utc>::MAX_UTC);
    policies
        .iter()
        .filter(|policy| policy.nature == Nature::Removal && covers(policy, thing))
        .max_by_key(|policy| (rank(policy), length(policy), std::cmp::Reverse(policy.id)))
}

/// The legal retention that keeps a thing longest beyond `now`, and until when; `None` until when cannot be told.
pub fn legal<'a>(
    policies: &'a [Policy],
    thing: &Thing,
    now: DateTime<Utc>,
) -> Option<(&'a Policy, Option<DateTime<Utc>>)> {
    policies
        .iter()
        .filter(|policy| policy.nature == Nature::Legal && covers(policy, thing))
        .map(|policy| (policy, until(policy, thing)))
        .filter(|(_, until)| until.is_none_or(|until| until > now))
        .max_by_key(|(_, until)| until.unwrap_or(DateTime::<Utc>::MAX_UTC))
}

/// What the rules say of a thing at `now`.
pub fn judge(thing: &Thing, policies: &[Policy], hold: Option<&Hold>, now: DateTime<Utc>) -> Ruling {
    if let Some(hold) = hold {
        return Ruling::Kept(hold.ends_at, Because::Hold(hold.id, hold.reason.clone()));
    }
    let removal = decisive(policies, thing);
    let ends = removal.and_then(|policy| until(policy, thing));
    if let Some((policy, until)) = legal(policies, thing, now)
        // A policy that keeps it longer anyway says more.
        && (removal.is_none() || until.is_none() || ends.is_some_and(|ends| Some(ends) < until))
    {
        return Ruling::Kept(until, Because::Legal(policy.id));
    }
    let Some(policy) = removal else {
        return Ruling::Kept(None, Because::NoPolicy);
    };
    let Some(ends) = ends else {
        return Ruling::Kept(None, Because::NoTermEnd(policy.id));
    };
    if ends > now {
        return Ruling::Kept(Some(ends), Because::Policy(policy.id));
    }
    if let Some(spared) = thing.spared_until.filter(|spared| *spared > now) {
        return Ruling::Kept(Some(spared), Because::Restored);
    }
    if policy.copy_first && thing.kind == Kept::Recording && !thing.has_copy {
        return Ruling::CopyFirst(policy.id, ends);
    }
    Ruling::Due(policy.id, ends)
}

words! {
    /// What a run does with a thing.
    pub enum RetentionAct {
        /// It is put into the bin.
        Bin = "bin",
        /// It is removed at once: there is no bin for rows.
        Remove = "remove",
        /// A verified copy is made; it is removed by a later run.
        Copy = "copy",
        /// Its time in the bin is over: the bytes are deleted, the record of it stays.
        Purge = "purge",
    }
}

words! {
    /// How far a planned act has come.
    pub enum ItemState {
        /// It is to be done.
        Planned = "planned",
        /// It was done.
        Done = "done",
        /// It was not to be done any more when its turn came.
        Skipped = "skipped",
    }
}

words! {
    /// What a run is for.
    pub enum RunMode {
        /// It only says what would be done.
        Dry = "dry",
        /// It does it.
        Real = "real",
    }
}

#[cfg(test)]
mod tests {
    use super::super::hold::HoldScope;
    use super::*;

    fn day(text: &str) -> DateTime<Utc> {
        format!("{text}T00:00:00Z").parse().unwrap()
    }

    fn thing() -> Thing {
        Thing {
            kind: Kept::Recording,
            course_id: CourseId(1),
            term: "2026-1".to_owned(),
            of_minors: false,
            term_ends_on: "2026-06-30".parse().ok(),
            ended_at: day("2026-03-01"),
            spared_until: None,
            has_copy: true,
        }
    }

    fn policy(id: i64, days: i64) -> Policy {
        Policy {
            id: RetentionPolicyId(id),
            name: format!("policy {id}"),
            nature: Nature::Removal,
            course_id: None,
            term: String::new(),
            of_minors: false,
            kind: None,
            counted_from: CountedFrom::Class,
            days,
            until: None,
            copy_first: true,
        }
    }

    fn hold() -> Hold {
        Hold {
            id: HoldId(7),
            scope: HoldScope::Course,
            subject_id: 1,
            reason: "a dispute".to_owned(),
            owner_id: None,
            starts_at: day("2026-01-01"),
            ends_at: None,
            released_at: None,
            release_reason: String::new(),
        }
    }

    #[test]
    fn without_a_written_policy_nothing_is_removed() {
        assert_eq!(judge(&thing(), &[], None, day("2099-01-01")), Ruling::Kept(None, Because::NoPolicy));
        let legal = Policy { nature: Nature::Legal, ..policy(1, 10) };
        let after = judge(&thing(), &[legal], None, day("2099-01-01"));
        assert_eq!(
            after,
            Ruling::Kept(None, Because::NoPolicy),
            "the end of a legal retention removes nothing"
        );
    }

    #[test]
    fn the_table_of_cases() {
        let id = RetentionPolicyId;
        let all = policy(1, 30);
        let of_term = Policy { term: "2026-1".to_owned(), ..policy(2, 60) };
        let of_course = Policy { course_id: Some(CourseId(1)), ..policy(3, 10) };
        let of_kind = Policy { kind: Some(Kept::Recording), ..policy(4, 20) };
        let of_chat = Policy { kind: Some(Kept::Chat), ..policy(5, 1) };
        let other_course = Policy { course_id: Some(CourseId(2)), ..policy(6, 1) };
        let longer = policy(7, 90);
        let legal = Policy { nature: Nature::Legal, ..policy(8, 400) };
        let dated =
            Policy { counted_from: CountedFrom::Date, until: "2026-05-01".parse().ok(), ..policy(9, 0) };
        let after_term = Policy { counted_from: CountedFrom::Term, ..policy(10, 0) };
        let ends = |days| day("2026-03-01") + TimeDelta::days(days);
        let now = day("2026-12-01");
        let cases: Vec<(&str, Vec<&Policy>, Ruling)> = vec![
            ("one policy", vec![&all], Ruling::Due(id(1), ends(30))),
            ("the term before all", vec![&all, &of_term], Ruling::Due(id(2), ends(60))),
            ("the course before the term", vec![&of_course, &of_term, &all], Ruling::Due(id(3), ends(10))),
            ("the kind before every kind", vec![&all, &of_kind], Ruling::Due(id(4), ends(20))),
            ("the course before the kind", vec![&of_kind, &of_course], Ruling::Due(id(3), ends(10))),
            ("of equals the longest", vec![&longer, &all], Ruling::Due(id(7), ends(90))),
            ("others do not matter", vec![&of_chat, &other_course], Ruling::Kept(None, Because::NoPolicy)),
            ("until a date", vec![&dated], Ruling::Due(id(9), day("2026-05-01"))),
            ("after the term's last day", vec![&after_term], Ruling::Due(id(10), day("2026-07-01"))),
            (
                "legal retention before policy",
                vec![&all, &legal],
                Ruling::Kept(Some(ends(400)), Because::Legal(id(8))),
            ),
            ("legal alone", vec![&legal], Ruling::Kept(Some(ends(400)), Because::Legal(id(8)))),
        ];
        for (name, policies, wanted) in cases {
            let policies: Vec<Policy> = policies.into_iter().cloned().collect();
            assert_eq!(judge(&thing(), &policies, None, now), wanted, "{name}");
            let held = judge(&thing(), &policies, Some(&hold()), now);
            assert_eq!(held, Ruling::Kept(None, Because::Hold(HoldId(7), "a dispute".to_owned())), "{name}");
        }
        let early = judge(&thing(), std::slice::from_ref(&all), None, day("2026-03-02"));
        assert_eq!(early, Ruling::Kept(Some(ends(30)), Because::Policy(id(1))));
        let far = Policy { days: 4_000, ..policy(11, 0) };
        let both = judge(&thing(), &[far, legal], None, day("2026-03-02"));
        assert_eq!(
            both,
            Ruling::Kept(Some(ends(4_000)), Because::Policy(id(11))),
            "the later of both is said"
        );
    }

    #[test]
    fn classes_with_minors_have_a_rule_of_their_own() {
        let ends = |days| day("2026-03-01") + TimeDelta::days(days);
        let of_minors = Policy { of_minors: true, ..policy(1, 10) };
        let of_term = Policy { term: "2026-1".to_owned(), ..policy(2, 60) };
        let of_course = Policy { course_id: Some(CourseId(1)), ..policy(3, 90) };
        let of_kind = Policy { kind: Some(Kept::Recording), ..policy(4, 70) };
        let legal = Policy { nature: Nature::Legal, of_minors: true, ..policy(5, 400) };
        let minors = Thing { of_minors: true, ..thing() };
        let due = |thing: &Thing, policies: &[&Policy]| {
            let policies: Vec<Policy> = policies.iter().map(|one| (*one).clone()).collect();
            judge(thing, &policies, None, day("2026-12-01"))
        };
        let id = RetentionPolicyId;
        assert_eq!(due(&minors, &[&of_minors, &of_term, &of_kind]), Ruling::Due(id(1), ends(10)));
        assert_eq!(due(&minors, &[&of_minors, &of_course]), Ruling::Due(id(3), ends(90)), "the course first");
        assert_eq!(
            due(&thing(), &[&of_minors, &of_term]),
            Ruling::Due(id(2), ends(60)),
            "others are left alone"
        );
        assert_eq!(due(&thing(), &[&of_minors]), Ruling::Kept(None, Because::NoPolicy));
        let kept = Ruling::Kept(Some(ends(400)), Because::Legal(id(5)));
        assert_eq!(due(&minors, &[&of_minors, &legal]), kept);
        assert_eq!(due(&thing(), &[&of_term, &legal]), Ruling::Due(id(2), ends(60)));
    }

    #[test]
    fn what_is_not_known_keeps() {
        let of_term = Policy { counted_from: CountedFrom::Term, ..policy(1, 0) };
        let endless = Thing { term_ends_on: None, ..thing() };
        let ruling = judge(&endless, std::slice::from_ref(&of_term), None, day("2099-01-01"));
        assert_eq!(ruling, Ruling::Kept(None, Because::NoTermEnd(RetentionPolicyId(1))));
        let legal = Policy { nature: Nature::Legal, ..of_term };
        let ruling = judge(&endless, &[policy(2, 1), legal], None, day("2099-01-01"));
        assert_eq!(ruling, Ruling::Kept(None, Because::Legal(RetentionPolicyId(1))));
        let absurd = policy(3, i64::MAX);
        assert!(matches!(judge(&thing(), &[absurd], None, day("2099-01-01")), Ruling::Kept(None, _)));
    }

    #[test]
    fn a_recording_is_copied_first_and_spared_after_the_bin() {
        let now = day("2026-12-01");
        let uncopied = Thing { has_copy: false, ..thing() };
        let ends = day("2026-03-31");
        assert_eq!(
            judge(&uncopied, &[policy(1, 30)], None, now),
            Ruling::CopyFirst(RetentionPolicyId(1), ends)
        );
        let hasty = Policy { copy_first: false, ..policy(1, 30) };
        assert_eq!(judge(&uncopied, &[hasty], None, now), Ruling::Due(RetentionPolicyId(1), ends));
        let spared = Thing { spared_until: Some(day("2026-12-20")), ..thing() };
        let ruling = judge(&spared, &[policy(1, 30)], None, now);
        assert_eq!(ruling, Ruling::Kept(Some(day("2026-12-20")), Because::Restored));
    }
}
