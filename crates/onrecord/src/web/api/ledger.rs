//! `GET /api/v1/ledger`: the expectation ledger, every scheduled class with its verdict, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::paging::{PageOf, PageQuery};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::conference::Verdict;
use crate::model::id::{CourseId, MeetingId};
use crate::model::schedule::is_plausible;
use crate::model::verdict::{Basis, Cause, Owner};
use crate::model::words::Word;
use crate::ops::{Error, Result, missing, rights};
use crate::store::pages::ledger::{self, After, Filter, Line};
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::QueryOf;

/// What the ledger is narrowed to, as an address says. Page, export and API read the same.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LedgerQuery {
    pub(in crate::web) verdict: String,
    pub(in crate::web) cause: String,
    pub(in crate::web) owner: String,
    pub(in crate::web) course_id: String,
    pub(in crate::web) term: String,
    pub(in crate::web) from: String,
    pub(in crate::web) to: String,
    pub(in crate::web) cursor: String,
    pub(in crate::web) limit: String,
}

impl LedgerQuery {
    /// The filter of the store; a word that is none narrows to nothing it could mean, so it is an error. Without `to`
    /// and without a verdict to come, only classes that have begun are in the ledger.
    pub(in crate::web) fn filter(&self, now: DateTime<Utc>) -> Result<Filter> {
        let start = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        let wrong = "Write a date as 2026-09-01.";
        let day = |field, text| match read::<NaiveDate>(field, text, wrong)? {
            Some(day) if !is_plausible(day) => Err(Error::invalid(field, wrong)),
            day => Ok(day),
        };
        let verdict = word::<Verdict>("verdict", &self.verdict)?;
        let to = day("to", &self.to)?;
        let until = to.and_then(|day| day.checked_add_days(Days::new(1))).map(start);
        let looks_ahead = to.is_some() || verdict == Some(Verdict::Upcoming);
        let course = read::<i64>("course_id", &self.course_id, "Write the number of a course.")?;
        let term = self.term.trim();
        if term.chars().count() > 200 {
            return Err(Error::invalid("term", "No term is that long."));
        }
        Ok(Filter {
            verdict,
            cause: word::<Cause>("cause", &self.cause)?,
            owner: word::<Owner>("owner", &self.owner)?,
            course: course.map(CourseId),
            term: (!term.is_empty()).then(|| term.to_owned()),
            from: day("from", &self.from)?.map(start),
            until: until.or_else(|| (!looks_ahead).then_some(now)),
        })
    }

    /// Where the page begins.
    pub(in crate::web) fn after(&self) -> Result<Option<After>> {
        let cursor = Some(self.cursor.clone()).filter(|cursor| !cursor.is_empty());
        let Some([micros, id]) = PageQuery::new(cursor, None).marks::<2>()? else {
            return Ok(None);
        };
        let starts_at = DateTime::from_timestamp_micros(micros)
            .filter(|at| is_plausible(at.date_naive()))
            .ok_or_else(|| Error::invalid("cursor", "Send back next_cursor as it came."))?;
        Ok(Some(After { starts_at, id: MeetingId(id) }))
    }

    fn limit(&self) -> Result<i64> {
        let limit = read::<i64>("limit", &self.limit, "Write a number from 1 to 200.")?;
        PageQuery::new(None, limit).limit()
    }

    /// The filters that are set, for addresses and for the audit.
    pub(in crate::web) fn pairs(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("verdict", &self.verdict),
            ("cause", &self.cause),
            ("owner", &self.owner),
            ("course_id", &self.course_id),
            ("term", &self.term),
            ("from", &self.from),
            ("to", &self.to),
        ];
        all.into_iter().map(|(name, value)| (name, value.as_str())).filter(|(_, v)| !v.is_empty()).collect()
    }

    /// The same as JSON.
    pub(in crate::web) fn as_json(&self) -> Value {
        Value::Object(self.pairs().into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect())
    }
}

/// The mark of the last row of a page.
pub(in crate::web) fn mark(line: &Line) -> String {
    format!("{}_{}", line.meeting.starts_at.timestamp_micros(), line.meeting.id)
}

/// The value in `text`, nothing when it is empty, or an error that says what to write.
fn read<T: std::str::FromStr>(field: &str, text: &str, write: &str) -> Result<Option<T>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Error::invalid(field, write))
}

fn word<W: Word>(field: &str, text: &str) -> Result<Option<W>> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || {
        let words: Vec<&str> = W::ALL.iter().map(|word| word.as_str()).collect();
        Error::invalid(field, format!("Write one of {}.", words.join(", ")))
    };
    W::parse(text).map(Some).ok_or_else(wrong)
}

