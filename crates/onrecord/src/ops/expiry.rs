//! Microsoft deletes recordings after a time that no program can read. OnRecord estimates it, copies in time, and tells
//! while something can still be done; what a person knows better goes before the estimate.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::json;

use super::actor::Actor;
use super::media::{self, SeenMedium, Wanted};
use super::{Error, Result, alerts, audit, integration, keep, say};
use crate::app::App;
use crate::config::CopyPolicy;
use crate::model::access::{Act, GlobalAct, Viewer};
use crate::model::alert::AlertKind;
use crate::model::expiry;
use crate::model::id::ArtifactId;
use crate::model::job::JobKind;
use crate::store::expiry::{self as rows, Uncopied};
use crate::store::jobs;

/// Rows handled in one transaction.
const BATCH: i64 = 200;

/// Alarms are raised for what expires within this time.
const FIRST_ALARM: TimeDelta = TimeDelta::days(30);

/// A copy that was given up is tried again after this time.
const AGAIN_AFTER: TimeDelta = TimeDelta::hours(24);

/// The latest year that a person may give.
const LATEST: i32 = 2199;

/// The duty: queues the copies whose time has come, and raises and resolves alarms.
pub(crate) async fn watch(app: &App) -> Result<()> {
    queue_copies(app).await?;
    alarm(app).await?;
    still(app).await?;
    keep::remove_due(app).await
}

/// Queues a copy of everything that the policy wants copied by now. One that was given up is tried again each day.
async fn queue_copies(app: &App) -> Result<()> {
    let now = app.clock.now();
    let due = match app.config.archive.copy {
        CopyPolicy::Asked => return Ok(()),
        CopyPolicy::InTime => {
            let days = TimeDelta::days(i64::from(app.config.archive.days_before_expiry.get()));
            rows::uncopied_before(&app.store, now + days, 10_000).await?
        }
        CopyPolicy::AtOnce => {
            let mut all: Vec<Uncopied> = Vec::new();
            loop {
                let after = all.last().map_or(ArtifactId(0), |one| one.id);
                let page = rows::uncopied_all(&app.store, after, 1_000).await?;
                if page.is_empty() {
                    break all;
                }
                all.extend(page);
            }
        }
    };
    let mut subjects: Vec<String> = due.iter().map(|one| keep::subject(one.id)).collect();
    if subjects.is_empty() {
        return Ok(());
    }
    let given_up = jobs::given_up(&app.store, JobKind::Copy).await?;
    let tx = app.store.write().await?;
    for (job, subject, at) in given_up {
        if !subjects.contains(&subject) {
            continue;
        }
        subjects.retain(|other| *other != subject);
        if now - at >= AGAIN_AFTER {
            jobs::revive(&tx, job, now).await?;
        }
    }
    jobs::enqueue_missing(&tx, JobKind::Copy, &subjects, now, now).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(())
}

/// One alarm for each class with something that expires soon and was not copied; it grows graver with time.
async fn alarm(app: &App) -> Result<()> {
    let now = app.clock.now();
    let soon = rows::uncopied_before(&app.store, now + FIRST_ALARM, 10_000).await?;
    let mut told = std::collections::HashSet::new();
    for batch in soon.chunks(BATCH as usize) {
        let tx = app.store.write().await?;
        // The soonest comes first: it says how grave it is.
        for one in batch.iter().filter(|one| told.insert(one.meeting_id)) {
            let Some(level) = one.expires_at.and_then(|at| expiry::alarm(at - now)) else { continue };
            let days = level.to_string();
            alerts::raise_by_degrees(app, &tx, one.meeting_id, AlertKind::Expiring, &days).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Ends alarms that have no reason any more: copied, corrected, or gone.
async fn still(app: &App) -> Result<()> {
    let now = app.clock.now();
    let open = rows::alarmed(&app.store, 10_000).await?;
    for batch in open.chunks(BATCH as usize) {
        let tx = app.store.write().await?;
        for meeting in batch {
            let soonest = rows::soonest_of(&tx, *meeting).await?;
            if soonest.is_none_or(|at| at - now > FIRST_ALARM) {
                alerts::resolve(app, &tx, *meeting, &[AlertKind::Expiring]).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(())
}

/// What a person says of a recording's expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// Microsoft deletes it on this day.
    On(NaiveDate),
    /// Microsoft keeps it.
    Never,
}

/// Staff correct the estimate, as the file's own page in OneDrive says it.
pub async fn correct(app: &App, viewer: &Viewer, id: ArtifactId, said: Correction) -> Result<SeenMedium> {
    use chrono::Datelike as _;
    let wanted = Wanted::recording(id);
    let seen = media::see(app, viewer, wanted, Act::Hide).await?;
    let expires_at: Option<DateTime<Utc>> = match said {
        Correction::Never => None,
        Correction::On(day) if (2000..=LATEST).contains(&day.year()) => {
            day.and_hms_opt(0, 0, 0).map(|midnight| midnight.and_utc())
        }
        Correction::On(_) => return Err(Error::invalid("expected_expiry_on", say("op-expiry-date"))),
    };
    let before = seen.placed.medium.expected_expiry_at;
    let tx = app.store.write().await?;
    rows::correct(&tx, id, expires_at, (Some(viewer.user_id), app.clock.now())).await?;
    let about = (wanted.subject(), json!({ "before": before, "after": expires_at }));
    audit::record(app, &tx, Some(viewer.user_id), "recording.expiry_corrected", about).await?;
    tx.commit().await?;
    queue_copies(app).await?;
    alarm(app).await?;
    still(app).await?;
    media::see(app, viewer, wanted, Act::Hide).await
}

/// Says how many days the tenant lets new recordings live; 0 if for ever. What was estimated before stays: a changed
/// policy does not touch the files that are there.
pub async fn set_days(app: &App, actor: Actor<'_>, days: i64) -> Result<()> {
    actor.must(app, GlobalAct::Administer).await?;
    if let Some(by) = integration::locked_by(app, "teams.recording_expiry_days") {
        return Err(Error::Conflict(format!("{by} sets this; change it there.")));
    }
    if !(0..=99_999).contains(&days) {
        return Err(Error::invalid("days", say("op-expiry-days")));
    }
    let id = integration::load(app).await?.integration.id;
    let tx = app.store.write().await?;
    let before = rows::days_of(&tx, id).await?;
    rows::set_days(&tx, id, days).await?;
    let about = (format!("integration:{id}"), json!({ "before": before, "after": days }));
    audit::record(app, &tx, actor.id(), "integration.expiry_days_changed", about).await?;
    Ok(tx.commit().await?)
}
