//! What people are told by mail: the kinds, who gets each, how fast, and when it may go out. Whoever adds a kind adds a
//! variant here, a source in `store/mail/sources.rs` and its words; nothing else knows the list.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

use super::id::{AlertId, MailId, MeetingId, UserId};
use super::people::GlobalRole;
use crate::words;

words! {
    /// What a mail is about.
    pub enum MailKind {
        /// The recording of a class can be watched. Subject: `meeting:{id}`.
        RecordingReady = "recording_ready",
        /// A class was held, or may have been, and has no recording. Subject: `meeting:{id}`.
        StillMissing = "still_missing",
        /// A class is about to be held without recording, or with one although it is exempted. Subject: `alert:{id}`.
        FailingBeforeClass = "failing_before_class",
        /// A class is on and not being recorded. Subject: `alert:{id}`.
        NotRecording = "not_recording",
        /// Microsoft will delete a recording of which there is no verified copy. Subject: `alert:{id}:{days left}`.
        Expiring = "expiring",
        /// A retention policy will remove a recording of a class within two weeks. Subject: `meeting:{id}`.
        Removing = "removing",
        /// The OneDrive that is to take the recording of a class has no room. Subject: `alert:{id}`.
        NoRoom = "no_room",
        /// A class of minors is near, and something that is required of guardians is missing. Subject: `alert:{id}`.
        ConsentMissing = "consent_missing",
        /// What signs in at Microsoft ends soon, or has ended. Subject: `{code}:{day it was found}`.
        SecretExpiring = "secret_expiring",
        /// Work was given up. Subject: `day:{date}`.
        DeadLetters = "dead_letters",
        /// Objections or requests for exceptions wait for somebody. Subject: `day:{date}`.
        CasesWaiting = "cases_waiting",
        /// Something is wrong with the whole. Subject: `day:{date}`.
        DailyCheck = "daily_check",
        /// The last week in numbers. Subject: `week:{Monday}`.
        WeeklyReport = "weekly_report",
    }
}

words! {
    /// How fast somebody wants to be told.
    pub enum Pace {
        /// When it happens.
        AtOnce = "at_once",
        /// Once a day, together with the rest.
        Daily = "daily",
        /// Never.
        Off = "off",
    }
}

words! {
    /// Why a mail was not sent after all.
    pub enum Dropped {
        /// They may no longer sign in.
        Disabled = "disabled",
        /// They no longer belong to it, or it is not for them any more.
        NotAllowed = "not_allowed",
        /// It was hidden, or is gone.
        Hidden = "hidden",
        /// What it was about was mended meanwhile.
        Resolved = "resolved",
        /// They do not want such mails any more.
        Unwanted = "unwanted",
        /// Their mail server said that it will never take it.
        Refused = "refused",
        /// Mail was switched off.
        SwitchedOff = "switched_off",
    }
}

words! {
    /// What somebody is to a class or to the installation, as far as mails go.
    pub enum Part {
        /// Looks after the installation.
        Admin = "admin",
        /// Oversees it.
        Officer = "officer",
        /// Teaches the course.
        Instructor = "instructor",
        /// Learns in the course.
        Learner = "learner",
    }
}

impl MailKind {
    /// Who gets it.
    pub fn reaches(self) -> &'static [Part] {
        match self {
            Self::RecordingReady => &[Part::Instructor, Part::Learner],
            Self::StillMissing
            | Self::FailingBeforeClass
            | Self::NotRecording
            | Self::Expiring
            | Self::ConsentMissing => &[Part::Instructor, Part::Admin],
            Self::Removing => &[Part::Instructor],
            Self::NoRoom | Self::SecretExpiring | Self::DeadLetters | Self::DailyCheck => &[Part::Admin],
            Self::WeeklyReport | Self::CasesWaiting => &[Part::Admin, Part::Officer],
        }
    }

    /// How fast it goes to somebody who has not chosen.
    pub fn usual_pace(self, part: Part) -> Pace {
        if part == Part::Learner { Pace::Daily } else { Pace::AtOnce }
    }

    /// Whether one may choose how fast, or not at all, it comes. What must be acted on before a class is lost may not be
    /// put off.
    pub fn is_optional(self) -> bool {
        !matches!(
            self,
            Self::FailingBeforeClass
                | Self::NotRecording
                | Self::Expiring
                | Self::NoRoom
                | Self::ConsentMissing
                | Self::SecretExpiring
        )
    }

    /// Whether it is about a class that begins soon or is on: then it may break the quiet hours.
    pub fn is_urgent(self) -> bool {
        matches!(self, Self::FailingBeforeClass | Self::NotRecording)
    }

    /// Whether there is only one a day or week already, so that choosing a pace would mean nothing.
    pub fn is_periodic(self) -> bool {
        matches!(self, Self::DeadLetters | Self::CasesWaiting | Self::DailyCheck | Self::WeeklyReport)
    }

    /// How long it waits for others that belong into the same letter.
    pub fn gathers(self) -> TimeDelta {
        match self {
            Self::RecordingReady | Self::StillMissing | Self::Expiring | Self::Removing | Self::NoRoom => {
                TimeDelta::minutes(5)
            }
            _ => TimeDelta::zero(),
        }
    }
}

