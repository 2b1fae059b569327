//! `/courses` and `/courses/{id}`: the courses one may see, one course with its conferences and, for staff, its roster.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::account::fault;
use super::{class_lines, conferences, course_settings};
use crate::app::App;
use crate::model::access::{Act, Decision, GlobalAct, Viewer, decide_global};
use crate::model::id::{CourseId, UserId};
use crate::model::people::CourseRole;
use crate::model::words::Word as _;
use crate::ops::actor::Actor;
use crate::ops::courses::{self as ops, SeenCourse, Wanted};
use crate::ops::enrolment::{self, Rest, Who};
use crate::ops::roster_file::{self, Outcome};
use crate::ops::{Error, FieldError, rights};
use crate::store::courses::{self, Whose};
use crate::store::enrolments;
use crate::web::auth::Reader;
use crate::web::error::PageError;
use crate::web::form::{FormOf, Upload};
use crate::web::input::{PathId, QueryOf};
use crate::web::listing;
use crate::web::page::{Flash, Place, html};
use crate::web::pages::courses::{Course, Courses, Enrolled, LineError, NewCourse, Roster, RosterChange};
use crate::web::parts::{Badge, Choice, Empty, Field, FieldKind, Link, Mark, Note, Pager};
use crate::web::text::Text;

/// Courses on one page.
const COURSES: i64 = 25;

/// People of a roster on one page.
const PEOPLE: i64 = 100;

/// What the list is narrowed to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    cursor: String,
}

/// `GET /courses`.
pub async fn list(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    render_list(&app, &reader, asked, None).await
}

async fn render_list(
    app: &App,
    reader: &Reader,
    asked: Asked,
    refused: Option<(CourseForm, Vec<FieldError>)>,
) -> Result<Response, PageError> {
    let t = reader.text();
    let after: Option<CourseId> = listing::cursor(Some(&asked.cursor))?;
    let whose = Whose::seen_by(&reader.viewer);
    let today = app.clock.now().date_naive();
    let words = listing::searched(&asked.q);
    let mut found = courses::list(&app.store, whose, &words, (after, COURSES + 1), today).await?;
    let next = listing::page(&mut found, COURSES, |line| line.course.id.0);
    let lines = class_lines::courses(app, reader, &found).await?;
    let may_add = decide_global(&reader.viewer, GlobalAct::Administer) == Decision::Allowed;
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = Courses {
        page: reader.page(t.get("courses-title"), Place::Courses),
        lead: t
            .get(if reader.viewer.role.is_some() { "courses-lead-all" } else { "courses-lead-own" })
            .to_owned(),
        search: Field::new("q", t.get("courses-search"), FieldKind::Search).value(asked.q.clone()),
        pager: list_pager(t, &asked, next, lines.len()),
        empty: lines.is_empty().then(|| nothing(t, &asked)),
        courses: lines,
        new_course: may_add.then(|| new_course(t, refused)),
    };
    Ok(html(status, &view).into_response())
}

fn nothing(t: &'static Text, asked: &Asked) -> Empty {
    let [title, text] = if asked.q.is_empty() {
        ["courses-none", "courses-none-text"]
    } else {
        ["courses-not-found", "courses-not-found-text"]
    };
    Empty { icon: "courses", title: t.get(title).into(), text: t.get(text).into(), action: None }
}

fn list_pager(t: &'static Text, asked: &Asked, next: Option<String>, shown: usize) -> Option<Pager> {
    if asked.cursor.is_empty() && next.is_none() {
        return None;
    }
    let mut address = url::form_urlencoded::Serializer::new("/courses?".to_owned());
    address.append_pair("q", &asked.q);
    let first = address.finish();
    Some(Pager {
        t,
        shown: t.with("courses-shown", &[("n", (shown as i64).into())]),
        next: next.map(|cursor| format!("{first}&cursor={cursor}")),
        first: (!asked.cursor.is_empty()).then_some(first),
    })
}

/// The form for a new course.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CourseForm {
    code: String,
    title: String,
    term: String,
}

