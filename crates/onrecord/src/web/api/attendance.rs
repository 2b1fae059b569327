//! `GET /api/v1/conferences/{id}/attendance`: who attended. Learners get their own row only.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::paging::{PageOf, PageQuery};
use crate::app::App;
use crate::model::access::Act;
use crate::model::id::{ConferenceId, MeetingId, UserId};
use crate::ops::rights;
use crate::store::attendance::{self, Attended};
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{PathId, QueryOf};

/// One person in one meeting.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AttendanceItem {
    name: String,
    email: Option<String>,
    /// Our user, if the person could be matched.
    #[schema(value_type = Option<i64>)]
    user_id: Option<UserId>,
    join_time: DateTime<Utc>,
    leave_time: DateTime<Utc>,
    /// Time there, all stays summed and rounded; at least 1.
    duration_minutes: i64,
    role: String,
    #[schema(value_type = i64)]
    meeting_id: MeetingId,
}

impl From<Attended> for AttendanceItem {
    fn from(row: Attended) -> Self {
        Self {
            name: row.name,
            email: row.email,
            user_id: row.user_id,
            join_time: row.joined_at,
            leave_time: row.left_at,
            duration_minutes: ((row.attended_s + 30) / 60).max(1),
            role: row.role,
            meeting_id: row.meeting_id,
        }
    }
}

/// Who attended a conference's meetings.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/attendance", tag = "conferences",
    params(("id" = i64, Path, description = "The conference"), PageQuery),
    responses(
        (status = 200, description = "By meeting and join; learners see their own row", body = PageOf<AttendanceItem>),
        (status = 404, description = "There is no such conference for you", body = Problem),
    )
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ConferenceId>,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Json<PageOf<AttendanceItem>>, ApiError> {
    let seen = rights::conference(&app, &viewer, id, Act::SeeOwnAttendance).await?;
    let only = (!seen.may(&viewer, Act::SeeAttendance)).then_some(viewer.user_id);
    let (limit, after) = (page.limit()?, page.marks::<1>()?);
    // A class is a few hundred people; the page is cut from the whole list, which the database sums in one go.
    let skip = after.map_or(0, |[place]| place.max(0));
    let rows = attendance::of_conference(&app.store, id, only).await?;
    let rows: Vec<_> = (1_i64..).zip(rows).skip(skip as usize).take(limit as usize + 1).collect();
    Ok(Json(PageOf::of(rows, limit, |(place, _)| place.to_string(), |(_, row)| AttendanceItem::from(row))))
}
