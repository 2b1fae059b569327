//! The recording notice over the API: what a class is announced with, who acknowledged it, and every wording there was.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paging::{PageOf, PageQuery};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{CourseId, MeetingId, NoticeVersionId, UserId};
use crate::ops::acknowledge::{self as ops, Notice};
use crate::ops::{Error, notice, rights};
use crate::store::acknowledgements::{Person, Version};
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{JsonBody, PathId, QueryOf};

/// The notice of a class as it concerns you.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeItem {
    /// The wording; a new one is asked anew.
    version: i64,
    /// BCP 47.
    language: String,
    /// `consent`, `public_task`, `legitimate_interest` or `legal_obligation`.
    lawful_basis: String,
    /// Plain text, one paragraph per line.
    body: String,
    /// `none`, `ask` or `required`: whether acknowledging is asked before one goes to a class.
    asked: String,
    /// When you acknowledged this wording.
    acknowledged_at: Option<DateTime<Utc>>,
}

impl From<Notice> for NoticeItem {
    fn from(notice: Notice) -> Self {
        Self {
            version: notice.version.id.0,
            language: notice.version.language,
            lawful_basis: notice.version.basis.to_string(),
            body: notice.version.body,
            asked: notice.asked.to_string(),
            acknowledged_at: notice.acknowledged_at,
        }
    }
}

/// The recording notice of a class in your language.
#[utoipa::path(
    get, path = "/api/v1/meetings/{id}/notice", tag = "notices",
    params(("id" = i64, Path, description = "The meeting (time slot)")),
    responses(
        (status = 200, description = "The notice", body = NoticeItem),
        (status = 404, description = "No such class, or not for you", body = Problem),
    )
)]
pub async fn of_meeting(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<MeetingId>,
) -> Result<Json<NoticeItem>, ApiError> {
    Ok(Json(ops::of_meeting(&app, &viewer, id).await?.into()))
}

/// Which wording was read.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AcknowledgementBody {
    /// As the notice says.
    version: Option<i64>,
}

/// Says that you have read the recording notice.
#[utoipa::path(
    post, path = "/api/v1/meetings/{id}/acknowledgement", tag = "notices", request_body = AcknowledgementBody,
    params(("id" = i64, Path, description = "The meeting (time slot)")),
    responses(
        (status = 200, description = "Kept", body = NoticeItem),
        (status = 404, description = "No such class, or not for you", body = Problem),
        (status = 409, description = "Another wording is in force", body = Problem),
        (status = 422, description = "The version is missing", body = Problem),
    )
)]
pub async fn acknowledge(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<MeetingId>,
    JsonBody(body): JsonBody<AcknowledgementBody>,
) -> Result<Json<NoticeItem>, ApiError> {
    let Some(version) = body.version else {
        ops::of_meeting(&app, &viewer, id).await?;
        return Err(Error::invalid("version", "Send the version that the notice names.").into());
    };
    Ok(Json(ops::acknowledge(&app, &viewer, id, NoticeVersionId(version)).await?.into()))
}

/// Somebody of a course.
#[derive(Debug, Serialize, ToSchema)]
pub struct AcknowledgementItem {
    user_id: i64,
    name: String,
    email: String,
    /// `instructor` or `learner`.
    role: String,
    /// The newest wording they acknowledged; null for none.
    version: Option<i64>,
    acknowledged_at: Option<DateTime<Utc>>,
    /// Whether that is the wording in force.
    current: bool,
}

impl From<Person> for AcknowledgementItem {
    fn from(person: Person) -> Self {
        Self {
            user_id: person.user.0,
            name: person.name,
            email: person.email,
            role: person.role.to_string(),
            version: person.acknowledged.map(|(version, _)| version.0),
            acknowledged_at: person.acknowledged.map(|(_, at)| at),
            current: person.is_current,
        }
    }
}

/// Who of a course acknowledged which wording.
#[utoipa::path(
    get, path = "/api/v1/courses/{id}/acknowledgements", tag = "notices",
    params(("id" = i64, Path, description = "The course"), PageQuery),
    responses(
        (status = 200, description = "The people of the course", body = PageOf<AcknowledgementItem>),
        (status = 403, description = "Only for staff", body = Problem),
        (status = 404, description = "No such course, or not for you", body = Problem),
    )
)]
pub async fn of_course(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(course): PathId<CourseId>,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Json<PageOf<AcknowledgementItem>>, ApiError> {
    let (limit, after) = (page.limit()?, page.marks::<1>()?.map(|[id]| UserId(id)));
    let (_, people) = ops::of_course(&app, &viewer, course, (after, limit + 1)).await?;
    Ok(Json(PageOf::of(people, limit, |person| person.user.to_string(), AcknowledgementItem::from)))
}

/// One wording of the recording notice.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeVersionItem {
    id: i64,
    language: String,
    lawful_basis: String,
    body: String,
    /// Since when it was used.
    since: DateTime<Utc>,
    /// People who acknowledged it.
    acknowledged_by: i64,
    /// Classes that were announced with it.
    classes: i64,
}

impl From<Version> for NoticeVersionItem {
    fn from(version: Version) -> Self {
        Self {
            id: version.id.0,
            language: version.language,
            lawful_basis: version.basis.to_string(),
            body: version.body,
            since: version.created_at,
            acknowledged_by: version.people,
            classes: version.classes,
        }
    }
}

/// Every wording of the recording notice that was ever used, the newest first.
#[utoipa::path(
    get, path = "/api/v1/notices", tag = "notices", params(PageQuery),
    responses(
        (status = 200, description = "Wordings", body = PageOf<NoticeVersionItem>),
        (status = 404, description = "Not for you", body = Problem),
    )
)]
pub async fn versions(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Json<PageOf<NoticeVersionItem>>, ApiError> {
    let (limit, before) = (page.limit()?, page.marks::<1>()?.map(|[id]| NoticeVersionId(id)));
    let rows = ops::versions(&app, &viewer, (before, limit + 1)).await?;
    Ok(Json(PageOf::of(rows, limit, |row| row.id.to_string(), NoticeVersionItem::from)))
}

/// The institution's own words in a language.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WordingBody {
    /// BCP 47, such as `de` or `pt-BR`.
    language: String,
    /// Plain text; empty takes the institution's words in this language away.
    wording: String,
}

/// Writes the institution's own words of the notice in a language.
#[utoipa::path(
    put, path = "/api/v1/notices/wordings", tag = "notices", request_body = WordingBody,
    responses(
        (status = 204, description = "Kept"),
        (status = 403, description = "Only for administrators and officers", body = Problem),
        (status = 409, description = "The configuration sets the words in this language", body = Problem),
        (status = 422, description = "A field is wrong", body = Problem),
    )
)]
pub async fn put_wording(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    JsonBody(body): JsonBody<WordingBody>,
) -> Result<axum::http::StatusCode, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Retain).await?;
    notice::put_wording(&app, &viewer, (&body.language, &body.wording)).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}
