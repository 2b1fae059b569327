//! What the timetable puts into the queue: meetings whose time to be looked at has come, and the deltas of organizers,
//! often while a class of theirs is due and seldom otherwise.

use std::collections::{HashMap, HashSet};

use chrono::Duration;

use super::super::Result;
use super::context::patience;
use super::delta::organizer_subject;
use crate::app::App;
use crate::model::job::JobKind;
use crate::store::{self, delta, jobs};

/// Meetings put into the queue at one time.
const BATCH: i64 = 500;

/// A meeting whose job left no conclusion is planned again after this time.
const AGAIN: Duration = Duration::minutes(10);

/// Puts what is due into the queue and returns how many jobs that were. Repeating it adds nothing.
pub async fn plan_work(app: &App) -> Result<usize> {
    let meetings = plan_meetings(app).await?;
    let organizers = plan_deltas(app).await?;
    if meetings + organizers > 0 {
        app.work.notify_one();
    }
    Ok(meetings + organizers)
}

async fn plan_meetings(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let due = store::sync::due(&app.store, now, BATCH).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let tx = app.store.write().await?;
    for meeting in &due {
        // The reading plans the next look itself; this stands only if it never ends.
        store::sync::postpone(&tx, *meeting, now + AGAIN).await?;
        jobs::enqueue(&tx, JobKind::Sync, &format!("meeting:{meeting}"), now, now).await?;
    }
    tx.commit().await?;
    Ok(due.len())
}

async fn plan_deltas(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let often = Duration::seconds(i64::from(app.config.sync.poll_seconds.get()));
    let seldom = Duration::seconds(i64::from(app.config.sync.idle_seconds.get()));
    let read: HashMap<_, _> = delta::rounds(&app.store).await?.into_iter().collect();
    let due: HashSet<_> =
        delta::organizers_due(&app.store, now, now - patience(app).looking).await?.into_iter().collect();
    let mut all = delta::organizers_known(&app.store).await?;
    all.extend(due.iter().filter(|organizer| !all.contains(organizer)).cloned().collect::<Vec<_>>());
    let is_stale = |organizer: &delta::Organizer| {
        let pause = if due.contains(organizer) { often.min(seldom) } else { seldom };
        read.get(organizer).is_none_or(|read| now >= *read + pause)
    };
    let stale: Vec<_> = all.into_iter().filter(is_stale).collect();
    if stale.is_empty() {
        return Ok(0);
    }
    let tx = app.store.write().await?;
    for organizer in &stale {
        jobs::enqueue(&tx, JobKind::Delta, &organizer_subject(organizer), now, now).await?;
    }
    tx.commit().await?;
    Ok(stale.len())
}
