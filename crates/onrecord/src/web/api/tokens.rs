//! One's own API tokens over the API.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::model::access::{ApiToken, Scope};
use crate::model::id::ApiTokenId;
use crate::ops::actor::Actor;
use crate::ops::tokens as ops;
use crate::store::tokens;
use crate::web::auth::SignedIn;
use crate::web::error::ApiError;
use crate::web::input::{JsonBody, PathId, QueryOf};
use crate::web::listing;

/// An API token. Its value is shown once, when it is made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Token {
    id: i64,
    name: String,
    /// `read`, `write` or `admin`.
    #[schema(value_type = String)]
    scope: Scope,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    /// The token itself; only in the answer that makes it.
    #[serde(rename = "token", skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

impl Token {
    fn of(token: ApiToken, value: Option<String>) -> Self {
        Self {
            id: token.id.0,
            name: token.name,
            scope: token.scope,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            revoked_at: token.revoked_at,
            value,
        }
    }
}

/// What a list of tokens is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A page of tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenPage {
    items: Vec<Token>,
    next_cursor: Option<String>,
}

/// Your tokens, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    params(
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
        ("limit" = Option<i64>, Query, description = "Tokens per page, 50 by default, at most 200."),
    ),
    responses((status = 200, description = "Tokens.", body = TokenPage)),
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Json<TokenPage>, ApiError> {
    let limit = listing::limit(asked.limit)?;
    let before = listing::cursor(asked.cursor.as_deref())?;
    let mut found = tokens::list(&app.store, Some(viewer.user_id), before, limit + 1).await?;
    let next_cursor = listing::page(&mut found, limit, |token| token.id.0);
    Ok(Json(TokenPage {
        items: found.into_iter().map(|token| Token::of(token, None)).collect(),
        next_cursor,
    }))
}

/// A token as wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenFields {
    /// What it is for.
    name: String,
    /// `read`, `write` or `admin`; never more than what makes it.
    #[schema(value_type = String)]
    scope: Scope,
    /// Days it is good, 90 by default.
    expires_days: Option<i64>,
}

/// Makes a token with your rights, cut by its scope.
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    request_body = TokenFields,
    responses((status = 201, description = "The token, with its value this once.", body = Token)),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    JsonBody(fields): JsonBody<TokenFields>,
) -> Result<Response, ApiError> {
    let days = fields.expires_days.unwrap_or(ops::DAYS);
    let wanted = ops::Wanted { user: viewer.user_id, scope: fields.scope, days, name: fields.name };
    let (token, value) = ops::create(&app, Actor::Viewer(&viewer), wanted).await?;
    Ok((StatusCode::CREATED, Json(Token::of(token, Some(value)))).into_response())
}

/// Ends a token at once: one's own, or as an admin anybody's.
#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{id}",
    params(("id" = i64, Path, description = "The token.")),
    responses((status = 204, description = "It is of no use any more.")),
)]
pub async fn revoke(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ApiTokenId>,
) -> Result<StatusCode, ApiError> {
    ops::revoke(&app, Actor::Viewer(&viewer), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
