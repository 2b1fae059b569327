//! Objections to being recorded over the API: raising one, and the cases for those who answer them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paging::{PageOf, PageQuery};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{CourseId, ExceptionId, MeetingId, ObjectionId, UserId};
use crate::model::objection::{Objection, Outcome};
use crate::model::words::Word as _;
use crate::ops::{Error, objections as ops, rights};
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{JsonBody, PathId, QueryOf};

/// An objection.
#[derive(Debug, Serialize, ToSchema)]
pub struct ObjectionItem {
    id: i64,
    course_id: i64,
    /// The class it is about; null for all classes of the course.
    meeting_id: Option<i64>,
    user_id: i64,
    reason: String,
    raised_at: DateTime<Utc>,
    /// By when it is to be answered.
    due_at: DateTime<Utc>,
    owner_id: Option<i64>,
    /// `new`, `open`, `overdue` or `closed`.
    state: String,
    /// `upheld`, `settled`, `rejected` or `withdrawn`; null while it is open.
    outcome: Option<String>,
    answer: String,
    closed_at: Option<DateTime<Utc>>,
    exception_id: Option<i64>,
}

impl ObjectionItem {
    fn of(case: Objection, now: DateTime<Utc>) -> Self {
        Self {
            id: case.id.0,
            state: case.state(now).to_string(),
            course_id: case.course_id.0,
            meeting_id: case.meeting_id.map(|id| id.0),
            user_id: case.user_id.0,
            reason: case.reason,
            raised_at: case.raised_at,
            due_at: case.due_at,
            owner_id: case.owner_id.map(|id| id.0),
            outcome: case.outcome.map(|outcome| outcome.to_string()),
            answer: case.answer,
            closed_at: case.closed_at,
            exception_id: case.exception_id.map(|id| id.0),
        }
    }
}

/// What somebody objects to.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ObjectionBody {
    /// One class; without it, all classes of the course.
    meeting_id: Option<i64>,
    /// In your words; at most 500 characters.
    reason: String,
}

/// Objects to being recorded. Administrators and officers see it; nothing is switched off by it.
#[utoipa::path(
    post, path = "/api/v1/courses/{id}/objections", tag = "objections", request_body = ObjectionBody,
    params(("id" = i64, Path, description = "The course")),
    responses(
        (status = 201, description = "Raised", body = ObjectionItem),
        (status = 404, description = "No such course, or not for you", body = Problem),
        (status = 409, description = "You have objected already, and it is not answered yet", body = Problem),
        (status = 422, description = "A field is wrong", body = Problem),
    )
)]
pub async fn raise(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(course): PathId<CourseId>,
    JsonBody(body): JsonBody<ObjectionBody>,
) -> Result<Response, ApiError> {
    let about = (course, body.meeting_id.map(MeetingId));
    let case = ops::raise(&app, &viewer, about, &body.reason).await?;
    Ok((StatusCode::CREATED, Json(ObjectionItem::of(case, app.clock.now()))).into_response())
}

/// Your own objections.
#[utoipa::path(
    get, path = "/api/v1/me/objections", tag = "objections",
    responses((status = 200, description = "The newest first", body = Vec<ObjectionItem>))
)]
pub async fn own(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
) -> Result<Json<Vec<ObjectionItem>>, ApiError> {
    let now = app.clock.now();
    let own = ops::own(&app, &viewer, 200).await?;
    Ok(Json(own.into_iter().map(|listed| ObjectionItem::of(listed.case, now)).collect()))
}

/// The newest cases first.
#[utoipa::path(
    get, path = "/api/v1/objections", tag = "objections", params(PageQuery),
    responses(
        (status = 200, description = "Cases", body = PageOf<ObjectionItem>),
        (status = 404, description = "Not for you", body = Problem),
    )
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Json<PageOf<ObjectionItem>>, ApiError> {
    let (limit, before) = (page.limit()?, page.marks::<1>()?.map(|[id]| ObjectionId(id)));
    let rows = ops::list(&app, &viewer, (before, limit + 1)).await?;
    let now = app.clock.now();
    Ok(Json(PageOf::of(rows, limit, |row| row.case.id.to_string(), |row| ObjectionItem::of(row.case, now))))
}

/// What is changed of a case; what is unsaid stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CaseBody {
    /// Who answers for it: an administrator or officer.
    owner_id: Option<i64>,
    /// By when.
    due_at: Option<DateTime<Utc>>,
    /// What is noted.
    note: String,
    /// `upheld`, `settled` or `rejected`; closes the case and needs an answer.
    outcome: Option<String>,
    /// What whoever objected is told.
    answer: String,
    /// The exception that it led to.
    exception_id: Option<i64>,
}

/// Changes a case: owner, deadline, notes, outcome.
#[utoipa::path(
    patch, path = "/api/v1/objections/{id}", tag = "objections", request_body = CaseBody,
    params(("id" = i64, Path, description = "The case")),
    responses(
        (status = 200, description = "As it is now", body = ObjectionItem),
        (status = 404, description = "No such case, or not for you", body = Problem),
        (status = 409, description = "It is closed", body = Problem),
        (status = 422, description = "A field is wrong", body = Problem),
    )
)]
pub async fn change(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ObjectionId>,
    JsonBody(body): JsonBody<CaseBody>,
) -> Result<Json<ObjectionItem>, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Retain).await?;
    let outcome = match body.outcome.as_deref() {
        None => None,
        Some(word) => Some(
            Outcome::parse(word)
                .ok_or_else(|| Error::invalid("outcome", "Write upheld, settled or rejected."))?,
        ),
    };
    let change = ops::Change {
        owner: body.owner_id.map(UserId),
        due_at: body.due_at,
        note: body.note,
        outcome,
        answer: body.answer,
        exception: body.exception_id.map(ExceptionId),
    };
    ops::change(&app, &viewer, id, &change).await?;
    let (listed, _) = ops::one(&app, &viewer, id).await?;
    Ok(Json(ObjectionItem::of(listed.case, app.clock.now())))
}
