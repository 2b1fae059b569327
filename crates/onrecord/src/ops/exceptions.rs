//! Exceptions to recording as cases: somebody asks with a reason and an end, somebody else in another role decides,
//! either may end it. Teams is told by the usual provisioning, which asks the rows; `plan` queues it at the beginning and
//! the end of each, so that nothing depends on this process having lived through them.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::courses::{self, SeenCourse};
use super::holds::sound_reason;
use super::schedule::meeting_subject;
use super::{Error, Result, audit, rights, say};
use crate::app::App;
use crate::model::access::{Act, GlobalAct, Viewer};
use crate::model::exception::{Exception, ExceptionState, Office, Ruling};
use crate::model::id::{CourseId, ExceptionId, MeetingId};
use crate::model::job::JobKind;
use crate::store::exceptions::{self, Listed, NewException, Whose};
use crate::store::{Tx, jobs};

/// No exception lasts longer.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// Meetings queued at a time.
const BATCH: i64 = 500;

/// What somebody asks for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The class, if it is about one; else the classes of the course that begin within the span.
    pub meeting: Option<MeetingId>,
    /// From when; now if unsaid.
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when; may be unsaid for one class, and is its end then.
    pub ends_at: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
}

/// The course and the role in which `viewer` may have a say about its exceptions.
async fn office(app: &App, viewer: &Viewer, course: CourseId) -> Result<(SeenCourse, Office)> {
    let seen = courses::seen(app, viewer, course, Act::Exempt).await?;
    let office = Office::of(seen.standing).ok_or(Error::NotFound)?;
    Ok((seen, office))
}

/// Asks for an exception. Nothing changes before somebody else approves it.
pub async fn ask(app: &App, viewer: &Viewer, course: CourseId, wanted: &Wanted) -> Result<Exception> {
    let (_, office) = office(app, viewer, course).await?;
    let now = app.clock.now();
    let reason = sound_reason(&wanted.reason)?;
    let tx = app.store.write().await?;
    let span = span(&tx, course, wanted, now).await?;
    let new = NewException { course, meeting: wanted.meeting, reason, span, by: (viewer.user_id, office) };
    let id = exceptions::insert(&tx, new, now).await?;
    let detail = json!({
        "course": course, "meeting": wanted.meeting, "reason": reason, "as": office,
        "starts_at": span.0, "ends_at": span.1,
    });
    audit::record(app, &tx, Some(viewer.user_id), "exception.asked", (subject(id), detail)).await?;
    let exception = exceptions::lock(&tx, course, id).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(exception)
}

fn subject(id: ExceptionId) -> String {
    format!("exception:{id}")
}

/// From when until when: as asked for, if that is sensible.
async fn span(
    tx: &Tx,
    course: CourseId,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
    let last = now + LONGEST;
    let refuse = |field: &str, key: &str| Err(Error::invalid(field, say(key)));
    if let Some(meeting) = wanted.meeting {
        let Some(class) = exceptions::class_ahead(tx, course, meeting, now).await? else {
            return refuse("meeting_id", "op-exception-class");
        };
        let ends_at = wanted.ends_at.unwrap_or(class.ends_at);
        if ends_at < class.ends_at {
            return refuse("ends_at", "op-exception-before-class");
        }
        return if ends_at > last.max(class.ends_at) {
            refuse("ends_at", "op-exception-long")
        } else {
            Ok((now, ends_at))
        };
    }
    let starts_at = wanted.starts_at.unwrap_or(now).max(now);
    match wanted.ends_at {
        None => refuse("ends_at", "op-exception-end"),
        Some(ends_at) if ends_at <= starts_at => refuse("ends_at", "op-exception-order"),
        Some(ends_at) if ends_at > last => refuse("ends_at", "op-exception-long"),
        Some(ends_at) => Ok((starts_at, ends_at)),
    }
}

