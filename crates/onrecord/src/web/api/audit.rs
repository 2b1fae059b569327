//! The audit as a file, and who came to a recording. Both are for those who oversee the installation.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use chrono::{DateTime, Utc};
use futures::stream;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::model::id::ArtifactId;
use crate::model::words::Word as _;
use crate::ops::Error;
use crate::ops::actor::Actor;
use crate::ops::audit::{self, Asked, Form};
use crate::store::audit_search::Filter;
use crate::web::auth::SignedIn;
use crate::web::error::ApiError;
use crate::web::input::{PathId, QueryOf};
use crate::web::listing::searched;

/// People listed of one recording.
const MOST_VIEWERS: i64 = 10_000;

/// What is exported.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExportQuery {
    format: String,
    #[serde(flatten)]
    what: Asked,
}

/// The audit as a file, newest entry first, however long it is.
#[utoipa::path(
    get,
    path = "/api/v1/audit/export",
    params(
        ("format" = Option<String>, Query, description = "`csv` (default) or `jsonl`: one JSON object per line."),
        ("who" = Option<String>, Query, description = "Only the entries of this person, by number or e-mail address."),
        ("action" = Option<String>, Query, description = "Only this action, or `visits`."),
        ("subject" = Option<String>, Query, description = "Only entries on this thing, as `word:id`."),
        ("recording" = Option<i64>, Query, description = "Only entries on this recording, transcript or file."),
        ("class" = Option<i64>, Query, description = "Only entries on this meeting and what it left behind."),
        ("course" = Option<String>, Query, description = "Only entries on this course, by number or code, its classes and what they left behind."),
        ("from" = Option<String>, Query, description = "First day (UTC), as 2026-09-01."),
        ("to" = Option<String>, Query, description = "Last day (UTC)."),
    ),
    responses((status = 200, description = "The entries.", content_type = "text/csv", body = String)),
)]
pub async fn export(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(query): QueryOf<ExportQuery>,
) -> Result<Response, ApiError> {
    let asked = query.what.cleaned(searched);
    let form = match query.format.as_str() {
        "" => Form::Csv,
        word => Form::parse(word).ok_or_else(|| Error::invalid("format", "Write csv or jsonl."))?,
    };
    let filter = asked.filter(&app).await?;
    audit::note_export(&app, Actor::Viewer(&viewer), &asked, form).await?;
    let pieces = stream::try_unfold(Step::Head(filter), move |place| {
        let app = Arc::clone(&app);
        async move { piece(&app, place, form).await }
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let name = format!("attachment; filename=\"onrecord-audit.{form}\"");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.media_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// How far an export has come.
enum Step {
    Head(Filter),
    After(Filter),
}

async fn piece(app: &App, place: Step, form: Form) -> Result<Option<(Bytes, Step)>, std::io::Error> {
    let filter = match place {
        Step::Head(filter) => {
            return Ok(Some((Bytes::from_static(form.head().as_bytes()), Step::After(filter))));
        }
        Step::After(filter) => filter,
    };
    let page = audit::next_lines(app, &filter).await.map_err(|error| {
        tracing::error!(%error, "an export of the audit broke off");
        std::io::Error::other("the export broke off")
    })?;
    Ok(page.map(|(lines, next)| {
        let text: String = lines.iter().map(|line| audit::line_of(line, form)).collect();
        (Bytes::from(text), Step::After(next))
    }))
}

/// Somebody who came to a recording.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewerItem {
    /// The person; null where only the count is kept, or it was forgotten.
    user_id: Option<i64>,
    name: Option<String>,
    email: Option<String>,
    /// Times watched or read.
    watched: i64,
    /// Times downloaded.
    downloaded: i64,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
}

/// Everybody who came, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Viewers {
    items: Vec<ViewerItem>,
}

/// Who watched or downloaded a recording, or read a transcript, as the audit tells.
#[utoipa::path(
    get,
    path = "/api/v1/recordings/{id}/viewers",
    params(("id" = i64, Path, description = "The recording, transcript or file.")),
    responses((status = 200, description = "Who came.", body = Viewers)),
)]
pub async fn viewers(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
) -> Result<Json<Viewers>, ApiError> {
    let found = audit::viewers(&app, Actor::Viewer(&viewer), id, MOST_VIEWERS).await?;
    let item = |viewed: crate::store::audit_search::Viewed| ViewerItem {
        user_id: viewed.person.map(|person| person.0),
        name: viewed.name,
        email: viewed.email,
        watched: viewed.watched,
        downloaded: viewed.downloaded,
        first_at: viewed.first_at,
        last_at: viewed.last_at,
    };
    Ok(Json(Viewers { items: found.into_iter().map(item).collect() }))
}
