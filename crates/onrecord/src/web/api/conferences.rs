//! `/api/v1/conferences`: schedule, read, list, change and cancel conferences. There is no way to switch recording
//! off: a field that asks for it is taken, overruled and audited.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::paging::{PageOf, PageQuery};
use crate::app::App;
use crate::model::access::{Act, Viewer};
use crate::model::conference::{
    self, AutoRecordingStatus, ConferenceStatus, Meeting, Verdict, conference_recording_status,
};
use crate::model::id::{ConferenceId, CourseId, Id as _, MeetingId};
use crate::model::people::GlobalRole;
use crate::model::schedule::SlotText;
use crate::model::words::Word as _;
use crate::ops::rights;
use crate::ops::schedule::{self, Change, Draft};
use crate::ops::{Error, Result, acknowledge};
use crate::store::conference_lists::{self, After, Eyes, Line, Query};
use crate::store::meetings;
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{JsonBody, PathId, QueryOf};
use crate::web::listing;

/// A time slot as it is sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SlotBody {
    /// The slot to change; absent for a new one.
    id: Option<i64>,
    /// Day, as `2026-12-01`.
    date: String,
    /// Begin in the conference's time zone, as `09:00`.
    start_time: String,
    /// End, as `10:00`.
    end_time: String,
}

impl From<SlotBody> for SlotText {
    fn from(body: SlotBody) -> Self {
        Self {
            id: body.id.map(MeetingId),
            date: body.date,
            start_time: body.start_time,
            end_time: body.end_time,
        }
    }
}

/// A conference to schedule.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConferenceBody {
    /// Name of the class.
    title: String,
    /// Plain text for the invitation and the class page.
    #[serde(default)]
    description: Option<String>,
    /// Its course.
    course_id: i64,
    /// `teams`.
    #[serde(default)]
    platform: Option<String>,
    /// IANA time zone of the slots, such as `Europe/Berlin`.
    time_zone: String,
    /// When it takes place; one Teams meeting each.
    time_slots: Vec<SlotBody>,
    /// Whether learners see it.
    #[serde(default)]
    published: Option<bool>,
    /// Recording is mandatory: `false` is overruled and audited.
    #[serde(default)]
    enable_recording: Option<bool>,
}

impl From<NewConferenceBody> for Draft {
    fn from(body: NewConferenceBody) -> Self {
        Self {
            title: body.title,
            description: body.description.unwrap_or_default(),
            course_id: Some(CourseId(body.course_id)),
            platform: body.platform,
            time_zone: body.time_zone,
            time_slots: body.time_slots.into_iter().map(SlotText::from).collect(),
            published: body.published.unwrap_or(false),
            enable_recording: body.enable_recording,
        }
    }
}

/// What to change of a conference; what is absent stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConferenceChangeBody {
    title: Option<String>,
    description: Option<String>,
    course_id: Option<i64>,
    platform: Option<String>,
    time_zone: Option<String>,
    /// All slots: an entry with `id` changes that slot, one without adds one, a slot still to come that is missing is
    /// cancelled.
    time_slots: Option<Vec<SlotBody>>,
    published: Option<bool>,
    /// Recording is mandatory: `false` is overruled and audited.
    enable_recording: Option<bool>,
}

impl From<ConferenceChangeBody> for Change {
    fn from(body: ConferenceChangeBody) -> Self {
        Self {
            title: body.title,
            description: body.description,
            course_id: body.course_id.map(CourseId),
            platform: body.platform,
            time_zone: body.time_zone,
            time_slots: body.time_slots.map(|slots| slots.into_iter().map(SlotText::from).collect()),
            published: body.published,
            enable_recording: body.enable_recording,
        }
    }
}

/// A conference.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConferenceItem {
    #[schema(value_type = i64)]
    id: ConferenceId,
    title: String,
    description: String,
    #[schema(value_type = i64)]
    course_id: CourseId,
    course_code: String,
    course_title: String,
    /// Always `teams`.
    platform: &'static str,
    time_zone: String,
    published: bool,
    /// Always true: recording is mandatory.
    enable_recording: bool,
    #[schema(value_type = String)]
    status: ConferenceStatus,
    /// The worst of its meetings that have not ended; if all have, of all.
    #[schema(value_type = String)]
    auto_recording_status: AutoRecordingStatus,
    meetings: Vec<MeetingItem>,
}

/// The Teams meeting of one time slot.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MeetingItem {
    #[schema(value_type = i64)]
    id: MeetingId,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    /// The Teams link; null until Teams has made it, and for learners who have not acknowledged the recording notice
    /// where that is required.
    join_url: Option<String>,
    #[schema(value_type = String)]
    auto_recording_status: AutoRecordingStatus,
    #[schema(value_type = String)]
    verdict: Verdict,
    cancelled: bool,
    /// Staff only: Microsoft's answer in short, or what is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_recording_detail: Option<String>,
    /// Staff only: people whom Teams could not take because it does not know them.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<Vec<String>>,
}

