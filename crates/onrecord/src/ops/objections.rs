//! Objections to being recorded, as cases: raised by whoever is recorded, answered by administrators and officers with an
//! owner, a deadline, notes and an outcome. An objection changes no recording by itself; it may lead to an exception.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::holds::sound_words;
use super::{Error, Result, audit, courses, rights, say};
use crate::app::App;
use crate::model::access::{Act, GlobalAct, Scope, Viewer};
use crate::model::id::{CourseId, ExceptionId, MeetingId, ObjectionId, UserId};
use crate::model::objection::{CaseNote, Objection, Outcome, USUAL_TIME};
use crate::store::objections::{self, Listed, Which};
use crate::store::{Tx, users};

/// No deadline lies further ahead.
const LONGEST: TimeDelta = TimeDelta::days(366);

fn subject(id: ObjectionId) -> String {
    format!("objection:{id}")
}

/// Raises an objection to the recording of a class, or of all classes of a course.
pub async fn raise(
    app: &App,
    viewer: &Viewer,
    (course, meeting): (CourseId, Option<MeetingId>),
    reason: &str,
) -> Result<Objection> {
    courses::seen(app, viewer, course, Act::Object).await?;
    let reason = sound_words(reason, "op-objection-words")?;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    if let Some(meeting) = meeting
        && !objections::has_class(&tx, course, meeting).await?
    {
        return Err(Error::invalid("meeting_id", say("op-objection-class")));
    }
    let about = (course, meeting);
    let id = objections::insert(&tx, (viewer.user_id, reason), about, (now, now + USUAL_TIME)).await;
    let id = id.map_err(|error| match error {
        crate::store::Error::Conflict => Error::Conflict(say("op-objection-open")),
        other => other.into(),
    })?;
    // The words stand in the case, where they can be forgotten.
    let detail = json!({ "course": course, "meeting": meeting });
    audit::record(app, &tx, Some(viewer.user_id), "objection.raised", (subject(id), detail)).await?;
    let case = objections::lock(&tx, id).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(case)
}

/// Takes back one's own objection.
pub async fn withdraw(app: &App, viewer: &Viewer, id: ObjectionId) -> Result<Objection> {
    let tx = app.store.write().await?;
    let case = objections::lock(&tx, id).await?.filter(|case| case.user_id == viewer.user_id);
    let case = case.ok_or(Error::NotFound)?;
    if viewer.scope < Scope::Write {
        return Err(Error::Denied(say("op-may-not")));
    }
    if case.outcome.is_some() {
        return Err(Error::Conflict(say("op-objection-closed")));
    }
    let closed = Objection { outcome: Some(Outcome::Withdrawn), closed_at: Some(app.clock.now()), ..case };
    objections::update(&tx, &closed).await?;
    let detail = json!({ "outcome": Outcome::Withdrawn });
    audit::record(app, &tx, Some(viewer.user_id), "objection.closed", (subject(id), detail)).await?;
    tx.commit().await?;
    Ok(closed)
}

/// What is changed of a case; what is unsaid stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Who answers for it: an administrator or officer.
    pub owner: Option<UserId>,
    /// By when it is to be answered.
    pub due_at: Option<DateTime<Utc>>,
    /// What is noted; whoever objected may read it among their data.
    pub note: String,
    /// How it ends. Needs an answer.
    pub outcome: Option<Outcome>,
    /// What whoever objected is told.
    pub answer: String,
    /// The exception that it led to.
    pub exception: Option<ExceptionId>,
}

impl Change {
    /// Whether it changes more than a note does.
    fn is_about_the_case(&self) -> bool {
        self.owner.is_some() || self.due_at.is_some() || self.outcome.is_some() || self.exception.is_some()
    }
}

