//! Who belongs to a course. A roster is put as a whole or person by person; what was so already is not written again,
//! and one debounced job tells Teams.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, TimeDelta};
use serde_json::json;

use super::actor::Actor;
use super::{Error, FieldError, Result, audit, say, say_with};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{CourseId, UserId};
use crate::model::job::JobKind;
use crate::model::people::{CourseRole, normal_email};
use crate::model::schedule::is_plausible;
use crate::store::enrolments::{self, NewEnrolment};
use crate::store::{Tx, courses, jobs, users};

/// Changes of a roster wait this long for further ones before Teams is told.
const DEBOUNCE: TimeDelta = TimeDelta::minutes(1);

/// More than this part of a roster (in per cent) is removed only when asked for outright.
const CAREFUL_PERCENT: usize = 20;

/// How a person is named by whoever sends a roster.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    /// OnRecord's id.
    Id(UserId),
    /// The id in the school's own system.
    External(String),
    /// An address.
    Email(String),
}

/// One wanted line of a roster.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The person.
    pub who: Who,
    /// Their part.
    pub role: CourseRole,
    /// Group within the course.
    pub section: Option<String>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
}

/// What happens to those who are enrolled but not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// They stay.
    Stays,
    /// They go, unless that would be more than a fifth of the roster.
    Goes,
    /// They go, however many.
    GoesAll,
}

/// What a change of a roster did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Done {
    /// People who are new in the course.
    pub added: usize,
    /// People whose role, section or last day is another.
    pub changed: usize,
    /// People who are in it no more.
    pub removed: usize,
    /// People with whom nothing changed.
    pub unchanged: usize,
}

/// Puts people into a course. `Invalid` names each line at fault as `enrolments[n].…`; `Conflict` if too many would go.
pub async fn put(
    app: &App,
    actor: Actor<'_>,
    course: CourseId,
    wanted: &[Wanted],
    rest: Rest,
) -> Result<Done> {
    actor.must(app, GlobalAct::Administer).await?;
    let tx = app.store.write().await?;
    courses::lock(&tx, course).await?.ok_or(Error::NotFound)?;
    let done = put_in(app, &tx, actor, (course, wanted), rest).await?;
    tx.commit().await?;
    Ok(done)
}

/// The same in a transaction of the caller, who has checked the rights and locked the course.
pub async fn put_in(
    app: &App,
    tx: &Tx,
    actor: Actor<'_>,
    (course, wanted): (CourseId, &[Wanted]),
    rest: Rest,
) -> Result<Done> {
    let wanted = resolved(tx, wanted).await?;
    let present: HashMap<UserId, NewEnrolment> = enrolments::of_course(tx, course)
        .await?
        .into_iter()
        .map(|old| {
            let new = NewEnrolment {
                user_id: old.user_id,
                role: old.role,
                section: old.section,
                ends_on: old.ends_on,
            };
            (old.user_id, new)
        })
        .collect();
    let mut done = Done::default();
    let mut to_write = Vec::new();
    for new in &wanted {
        match present.get(&new.user_id) {
            None => done.added += 1,
            Some(old) if old == new => {
                done.unchanged += 1;
                continue;
            }
            Some(_) => done.changed += 1,
        }
        to_write.push(new.clone());
    }
    let named: HashSet<UserId> = wanted.iter().map(|new| new.user_id).collect();
    let mut gone: Vec<UserId> = present.keys().copied().filter(|user| !named.contains(user)).collect();
    gone.sort_unstable();
    match rest {
        Rest::Stays => gone.clear(),
        Rest::Goes if gone.len() * 100 > present.len() * CAREFUL_PERCENT => {
            return Err(too_many(gone.len(), present.len()));
        }
        Rest::Goes | Rest::GoesAll => {}
    }
    done.removed = gone.len();
    if to_write.is_empty() && gone.is_empty() {
        return Ok(done);
    }
    enrolments::put(tx, course, &to_write, app.clock.now()).await?;
    enrolments::remove(tx, course, &gone).await?;
    let written: Vec<_> =
        to_write.iter().map(|new| json!({ "user_id": new.user_id, "role": new.role })).collect();
    let detail = json!({ "written": written, "removed": gone });
    audit::record(app, tx, actor.id(), "roster.changed", (format!("course:{course}"), detail)).await?;
    tell_teams(app, tx, course).await?;
    Ok(done)
}

