//! `GET /api/v1/monitor`: the health of everything, as `onrecord monitor --report --json` prints it; and the last week in
//! numbers alone.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::model::access::GlobalAct;
use crate::ops::monitor::{self, Report};
use crate::ops::report::{self, WeeklyReport};
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

/// The last seven days in numbers, beside the seven days before.
#[utoipa::path(
    get, path = "/api/v1/reports/week", tag = "monitor",
    responses(
        (status = 200, description = "The report", body = WeeklyReport),
        (status = 404, description = "Not for you", body = Problem),
    )
)]
pub async fn week(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
) -> Result<Json<WeeklyReport>, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Oversee).await?;
    Ok(Json(report::of_last_days(&app).await?))
}
