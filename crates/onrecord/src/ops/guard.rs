//! Queues the looks of the guard: before class whether recording is still switched on, while it runs whether it is being
//! recorded. When they are due stands in the rows, so that moving a class moves them and cancelling it drops them.

use super::schedule::meeting_subject;
use super::{Result, alerts};
use crate::app::App;
use crate::model::guard;
use crate::model::job::JobKind;
use crate::store::{jobs, meetings};

/// Looks queued in one transaction.
const BATCH: i64 = 200;

/// Queues what is due, plans the look after it in the same transaction, and returns how many that were. Repeating it
/// adds nothing.
pub async fn plan(app: &App) -> Result<usize> {
    let mut planned = 0;
    loop {
        let now = app.clock.now();
        let due = meetings::guard_due(&app.store, now, BATCH).await?;
        if due.is_empty() {
            break;
        }
        let tx = app.store.write().await?;
        for class in &due {
            let kind = if class.starts_at > now { JobKind::Verify } else { JobKind::Watch };
            jobs::enqueue(&tx, kind, &meeting_subject(class.id), now, now).await?;
            let next = guard::next((class.starts_at, class.ends_at), now);
            meetings::set_guard(&tx, class.id, next).await?;
        }
        tx.commit().await?;
        planned += due.len();
    }
    alerts::forget_outlived(app).await?;
    if planned > 0 {
        app.work.notify_one();
    }
    Ok(planned)
}