/// One class of the ledger.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LedgerItem {
    /// The class.
    pub meeting_id: i64,
    /// Its conference.
    pub conference_id: i64,
    /// Title of the conference.
    pub title: String,
    /// Its course.
    pub course_id: i64,
    /// Short name of the course.
    pub course_code: String,
    /// Term of the course.
    pub term: String,
    /// Names of the course's instructors.
    pub instructors: Vec<String>,
    /// Scheduled start.
    pub starts_at: DateTime<Utc>,
    /// Scheduled end.
    pub ends_at: DateTime<Utc>,
    /// Whether Teams was told to record.
    pub auto_recording_status: String,
    /// What became of it.
    pub verdict: String,
    /// Why the recording is missing.
    pub cause: Option<String>,
    /// `proved`, or `inferred` where other reasons look the same from outside.
    pub basis: Option<String>,
    /// Who acts: `instructor` or `admin`.
    pub owner: Option<String>,
    /// What happened and what to do.
    pub fix: Option<String>,
    /// What the verdict rests on, as fixed words.
    pub evidence: Vec<String>,
    /// When the verdict last changed.
    pub verdict_at: Option<DateTime<Utc>>,
    /// When nothing more was to be asked of Microsoft.
    pub settled_at: Option<DateTime<Utc>>,
    /// Its recordings.
    pub recordings: i64,
    /// Those of them that staff brought by hand, because the class was held elsewhere.
    pub recordings_manual: i64,
}

impl LedgerItem {
    /// A class as programs and exports see it at `now`.
    pub(in crate::web) fn of(line: Line, now: DateTime<Utc>) -> Self {
        let verdict = line.meeting.verdict_now(now);
        let cause = Cause::parse(&line.meeting.verdict_cause).filter(|_| verdict == Verdict::Missing);
        let basis = Basis::parse(&line.meeting.verdict_basis).filter(|_| cause.is_some());
        Self {
            meeting_id: line.meeting.id.0,
            conference_id: line.meeting.conference_id.0,
            title: line.title,
            course_id: line.course_id.0,
            course_code: line.course_code,
            term: line.term,
            instructors: line.teachers,
            starts_at: line.meeting.starts_at,
            ends_at: line.meeting.ends_at,
            auto_recording_status: line.meeting.auto_recording_status.to_string(),
            verdict: verdict.to_string(),
            cause: cause.map(|cause| cause.to_string()),
            basis: basis.map(|basis| basis.to_string()),
            owner: cause.map(|cause| cause.owner().to_string()),
            fix: cause.map(missing::told),
            evidence: line.meeting.verdict_evidence,
            verdict_at: line.meeting.verdict_at,
            settled_at: line.meeting.settled_at,
            recordings: line.recordings,
            recordings_manual: line.recordings_manual,
        }
    }
}

/// The expectation ledger, the latest class first.
#[utoipa::path(
    get, path = "/api/v1/ledger", tag = "ledger",
    params(
        ("verdict" = Option<String>, Query, description = "Only this verdict, such as `missing`."),
        ("cause" = Option<String>, Query, description = "Only missing recordings of this cause, such as `policy_off`."),
        ("owner" = Option<String>, Query, description = "Only missing recordings on which `instructor` or `admin` acts."),
        ("course_id" = Option<i64>, Query, description = "Only this course."),
        ("term" = Option<String>, Query, description = "Only courses of this term."),
        ("from" = Option<String>, Query, description = "First day (UTC), as 2026-09-01."),
        ("to" = Option<String>, Query, description = "Last day (UTC). Without it, only classes that have begun."),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
        ("limit" = Option<i64>, Query, description = "Classes per page, 50 by default, at most 200."),
    ),
    responses(
        (status = 200, description = "Classes of the ledger", body = PageOf<LedgerItem>),
        (status = 404, description = "Not for you", body = Problem),
        (status = 422, description = "A filter that is none", body = Problem),
    )
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(asked): QueryOf<LedgerQuery>,
) -> std::result::Result<Json<PageOf<LedgerItem>>, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Oversee).await?;
    let now = app.clock.now();
    let limit = asked.limit()?;
    let filter = asked.filter(now)?;
    let lines = ledger::list(&app.store, &filter, asked.after()?, (limit + 1, now)).await?;
    Ok(Json(PageOf::of(lines, limit, mark, |line| LedgerItem::of(line, now))))
}