/// What a global role makes of somebody.
pub fn part_of_role(role: GlobalRole) -> Part {
    match role {
        GlobalRole::Admin => Part::Admin,
        GlobalRole::Officer => Part::Officer,
    }
}

/// One thing that one person is told, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The row.
    pub id: MailId,
    /// To whom.
    pub user_id: UserId,
    /// About what.
    pub kind: MailKind,
    /// About which, as `word:id`.
    pub subject: String,
    /// Since when it waits.
    pub queued_at: DateTime<Utc>,
    /// When it may go out.
    pub due_at: DateTime<Utc>,
    /// The letter it goes out in, once that was begun: the same at every try.
    pub letter: Option<String>,
}

impl Mail {
    /// The class it is about.
    pub fn meeting(&self) -> Option<MeetingId> {
        self.subject.strip_prefix("meeting:")?.parse().ok()
    }

    /// The alert it is about.
    pub fn alert(&self) -> Option<AlertId> {
        self.subject.strip_prefix("alert:")?.split(':').next()?.parse().ok()
    }
}

/// When mails go out at this school.
#[derive(Debug, Clone, Copy)]
pub struct Hours {
    /// The school's zone.
    pub zone: Tz,
    /// From when until when nothing is sent.
    pub quiet: Option<(NaiveTime, NaiveTime)>,
    /// When those who want one mail a day get it.
    pub digest_at: NaiveTime,
}

/// When the weekly report and the daily check are made.
pub const MORNING: NaiveTime = NaiveTime::from_hms_opt(7, 0, 0).expect("seven in the morning exists");

impl Hours {
    /// `at`, or the end of the quiet hours in which it falls.
    pub fn after_quiet(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let Some((from, until)) = self.quiet else { return at };
        let local = at.with_timezone(&self.zone).naive_local();
        let time = local.time();
        let (is_quiet, ends_today) = if from < until {
            (from <= time && time < until, true)
        } else {
            (time >= from || time < until, time < until)
        };
        if !is_quiet {
            return at;
        }
        let day = if ends_today { local.date() } else { next_day(local.date()) };
        wall(self.zone, day.and_time(until)).max(at)
    }

    /// The next time at which the daily mail goes out, never in the quiet hours.
    pub fn next_digest(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let today = now.with_timezone(&self.zone).date_naive();
        let at = wall(self.zone, today.and_time(self.digest_at));
        let at = if at > now { at } else { wall(self.zone, next_day(today).and_time(self.digest_at)) };
        self.after_quiet(at)
    }

    /// When a mail of this kind goes to somebody with this pace. `by` is when it must be read, if there is such a time.
    pub fn due(
        &self,
        kind: MailKind,
        pace: Pace,
        now: DateTime<Utc>,
        by: Option<DateTime<Utc>>,
    ) -> DateTime<Utc> {
        if pace == Pace::Daily && kind.is_optional() && !kind.is_periodic() {
            return self.next_digest(now);
        }
        let at = now + kind.gathers();
        let rested = self.after_quiet(at);
        if kind.is_urgent() && by.is_some_and(|by| by <= rested) { at } else { rested }
    }

    /// The day in the school's zone whose morning has come, if that was less than twelve hours ago.
    pub fn morning_of(&self, now: DateTime<Utc>) -> Option<NaiveDate> {
        let today = now.with_timezone(&self.zone).date_naive();
        let morning = wall(self.zone, today.and_time(MORNING));
        (morning <= now && now < morning + TimeDelta::hours(12)).then_some(today)
    }

    /// The first moment of a day in the school's zone.
    pub fn begin_of(&self, day: NaiveDate) -> DateTime<Utc> {
        wall(self.zone, day.and_time(NaiveTime::MIN))
    }
}