fn new_course(t: &'static Text, refused: Option<(CourseForm, Vec<FieldError>)>) -> NewCourse {
    let open = refused.is_some();
    let (form, errors) = refused.unwrap_or_default();
    let field = |name: &'static str, key, value: &str| {
        Field::new(name, t.get(key), FieldKind::Text).value(value).error(fault(&errors, name))
    };
    let fields = vec![
        field("code", "course-code", &form.code).hint(t.get("course-code-hint")).required(),
        field("title", "column-title", &form.title).required(),
        field("term", "course-term", &form.term),
    ];
    NewCourse { fields, open }
}

/// `POST /courses`.
pub async fn create(
    State(app): State<Arc<App>>,
    reader: Reader,
    FormOf(form): FormOf<CourseForm>,
) -> Result<Response, PageError> {
    let wanted = Wanted {
        code: Some(form.code.clone()),
        title: Some(form.title.clone()),
        term: Some(form.term.clone()),
        ..Wanted::default()
    };
    match ops::put(&app, Actor::Viewer(&reader.viewer), wanted).await {
        Ok((course, _)) => Ok(Redirect::to(&format!("/courses/{}", course.id)).into_response()),
        Err(Error::Invalid(errors)) => {
            render_list(&app, &reader, Asked::default(), Some((form, errors))).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Where the two lists of a course's page begin, and what was done just before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AskedOfCourse {
    cursor: String,
    people: String,
    did: String,
}

/// What a course's page shows of a change that was tried.
#[derive(Debug, Default)]
struct Tried {
    result: Option<Note>,
    line_errors: Vec<LineError>,
    /// Whether the file would have removed many people.
    too_many: bool,
    form: EnrolForm,
    errors: Vec<FieldError>,
}

/// `GET /courses/{id}`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<CourseId>,
    QueryOf(asked): QueryOf<AskedOfCourse>,
) -> Result<Response, PageError> {
    render_course(&app, &reader, (id, asked), (StatusCode::OK, Tried::default())).await
}

async fn render_course(
    app: &App,
    reader: &Reader,
    (id, asked): (CourseId, AskedOfCourse),
    (status, tried): (StatusCode, Tried),
) -> Result<Response, PageError> {
    let t = reader.text();
    let seen = ops::seen(app, &reader.viewer, id, Act::See).await?;
    let staff = seen.may(&reader.viewer, Act::SeeStaffDetail);
    let course = &seen.course;
    let (conferences, next) = conferences::of_course(app, reader, id, &asked.cursor).await?;
    let roster = if staff { Some(roster(app, reader, (id, &asked), tried).await?) } else { None };
    let mut frame = reader.page(course.title.clone(), Place::Courses);
    let done = match asked.did.as_str() {
        "removed" => Some(t.get("roster-removed")),
        "settings" => Some(t.get("course-settings-saved")),
        _ => None,
    };
    if let Some(words) = done {
        frame = frame.telling(Flash { mark: Mark::Recorded, words: words.to_owned() });
    }
    let view = Course {
        page: frame,
        id: id.0,
        code: course.code.clone(),
        title: course.title.clone(),
        lead: course_lead(t, &seen),
        may_schedule: seen.may(&reader.viewer, Act::Edit),
        conferences_empty: conferences.is_empty().then(|| Empty {
            icon: "conferences",
            title: t.get("course-empty").into(),
            text: t.get(if staff { "course-empty-staff" } else { "course-empty-learner" }).into(),
            action: None,
        }),
        more_conferences: course_pager(t, id, ("cursor", &asked.cursor), next, conferences.len()),
        conferences,
        settings: seen.may(&reader.viewer, Act::Edit).then(|| course_settings::fields(t, course)),
        more: more(t, &reader.viewer, &seen),
        roster,
    };
    Ok(html(status, &view).into_response())
}

/// What else there is about the course for this reader.
fn more(t: &'static Text, viewer: &Viewer, seen: &SeenCourse) -> Vec<Link> {
    let pages = [
        (Act::SeeStaffDetail, "exceptions", t.get("exceptions-title")),
        (Act::SeeStaffDetail, "acknowledgements", t.get("acknowledgements-title")),
        (Act::SeeStaffDetail, "minors", t.get("minors-title")),
        (Act::Object, "objection", t.get("objection-of-class")),
    ];
    let link = |(_, page, words)| Link::new(format!("/courses/{}/{page}", seen.course.id), words);
    pages.into_iter().filter(|(act, ..)| seen.may(viewer, *act)).map(link).collect()
}

fn course_lead(t: &'static Text, seen: &SeenCourse) -> String {
    let course = &seen.course;
    let days = match (course.starts_on, course.ends_on) {
        (Some(first), Some(last)) => {
            t.with("course-days", &[("first", first.to_string().into()), ("last", last.to_string().into())])
        }
        _ => String::new(),
    };
    [course.term.clone(), days].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn course_pager(
    t: &'static Text,
    id: CourseId,
    (name, present): (&str, &str),
    next: Option<String>,
    shown: usize,
) -> Option<Pager> {
    if present.is_empty() && next.is_none() {
        return None;
    }
    Some(Pager {
        t,
        shown: t.with("lines-shown", &[("n", (shown as i64).into())]),
        first: (!present.is_empty()).then(|| format!("/courses/{id}")),
        next: next.map(|cursor| format!("/courses/{id}?{name}={cursor}")),
    })
}

async fn roster(
    app: &App,
    reader: &Reader,
    (id, asked): (CourseId, &AskedOfCourse),
    tried: Tried,
) -> Result<Roster, Error> {
    let t = reader.text();
    let after: Option<UserId> = listing::cursor(Some(&asked.people))?;
    let mut found = enrolments::list(&app.store, id, after, PEOPLE + 1).await?;
    let next = listing::page(&mut found, PEOPLE, |line| line.enrolment.user_id.0);
    let (learners, instructors) = enrolments::counts(&app.store, id, app.clock.now().date_naive()).await?;
    let people: Vec<Enrolled> = found.into_iter().map(|line| enrolled(t, line)).collect();
    let may_change = decide_global(&reader.viewer, GlobalAct::Administer) == Decision::Allowed;
    Ok(Roster {
        sum: t.with("roster-sum", &[("learners", learners.into()), ("instructors", instructors.into())]),
        pager: course_pager(t, id, ("people", &asked.people), next, people.len()),
        empty: people.is_empty().then(|| Empty {
            icon: "people",
            title: t.get("roster-empty").into(),
            text: t.get("roster-empty-text").into(),
            action: None,
        }),
        people,
        change: may_change.then(|| RosterChange {
            result: tried.result,
            line_errors: tried.line_errors,
            too_many: tried.too_many,
            add: add_fields(t, &tried.form, &tried.errors),
        }),
    })
}

fn enrolled(t: &'static Text, line: enrolments::Listed) -> Enrolled {
    let role = match line.enrolment.role {
        CourseRole::Instructor => "role-instructor",
        CourseRole::Learner => "role-learner",
    };
    Enrolled {
        user_id: line.enrolment.user_id.0,
        name: line.name,
        email: line.email,
        role: t.get(role).to_owned(),
        section: line.enrolment.section.unwrap_or_default(),
        until: line.enrolment.ends_on.map(|day| day.to_string()).unwrap_or_default(),
        note: line.disabled_at.map(|_| Badge::new("hide", t.get("user-state-disabled"))),
    }
}

fn add_fields(t: &'static Text, form: &EnrolForm, errors: &[FieldError]) -> Vec<Field> {
    let roles = vec![
        Choice::new("learner", t.get("role-learner"), &form.role),
        Choice::new("instructor", t.get("role-instructor"), &form.role),
    ];
    let of_line =
        |name: &str| fault(errors, name).or_else(|| fault(errors, &format!("enrolments[0].{name}")));
    vec![
        Field::new("email", t.get("email"), FieldKind::Email)
            .value(form.email.clone())
            .error(of_line("email"))
            .required(),
        Field::new("role", t.get("column-role"), FieldKind::Select(roles)).error(of_line("role")),
    ]
}

/// The form for one person.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EnrolForm {
    email: String,
    role: String,
}

/// `POST /courses/{id}/enrolments`.
pub async fn enrol(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<CourseId>,
    FormOf(form): FormOf<EnrolForm>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Administer).await?;
    let t = reader.text();
    let result = match CourseRole::parse(&form.role) {
        None => Err(Error::invalid("role", "Choose learner or instructor.")),
        Some(role) => {
            let who = Who::Email(form.email.clone());
            let wanted = [enrolment::Wanted { who, role, section: None, ends_on: None }];
            enrolment::put(&app, Actor::Viewer(&reader.viewer), id, &wanted, Rest::Stays).await
        }
    };
    let (status, tried) = match result {
        Ok(_) => {
            let result =
                Note::new(Some(Mark::Recorded), t.with("roster-added", &[("email", form.email.into())]));
            (StatusCode::OK, Tried { result: Some(result), ..Tried::default() })
        }
        Err(Error::Invalid(errors)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, Tried { form, errors, ..Tried::default() })
        }
        Err(error) => return Err(error.into()),
    };
    render_course(&app, &reader, (id, AskedOfCourse::default()), (status, tried)).await
}

