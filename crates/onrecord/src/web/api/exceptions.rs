//! `/api/v1/courses/{id}/exceptions` and `/api/v1/exceptions`: classes that are not to be recorded. One person asks,
//! another one in another role decides.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::holds::ReasonBody;
use super::paging::{PageOf, PageQuery};
use crate::app::App;
use crate::model::access::Act;
use crate::model::exception::{Exception, Ruling};
use crate::model::id::{CourseId, ExceptionId, MeetingId};
use crate::model::words::Word as _;
use crate::ops::{Error, courses, exceptions as ops};
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{JsonBody, PathId, PathIds, QueryOf};

/// An exception to recording.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExceptionItem {
    id: i64,
    course_id: i64,
    /// The class it is about; null for all classes of the course that begin within its span.
    meeting_id: Option<i64>,
    reason: String,
    starts_at: DateTime<Utc>,
    /// Classes that begin at this moment or later are recorded.
    ends_at: DateTime<Utc>,
    /// `asked`, `approved`, `refused`, `withdrawn`, `lapsed` or `ended`.
    state: String,
    asked_by: Option<i64>,
    /// `admin`, `officer` or `instructor`.
    asked_as: String,
    asked_at: DateTime<Utc>,
    decided_by: Option<i64>,
    decided_as: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    decision_note: String,
    /// When somebody ended it before its time.
    ended_at: Option<DateTime<Utc>>,
    end_reason: String,
}

impl ExceptionItem {
    fn of(exception: Exception, now: DateTime<Utc>) -> Self {
        Self {
            id: exception.id.0,
            state: exception.state(now).to_string(),
            course_id: exception.course_id.0,
            meeting_id: exception.meeting_id.map(|id| id.0),
            reason: exception.reason,
            starts_at: exception.starts_at,
            ends_at: exception.ends_at,
            asked_by: exception.asked_by.map(|id| id.0),
            asked_as: exception.asked_as.to_string(),
            asked_at: exception.asked_at,
            decided_by: exception.decided_by.map(|id| id.0),
            decided_as: exception.decided_as.map(|office| office.to_string()),
            decided_at: exception.decided_at,
            decision_note: exception.decision_note,
            ended_at: exception.ended_at,
            end_reason: exception.end_reason,
        }
    }
}

/// What is asked for.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExceptionBody {
    /// One class that has not begun; without it, all classes of the course that begin within the span.
    meeting_id: Option<i64>,
    /// From when; now if unsaid. Not used for one class.
    starts_at: Option<DateTime<Utc>>,
    /// Until when; for one class its end if unsaid. At most a year from now.
    ends_at: Option<DateTime<Utc>>,
    /// Why; at most 500 characters.
    reason: String,
}

/// What is said to a request.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RulingBody {
    /// `approved` or `refused`.
    ruling: String,
    /// What you say to it; at most 500 characters.
    note: String,
}

