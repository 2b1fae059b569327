//! People over the API: oneself, the list, adding, changing, inviting, disabling.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::model::access::{GlobalAct, Scope};
use crate::model::id::UserId;
use crate::model::people::{self, GlobalRole};
use crate::model::wish::Wish;
use crate::ops::actor::Actor;
use crate::ops::people::{Person, Written};
use crate::ops::{Error, people as ops, rights};
use crate::store::users;
use crate::web::auth::SignedIn;
use crate::web::error::ApiError;
use crate::web::input::{JsonBody, PathId, QueryOf};
use crate::web::listing;

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub struct User {
    id: i64,
    email: String,
    name: String,
    /// `admin`, `officer` or null.
    #[schema(value_type = Option<String>)]
    role: Option<GlobalRole>,
    external_id: Option<String>,
    upn: Option<String>,
    entra_object_id: Option<String>,
    language: String,
    /// Whether they may no longer sign in.
    disabled: bool,
    created_at: DateTime<Utc>,
}

impl From<people::User> for User {
    fn from(user: people::User) -> Self {
        Self {
            id: user.id.0,
            email: user.email,
            name: user.name,
            role: user.role,
            external_id: user.external_id,
            upn: user.upn,
            entra_object_id: user.entra_object_id,
            language: user.language,
            disabled: user.disabled_at.is_some(),
            created_at: user.created_at,
        }
    }
}

/// The person who asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    id: i64,
    email: String,
    name: String,
    /// `admin`, `officer` or null.
    #[schema(value_type = Option<String>)]
    role: Option<GlobalRole>,
    language: String,
    /// What the token in use may do: `read`, `write` or `admin`. A session may do all.
    #[schema(value_type = String)]
    scope: Scope,
}

/// The person whose session or token this is.
#[utoipa::path(get, path = "/api/v1/me", responses((status = 200, description = "You.", body = Me)))]
pub async fn me(SignedIn(viewer): SignedIn) -> Json<Me> {
    Json(Me {
        id: viewer.user_id.0,
        email: viewer.email,
        name: viewer.name,
        role: viewer.role,
        language: viewer.language,
        scope: viewer.scope,
    })
}

/// What a list of people is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A page of people.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserPage {
    items: Vec<User>,
    next_cursor: Option<String>,
}

/// People by name.
#[utoipa::path(
    get,
    path = "/api/v1/users",
    params(
        ("q" = Option<String>, Query, description = "Part of a name or address, or a whole external id."),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
        ("limit" = Option<i64>, Query, description = "People per page, 50 by default, at most 200."),
    ),
    responses((status = 200, description = "People.", body = UserPage)),
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Json<UserPage>, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Oversee).await?;
    let limit = listing::limit(asked.limit)?;
    let after = listing::cursor(asked.cursor.as_deref())?;
    let mut found = users::list(&app.store, &listing::searched(&asked.q), after, limit + 1).await?;
    let next_cursor = listing::page(&mut found, limit, |line| line.user.id.0);
    Ok(Json(UserPage { items: found.into_iter().map(|line| line.user.into()).collect(), next_cursor }))
}

/// A person.
#[utoipa::path(
    get,
    path = "/api/v1/users/{id}",
    params(("id" = i64, Path, description = "The person.")),
    responses((status = 200, description = "The person.", body = User)),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<UserId>,
) -> Result<Json<User>, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Oversee).await?;
    let user = users::find(&app.store, id).await?.ok_or(Error::NotFound)?;
    Ok(Json(user.into()))
}

/// What is wanted of a person. Fields that are left out stay as they are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UserFields {
    /// The address one signs in with; a new person needs one.
    email: Option<String>,
    name: Option<String>,
    /// `admin`, `officer` or null.
    #[schema(value_type = Option<String>)]
    role: Wish<GlobalRole>,
    /// Microsoft's user principal name, if it differs from the address.
    #[schema(value_type = Option<String>)]
    upn: Wish<String>,
    /// The object id in Entra.
    #[schema(value_type = Option<String>)]
    entra_object_id: Wish<String>,
    /// The id in the school's own system: the same one again changes the same person.
    #[schema(value_type = Option<String>)]
    external_id: Wish<String>,
    /// A language tag such as `en`.
    language: Option<String>,
}

impl From<UserFields> for Person {
    fn from(fields: UserFields) -> Self {
        Self {
            email: fields.email,
            name: fields.name,
            role: fields.role,
            upn: fields.upn,
            entra_object_id: fields.entra_object_id,
            external_id: fields.external_id,
            language: fields.language,
        }
    }
}

/// Adds a person, or changes the one with the same `external_id`.
#[utoipa::path(
    post,
    path = "/api/v1/users",
    request_body = UserFields,
    responses(
        (status = 201, description = "The new person.", body = User),
        (status = 200, description = "The person with this external id, as they are now.", body = User),
        (status = 409, description = "Somebody else has this address or id.", body = crate::web::error::Problem),
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    JsonBody(fields): JsonBody<UserFields>,
) -> Result<Response, ApiError> {
    let (user, written) = ops::put(&app, Actor::Viewer(&viewer), fields.into()).await?;
    let status = if written == Written::Added { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(User::from(user))).into_response())
}

/// Changes a person.
#[utoipa::path(
    patch,
    path = "/api/v1/users/{id}",
    params(("id" = i64, Path, description = "The person.")),
    request_body = UserFields,
    responses((status = 200, description = "The person as they are now.", body = User)),
)]
pub async fn change(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<UserId>,
    JsonBody(fields): JsonBody<UserFields>,
) -> Result<Json<User>, ApiError> {
    let user = ops::change(&app, Actor::Viewer(&viewer), id, fields.into()).await?;
    Ok(Json(user.into()))
}

/// Disables a person: sessions and tokens end at once.
#[utoipa::path(
    post,
    path = "/api/v1/users/{id}/disable",
    params(("id" = i64, Path, description = "The person.")),
    responses((status = 200, description = "The person as they are now.", body = User)),
)]
pub async fn disable(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<UserId>,
) -> Result<Json<User>, ApiError> {
    Ok(Json(ops::disable(&app, Actor::Viewer(&viewer), id).await?.into()))
}

/// Lets a disabled person sign in again.
#[utoipa::path(
    post,
    path = "/api/v1/users/{id}/enable",
    params(("id" = i64, Path, description = "The person.")),
    responses((status = 200, description = "The person as they are now.", body = User)),
)]
pub async fn enable(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<UserId>,
) -> Result<Json<User>, ApiError> {
    Ok(Json(ops::enable(&app, Actor::Viewer(&viewer), id).await?.into()))
}

/// A one-time link that sets a password.
#[derive(Debug, Serialize, ToSchema)]
pub struct OneTimeLink {
    /// Pass it on to the person; it is never shown again.
    url: String,
    expires_at: DateTime<Utc>,
}

/// Makes a one-time link with which the person sets a password. Earlier ones end.
#[utoipa::path(
    post,
    path = "/api/v1/users/{id}/link",
    params(("id" = i64, Path, description = "The person.")),
    responses((status = 201, description = "The link.", body = OneTimeLink)),
)]
pub async fn link(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<UserId>,
) -> Result<Response, ApiError> {
    let (_, link) = ops::invite(&app, Actor::Viewer(&viewer), id).await?;
    let body = OneTimeLink { url: link.url, expires_at: link.expires_at };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}
