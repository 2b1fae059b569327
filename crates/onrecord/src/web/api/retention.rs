//! `/api/v1/retention`: the written policies, what a run would do, and runs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::model::id::{CourseId, RetentionPolicyId, RetentionRunId};
use crate::model::retention::{CountedFrom, Kept, Nature, Policy};
use crate::model::words::Word;
use crate::ops::actor::Actor;
use crate::ops::retention::{self as ops, Report};
use crate::ops::{self as all, Error, FieldError};
use crate::store::retention::runs::Item;
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{JsonBody, PathId};

/// A written policy.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetentionPolicy {
    id: i64,
    name: String,
    /// `removal`: after that time it is removed; `legal`: before that time nobody may remove it.
    nature: String,
    /// Only this course; null for all.
    course_id: Option<i64>,
    /// Only courses of this term; empty for all.
    term: String,
    /// Only classes with minors: of a course that is marked so, or in which somebody is.
    of_minors: bool,
    /// Only `recording`, `transcript`, `file`, `attendance` or `chat`; null for everything.
    kind: Option<String>,
    /// `class`, `term` (its last day) or `date`.
    counted_from: String,
    days: i64,
    /// Until when, if `counted_from` is `date`.
    until: Option<NaiveDate>,
    /// Whether a recording is removed only with a verified copy, so that the bin can give it back.
    copy_first: bool,
}

impl From<Policy> for RetentionPolicy {
    fn from(policy: Policy) -> Self {
        Self {
            id: policy.id.0,
            name: policy.name,
            nature: policy.nature.to_string(),
            course_id: policy.course_id.map(|course| course.0),
            term: policy.term,
            of_minors: policy.of_minors,
            kind: policy.kind.map(|kind| kind.to_string()),
            counted_from: policy.counted_from.to_string(),
            days: policy.days,
            until: policy.until,
            copy_first: policy.copy_first,
        }
    }
}

/// A policy as it is to be.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyBody {
    /// What people call it.
    pub name: String,
    /// `removal` (default) or `legal`.
    pub nature: Option<String>,
    /// Only this course.
    pub course_id: Option<i64>,
    /// Only courses of this term.
    pub term: String,
    /// Only classes with minors: of a course that is marked so, or in which somebody is.
    pub of_minors: bool,
    /// Only `recording`, `transcript`, `file`, `attendance` or `chat`.
    pub kind: Option<String>,
    /// `class` (default), `term` or `date`.
    pub counted_from: Option<String>,
    /// How many days.
    pub days: i64,
    /// Until when (`2027-03-01`), with `counted_from` `date`.
    pub until: Option<String>,
    /// True if unsaid.
    pub copy_first: Option<bool>,
}

impl PolicyBody {
    /// The policy in the words of the rules, without an id; names every word that is none.
    pub fn read(self) -> all::Result<Policy> {
        let mut errors = Vec::new();
        let nature = word("nature", self.nature, Nature::Removal, &mut errors);
        let counted_from = word("counted_from", self.counted_from, CountedFrom::Class, &mut errors);
        let kind = self
            .kind
            .filter(|kind| !kind.is_empty())
            .map(|kind| word("kind", Some(kind), Kept::Recording, &mut errors));
        let until = self.until.filter(|day| !day.is_empty()).map(|day| day.parse());
        if let Some(Err(_)) = until {
            errors.push(FieldError::new("until", "Write a day as 2027-03-01."));
        }
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        Ok(Policy {
            id: RetentionPolicyId(0),
            name: self.name,
            nature,
            course_id: self.course_id.map(CourseId),
            term: self.term,
            of_minors: self.of_minors,
            kind,
            counted_from,
            days: self.days,
            until: until.and_then(Result::ok),
            copy_first: self.copy_first.unwrap_or(true),
        })
    }
}