fn next_day(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

/// The moment of a wall time: the earlier of two, and an hour later where there is none.
fn wall(zone: Tz, at: NaiveDateTime) -> DateTime<Utc> {
    let later = || zone.from_local_datetime(&(at + TimeDelta::hours(1))).earliest();
    let found = zone.from_local_datetime(&at).earliest().or_else(later);
    found.map_or_else(|| at.and_utc(), |at| at.to_utc())
}

/// A text of others on one line: no control character gets into a header or breaks a line.
pub fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: &str, until: &str) -> Hours {
        let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
        Hours { zone: Tz::Europe__Berlin, quiet: Some((time(from), time(until))), digest_at: time("17:00") }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn nothing_goes_out_at_night_and_the_night_ends_by_the_wall_clock() {
        let hours = hours("21:00", "07:00");
        for (now, rested) in [
            ("2026-09-01T18:59:59Z", "2026-09-01T18:59:59Z"),
            ("2026-09-01T19:00:00Z", "2026-09-02T05:00:00Z"),
            ("2026-09-01T23:30:00Z", "2026-09-02T05:00:00Z"),
            ("2026-09-02T05:00:00Z", "2026-09-02T05:00:00Z"),
            // The clocks go back in the night to 25 October: seven o'clock is an hour later in UTC.
            ("2026-10-24T19:30:00Z", "2026-10-25T06:00:00Z"),
            // And forward in the night to 29 March.
            ("2026-03-28T20:30:00Z", "2026-03-29T05:00:00Z"),
        ] {
            assert_eq!(hours.after_quiet(at(now)), at(rested), "{now}");
        }
    }

    #[test]
    fn quiet_hours_may_lie_within_a_day_or_end_in_the_hour_that_does_not_exist() {
        assert_eq!(
            hours("12:00", "14:00").after_quiet(at("2026-09-01T10:30:00Z")),
            at("2026-09-01T12:00:00Z")
        );
        // 02:30 does not exist on 29 March; 03:30 is the same moment.
        assert_eq!(
            hours("21:00", "02:30").after_quiet(at("2026-03-29T00:10:00Z")),
            at("2026-03-29T01:30:00Z")
        );
        // 02:30 exists twice on 25 October: what is past is not gone back to.
        assert_eq!(
            hours("21:00", "02:30").after_quiet(at("2026-10-25T01:10:00Z")),
            at("2026-10-25T01:10:00Z")
        );
    }

    #[test]
    fn whatever_the_moment_the_quiet_hours_only_put_off() {
        let hours = hours("21:00", "07:00");
        let mut now = at("2026-03-27T00:00:00Z");
        while now < at("2026-04-01T00:00:00Z") {
            let rested = hours.after_quiet(now);
            assert!(rested >= now && rested - now <= TimeDelta::hours(10), "{now}");
            assert_eq!(hours.after_quiet(rested), rested, "{now}");
            assert!(
                hours.next_digest(now) > now && hours.next_digest(now) - now <= TimeDelta::hours(25),
                "{now}"
            );
            now += TimeDelta::minutes(7);
        }
    }

    #[test]
    fn only_a_class_that_begins_before_they_end_breaks_the_quiet_hours() {
        let hours = hours("21:00", "07:00");
        let now = at("2026-09-01T20:00:00Z");
        let due = |kind, by: &str| hours.due(kind, Pace::AtOnce, now, Some(at(by)));
        assert_eq!(due(MailKind::FailingBeforeClass, "2026-09-02T04:30:00Z"), now);
        assert_eq!(due(MailKind::FailingBeforeClass, "2026-09-20T08:00:00Z"), at("2026-09-02T05:00:00Z"));
        assert_eq!(due(MailKind::StillMissing, "2026-09-01T20:00:00Z"), at("2026-09-02T05:00:00Z"));
        let daily = |kind| hours.due(kind, Pace::Daily, at("2026-09-01T08:00:00Z"), None);
        assert_eq!(daily(MailKind::RecordingReady), at("2026-09-01T15:00:00Z"));
        assert_eq!(daily(MailKind::NotRecording), at("2026-09-01T08:00:00Z"), "may not be put off");
    }

    #[test]
    fn no_line_break_gets_into_a_subject() {
        assert_eq!(
            one_line("Algebra\r\nBcc: all@school.example\u{0}\t1"),
            "Algebra Bcc: all@school.example 1"
        );
    }
}
