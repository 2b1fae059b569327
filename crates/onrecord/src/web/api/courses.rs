//! Courses and their rosters over the API.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::model::access::{Act, Standing};
use crate::model::id::{CourseId, UserId};
use crate::model::integration::SyncKind;
use crate::model::people::{self, CourseRole};
use crate::model::wish::Wish;
use crate::ops::actor::Actor;
use crate::ops::enrolment::{self, Rest, Who};
use crate::ops::people::Written;
use crate::ops::{Error, FieldError, courses as ops};
use crate::store::courses::{self, Whose};
use crate::store::enrolments;
use crate::web::auth::SignedIn;
use crate::web::error::ApiError;
use crate::web::input::{JsonBody, PathId, QueryOf};
use crate::web::listing;

/// A course.
#[derive(Debug, Serialize, ToSchema)]
pub struct Course {
    id: i64,
    external_id: Option<String>,
    code: String,
    title: String,
    term: String,
    starts_on: Option<NaiveDate>,
    ends_on: Option<NaiveDate>,
    learners_see_chat: bool,
    learners_see_files: bool,
    invite_learners: bool,
    /// Kinds that are neither fetched nor shown.
    #[schema(value_type = Vec<String>)]
    kinds_off: Vec<SyncKind>,
    /// Your part in it: `instructor`, `learner` or null.
    #[schema(value_type = Option<String>)]
    role: Option<CourseRole>,
}

impl Course {
    fn of(course: people::Course, role: Option<CourseRole>) -> Self {
        Self {
            id: course.id.0,
            external_id: course.external_id,
            code: course.code,
            title: course.title,
            term: course.term,
            starts_on: course.starts_on,
            ends_on: course.ends_on,
            learners_see_chat: course.learners_see_chat,
            learners_see_files: course.learners_see_files,
            invite_learners: course.invite_learners,
            kinds_off: course.kinds_off,
            role,
        }
    }
}

/// What a list of courses is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A page of courses.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoursePage {
    items: Vec<Course>,
    next_cursor: Option<String>,
}

/// The courses you may see, by code.
#[utoipa::path(
    get,
    path = "/api/v1/courses",
    params(
        ("q" = Option<String>, Query, description = "Part of code, title or term, or a whole external id."),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
        ("limit" = Option<i64>, Query, description = "Courses per page, 50 by default, at most 200."),
    ),
    responses((status = 200, description = "Courses.", body = CoursePage)),
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Json<CoursePage>, ApiError> {
    let limit = listing::limit(asked.limit)?;
    let after = listing::cursor(asked.cursor.as_deref())?;
    let whose = Whose::seen_by(&viewer);
    let today = app.clock.now().date_naive();
    let words = listing::searched(&asked.q);
    let mut found = courses::list(&app.store, whose, &words, (after, limit + 1), today).await?;
    let next_cursor = listing::page(&mut found, limit, |line| line.course.id.0);
    let item = |line: courses::Listed| Course::of(line.course, line.membership.map(|m| m.role));
    Ok(Json(CoursePage { items: found.into_iter().map(item).collect(), next_cursor }))
}

/// A course.
#[utoipa::path(
    get,
    path = "/api/v1/courses/{id}",
    params(("id" = i64, Path, description = "The course.")),
    responses((status = 200, description = "The course.", body = Course)),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<CourseId>,
) -> Result<Json<Course>, ApiError> {
    let seen = ops::seen(&app, &viewer, id, Act::See).await?;
    let role = match seen.standing {
        Standing::Instructor => Some(CourseRole::Instructor),
        Standing::Learner => Some(CourseRole::Learner),
        Standing::Admin | Standing::Officer | Standing::Outsider => {
            enrolments::find(&app.store, id, viewer.user_id).await?.map(|enrolment| enrolment.role)
        }
    };
    Ok(Json(Course::of(seen.course, role)))
}

/// What is wanted of a course. Fields that are left out stay as they are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CourseFields {
    /// The id in the school's own system: the same one again changes the same course.
    #[schema(value_type = Option<String>)]
    external_id: Wish<String>,
    /// Short name; a new course needs one.
    code: Option<String>,
    /// Full name; a new course needs one.
    title: Option<String>,
    term: Option<String>,
    #[schema(value_type = Option<String>)]
    starts_on: Wish<NaiveDate>,
    #[schema(value_type = Option<String>)]
    ends_on: Wish<NaiveDate>,
    /// Learners see the chat of a class; default no.
    learners_see_chat: Option<bool>,
    /// Learners see the files of a class; default no.
    learners_see_files: Option<bool>,
    /// Learners are invited in Teams; default no.
    invite_learners: Option<bool>,
    /// Kinds that are neither fetched nor shown: any of `transcripts`, `attendance`, `chat`, `files`.
    #[schema(value_type = Option<Vec<String>>)]
    kinds_off: Option<Vec<SyncKind>>,
}

impl From<CourseFields> for ops::Wanted {
    fn from(fields: CourseFields) -> Self {
        Self {
            external_id: fields.external_id,
            code: fields.code,
            title: fields.title,
            term: fields.term,
            starts_on: fields.starts_on,
            ends_on: fields.ends_on,
            learners_see_chat: fields.learners_see_chat,
            learners_see_files: fields.learners_see_files,
            invite_learners: fields.invite_learners,
            kinds_off: fields.kinds_off,
        }
    }
}