/// The member of a closed list that was sent, or `usual` if none was; an unknown word is an error that names them all.
pub(super) fn word<T: Word>(
    field: &'static str,
    sent: Option<String>,
    usual: T,
    errors: &mut Vec<FieldError>,
) -> T {
    let Some(sent) = sent.filter(|sent| !sent.is_empty()) else { return usual };
    T::parse(&sent).unwrap_or_else(|| {
        let known: Vec<&str> = T::ALL.iter().map(|word| word.as_str()).collect();
        errors.push(FieldError::new(field, format!("Write one of: {}.", known.join(", "))));
        usual
    })
}

/// The policies in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct Policies {
    items: Vec<RetentionPolicy>,
    /// Always null: policies come in one page.
    next_cursor: Option<String>,
}

/// The retention policies in force. Without one nothing is ever removed.
#[utoipa::path(
    get, path = "/api/v1/retention/policies", tag = "retention",
    responses((status = 200, description = "Oldest first", body = Policies), (status = 404, description = "Not for you", body = Problem))
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
) -> Result<Json<Policies>, ApiError> {
    let policies = ops::list(&app, Actor::Viewer(&viewer)).await?;
    Ok(Json(Policies { items: policies.into_iter().map(RetentionPolicy::from).collect(), next_cursor: None }))
}

/// Writes a policy. It acts at the next run.
#[utoipa::path(
    post, path = "/api/v1/retention/policies", tag = "retention", request_body = PolicyBody,
    responses(
        (status = 201, description = "Written", body = RetentionPolicy),
        (status = 403, description = "Only for administrators and officers", body = Problem),
        (status = 422, description = "A field is wrong", body = Problem),
    )
)]
pub async fn create(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    JsonBody(body): JsonBody<PolicyBody>,
) -> Result<Response, ApiError> {
    all::rights::global(&app, &viewer, crate::model::access::GlobalAct::Retain).await?;
    let policy = ops::create(&app, Actor::Viewer(&viewer), body.read()?).await?;
    Ok((StatusCode::CREATED, Json(RetentionPolicy::from(policy))).into_response())
}

/// Rewrites a policy.
#[utoipa::path(
    put, path = "/api/v1/retention/policies/{id}", tag = "retention", request_body = PolicyBody,
    params(("id" = i64, Path, description = "The policy")),
    responses(
        (status = 200, description = "Written", body = RetentionPolicy),
        (status = 404, description = "No such policy in force, or not for you", body = Problem),
        (status = 422, description = "A field is wrong", body = Problem),
    )
)]
pub async fn change(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<RetentionPolicyId>,
    JsonBody(body): JsonBody<PolicyBody>,
) -> Result<Json<RetentionPolicy>, ApiError> {
    all::rights::global(&app, &viewer, crate::model::access::GlobalAct::Retain).await?;
    Ok(Json(ops::change(&app, Actor::Viewer(&viewer), id, body.read()?).await?.into()))
}

/// Ends a policy: from now on it neither removes nor keeps anything.
#[utoipa::path(
    delete, path = "/api/v1/retention/policies/{id}", tag = "retention",
    params(("id" = i64, Path, description = "The policy")),
    responses(
        (status = 204, description = "Ended"),
        (status = 404, description = "No such policy in force, or not for you", body = Problem),
    )
)]
pub async fn end(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<RetentionPolicyId>,
) -> Result<StatusCode, ApiError> {
    ops::end(&app, Actor::Viewer(&viewer), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One act of a run.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunItem {
    /// `bin`, `remove` (rows, at once), `copy` (a verified copy first) or `purge` (its time in the bin is over).
    act: String,
    /// `recording`, `transcript`, `file`, `attendance` or `chat`.
    kind: String,
    /// The artifact; for attendance and chat the meeting.
    subject_id: i64,
    title: String,
    course_code: String,
    policy_id: Option<i64>,
    due_at: Option<DateTime<Utc>>,
    why: String,
    /// `planned`, `done` or `skipped`.
    state: String,
    /// Why it was skipped.
    said: String,
}

impl From<Item> for RunItem {
    fn from(item: Item) -> Self {
        Self {
            act: item.act.to_string(),
            kind: item.kind.to_string(),
            subject_id: item.subject_id,
            title: item.title,
            course_code: item.course_code,
            policy_id: item.policy.map(|policy| policy.0),
            due_at: item.due_at,
            why: item.why,
            state: item.state.to_string(),
            said: item.said,
        }
    }
}

/// A run of the policies.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetentionRun {
    id: i64,
    /// `dry` or `real`.
    mode: String,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    /// True if it went on with a run that was broken off.
    resumed: bool,
    items: Vec<RunItem>,
    /// What changed since the dry run before it; null without one.
    changes: Option<RunChanges>,
}

/// What changed since a dry run.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunChanges {
    since: Option<DateTime<Utc>>,
    /// What was not planned then.
    added: Vec<RunItem>,
    /// What was planned then and is not now.
    dropped: Vec<RunItem>,
}

