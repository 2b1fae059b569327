//! A course's people changed: its invitations follow. All meetings still to come are marked; those within two weeks
//! are told at once, the others when they come near.

use chrono::TimeDelta;

use super::Result;
use super::schedule::meeting_subject;
use crate::app::App;
use crate::model::id::CourseId;
use crate::model::job::JobKind;
use crate::store::{jobs, meetings};

/// Invitations of classes further ahead wait: rosters change most at the beginning of a term.
pub(crate) const NEAR: TimeDelta = TimeDelta::days(14);

/// Queues what the change means for each meeting; the change itself was debounced by its own job.
pub async fn changed(app: &App, course: CourseId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let near = meetings::mark_course_changed(&tx, course, now + NEAR, now).await?;
    let subjects: Vec<String> = near.into_iter().map(meeting_subject).collect();
    jobs::enqueue_many(&tx, JobKind::Update, &subjects, now, now).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(())
}