/// `POST /courses/{id}/enrolments/{user}/remove`.
pub async fn remove(
    State(app): State<Arc<App>>,
    reader: Reader,
    Path((id, user)): Path<(String, String)>,
) -> Result<Redirect, PageError> {
    let (Ok(id), Ok(user)) = (id.parse::<CourseId>(), user.parse::<UserId>()) else {
        return Err(Error::NotFound.into());
    };
    enrolment::remove(&app, Actor::Viewer(&reader.viewer), id, user).await?;
    Ok(Redirect::to(&format!("/courses/{id}?did=removed")))
}

/// `POST /courses/{id}/roster`: a CSV file.
pub async fn upload(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<CourseId>,
    request: Request,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Administer).await?;
    let upload = match Upload::read(&app, request).await {
        Ok(upload) => upload,
        Err(refusal) => return Ok(refusal),
    };
    let rest = match (upload.replace, upload.force) {
        (true, true) => Rest::GoesAll,
        (true, false) => Rest::Goes,
        (false, _) => Rest::Stays,
    };
    let outcome = roster_file::put(&app, Actor::Viewer(&reader.viewer), id, &upload.file, rest).await;
    let (status, tried) = told(reader.text(), outcome)?;
    render_course(&app, &reader, (id, AskedOfCourse::default()), (status, tried)).await
}