impl From<Report> for RetentionRun {
    fn from(report: Report) -> Self {
        let shown = |items: Vec<Item>| items.into_iter().map(RunItem::from).collect();
        Self {
            id: report.run.id.0,
            mode: report.run.mode.to_string(),
            started_at: report.run.started_at,
            finished_at: report.run.finished_at,
            resumed: report.resumed,
            items: shown(report.items),
            changes: report.changes.map(|changes| RunChanges {
                since: changes.since,
                added: shown(changes.added),
                dropped: shown(changes.dropped),
            }),
        }
    }
}

/// What a policy would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Preview {
    items: Vec<RunItem>,
}

/// What a run would do if this policy were in force besides the others. Changes nothing.
#[utoipa::path(
    post, path = "/api/v1/retention/preview", tag = "retention", request_body = PolicyBody,
    responses(
        (status = 200, description = "Everything a run would do", body = Preview),
        (status = 422, description = "A field is wrong", body = Problem),
    )
)]
pub async fn preview(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    JsonBody(body): JsonBody<PolicyBody>,
) -> Result<Json<Preview>, ApiError> {
    all::rights::global(&app, &viewer, crate::model::access::GlobalAct::Oversee).await?;
    let items = ops::preview(&app, Actor::Viewer(&viewer), (None, body.read()?)).await?;
    Ok(Json(Preview { items: items.into_iter().map(RunItem::from).collect() }))
}

/// How a run is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunBody {
    /// True (default): only say what would be done.
    dry_run: bool,
}

impl Default for RunBody {
    fn default() -> Self {
        Self { dry_run: true }
    }
}

/// Applies the policies, or says what that would do.
#[utoipa::path(
    post, path = "/api/v1/retention/runs", tag = "retention", request_body = RunBody,
    responses(
        (status = 201, description = "The run with its acts", body = RetentionRun),
        (status = 403, description = "Only for administrators and officers", body = Problem),
        (status = 409, description = "A run is under way", body = Problem),
    )
)]
pub async fn run(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    JsonBody(body): JsonBody<RunBody>,
) -> Result<Response, ApiError> {
    let actor = Actor::Viewer(&viewer);
    all::rights::global(&app, &viewer, crate::model::access::GlobalAct::Retain).await?;
    let report = if body.dry_run { ops::dry_run(&app, actor).await? } else { ops::run(&app, actor).await? };
    Ok((StatusCode::CREATED, Json(RetentionRun::from(report))).into_response())
}

/// A run with its acts and what changed since the dry run before it.
#[utoipa::path(
    get, path = "/api/v1/retention/runs/{id}", tag = "retention",
    params(("id" = i64, Path, description = "The run")),
    responses(
        (status = 200, description = "The run", body = RetentionRun),
        (status = 404, description = "No such run, or not for you", body = Problem),
    )
)]
pub async fn show(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<RetentionRunId>,
) -> Result<Json<RetentionRun>, ApiError> {
    all::rights::global(&app, &viewer, crate::model::access::GlobalAct::Oversee).await?;
    Ok(Json(ops::report(&app, id, false).await?.into()))
}
