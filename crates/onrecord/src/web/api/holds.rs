//! `/api/v1/holds`: reasons for which nothing may be removed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paging::{PageOf, PageQuery};
use super::retention::word;
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::hold::{Hold, HoldScope, HoldState};
use crate::model::id::HoldId;
use crate::ops::actor::Actor;
use crate::ops::{Error, holds as ops, rights};
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{JsonBody, PathId, QueryOf};

/// A hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldItem {
    id: i64,
    /// `recording`, `conference`, `course` or `person`.
    scope: String,
    subject_id: i64,
    reason: String,
    /// Who answers for it; null for the operator at the command line.
    owner_id: Option<i64>,
    starts_at: DateTime<Utc>,
    ends_at: Option<DateTime<Utc>>,
    released_at: Option<DateTime<Utc>>,
    release_reason: String,
    /// `planned`, `in_force`, `ended` or `released`.
    state: &'static str,
}

impl HoldItem {
    fn of(hold: Hold, now: DateTime<Utc>) -> Self {
        Self {
            id: hold.id.0,
            scope: hold.scope.to_string(),
            state: state(hold.state(now)),
            subject_id: hold.subject_id,
            reason: hold.reason,
            owner_id: hold.owner_id.map(|owner| owner.0),
            starts_at: hold.starts_at,
            ends_at: hold.ends_at,
            released_at: hold.released_at,
            release_reason: hold.release_reason,
        }
    }
}

fn state(state: HoldState) -> &'static str {
    match state {
        HoldState::Planned => "planned",
        HoldState::InForce => "in_force",
        HoldState::Ended => "ended",
        HoldState::Released => "released",
    }
}

/// A hold as it is to be.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HoldBody {
    /// `recording`, `conference`, `course` or `person`.
    scope: String,
    /// The id of that.
    subject_id: i64,
    /// Why; at most 500 characters.
    reason: String,
    /// From when; now if unsaid.
    starts_at: Option<DateTime<Utc>>,
    /// Until when; until it is released if unsaid.
    ends_at: Option<DateTime<Utc>>,
}

/// The newest holds first.
#[utoipa::path(
    get, path = "/api/v1/holds", tag = "retention", params(PageQuery),
    responses((status = 200, description = "Holds", body = PageOf<HoldItem>), (status = 404, description = "Not for you", body = Problem))
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Json<PageOf<HoldItem>>, ApiError> {
    let (limit, before) = (page.limit()?, page.marks::<1>()?.map(|[id]| HoldId(id)));
    let rows = ops::list(&app, Actor::Viewer(&viewer), before, limit + 1).await?;
    let now = app.clock.now();
    Ok(Json(PageOf::of(rows, limit, |row| row.hold.id.to_string(), |row| HoldItem::of(row.hold, now))))
}

/// Places a hold: while it is in force nothing it is on is removed, whatever a policy, a person or an erasure wants.
#[utoipa::path(
    post, path = "/api/v1/holds", tag = "retention", request_body = HoldBody,
    responses(
        (status = 201, description = "Placed", body = HoldItem),
        (status = 403, description = "Only for administrators and officers", body = Problem),
        (status = 422, description = "A field is wrong", body = Problem),
    )
)]
pub async fn place(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    JsonBody(body): JsonBody<HoldBody>,
) -> Result<Response, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Retain).await?;
    let mut errors = Vec::new();
    let sent = Some(body.scope).filter(|scope| !scope.is_empty()).unwrap_or_else(|| "?".to_owned());
    let scope = word("scope", Some(sent), HoldScope::Recording, &mut errors);
    if !errors.is_empty() {
        return Err(Error::Invalid(errors).into());
    }
    let wanted = ops::Wanted {
        scope,
        subject_id: body.subject_id,
        reason: body.reason,
        starts_at: body.starts_at,
        ends_at: body.ends_at,
    };
    let hold = ops::place(&app, Actor::Viewer(&viewer), wanted).await?;
    Ok((StatusCode::CREATED, Json(HoldItem::of(hold, app.clock.now()))).into_response())
}

/// Why something is done.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReasonBody {
    /// At most 500 characters.
    pub reason: String,
}

/// Releases a hold.
#[utoipa::path(
    post, path = "/api/v1/holds/{id}/release", tag = "retention", request_body = ReasonBody,
    params(("id" = i64, Path, description = "The hold")),
    responses(
        (status = 200, description = "Released", body = HoldItem),
        (status = 404, description = "No such hold, or not for you", body = Problem),
        (status = 409, description = "It is over", body = Problem),
        (status = 422, description = "The reason is missing", body = Problem),
    )
)]
pub async fn release(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<HoldId>,
    JsonBody(body): JsonBody<ReasonBody>,
) -> Result<Json<HoldItem>, ApiError> {
    let hold = ops::release(&app, Actor::Viewer(&viewer), id, &body.reason).await?;
    Ok(Json(HoldItem::of(hold, app.clock.now())))
}
