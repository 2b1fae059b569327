//! Courses: who may see one, and adding and changing them.

use chrono::NaiveDate;
use serde_json::json;

use super::actor::Actor;
use super::people::Written;
use super::{Error, FieldError, Result, audit, rights, say, say_with};
use crate::app::App;
use crate::model::access::{self, Act, Decision, Facts, GlobalAct, Standing, Viewer};
use crate::model::id::CourseId;
use crate::model::integration::SyncKind;
use crate::model::people::Course;
use crate::model::schedule::is_plausible;
use crate::model::wish::Wish;
use crate::model::words::Word as _;
use crate::store::Tx;
use crate::store::courses::{self, NewCourse};
use crate::store::sync::Whose;

/// A course that a viewer may see.
#[derive(Debug, Clone)]
pub struct SeenCourse {
    /// The course.
    pub course: Course,
    /// How the viewer stands to it.
    pub standing: Standing,
}

/// A course itself is never hidden from those who are in it.
const OPEN: Facts = Facts {
    published: true,
    hidden: false,
    learners_see_chat: false,
    learners_see_files: false,
    of_minors: false,
};

impl SeenCourse {
    /// Whether `viewer` may also do `act`, to show or leave out a part of a page.
    pub fn may(&self, viewer: &Viewer, act: Act) -> bool {
        access::decide(self.standing, viewer.scope, act, OPEN) == Decision::Allowed
    }
}

/// The course, if `viewer` may do `act` with it; else `NotFound` or `Denied`.
pub async fn seen(app: &App, viewer: &Viewer, id: CourseId, act: Act) -> Result<SeenCourse> {
    let placed = courses::find_placed(&app.store, id, viewer.user_id).await?;
    let (course, membership) = placed.ok_or(Error::NotFound)?;
    let standing = access::standing(viewer.role, membership, app.clock.now());
    let decision = access::decide(standing, viewer.scope, act, OPEN);
    rights::settle(app, viewer, &format!("course:{id}"), decision).await?;
    Ok(SeenCourse { course, standing })
}

/// What is wanted of a course. What is unsaid stays as it is, or is empty for a new course.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The id in the school's own system.
    pub external_id: Wish<String>,
    /// Short name; a new course needs one.
    pub code: Option<String>,
    /// Full name; a new course needs one.
    pub title: Option<String>,
    /// The term.
    pub term: Option<String>,
    /// First day.
    pub starts_on: Wish<NaiveDate>,
    /// Last day.
    pub ends_on: Wish<NaiveDate>,
    /// Learners see the chat.
    pub learners_see_chat: Option<bool>,
    /// Learners see the files.
    pub learners_see_files: Option<bool>,
    /// Learners are invited in Teams.
    pub invite_learners: Option<bool>,
    /// Kinds that are neither asked for nor shown. Recordings are none of them.
    pub kinds_off: Option<Vec<SyncKind>>,
}

impl Wanted {
    /// Whether it is about nothing but what learners see and what is fetched, which the course's own staff decide.
    fn is_settings_only(&self) -> bool {
        let Self { external_id, code, title, term, starts_on, ends_on, .. } = self;
        *external_id == Wish::Unsaid
            && (code, title, term) == (&None, &None, &None)
            && (starts_on, ends_on) == (&Wish::Unsaid, &Wish::Unsaid)
    }
}

/// Adds a course, or changes the one with the same external id.
pub async fn put(app: &App, actor: Actor<'_>, wanted: Wanted) -> Result<(Course, Written)> {
    actor.must(app, GlobalAct::Administer).await?;
    let tx = app.store.write().await?;
    let external = wanted.external_id.value().cloned();
    let found = match external.as_deref().map(str::trim) {
        Some(external) if !external.is_empty() => courses::find_by_external_id(&tx, external).await?,
        _ => None,
    };
    let written = match found {
        Some(course) => write_change(app, &tx, actor, (course, wanted)).await?,
        None => add(app, &tx, actor, wanted).await?,
    };
    tx.commit().await?;
    Ok(written)
}

async fn add(app: &App, tx: &Tx, actor: Actor<'_>, wanted: Wanted) -> Result<(Course, Written)> {
    let new = merged(NewCourse::default(), wanted)?;
    let id = courses::insert(tx, &new, app.clock.now()).await.map_err(conflict)?;
    let about = (format!("course:{id}"), json!({ "code": new.code, "title": new.title }));
    audit::record(app, tx, actor.id(), "course.added", about).await?;
    Ok((courses::find(tx, id).await?.ok_or(Error::NotFound)?, Written::Added))
}

