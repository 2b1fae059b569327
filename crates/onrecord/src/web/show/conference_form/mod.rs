//! `/conferences/new` and `/conferences/{id}/edit`: what was typed is kept as it was typed, whatever is wrong with it,
//! and each fault stands at its field. Everything works without script.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::app::App;
use crate::model::access::Act;
use crate::model::id::{ConferenceId, CourseId, MeetingId};
use crate::ops::schedule::{Change, Draft};
use crate::ops::{Error, rights, schedule};
use crate::store::meetings;
use crate::web::auth::Reader;
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::{PathId, QueryOf};
use crate::web::page::html;

use desk::{Desk, Editing};
use faults::Faults;
use typed::{Ask, Expanded, Typed};

mod desk;
mod faults;
mod plan;
mod typed;

/// A form as it was sent.
type Sent = FormOf<Vec<(String, String)>>;

/// Where the form was opened from.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct From {
    course_id: String,
}

/// `GET /conferences/new`.
pub async fn new(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(from): QueryOf<From>,
) -> Result<Response, PageError> {
    let course = from.course_id.parse().ok().map(CourseId);
    let desk = Desk::for_new(&app, &reader, course).await?;
    let typed = desk.blank(course);
    show(&desk, &typed, StatusCode::OK, Faults::default()).await
}

/// `POST /conferences/new`.
pub async fn create(
    State(app): State<Arc<App>>,
    reader: Reader,
    FormOf(sent): Sent,
) -> Result<Response, PageError> {
    let mut typed = Typed::read(sent);
    let course = typed.course_id.trim().parse().ok().map(CourseId);
    let desk = Desk::for_new(&app, &reader, course).await?;
    if typed.ask != Ask::Save {
        return help(&desk, &mut typed).await;
    }
    let expanded = match typed.expand(desk.t) {
        Ok(expanded) => expanded,
        Err(faults) => return show(&desk, &typed, StatusCode::UNPROCESSABLE_ENTITY, faults).await,
    };
    let Some(course) = course else {
        let mut faults = Faults::at("course_id", desk.t.get("form-choose-course"));
        if typed.title.trim().is_empty() {
            faults.add("title", desk.t.get("op-give-title"));
        }
        return show(&desk, &typed, StatusCode::UNPROCESSABLE_ENTITY, faults).await;
    };
    let done = schedule::schedule(&app, &reader.viewer, draft(&typed, course, &expanded)).await;
    match done {
        Ok(id) => Ok(Redirect::to(&format!("/conferences/{id}")).into_response()),
        Err(Error::NotFound | Error::Denied(_)) => {
            let faults = Faults::at("course_id", desk.t.get("form-not-your-course"));
            show(&desk, &typed, StatusCode::UNPROCESSABLE_ENTITY, faults).await
        }
        Err(error) => refuse(&desk, &typed, &expanded, error).await,
    }
}

fn draft(typed: &Typed, course: CourseId, expanded: &Expanded) -> Draft {
    Draft {
        title: typed.title.clone(),
        description: typed.description.clone(),
        course_id: Some(course),
        platform: None,
        time_zone: typed.time_zone.clone(),
        time_slots: expanded.slots.clone(),
        published: typed.published,
        enable_recording: None,
    }
}

/// `GET /conferences/{id}/edit`.
pub async fn edit(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<ConferenceId>,
) -> Result<Response, PageError> {
    let desk = desk_for_edit(&app, &reader, id).await?;
    let typed = desk.as_it_is();
    show(&desk, &typed, StatusCode::OK, Faults::default()).await
}

/// `POST /conferences/{id}/edit`.
pub async fn change(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<ConferenceId>,
    FormOf(sent): Sent,
) -> Result<Response, PageError> {
    let desk = desk_for_edit(&app, &reader, id).await?;
    let mut typed = Typed::read(sent);
    if typed.ask != Ask::Save {
        return help(&desk, &mut typed).await;
    }
    let expanded = match typed.expand(desk.t) {
        Ok(expanded) => expanded,
        Err(faults) => return show(&desk, &typed, StatusCode::UNPROCESSABLE_ENTITY, faults).await,
    };
    let Some(course) = typed.course_id.trim().parse().ok().map(CourseId) else {
        let faults = Faults::at("course_id", desk.t.get("form-choose-course"));
        return show(&desk, &typed, StatusCode::UNPROCESSABLE_ENTITY, faults).await;
    };
    let expanded = desk.changed_slots(&typed, expanded);
    let change = Change {
        title: Some(typed.title.clone()),
        description: Some(typed.description.clone()),
        course_id: Some(course),
        platform: None,
        time_zone: Some(typed.time_zone.clone()),
        time_slots: (!expanded.slots.is_empty() || typed.removes_any()).then(|| expanded.slots.clone()),
        published: Some(typed.published),
        enable_recording: None,
    };
    match schedule::change(&app, &reader.viewer, id, change).await {
        Ok(()) => Ok(Redirect::to(&format!("/conferences/{id}")).into_response()),
        Err(error) => refuse(&desk, &typed, &expanded, error).await,
    }
}

async fn desk_for_edit<'a>(
    app: &'a App,
    reader: &'a Reader,
    id: ConferenceId,
) -> Result<Desk<'a>, PageError> {
    let seen = rights::conference(app, &reader.viewer, id, Act::Edit).await?;
    let conference = seen.placed.conference;
    if conference.cancelled_at.is_some() {
        return Err(Error::Conflict(reader.text().get("form-cancelled").to_owned()).into());
    }
    let meetings = meetings::of_conference(&app.store, id).await?;
    Ok(Desk::for_edit(app, reader, Editing { conference, meetings }).await?)
}

/// One more slot, or what would be made: the form again, with nothing done.
async fn help(desk: &Desk<'_>, typed: &mut Typed) -> Result<Response, PageError> {
    let faults = match typed.ask {
        Ask::AddSlot => {
            typed.add_slot();
            Faults::default()
        }
        Ask::Save | Ask::Preview => typed.expand(desk.t).err().unwrap_or_default(),
    };
    show(desk, typed, StatusCode::OK, faults).await
}

/// The form again, with what the operation said at the fields it is about.
async fn refuse(
    desk: &Desk<'_>,
    typed: &Typed,
    expanded: &Expanded,
    error: Error,
) -> Result<Response, PageError> {
    match error {
        Error::Invalid(errors) => {
            let faults = Faults::of(desk.t, &errors, expanded);
            show(desk, typed, StatusCode::UNPROCESSABLE_ENTITY, faults).await
        }
        Error::Conflict(text) => show(desk, typed, StatusCode::CONFLICT, Faults::whole(text)).await,
        error => Err(error.into()),
    }
}

async fn show(
    desk: &Desk<'_>,
    typed: &Typed,
    status: StatusCode,
    faults: Faults,
) -> Result<Response, PageError> {
    let page = desk.form(typed, faults).await?;
    Ok(html(status, &page).into_response())
}

/// The meeting that a hidden field names.
fn meeting_id(text: &str) -> Option<MeetingId> {
    text.trim().parse().ok()
}
