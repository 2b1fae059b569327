//! What is held about a person, over the API: their own for everybody, anybody's for those whose task it is; requests to
//! be forgotten; and how much is kept of who watches what.

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
use super::retention::word;
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{ArtifactId, ErasureId, UserId};
use crate::model::visit::AccessPrivacy;
use crate::ops::actor::Actor;
use crate::ops::{Error, erasure as ops, privacy, rights};
use crate::store::erasures::Erasure;
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{JsonBody, PathId, QueryOf};

/// Everything that is held about oneself.
#[utoipa::path(
    get, path = "/api/v1/me/data", tag = "privacy",
    responses((status = 200, description = "One list per section: account, courses, attendance, chat, visits, audit, …"))
)]
pub async fn own(State(app): State<Arc<App>>, SignedIn(viewer): SignedIn) -> Result<Response, ApiError> {
    let held = ops::export(&app, Actor::Viewer(&viewer), viewer.user_id).await?;
    Ok(Json(held).into_response())
}

/// Everything that is held about a person.
#[utoipa::path(
    get, path = "/api/v1/users/{id}/data", tag = "privacy", params(("id" = i64, Path, description = "The person")),
    responses(
        (status = 200, description = "One list per section"),
        (status = 404, description = "No such person, or not for you", body = Problem),
    )
)]
pub async fn of_person(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<UserId>,
) -> Result<Response, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Retain).await?;
    Ok(Json(ops::export(&app, Actor::Viewer(&viewer), id).await?).into_response())
}

/// A request to be forgotten.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasureItem {
    id: i64,
    user_id: i64,
    /// What they are called now.
    name: String,
    reason: String,
    requested_at: DateTime<Utc>,
    /// `done`, `blocked` or `under_way`.
    state: &'static str,
    /// What keeps it from being carried out.
    blocked_by: String,
    done_at: Option<DateTime<Utc>>,
    /// What was changed, and what stays at Microsoft.
    #[schema(value_type = Option<Object>)]
    report: Option<serde_json::Value>,
}

impl From<Erasure> for ErasureItem {
    fn from(erasure: Erasure) -> Self {
        let state = match (erasure.done_at, erasure.blocked_by.is_empty()) {
            (Some(_), _) => "done",
            (None, false) => "blocked",
            (None, true) => "under_way",
        };
        Self {
            id: erasure.id.0,
            user_id: erasure.user_id.0,
            name: erasure.name,
            reason: erasure.reason,
            requested_at: erasure.requested_at,
            state,
            blocked_by: erasure.blocked_by,
            // Until it is done it holds what is needed to go on.
            report: erasure.report.filter(|_| erasure.done_at.is_some()),
            done_at: erasure.done_at,
        }
    }
}

/// Forgets a person: their name goes from attendance, chat, captions, visits and the audit's details, here and in the
/// archive. What a hold or a legal retention keeps is kept from view and done when that ends.
#[utoipa::path(
    post, path = "/api/v1/users/{id}/erasure", tag = "privacy", request_body = ReasonBody,
    params(("id" = i64, Path, description = "The person")),
    responses(
        (status = 201, description = "Carried out, or noted and blocked", body = ErasureItem),
        (status = 404, description = "No such person, or not for you", body = Problem),
        (status = 409, description = "They have a role over the installation, or it was asked before", body = Problem),
        (status = 422, description = "The reason is missing", body = Problem),
    )
)]
pub async fn erase(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<UserId>,
    JsonBody(body): JsonBody<ReasonBody>,
) -> Result<Response, ApiError> {
    let erasure = ops::request(&app, Actor::Viewer(&viewer), id, &body.reason).await?;
    Ok((StatusCode::CREATED, Json(ErasureItem::from(erasure))).into_response())
}

/// The newest requests first.
#[utoipa::path(
    get, path = "/api/v1/erasures", tag = "privacy", params(PageQuery),
    responses((status = 200, description = "Requests", body = PageOf<ErasureItem>), (status = 404, description = "Not for you", body = Problem))
)]
pub async fn erasures(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Json<PageOf<ErasureItem>>, ApiError> {
    let (limit, before) = (page.limit()?, page.marks::<1>()?.map(|[id]| ErasureId(id)));
    let rows = ops::list(&app, Actor::Viewer(&viewer), before, limit + 1).await?;
    Ok(Json(PageOf::of(rows, limit, |row| row.id.to_string(), ErasureItem::from)))
}

/// How much is kept of who watches what.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrivacySettings {
    /// `named`, `pseudonymous` or `counts_only`. Counters are exact in each.
    access_detail: String,
    /// For how many days; then only counts are left.
    access_days: i64,
    /// Whether address and browser are kept.
    access_network: bool,
    /// Whether admins and officers say why they watch.
    playback_reason: bool,
}

impl From<AccessPrivacy> for PrivacySettings {
    fn from(settings: AccessPrivacy) -> Self {
        Self {
            access_detail: settings.detail.to_string(),
            access_days: settings.days,
            access_network: settings.network,
            playback_reason: settings.playback_reason,
        }
    }
}

/// What is to be changed; what is unsaid stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PrivacyBody {
    access_detail: Option<String>,
    access_days: Option<i64>,
    access_network: Option<bool>,
    playback_reason: Option<bool>,
}

/// How much is kept of who watches what.
#[utoipa::path(
    get, path = "/api/v1/privacy", tag = "privacy",
    responses((status = 200, description = "The settings", body = PrivacySettings), (status = 404, description = "Not for you", body = Problem))
)]
pub async fn settings(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
) -> Result<Json<PrivacySettings>, ApiError> {
    Ok(Json(privacy::find(&app, Actor::Viewer(&viewer)).await?.into()))
}

/// Changes how much is kept of who watches what.
#[utoipa::path(
    patch, path = "/api/v1/privacy", tag = "privacy", request_body = PrivacyBody,
    responses(
        (status = 200, description = "The settings", body = PrivacySettings),
        (status = 403, description = "Only for administrators and officers", body = Problem),
        (status = 422, description = "A field is wrong", body = Problem),
    )
)]
pub async fn change(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    JsonBody(body): JsonBody<PrivacyBody>,
) -> Result<Json<PrivacySettings>, ApiError> {
    let actor = Actor::Viewer(&viewer);
    rights::global(&app, &viewer, GlobalAct::Retain).await?;
    let old = privacy::find(&app, actor).await?;
    let mut errors = Vec::new();
    let detail = word("access_detail", body.access_detail, old.detail, &mut errors);
    if !errors.is_empty() {
        return Err(Error::Invalid(errors).into());
    }
    let new = AccessPrivacy {
        detail,
        days: body.access_days.unwrap_or(old.days),
        network: body.access_network.unwrap_or(old.network),
        playback_reason: body.playback_reason.unwrap_or(old.playback_reason),
    };
    Ok(Json(privacy::change(&app, actor, new).await?.into()))
}

/// Says why one watches a recording, where the school wants admins and officers to say so. It holds for 12 hours.
#[utoipa::path(
    post, path = "/api/v1/recordings/{id}/reason", tag = "privacy", request_body = ReasonBody,
    params(("id" = i64, Path, description = "The recording")),
    responses(
        (status = 204, description = "Kept"),
        (status = 404, description = "No such recording, or not for you", body = Problem),
        (status = 422, description = "The reason is missing", body = Problem),
    )
)]
pub async fn reason(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
    JsonBody(body): JsonBody<ReasonBody>,
) -> Result<StatusCode, ApiError> {
    privacy::say_why(&app, &viewer, id, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