/// Changes a course: its settings by whoever may edit its classes, all else by administrators.
pub async fn change(app: &App, actor: Actor<'_>, id: CourseId, wanted: Wanted) -> Result<Course> {
    if let Actor::Viewer(viewer) = actor {
        seen(app, viewer, id, Act::Edit).await?;
        let may_all = access::decide_global(viewer, GlobalAct::Administer) == Decision::Allowed;
        if !may_all && !wanted.is_settings_only() {
            rights::settle(app, viewer, &format!("course:{id}"), Decision::Forbidden).await?;
        }
    }
    let tx = app.store.write().await?;
    let course = courses::lock(&tx, id).await?.ok_or(Error::NotFound)?;
    let (course, _) = write_change(app, &tx, actor, (course, wanted)).await?;
    tx.commit().await?;
    Ok(course)
}

async fn write_change(
    app: &App,
    tx: &Tx,
    actor: Actor<'_>,
    (course, wanted): (Course, Wanted),
) -> Result<(Course, Written)> {
    let id = course.id;
    let old = NewCourse::from(course.clone());
    let new = merged(old.clone(), wanted)?;
    if new == old {
        return Ok((course, Written::Unchanged));
    }
    courses::update(tx, id, &new, app.clock.now()).await.map_err(conflict)?;
    let about = (format!("course:{id}"), json!({ "old": of_audit(&old), "new": of_audit(&new) }));
    audit::record(app, tx, actor.id(), "course.changed", about).await?;
    super::sync::kinds_are_on_again(app, tx, Whose::Course(id), (&old.kinds_off, &new.kinds_off)).await?;
    if old.invite_learners != new.invite_learners {
        super::enrolment::tell_teams(app, tx, id).await?;
    }
    Ok((courses::find(tx, id).await?.ok_or(Error::NotFound)?, Written::Changed))
}

fn of_audit(course: &NewCourse) -> serde_json::Value {
    json!({
        "code": course.code, "title": course.title, "term": course.term,
        "starts_on": course.starts_on, "ends_on": course.ends_on,
        "learners_see_chat": course.learners_see_chat,
        "learners_see_files": course.learners_see_files,
        "invite_learners": course.invite_learners, "kinds_off": course.kinds_off,
    })
}

fn conflict(error: crate::store::Error) -> Error {
    match error {
        crate::store::Error::Conflict => Error::Conflict(say("op-course-taken")),
        other => other.into(),
    }
}

/// Each kind once, in the usual order.
fn in_order(kinds: &[SyncKind]) -> Vec<SyncKind> {
    SyncKind::ALL.iter().copied().filter(|kind| kinds.contains(kind)).collect()
}

/// `old` with what is wanted put in. `Invalid` names every field at fault.
fn merged(old: NewCourse, wanted: Wanted) -> Result<NewCourse> {
    let mut errors = Vec::new();
    let text = |wanted: Option<String>, old: String| wanted.map_or(old, |text| text.trim().to_owned());
    let external_id = wanted.external_id.over(old.external_id).map(|id| id.trim().to_owned());
    let new = NewCourse {
        external_id: external_id.filter(|id| !id.is_empty()),
        code: text(wanted.code, old.code),
        title: text(wanted.title, old.title),
        term: text(wanted.term, old.term),
        starts_on: wanted.starts_on.over(old.starts_on),
        ends_on: wanted.ends_on.over(old.ends_on),
        learners_see_chat: wanted.learners_see_chat.unwrap_or(old.learners_see_chat),
        learners_see_files: wanted.learners_see_files.unwrap_or(old.learners_see_files),
        invite_learners: wanted.invite_learners.unwrap_or(old.invite_learners),
        kinds_off: wanted.kinds_off.map_or(old.kinds_off, |kinds| in_order(&kinds)),
    };
    if new.kinds_off.contains(&SyncKind::Recordings) {
        errors.push(FieldError::new("kinds_off", say("op-recordings-mandatory")));
    }
    let external = new.external_id.clone().unwrap_or_default();
    let lines = [
        ("code", &new.code, 50),
        ("title", &new.title, 200),
        ("term", &new.term, 100),
        ("external_id", &external, 200),
    ];
    for (field, value, most) in lines {
        if matches!(field, "code" | "title") && value.is_empty() {
            errors.push(FieldError::new(field, say("op-write-something")));
        } else if value.chars().count() > most || value.chars().any(char::is_control) {
            errors.push(FieldError::new(field, say_with("op-one-line", &[("most", most.into())])));
        }
    }
    for (field, day) in [("starts_on", new.starts_on), ("ends_on", new.ends_on)] {
        if day.is_some_and(|day| !is_plausible(day)) {
            errors.push(FieldError::new(field, say("op-day-implausible")));
        }
    }
    if let (Some(first), Some(last)) = (new.starts_on, new.ends_on)
        && last < first
    {
        errors.push(FieldError::new("ends_on", say("op-last-before-first")));
    }
    if errors.is_empty() { Ok(new) } else { Err(Error::Invalid(errors)) }
}