/// The exceptions of a course, the newest first.
#[utoipa::path(
    get, path = "/api/v1/courses/{id}/exceptions", tag = "exceptions",
    params(("id" = i64, Path, description = "The course"), PageQuery),
    responses(
        (status = 200, description = "Exceptions", body = PageOf<ExceptionItem>),
        (status = 403, description = "Only for staff", body = Problem),
        (status = 404, description = "No such course, or not for you", body = Problem),
    )
)]
pub async fn of_course(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(course): PathId<CourseId>,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Json<PageOf<ExceptionItem>>, ApiError> {
    let (limit, before) = (page.limit()?, page.marks::<1>()?.map(|[id]| ExceptionId(id)));
    let (_, rows) = ops::of_course(&app, &viewer, course, (before, limit + 1)).await?;
    let now = app.clock.now();
    let page = PageOf::of(
        rows,
        limit,
        |row| row.exception.id.to_string(),
        |row| ExceptionItem::of(row.exception, now),
    );
    Ok(Json(page))
}

/// The exceptions of all courses, the newest first.
#[utoipa::path(
    get, path = "/api/v1/exceptions", tag = "exceptions", params(PageQuery),
    responses(
        (status = 200, description = "Exceptions", body = PageOf<ExceptionItem>),
        (status = 404, description = "Not for you", body = Problem),
    )
)]
pub async fn all(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Json<PageOf<ExceptionItem>>, ApiError> {
    let (limit, before) = (page.limit()?, page.marks::<1>()?.map(|[id]| ExceptionId(id)));
    let rows = ops::all(&app, &viewer, (before, limit + 1)).await?;
    let now = app.clock.now();
    let page = PageOf::of(
        rows,
        limit,
        |row| row.exception.id.to_string(),
        |row| ExceptionItem::of(row.exception, now),
    );
    Ok(Json(page))
}

/// Asks for an exception: nothing changes before somebody else in another role approves it.
#[utoipa::path(
    post, path = "/api/v1/courses/{id}/exceptions", tag = "exceptions", request_body = ExceptionBody,
    params(("id" = i64, Path, description = "The course")),
    responses(
        (status = 201, description = "Asked for", body = ExceptionItem),
        (status = 403, description = "Only for instructors, administrators and officers", body = Problem),
        (status = 404, description = "No such course, or not for you", body = Problem),
        (status = 422, description = "A field is wrong", body = Problem),
    )
)]
pub async fn ask(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(course): PathId<CourseId>,
    JsonBody(body): JsonBody<ExceptionBody>,
) -> Result<Response, ApiError> {
    let wanted = ops::Wanted {
        meeting: body.meeting_id.map(MeetingId),
        starts_at: body.starts_at,
        ends_at: body.ends_at,
        reason: body.reason,
    };
    let asked = ops::ask(&app, &viewer, course, &wanted).await?;
    Ok((StatusCode::CREATED, Json(ExceptionItem::of(asked, app.clock.now()))).into_response())
}

/// Decides on what somebody else asked for in another role. Once approved, recording is off for its classes.
#[utoipa::path(
    post, path = "/api/v1/courses/{id}/exceptions/{exception}/decision", tag = "exceptions", request_body = RulingBody,
    params(("id" = i64, Path, description = "The course"), ("exception" = i64, Path, description = "The exception")),
    responses(
        (status = 200, description = "Decided", body = ExceptionItem),
        (status = 403, description = "You asked for it, or somebody in your role did", body = Problem),
        (status = 404, description = "No such exception, or not for you", body = Problem),
        (status = 409, description = "It is decided, over, or its class has begun", body = Problem),
        (status = 422, description = "The ruling is missing", body = Problem),
    )
)]
pub async fn decide(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathIds(course, id): PathIds<CourseId, ExceptionId>,
    JsonBody(body): JsonBody<RulingBody>,
) -> Result<Json<ExceptionItem>, ApiError> {
    courses::seen(&app, &viewer, course, Act::Exempt).await?;
    let ruling =
        Ruling::parse(&body.ruling).ok_or_else(|| Error::invalid("ruling", "Send approved or refused."))?;
    let decided = ops::decide(&app, &viewer, (course, id), (ruling, &body.note)).await?;
    Ok(Json(ExceptionItem::of(decided, app.clock.now())))
}

/// Ends an exception before its time, or takes back what nobody has decided on. Recording is switched on again.
#[utoipa::path(
    post, path = "/api/v1/courses/{id}/exceptions/{exception}/end", tag = "exceptions", request_body = ReasonBody,
    params(("id" = i64, Path, description = "The course"), ("exception" = i64, Path, description = "The exception")),
    responses(
        (status = 200, description = "Ended", body = ExceptionItem),
        (status = 404, description = "No such exception, or not for you", body = Problem),
        (status = 409, description = "It is over", body = Problem),
        (status = 422, description = "The reason is missing", body = Problem),
    )
)]
pub async fn end(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathIds(course, id): PathIds<CourseId, ExceptionId>,
    JsonBody(body): JsonBody<ReasonBody>,
) -> Result<Json<ExceptionItem>, ApiError> {
    let ended = ops::end(&app, &viewer, (course, id), &body.reason).await?;
    Ok(Json(ExceptionItem::of(ended, app.clock.now())))
}