/// Changes a case.
pub async fn change(app: &App, viewer: &Viewer, id: ObjectionId, change: &Change) -> Result<()> {
    rights::global(app, viewer, GlobalAct::Retain).await?;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let case = objections::lock(&tx, id).await?.ok_or(Error::NotFound)?;
    if case.outcome.is_some() && change.is_about_the_case() {
        return Err(Error::Conflict(say("op-objection-closed")));
    }
    let note = if change.note.trim().is_empty() { None } else { Some(sound("note", &change.note)?) };
    if change.is_about_the_case() {
        let changed = changed(&tx, (viewer, now), case, change).await?;
        objections::update(&tx, &changed).await?;
        let action = if changed.outcome.is_some() { "objection.closed" } else { "objection.changed" };
        let detail = json!({
            "owner": changed.owner_id, "due_at": changed.due_at, "outcome": changed.outcome,
            "exception": changed.exception_id,
        });
        audit::record(app, &tx, Some(viewer.user_id), action, (subject(id), detail)).await?;
    }
    if let Some(note) = note {
        objections::add_note(&tx, id, (viewer.user_id, note), now).await?;
        audit::record(app, &tx, Some(viewer.user_id), "objection.noted", (subject(id), json!({}))).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The case as it is to be, if what is wanted is sensible.
async fn changed(
    tx: &Tx,
    (viewer, now): (&Viewer, DateTime<Utc>),
    case: Objection,
    change: &Change,
) -> Result<Objection> {
    if let Some(owner) = change.owner {
        let known = users::find(tx, owner).await?;
        if known.is_none_or(|user| user.role.is_none() || user.disabled_at.is_some()) {
            return Err(Error::invalid("owner_id", say("op-objection-owner")));
        }
    }
    if change.due_at.is_some_and(|due| due <= now || due > now + LONGEST) {
        return Err(Error::invalid("due_at", say("op-objection-due")));
    }
    if let Some(exception) = change.exception
        && !objections::is_of_course(tx, case.course_id, exception).await?
    {
        return Err(Error::invalid("exception_id", say("op-objection-exception")));
    }
    let mut wanted = Objection {
        owner_id: change.owner.or(case.owner_id),
        due_at: change.due_at.unwrap_or(case.due_at),
        exception_id: change.exception.or(case.exception_id),
        ..case
    };
    if let Some(outcome) = change.outcome {
        if outcome == Outcome::Withdrawn {
            return Err(Error::invalid("outcome", say("op-objection-withdrawn")));
        }
        sound("answer", &change.answer)?.clone_into(&mut wanted.answer);
        wanted.outcome = Some(outcome);
        wanted.closed_at = Some(now);
        wanted.owner_id = wanted.owner_id.or(Some(viewer.user_id));
    }
    Ok(wanted)
}

/// A text as people write one, named by its field.
fn sound<'a>(field: &str, text: &'a str) -> Result<&'a str> {
    sound_words(text, "op-case-words").map_err(|error| match error {
        Error::Invalid(errors) => {
            let message = errors.into_iter().next().map_or_else(String::new, |error| error.message);
            Error::invalid(field, message)
        }
        other => other,
    })
}

/// The newest cases first, for those who oversee the installation.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    (before, limit): (Option<ObjectionId>, i64),
) -> Result<Vec<Listed>> {
    rights::global(app, viewer, GlobalAct::Oversee).await?;
    Ok(objections::list(&app.store, Which::All, before, limit).await?)
}

/// One case with what was noted in it, for those who oversee the installation.
pub async fn one(app: &App, viewer: &Viewer, id: ObjectionId) -> Result<(Listed, Vec<CaseNote>)> {
    rights::global(app, viewer, GlobalAct::Oversee).await?;
    let found = objections::list(&app.store, Which::One(id), None, 1).await?.into_iter().next();
    Ok((found.ok_or(Error::NotFound)?, objections::notes(&app.store, id).await?))
}

/// One's own objections, the newest first.
pub async fn own(app: &App, viewer: &Viewer, limit: i64) -> Result<Vec<Listed>> {
    Ok(objections::list(&app.store, Which::Of(viewer.user_id), None, limit).await?)
}