/// A conference in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConferenceLine {
    #[schema(value_type = i64)]
    id: ConferenceId,
    title: String,
    #[schema(value_type = i64)]
    course_id: CourseId,
    course_code: String,
    time_zone: String,
    published: bool,
    #[schema(value_type = String)]
    status: ConferenceStatus,
    #[schema(value_type = String)]
    auto_recording_status: AutoRecordingStatus,
    /// Meetings that were not cancelled.
    meeting_count: i64,
    /// Start of the first.
    starts_at: DateTime<Utc>,
    /// End of the last.
    ends_at: DateTime<Utc>,
    /// Start of the next, if one is to come.
    next_starts_at: Option<DateTime<Utc>>,
}

impl From<Line> for ConferenceLine {
    fn from(line: Line) -> Self {
        let (status, recording) = (line.status(), line.recording_status());
        Self {
            id: line.conference.id,
            title: line.conference.title,
            course_id: line.conference.course_id,
            course_code: line.course_code,
            time_zone: line.conference.time_zone,
            published: line.conference.published,
            status,
            auto_recording_status: recording,
            meeting_count: line.sum.meetings,
            starts_at: line.first_starts_at,
            ends_at: line.last_ends_at,
            next_starts_at: line.sum.next_starts_at,
        }
    }
}

/// Which conferences.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only of this course.
    course_id: Option<i64>,
    /// `upcoming`, `running`, `ended` or `cancelled`.
    status: Option<String>,
    /// Letters of the title or the course.
    q: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows on the page: 50 if absent, at most 200.
    limit: Option<i64>,
}

/// Schedules a conference. It answers at once; the Teams meetings follow within moments.
#[utoipa::path(
    post, path = "/api/v1/conferences", tag = "conferences", request_body = NewConferenceBody,
    responses(
        (status = 201, description = "Scheduled", body = ConferenceItem),
        (status = 403, description = "You may not schedule in this course", body = Problem),
        (status = 404, description = "There is no such course for you", body = Problem),
        (status = 422, description = "Fields are wrong; each is named", body = Problem),
    )
)]
pub async fn create(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    JsonBody(body): JsonBody<NewConferenceBody>,
) -> std::result::Result<impl IntoResponse, ApiError> {
    let id = schedule::schedule(&app, &viewer, body.into()).await?;
    let place: [(HeaderName, String); 1] = [(header::LOCATION, format!("/api/v1/conferences/{id}"))];
    Ok((StatusCode::CREATED, place, Json(read(&app, &viewer, id).await?)))
}

/// A conference and its meetings.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}", tag = "conferences",
    params(("id" = i64, Path, description = "The conference")),
    responses(
        (status = 200, description = "The conference", body = ConferenceItem),
        (status = 404, description = "There is no such conference for you", body = Problem),
    )
)]
pub async fn show(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ConferenceId>,
) -> std::result::Result<Json<ConferenceItem>, ApiError> {
    Ok(Json(read(&app, &viewer, id).await?))
}

/// The conferences you may see, the latest first.
#[utoipa::path(
    get, path = "/api/v1/conferences", tag = "conferences", params(ListQuery),
    responses(
        (status = 200, description = "One page", body = PageOf<ConferenceLine>),
        (status = 422, description = "A parameter is wrong", body = Problem),
    )
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
) -> std::result::Result<Json<PageOf<ConferenceLine>>, ApiError> {
    let page = PageQuery::new(query.cursor.clone(), query.limit);
    let limit = page.limit()?;
    let after = page.marks::<2>()?.map(after).transpose()?;
    let now = app.clock.now();
    let asked = Query {
        eyes: eyes(&viewer, now),
        course: query.course_id.map(CourseId),
        status: query.status.as_deref().map(status).transpose()?,
        words: query.q.as_deref().map(listing::searched),
        after,
        limit: limit + 1,
        now,
    };
    let lines = conference_lists::list(&app.store, &asked).await?;
    Ok(Json(PageOf::of(lines, limit, mark, ConferenceLine::from)))
}

/// Changes a conference; invitations and Teams follow.
#[utoipa::path(
    patch, path = "/api/v1/conferences/{id}", tag = "conferences", request_body = ConferenceChangeBody,
    params(("id" = i64, Path, description = "The conference")),
    responses(
        (status = 200, description = "As it is now", body = ConferenceItem),
        (status = 403, description = "You may not change it", body = Problem),
        (status = 404, description = "There is no such conference for you", body = Problem),
        (status = 409, description = "A class that has begun or was cancelled cannot be moved", body = Problem),
        (status = 422, description = "Fields are wrong; each is named", body = Problem),
    )
)]
pub async fn update(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ConferenceId>,
    JsonBody(body): JsonBody<ConferenceChangeBody>,
) -> std::result::Result<Json<ConferenceItem>, ApiError> {
    schedule::change(&app, &viewer, id, body.into()).await?;
    Ok(Json(read(&app, &viewer, id).await?))
}

