//! Minors: marking courses and people, keeping what guardians were told or said, and warning before a class for which
//! something that is required is missing. Attendees of their classes begin with camera and microphone off, and learners
//! neither download nor read the chat: `provision` and `model/access.rs` ask the marks.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::courses::{self, SeenCourse};
use super::holds::sound_words;
use super::{Error, FieldError, Result, alerts, audit, enrolment, rights, say};
use crate::app::App;
use crate::model::access::{Act, GlobalAct, Viewer};
use crate::model::alert::AlertKind;
use crate::model::id::{CourseId, GuardianWordId, UserId};
use crate::model::minors::{GuardianWord, Requirement, is_met};
use crate::store::minors::{self, Minor};
use crate::store::{courses as course_rows, meetings, users};

/// So long before a class its staff are warned.
const NEAR: TimeDelta = TimeDelta::hours(24);

/// Classes looked at in one go.
const BATCH: i64 = 2_000;

/// A course of minors as its staff see it.
#[derive(Debug, Clone)]
pub struct Minors {
    /// The course.
    pub seen: SeenCourse,
    /// What is required of everybody's guardians; `None` if the course is not marked.
    pub requires: Option<Requirement>,
    /// Its minors.
    pub people: Vec<Minor>,
}

/// The minors of a course, for its staff and those who oversee the installation.
pub async fn of_course(app: &App, viewer: &Viewer, course: CourseId) -> Result<Minors> {
    let seen = courses::seen(app, viewer, course, Act::SeeStaffDetail).await?;
    let requires = minors::of_course(&app.store, course).await?;
    let people = minors::learners(&app.store, course, app.clock.now().date_naive()).await?;
    Ok(Minors { seen, requires, people })
}

/// Marks a course as one of minors and says what is required of their guardians; `None` takes the mark away.
pub async fn mark_course(
    app: &App,
    viewer: &Viewer,
    course: CourseId,
    requires: Option<Requirement>,
) -> Result<()> {
    rights::global(app, viewer, GlobalAct::Retain).await?;
    let tx = app.store.write().await?;
    course_rows::lock(&tx, course).await?.ok_or(Error::NotFound)?;
    let before = minors::of_course(&tx, course).await?;
    if before != requires {
        minors::mark_course(&tx, course, requires, app.clock.now()).await?;
        let about = (format!("course:{course}"), json!({ "old": before, "new": requires }));
        audit::record(app, &tx, Some(viewer.user_id), "course.minors_marked", about).await?;
        enrolment::tell_teams(app, &tx, course).await?;
    }
    tx.commit().await?;
    warn(app).await
}

/// Marks a person as a minor and says what is required of their guardians; `None` takes the mark away.
pub async fn mark_person(
    app: &App,
    viewer: &Viewer,
    user: UserId,
    requires: Option<Requirement>,
) -> Result<()> {
    rights::global(app, viewer, GlobalAct::Retain).await?;
    let tx = app.store.write().await?;
    users::find(&tx, user).await?.ok_or(Error::NotFound)?;
    minors::mark_person(&tx, user, requires, app.clock.now()).await?;
    let about = (format!("user:{user}"), json!({ "requires": requires }));
    audit::record(app, &tx, Some(viewer.user_id), "user.minor_marked", about).await?;
    for course in minors::courses_of(&tx, user).await? {
        enrolment::tell_teams(app, &tx, course).await?;
    }
    tx.commit().await?;
    warn(app).await
}

/// What a guardian was told or said, as somebody enters it.
#[derive(Debug, Clone)]
pub struct Said {
    /// Whether they were told or agreed.
    pub kind: Requirement,
    /// The guardian's name.
    pub guardian: String,
    /// Where it can be looked up.
    pub evidence: String,
    /// When; now if unsaid.
    pub given_at: Option<DateTime<Utc>>,
    /// Until when, if it ends.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Keeps what a guardian was told or said of a person.
pub async fn keep_word(app: &App, viewer: &Viewer, user: UserId, said: &Said) -> Result<GuardianWordId> {
    rights::global(app, viewer, GlobalAct::Retain).await?;
    let now = app.clock.now();
    let mut errors = Vec::new();
    let mut text = |field: &'static str, text: &str| match sound_words(text, "op-write-something") {
        Ok(text) => text.to_owned(),
        Err(Error::Invalid(found)) => {
            errors.extend(found.into_iter().map(|error| FieldError::new(field, error.message)));
            String::new()
        }
        Err(_) => String::new(),
    };
    let (guardian, evidence) = (text("guardian", &said.guardian), text("evidence", &said.evidence));
    let given_at = said.given_at.unwrap_or(now);
    if given_at > now {
        errors.push(FieldError::new("given_at", say("op-guardian-given")));
    }
    if said.expires_at.is_some_and(|end| end <= given_at) {
        errors.push(FieldError::new("expires_at", say("op-guardian-expires")));
    }
    if said.kind == Requirement::Nothing {
        errors.push(FieldError::new("kind", say("op-guardian-kind")));
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let word = GuardianWord {
        id: GuardianWordId(0),
        user_id: user,
        kind: said.kind,
        guardian,
        evidence,
        given_at,
        expires_at: said.expires_at,
        withdrawn_at: None,
    };
    let tx = app.store.write().await?;
    users::find(&tx, user).await?.ok_or(Error::NotFound)?;
    let id = minors::insert_word(&tx, &word, (viewer.user_id, now)).await?;
    // The words stand in the row, where they can be forgotten.
    let detail =
        json!({ "word": id, "kind": said.kind, "given_at": given_at, "expires_at": said.expires_at });
    audit::record(app, &tx, Some(viewer.user_id), "user.guardian_kept", (format!("user:{user}"), detail))
        .await?;
    tx.commit().await?;
    warn(app).await?;
    Ok(id)
}

/// A guardian takes back what they said.
pub async fn withdraw_word(app: &App, viewer: &Viewer, id: GuardianWordId) -> Result<()> {
    rights::global(app, viewer, GlobalAct::Retain).await?;
    let tx = app.store.write().await?;
    let user = minors::withdraw_word(&tx, id, app.clock.now()).await?.ok_or(Error::NotFound)?;
    let about = (format!("user:{user}"), json!({ "word": id }));
    audit::record(app, &tx, Some(viewer.user_id), "user.guardian_withdrawn", about).await?;
    tx.commit().await?;
    warn(app).await
}

/// Warns the staff of classes that are near and for which something required of guardians is missing, and ends the warning
/// where nothing is any more. Repeating it changes nothing.
pub async fn warn(app: &App) -> Result<()> {
    let now = app.clock.now();
    for class in minors::near(&app.store, (now, now + NEAR), BATCH).await? {
        let people = minors::learners(&app.store, class.course, class.starts_at.date_naive()).await?;
        let missing = people.iter().filter(|one| !is_met(one.required, &one.words, class.starts_at)).count();
        let tx = app.store.write().await?;
        meetings::lock(&tx, class.meeting).await?;
        if missing == 0 {
            alerts::resolve(app, &tx, class.meeting, &[AlertKind::ConsentMissing]).await?;
        } else {
            let detail = missing.to_string();
            alerts::raise(app, &tx, class.meeting, AlertKind::ConsentMissing, &detail).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
