//! Minors over the API: which courses and people are marked, and what their guardians were told or said.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::retention::word;
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{CourseId, GuardianWordId, UserId};
use crate::model::minors::{GuardianWord, Requirement, is_met};
use crate::ops::{Error, minors as ops, rights};
use crate::store::minors::Minor;
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{JsonBody, PathId};

/// What a guardian was told or said.
#[derive(Debug, Serialize, ToSchema)]
pub struct GuardianItem {
    id: i64,
    /// `information` or `consent`.
    kind: String,
    guardian: String,
    /// Where it can be looked up.
    evidence: String,
    given_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    withdrawn_at: Option<DateTime<Utc>>,
    /// Whether it holds now.
    holds: bool,
}

impl GuardianItem {
    fn of(word: GuardianWord, now: DateTime<Utc>) -> Self {
        Self {
            id: word.id.0,
            kind: word.kind.to_string(),
            holds: word.holds(now),
            guardian: word.guardian,
            evidence: word.evidence,
            given_at: word.given_at,
            expires_at: word.expires_at,
            withdrawn_at: word.withdrawn_at,
        }
    }
}

/// A learner who is a minor.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinorItem {
    user_id: i64,
    name: String,
    email: String,
    /// Whether they themselves are marked.
    marked: bool,
    /// `nothing`, `information` or `consent`.
    required: String,
    /// Whether what is required is missing now.
    missing: bool,
    guardians: Vec<GuardianItem>,
}

impl MinorItem {
    fn of(minor: Minor, now: DateTime<Utc>) -> Self {
        Self {
            user_id: minor.user.0,
            name: minor.name,
            email: minor.email,
            marked: minor.marked.is_some(),
            required: minor.required.to_string(),
            missing: !is_met(minor.required, &minor.words, now),
            guardians: minor.words.into_iter().map(|word| GuardianItem::of(word, now)).collect(),
        }
    }
}

/// The minors of a course.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinorsItem {
    /// Whether the course is marked.
    marked: bool,
    /// What is required of everybody's guardians; null if the course is not marked.
    requires: Option<String>,
    items: Vec<MinorItem>,
}

/// The minors of a course, and what their guardians were told or said.
#[utoipa::path(
    get, path = "/api/v1/courses/{id}/minors", tag = "minors", params(("id" = i64, Path, description = "The course")),
    responses(
        (status = 200, description = "Its minors", body = MinorsItem),
        (status = 403, description = "Only for staff", body = Problem),
        (status = 404, description = "No such course, or not for you", body = Problem),
    )
)]
pub async fn of_course(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(course): PathId<CourseId>,
) -> Result<Json<MinorsItem>, ApiError> {
    let now = app.clock.now();
    let found = ops::of_course(&app, &viewer, course).await?;
    Ok(Json(MinorsItem {
        marked: found.requires.is_some(),
        requires: found.requires.map(|requires| requires.to_string()),
        items: found.people.into_iter().map(|minor| MinorItem::of(minor, now)).collect(),
    }))
}

/// A mark.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MarkBody {
    /// False takes the mark away.
    marked: Option<bool>,
    /// `nothing`, `information` or `consent`; `consent` if unsaid.
    requires: Option<String>,
}

impl MarkBody {
    fn read(self) -> Result<Option<Requirement>, Error> {
        let Some(marked) = self.marked else {
            return Err(Error::invalid("marked", "Send true or false."));
        };
        let mut errors = Vec::new();
        let requires = word("requires", self.requires, Requirement::Consent, &mut errors);
        if errors.is_empty() { Ok(marked.then_some(requires)) } else { Err(Error::Invalid(errors)) }
    }
}

/// Marks a course as one of minors, or takes the mark away.
#[utoipa::path(
    put, path = "/api/v1/courses/{id}/minors", tag = "minors", request_body = MarkBody,
    params(("id" = i64, Path, description = "The course")),
    responses(
        (status = 200, description = "As it is now", body = MinorsItem),
        (status = 403, description = "Only for administrators and officers", body = Problem),
        (status = 404, description = "No such course, or not for you", body = Problem),
        (status = 422, description = "A field is wrong", body = Problem),
    )
)]
pub async fn mark_course(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(course): PathId<CourseId>,
    JsonBody(body): JsonBody<MarkBody>,
) -> Result<Json<MinorsItem>, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Retain).await?;
    ops::mark_course(&app, &viewer, course, body.read()?).await?;
    of_course(State(app), SignedIn(viewer), PathId(course)).await
}

/// Marks a person as a minor, or takes the mark away.
#[utoipa::path(
    put, path = "/api/v1/users/{id}/minor", tag = "minors", request_body = MarkBody,
    params(("id" = i64, Path, description = "The person")),
    responses(
        (status = 204, description = "Kept"),
        (status = 403, description = "Only for administrators and officers", body = Problem),
        (status = 404, description = "No such person, or not for you", body = Problem),
        (status = 422, description = "A field is wrong", body = Problem),
    )
)]
pub async fn mark_person(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(user): PathId<UserId>,
    JsonBody(body): JsonBody<MarkBody>,
) -> Result<StatusCode, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Retain).await?;
    ops::mark_person(&app, &viewer, user, body.read()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a guardian was told or said.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GuardianBody {
    /// `information` or `consent`.
    kind: String,
    /// The guardian's name.
    guardian: String,
    /// Where it can be looked up.
    evidence: String,
    /// When; now if unsaid.
    given_at: Option<DateTime<Utc>>,
    /// Until when, if it ends.
    expires_at: Option<DateTime<Utc>>,
}

/// Keeps what a guardian of a person was told or said.
#[utoipa::path(
    post, path = "/api/v1/users/{id}/guardians", tag = "minors", request_body = GuardianBody,
    params(("id" = i64, Path, description = "The person")),
    responses(
        (status = 201, description = "Kept; `{id}`"),
        (status = 403, description = "Only for administrators and officers", body = Problem),
        (status = 404, description = "No such person, or not for you", body = Problem),
        (status = 422, description = "A field is wrong", body = Problem),
    )
)]
pub async fn keep(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(user): PathId<UserId>,
    JsonBody(body): JsonBody<GuardianBody>,
) -> Result<Response, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Retain).await?;
    let mut errors = Vec::new();
    let kind = word("kind", Some(body.kind), Requirement::Nothing, &mut errors);
    if !errors.is_empty() {
        return Err(Error::Invalid(errors).into());
    }
    let said = ops::Said {
        kind,
        guardian: body.guardian,
        evidence: body.evidence,
        given_at: body.given_at,
        expires_at: body.expires_at,
    };
    let id = ops::keep_word(&app, &viewer, user, &said).await?;
    Ok((StatusCode::CREATED, Json(serde_json::json!({ "id": id.0 }))).into_response())
}

/// A guardian takes back what they said.
#[utoipa::path(
    delete, path = "/api/v1/guardians/{id}", tag = "minors",
    params(("id" = i64, Path, description = "What was said")),
    responses(
        (status = 204, description = "Taken back"),
        (status = 404, description = "It is not there or was taken back, or not for you", body = Problem),
    )
)]
pub async fn withdraw(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<GuardianWordId>,
) -> Result<StatusCode, ApiError> {
    ops::withdraw_word(&app, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
