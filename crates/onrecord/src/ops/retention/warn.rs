//! What the policies will remove within two weeks, so that whoever teaches is told while it can still be kept. Only
//! recordings are told: they are what somebody would miss.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::pages::{Pages, Which};
use crate::app::App;
use crate::model::id::{CourseId, MeetingId};
use crate::model::retention::{self as rules, Kept, Nature, Ruling};
use crate::ops::{Result, bin};
use crate::store::retention::things::{self, Placed};
use crate::store::{holds, retention};

/// Told so long before.
const AHEAD: TimeDelta = TimeDelta::days(14);

/// The classes of which a recording will be removed within two weeks, with their courses. Holds are not asked for.
pub(crate) async fn classes(app: &App) -> Result<BTreeMap<MeetingId, CourseId>> {
    let policies = retention::in_force(&app.store).await?;
    let mut classes = BTreeMap::new();
    if !policies.iter().any(|policy| policy.nature == Nature::Removal) {
        return Ok(classes);
    }
    let soon = app.clock.now() + AHEAD;
    let mut pages = Pages::of(app, Which::Artifacts, soon);
    while let Some(found) = pages.next().await? {
        for placed in found.iter().filter(|placed| is_there(placed)) {
            if removal(&rules::judge(&placed.thing, &policies, None, soon)).is_some() {
                classes.insert(placed.meeting, placed.thing.course_id);
            }
        }
    }
    Ok(classes)
}

/// When the first recording of a class is removed, if that is within two weeks and nothing holds it.
pub(crate) async fn first(app: &App, meeting: MeetingId) -> Result<Option<DateTime<Utc>>> {
    let (now, spared) = (app.clock.now(), bin::time(app));
    let policies = retention::in_force(&app.store).await?;
    let all = holds::on_class(&app.store, meeting, now).await?;
    let recordings = things::recordings(&app.store, meeting, spared).await?;
    let due = recordings.iter().filter(|placed| is_there(placed)).filter_map(|placed| {
        let hold = all.iter().find(|hold| placed.artifact.is_some_and(|id| hold.keeps(id)));
        removal(&rules::judge(&placed.thing, &policies, hold, now + AHEAD))
    });
    Ok(due.min())
}

fn is_there(placed: &Placed) -> bool {
    placed.thing.kind == Kept::Recording && placed.purged_at.is_none() && !placed.facts.is_binned()
}

fn removal(ruling: &Ruling) -> Option<DateTime<Utc>> {
    match ruling {
        Ruling::Kept(..) => None,
        Ruling::CopyFirst(_, due) | Ruling::Due(_, due) => Some(*due),
    }
}
