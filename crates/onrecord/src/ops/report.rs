//! The weekly report: seven days of classes in numbers, beside the seven days before. One report for the page, the mail, the
//! command and the API.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc};
use serde::Serialize;

use super::monitor::Tally;
use super::{Result, missing};
use crate::app::App;
use crate::model::conference::Verdict;
use crate::model::id::{ConferenceId, MeetingId};
use crate::model::mail::Hours;
use crate::model::verdict::{Cause, Owner};
use crate::model::words::Word as _;
use crate::store::reports::{self, Span};

/// Missing classes that a report names; the rest are counted.
const MOST_MISSING: i64 = 50;

/// One week in numbers.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Week {
    /// Its first day, a Monday of the school's zone if it is a whole week.
    pub first_day: NaiveDate,
    /// Its last day.
    pub last_day: NaiveDate,
    /// From this moment.
    pub from: DateTime<Utc>,
    /// Until this moment, which is not part of it.
    pub until: DateTime<Utc>,
    /// Classes that were to be held.
    pub classes: i64,
    /// Classes by verdict.
    pub verdicts: Vec<Tally>,
    /// Conferences with classes in the week, by the worst `auto_recording_status` of those.
    pub conferences_by_auto_recording_status: Vec<Tally>,
    /// Of the classes that were held or may have been, those with a recording, in percent; `None` without any.
    pub recorded_percent: Option<i64>,
    /// Missing classes by who has to act: `instructor`, `admin`.
    pub missing_by_owner: Vec<Tally>,
    /// The missing classes, the newest first; at most fifty.
    pub missing: Vec<MissingClass>,
    /// Recordings of the week's classes.
    pub recordings: i64,
    /// What they hold.
    pub recordings_bytes: i64,
    /// Downloads.
    pub downloads: i64,
    /// Times a recording was watched.
    pub views: i64,
    /// People who watched or downloaded.
    pub viewers: i64,
}

/// A class without a recording, and who has to act.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct MissingClass {
    /// The class.
    #[schema(value_type = i64)]
    pub meeting_id: MeetingId,
    /// Its conference.
    #[schema(value_type = i64)]
    pub conference_id: ConferenceId,
    /// Title of the conference.
    pub title: String,
    /// Short name of its course.
    pub course_code: String,
    /// Its IANA zone.
    pub time_zone: String,
    /// Scheduled start.
    pub starts_at: DateTime<Utc>,
    /// Why.
    #[schema(value_type = String)]
    pub cause: Cause,
    /// Who has to act.
    #[schema(value_type = String)]
    pub owner: Owner,
    /// What to do.
    pub fix: String,
}

/// How full the OneDrive of a service account is.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Storage {
    /// The account.
    pub account: String,
    /// `normal`, `nearing`, `critical` or `exceeded`, as Microsoft says; `None` before it was read.
    pub state: Option<String>,
    /// What is used.
    pub used_bytes: Option<i64>,
    /// All there is.
    pub total_bytes: Option<i64>,
    /// When it was read.
    pub read_at: Option<DateTime<Utc>>,
}

/// The weekly report.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct WeeklyReport {
    /// The week.
    pub week: Week,
    /// The week before it, to compare.
    pub before: Week,
    /// How full the drives of the service accounts are now.
    pub storage: Vec<Storage>,
}

/// When mails go out and reports are made at this school.
pub fn hours(app: &App) -> Hours {
    let mail = &app.config.mail;
    Hours { zone: mail.time_zone, quiet: mail.quiet_hours.0, digest_at: mail.digest_at.0 }
}

/// The report over the last whole week before `day` of the school's zone, from Monday to Sunday.
pub async fn of_week_before(app: &App, day: NaiveDate) -> Result<WeeklyReport> {
    let monday = day - Days::new(u64::from(day.weekday().num_days_from_monday()));
    weekly(app, monday - TimeDelta::days(7)).await
}

/// The report over the last seven days including today, for whoever asks now.
pub async fn of_last_days(app: &App) -> Result<WeeklyReport> {
    let today = app.clock.now().with_timezone(&app.config.mail.time_zone).date_naive();
    weekly(app, today - TimeDelta::days(6)).await
}

async fn weekly(app: &App, first_day: NaiveDate) -> Result<WeeklyReport> {
    let storage = reports::rooms(&app.store).await?.into_iter().map(|room| Storage {
        account: room.email,
        state: room.state,
        used_bytes: room.used_bytes,
        total_bytes: room.total_bytes,
        read_at: room.read_at,
    });
    Ok(WeeklyReport {
        week: week(app, first_day).await?,
        before: week(app, first_day - TimeDelta::days(7)).await?,
        storage: storage.collect(),
    })
}

async fn week(app: &App, first_day: NaiveDate) -> Result<Week> {
    let (db, hours) = (&app.store, hours(app));
    let span: Span = (hours.begin_of(first_day), hours.begin_of(first_day + TimeDelta::days(7)));
    let verdicts = reports::verdicts(db, span).await?;
    let of = |wanted: Verdict| verdicts.iter().find(|(verdict, _)| *verdict == wanted).map_or(0, |(_, n)| *n);
    let decided = of(Verdict::Recorded) + of(Verdict::Missing);
    let missing: Vec<MissingClass> =
        reports::missing(db, span, MOST_MISSING).await?.into_iter().map(missing_class).collect();
    let causes = reports::causes(db, span).await?;
    let by_owner = |owner: Owner| Tally {
        status: owner.as_str().to_owned(),
        count: causes.iter().filter(|(cause, _)| cause_of(cause).owner() == owner).map(|(_, n)| n).sum(),
    };
    let (recordings, recordings_bytes) = reports::recordings(db, span).await?;
    let (downloads, views, viewers) = reports::visits(db, span).await?;
    let conferences = reports::conferences(db, span).await?;
    Ok(Week {
        first_day,
        last_day: first_day + TimeDelta::days(6),
        from: span.0,
        until: span.1,
        classes: verdicts.iter().map(|(_, count)| count).sum(),
        recorded_percent: (decided > 0).then(|| of(Verdict::Recorded) * 100 / decided),
        verdicts: tallies(&verdicts),
        conferences_by_auto_recording_status: tallies(&conferences),
        missing_by_owner: Owner::ALL.iter().map(|owner| by_owner(*owner)).filter(|t| t.count > 0).collect(),
        missing,
        recordings,
        recordings_bytes,
        downloads,
        views,
        viewers,
    })
}

fn tallies<W: crate::model::words::Word>(counts: &[(W, i64)]) -> Vec<Tally> {
    counts.iter().map(|(word, count)| Tally { status: word.as_str().to_owned(), count: *count }).collect()
}

/// A stored cause; a word that is not known says that nobody can tell.
fn cause_of(word: &str) -> Cause {
    Cause::parse(word).unwrap_or(Cause::CannotTell)
}

fn missing_class(found: reports::Missing) -> MissingClass {
    let cause = cause_of(&found.cause);
    MissingClass {
        meeting_id: found.meeting_id,
        conference_id: found.conference_id,
        title: found.title,
        course_code: found.course_code,
        time_zone: found.time_zone,
        starts_at: found.starts_at,
        cause,
        owner: cause.owner(),
        fix: missing::told(cause),
    }
}
