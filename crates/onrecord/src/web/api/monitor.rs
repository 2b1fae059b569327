//! `GET /api/v1/monitor`: the health of everything, as `onrecord monitor --report --json` prints it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::model::access::GlobalAct;
use crate::ops::monitor::{self, Report};
use crate::ops::rights;
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};

/// The health of everything.
#[utoipa::path(
    get, path = "/api/v1/monitor", tag = "monitor",
    responses(
        (status = 200, description = "The report", body = Report),
        (status = 404, description = "Not for you", body = Problem),
    )
)]
pub async fn show(State(app): State<Arc<App>>, SignedIn(viewer): SignedIn) -> Result<Json<Report>, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Oversee).await?;
    Ok(Json(monitor::report(&app).await?))
}