/// Cancels every class of a conference that has not begun. Recordings of those that were held stay.
#[utoipa::path(
    delete, path = "/api/v1/conferences/{id}", tag = "conferences",
    params(("id" = i64, Path, description = "The conference")),
    responses(
        (status = 200, description = "As it is now", body = ConferenceItem),
        (status = 403, description = "You may not cancel it", body = Problem),
        (status = 404, description = "There is no such conference for you", body = Problem),
        (status = 409, description = "Nothing is left to cancel", body = Problem),
    )
)]
pub async fn cancel(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ConferenceId>,
) -> std::result::Result<Json<ConferenceItem>, ApiError> {
    schedule::cancel(&app, &viewer, id, "").await?;
    Ok(Json(read(&app, &viewer, id).await?))
}

/// Cancels one class of a conference. It cannot be undone; schedule a new time slot instead.
#[utoipa::path(
    post, path = "/api/v1/meetings/{id}/cancel", tag = "conferences",
    params(("id" = i64, Path, description = "The meeting (time slot)")),
    responses(
        (status = 200, description = "Its conference as it is now", body = ConferenceItem),
        (status = 403, description = "You may not cancel it", body = Problem),
        (status = 404, description = "There is no such meeting for you", body = Problem),
        (status = 409, description = "It has begun or is over", body = Problem),
    )
)]
pub async fn cancel_meeting(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<MeetingId>,
) -> std::result::Result<Json<ConferenceItem>, ApiError> {
    let conference = schedule::cancel_class(&app, &viewer, id, "").await?;
    Ok(Json(read(&app, &viewer, conference).await?))
}

async fn read(app: &App, viewer: &Viewer, id: ConferenceId) -> Result<ConferenceItem> {
    let seen = rights::conference(app, viewer, id, Act::See).await?;
    let meetings = meetings::of_conference(&app.store, id).await?;
    let now = app.clock.now();
    let status = conference::conference_status(&meetings, now);
    let recording = conference_recording_status(&meetings, now);
    let shows_way = seen.may(viewer, Act::Join) && !acknowledge::bars(app, viewer, &seen).await?;
    let is_staff = seen.may(viewer, Act::SeeStaffDetail);
    let meetings = meetings.into_iter().map(|meeting| item(meeting, (is_staff, shows_way))).collect();
    let placed = seen.placed;
    let conference = placed.conference;
    Ok(ConferenceItem {
        id: conference.id,
        title: conference.title,
        description: conference.description,
        course_id: conference.course_id,
        course_code: placed.course_code,
        course_title: placed.course_title,
        platform: "teams",
        time_zone: conference.time_zone,
        published: conference.published,
        enable_recording: true,
        status,
        auto_recording_status: recording,
        meetings,
    })
}

/// One meeting. `is_staff` decides what is told of it, `shows_way` whether the Teams link is.
fn item(meeting: Meeting, (is_staff, shows_way): (bool, bool)) -> MeetingItem {
    MeetingItem {
        id: meeting.id,
        starts_at: meeting.starts_at,
        ends_at: meeting.ends_at,
        join_url: meeting.join_url.filter(|_| shows_way),
        auto_recording_status: meeting.auto_recording_status,
        verdict: meeting.verdict,
        cancelled: meeting.cancelled_at.is_some(),
        auto_recording_detail: is_staff.then_some(meeting.auto_recording_detail),
        left_out: is_staff.then_some(meeting.left_out),
    }
}

/// Whose list this viewer gets.
pub(crate) fn eyes(viewer: &Viewer, now: DateTime<Utc>) -> Eyes {
    match viewer.role {
        Some(GlobalRole::Admin | GlobalRole::Officer) => Eyes::All,
        None => Eyes::Member(viewer.user_id, now.date_naive()),
    }
}

fn status(text: &str) -> Result<ConferenceStatus> {
    ConferenceStatus::parse(text).ok_or_else(|| {
        let known: Vec<&str> = ConferenceStatus::ALL.iter().map(|status| status.as_str()).collect();
        Error::invalid("status", format!("Write one of {}.", known.join(", ")))
    })
}

fn mark(line: &Line) -> String {
    format!("{}_{}", line.first_starts_at.timestamp_micros(), line.conference.id.get())
}

fn after([micros, id]: [i64; 2]) -> Result<After> {
    Ok(After { first_starts_at: listing::moment(micros)?, id: ConferenceId(id) })
}