/// Decides on what somebody else asked for in another role.
pub async fn decide(
    app: &App,
    viewer: &Viewer,
    (course, id): (CourseId, ExceptionId),
    (ruling, note): (Ruling, &str),
) -> Result<Exception> {
    let (_, office) = office(app, viewer, course).await?;
    let note = if note.trim().is_empty() { "" } else { sound_reason(note)? };
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let asked = exceptions::lock(&tx, course, id).await?.ok_or(Error::NotFound)?;
    if asked.state(now) != ExceptionState::Asked {
        return Err(Error::Conflict(say("op-exception-decided")));
    }
    if !asked.may_be_decided_by(viewer.user_id, office) {
        return Err(Error::Denied(say("op-exception-two")));
    }
    if let (Ruling::Approved, Some(meeting)) = (ruling, asked.meeting_id)
        && exceptions::class_ahead(&tx, course, meeting, now).await?.is_none()
    {
        return Err(Error::Conflict(say("op-exception-begun")));
    }
    exceptions::decide(&tx, id, (ruling, note), (viewer.user_id, office), now).await?;
    let action = match ruling {
        Ruling::Approved => "exception.approved",
        Ruling::Refused => "exception.refused",
    };
    let detail = json!({ "course": course, "meeting": asked.meeting_id, "as": office, "note": note });
    audit::record(app, &tx, Some(viewer.user_id), action, (subject(id), detail)).await?;
    settle(app, tx, (course, id)).await
}

/// Ends an exception, or takes back what nobody has decided on. Either of the two may, and whoever else may have a say.
pub async fn end(
    app: &App,
    viewer: &Viewer,
    (course, id): (CourseId, ExceptionId),
    reason: &str,
) -> Result<Exception> {
    let (_, office) = office(app, viewer, course).await?;
    let reason = sound_reason(reason)?;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let known = exceptions::lock(&tx, course, id).await?.ok_or(Error::NotFound)?;
    let action = match known.state(now) {
        ExceptionState::Asked => "exception.withdrawn",
        ExceptionState::Approved => "exception.ended",
        _ => return Err(Error::Conflict(say("op-exception-over"))),
    };
    exceptions::end(&tx, id, (viewer.user_id, reason), now).await?;
    let detail = json!({ "course": course, "meeting": known.meeting_id, "as": office, "reason": reason });
    audit::record(app, &tx, Some(viewer.user_id), action, (subject(id), detail)).await?;
    settle(app, tx, (course, id)).await
}

/// Queues what follows, commits, and returns the exception as it is then.
async fn settle(app: &App, tx: Tx, (course, id): (CourseId, ExceptionId)) -> Result<Exception> {
    queue(app, &tx).await?;
    let exception = exceptions::lock(&tx, course, id).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(exception)
}

/// Queues the classes for which recording is to be switched off or on, because an exception covers them or does no more.
async fn queue(app: &App, tx: &Tx) -> Result<usize> {
    let now = app.clock.now();
    let mut ids = exceptions::to_switch_off(tx, now, BATCH).await?;
    ids.extend(exceptions::to_switch_on(tx, now, BATCH).await?);
    let subjects: Vec<String> = ids.into_iter().map(meeting_subject).collect();
    jobs::enqueue_missing(tx, JobKind::Provision, &subjects, now, now).await?;
    Ok(subjects.len())
}

/// Queues what exceptions that have begun or ended ask for. Cheap where there is nothing: two queries.
pub async fn plan(app: &App) -> Result<()> {
    let now = app.clock.now();
    let off = exceptions::to_switch_off(&app.store, now, 1).await?;
    if off.is_empty() && exceptions::to_switch_on(&app.store, now, 1).await?.is_empty() {
        return Ok(());
    }
    let tx = app.store.write().await?;
    queue(app, &tx).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(())
}

/// The exceptions of a course, the newest first, for its staff and those who oversee the installation.
pub async fn of_course(
    app: &App,
    viewer: &Viewer,
    course: CourseId,
    (before, limit): (Option<ExceptionId>, i64),
) -> Result<(SeenCourse, Vec<Listed>)> {
    let seen = courses::seen(app, viewer, course, Act::SeeStaffDetail).await?;
    let listed = exceptions::list(&app.store, Whose::Course(course), before, limit).await?;
    Ok((seen, listed))
}

/// The exceptions of all courses, the newest first, for those who oversee the installation.
pub async fn all(
    app: &App,
    viewer: &Viewer,
    (before, limit): (Option<ExceptionId>, i64),
) -> Result<Vec<Listed>> {
    rights::global(app, viewer, GlobalAct::Oversee).await?;
    Ok(exceptions::list(&app.store, Whose::All, before, limit).await?)
}