fn too_many(gone: usize, present: usize) -> Error {
    let numbers = [("gone", gone.into()), ("present", present.into()), ("percent", CAREFUL_PERCENT.into())];
    Error::Conflict(say_with("op-roster-too-many", &numbers))
}

/// Queues one job that brings the invitations of the course's future meetings up to date.
pub async fn tell_teams(app: &App, tx: &Tx, course: CourseId) -> Result<()> {
    let now = app.clock.now();
    jobs::enqueue(tx, JobKind::Roster, &format!("course:{course}"), now + DEBOUNCE, now).await?;
    Ok(())
}

/// Removes one person. `NotFound` if they are not in the course.
pub async fn remove(app: &App, actor: Actor<'_>, course: CourseId, user: UserId) -> Result<()> {
    actor.must(app, GlobalAct::Administer).await?;
    let tx = app.store.write().await?;
    courses::lock(&tx, course).await?.ok_or(Error::NotFound)?;
    if enrolments::remove(&tx, course, &[user]).await? == 0 {
        return Err(Error::NotFound);
    }
    let detail = json!({ "written": [], "removed": [user] });
    audit::record(app, &tx, actor.id(), "roster.changed", (format!("course:{course}"), detail)).await?;
    tell_teams(app, &tx, course).await?;
    tx.commit().await?;
    Ok(())
}

/// The people behind the names, each once.
async fn resolved(tx: &Tx, wanted: &[Wanted]) -> Result<Vec<NewEnrolment>> {
    let mut emails = Vec::new();
    let mut externals = Vec::new();
    let mut ids = Vec::new();
    for line in wanted {
        match &line.who {
            Who::Email(email) => emails.push(normal_email(email)),
            Who::External(external) => externals.push(external.trim().to_owned()),
            Who::Id(id) => ids.push(*id),
        }
    }
    let by_email = users::ids_by_email(tx, &emails).await?;
    let by_external = users::ids_by_external_id(tx, &externals).await?;
    let by_id: HashSet<UserId> = users::existing(tx, &ids).await?.into_iter().collect();
    let mut seen: HashMap<UserId, usize> = HashMap::new();
    let mut errors = Vec::new();
    let mut found = Vec::with_capacity(wanted.len());
    for (index, line) in wanted.iter().enumerate() {
        let (field, user) = match &line.who {
            Who::Email(email) => ("email", by_email.get(&normal_email(email)).copied()),
            Who::External(external) => ("external_id", by_external.get(external.trim()).copied()),
            Who::Id(id) => ("user_id", by_id.get(id).copied()),
        };
        let wrong = match user {
            None => Some((field, say("op-nobody-known"))),
            Some(user) => seen.insert(user, index).map(|first| {
                (field, say_with("op-same-person", &[("place", format!("enrolments[{first}]").into())]))
            }),
        }
        .or_else(|| section_fault(line.section.as_deref()).map(|fault| ("section", fault)))
        .or_else(|| day_fault(line.ends_on).map(|fault| ("ends_on", fault)));
        if let Some((field, message)) = wrong {
            errors.push(FieldError::new(format!("enrolments[{index}].{field}"), message));
        }
        let section =
            line.section.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        found.extend(user.map(|user_id| NewEnrolment {
            user_id,
            role: line.role,
            section,
            ends_on: line.ends_on,
        }));
    }
    if errors.is_empty() { Ok(found) } else { Err(Error::Invalid(errors)) }
}

fn day_fault(day: Option<NaiveDate>) -> Option<String> {
    let bad = day.is_some_and(|day| !is_plausible(day));
    bad.then(|| say("op-day-implausible"))
}

fn section_fault(section: Option<&str>) -> Option<String> {
    let bad = section.is_some_and(|text| text.chars().count() > 100 || text.chars().any(char::is_control));
    bad.then(|| say_with("op-one-line", &[("most", 100.into())]))
}