fn told(t: &'static Text, outcome: Result<Outcome, Error>) -> Result<(StatusCode, Tried), Error> {
    match outcome {
        Ok(Outcome::Done(done, new_here)) => {
            let counts = [
                ("added", (done.added as i64).into()),
                ("changed", (done.changed as i64).into()),
                ("removed", (done.removed as i64).into()),
                ("unchanged", (done.unchanged as i64).into()),
                ("fresh", (new_here as i64).into()),
            ];
            let note =
                Note::new(Some(Mark::Recorded), t.get("upload-done")).line(t.with("upload-counts", &counts));
            Ok((StatusCode::OK, Tried { result: Some(note), ..Tried::default() }))
        }
        Ok(Outcome::Faults(faults, count)) => {
            let note =
                Note::new(Some(Mark::Missing), t.with("upload-refused", &[("n", (count as i64).into())]))
                    .line(t.get("upload-refused-text"))
                    .urgent();
            let line_errors = faults
                .into_iter()
                .map(|fault| LineError { line: fault.line, column: fault.column, message: fault.message })
                .collect();
            Ok((
                StatusCode::UNPROCESSABLE_ENTITY,
                Tried { result: Some(note), line_errors, ..Tried::default() },
            ))
        }
        Err(Error::Conflict(text)) => {
            let note = Note::new(Some(Mark::Missing), t.get("upload-too-many"))
                .line(text)
                .fix(t.get("upload-force-fix"))
                .urgent();
            Ok((StatusCode::CONFLICT, Tried { result: Some(note), too_many: true, ..Tried::default() }))
        }
        Err(error) => Err(error),
    }
}