/// Adds a course, or changes the one with the same `external_id`.
#[utoipa::path(
    post,
    path = "/api/v1/courses",
    request_body = CourseFields,
    responses(
        (status = 201, description = "The new course.", body = Course),
        (status = 200, description = "The course with this external id, as it is now.", body = Course),
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    JsonBody(fields): JsonBody<CourseFields>,
) -> Result<Response, ApiError> {
    let (course, written) = ops::put(&app, Actor::Viewer(&viewer), fields.into()).await?;
    let status = if written == Written::Added { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Course::of(course, None))).into_response())
}

/// Changes a course. Instructors of the course may change what learners see (`learners_see_chat`, `learners_see_files`,
/// `invite_learners`) and what is fetched (`kinds_off`), administrators all.
#[utoipa::path(
    patch,
    path = "/api/v1/courses/{id}",
    params(("id" = i64, Path, description = "The course.")),
    request_body = CourseFields,
    responses((status = 200, description = "The course as it is now.", body = Course)),
)]
pub async fn change(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<CourseId>,
    JsonBody(fields): JsonBody<CourseFields>,
) -> Result<Json<Course>, ApiError> {
    let course = ops::change(&app, Actor::Viewer(&viewer), id, fields.into()).await?;
    Ok(Json(Course::of(course, None)))
}

/// One person of a roster.
#[derive(Debug, Serialize, ToSchema)]
pub struct RosterItem {
    user_id: i64,
    external_id: Option<String>,
    email: String,
    name: String,
    /// `instructor` or `learner`.
    #[schema(value_type = String)]
    role: CourseRole,
    section: Option<String>,
    ends_on: Option<NaiveDate>,
}

/// A page of a roster.
#[derive(Debug, Serialize, ToSchema)]
pub struct RosterPage {
    items: Vec<RosterItem>,
    next_cursor: Option<String>,
}

/// Who belongs to a course, instructors first; for staff.
#[utoipa::path(
    get,
    path = "/api/v1/courses/{id}/roster",
    params(
        ("id" = i64, Path, description = "The course."),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
        ("limit" = Option<i64>, Query, description = "People per page, 50 by default, at most 200."),
    ),
    responses((status = 200, description = "People of the course.", body = RosterPage)),
)]
pub async fn roster(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<CourseId>,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Json<RosterPage>, ApiError> {
    ops::seen(&app, &viewer, id, Act::SeeStaffDetail).await?;
    let limit = listing::limit(asked.limit)?;
    let after: Option<UserId> = listing::cursor(asked.cursor.as_deref())?;
    let mut found = enrolments::list(&app.store, id, after, limit + 1).await?;
    let next_cursor = listing::page(&mut found, limit, |line| line.enrolment.user_id.0);
    let item = |line: enrolments::Listed| RosterItem {
        user_id: line.enrolment.user_id.0,
        external_id: line.external_id,
        email: line.email,
        name: line.name,
        role: line.enrolment.role,
        section: line.enrolment.section,
        ends_on: line.enrolment.ends_on,
    };
    Ok(Json(RosterPage { items: found.into_iter().map(item).collect(), next_cursor }))
}

/// The whole roster as it shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RosterFields {
    enrolments: Vec<EnrolmentFields>,
    /// Remove people even if that is more than a fifth of the roster.
    #[serde(default)]
    force: bool,
}

/// One person of the roster, named by exactly one of `user_id`, `external_id` and `email`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentFields {
    user_id: Option<i64>,
    external_id: Option<String>,
    email: Option<String>,
    /// `instructor` or `learner`.
    #[schema(value_type = String)]
    role: CourseRole,
    /// Group within the course.
    section: Option<String>,
    /// Last day on which the enrolment gives any right.
    ends_on: Option<NaiveDate>,
}

/// What changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct RosterChange {
    added: usize,
    changed: usize,
    removed: usize,
    unchanged: usize,
}

/// Puts the whole roster of a course: who is not named is removed.
#[utoipa::path(
    put,
    path = "/api/v1/courses/{id}/roster",
    params(("id" = i64, Path, description = "The course.")),
    request_body = RosterFields,
    responses(
        (status = 200, description = "What changed.", body = RosterChange),
        (status = 409, description = "More than a fifth would be removed.", body = crate::web::error::Problem),
    ),
)]
pub async fn put_roster(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<CourseId>,
    JsonBody(fields): JsonBody<RosterFields>,
) -> Result<Json<RosterChange>, ApiError> {
    let rest = if fields.force { Rest::GoesAll } else { Rest::Goes };
    let wanted = wanted(fields.enrolments)?;
    let done = enrolment::put(&app, Actor::Viewer(&viewer), id, &wanted, rest).await?;
    let enrolment::Done { added, changed, removed, unchanged } = done;
    Ok(Json(RosterChange { added, changed, removed, unchanged }))
}

fn wanted(fields: Vec<EnrolmentFields>) -> Result<Vec<enrolment::Wanted>, Error> {
    let mut errors = Vec::new();
    let mut lines = Vec::with_capacity(fields.len());
    for (index, fields) in fields.into_iter().enumerate() {
        let who = match (fields.user_id, fields.external_id, fields.email) {
            (Some(id), None, None) => Who::Id(UserId(id)),
            (None, Some(external), None) => Who::External(external),
            (None, None, Some(email)) => Who::Email(email),
            _ => {
                let text = "Name the person by exactly one of user_id, external_id and email.";
                errors.push(FieldError::new(format!("enrolments[{index}]"), text));
                continue;
            }
        };
        lines.push(enrolment::Wanted {
            who,
            role: fields.role,
            section: fields.section,
            ends_on: fields.ends_on,
        });
    }
    if errors.is_empty() { Ok(lines) } else { Err(Error::Invalid(errors)) }
}
