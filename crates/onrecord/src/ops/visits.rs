//! Counting who takes what. The first bytes of a visit are preceded by its row, its audit entry and its counter,
//! in one transaction: no entry, no bytes. Later ranges only add up in memory, until they are saved.

use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Result, audit};
use crate::app::App;
use crate::model::artifact::ArtifactKind;
use crate::model::id::VisitId;
use crate::model::visit::{AccessDetail, Trace, VisitKey, Way};
use crate::store::{privacy, visits};

/// How much of the counting a killed process may lose.
const SAVE_EVERY: Duration = Duration::from_secs(10);

/// The visit that a request goes on with, or a new one: written, counted and audited before this returns. How much is
/// written of who came is the school's choice; it is counted alike.
pub async fn open(app: &App, key: VisitKey, kind: ArtifactKind, trace: &Trace) -> Result<VisitId> {
    let now = app.clock.now();
    if let Some(visit) = app.delivery.resume_visit(key, now) {
        return Ok(visit);
    }
    let tx = app.store.write().await?;
    visits::lock(&tx, key.artifact_id).await?;
    let settings = privacy::of_artifact(&tx, key.artifact_id).await?.unwrap_or_default();
    let visitor = visitor(app, settings.detail, key);
    let visit = if let Some(visit) = visits::find_open(&tx, (key, &visitor), now).await? {
        visit
    } else {
        let named = Some(key.user_id).filter(|_| settings.detail == AccessDetail::Named);
        let nothing = Trace::default();
        let is_traced = settings.network && settings.detail != AccessDetail::CountsOnly;
        let trace = if is_traced { trace } else { &nothing };
        let visit = visits::insert(&tx, key, (&visitor, named, trace), now).await?;
        let detail = match settings.detail {
            AccessDetail::Named => json!({ "visit": visit, "user": key.user_id }),
            AccessDetail::Pseudonymous => json!({ "visit": visit, "visitor": visitor }),
            AccessDetail::CountsOnly => json!({}),
        };
        let about = (format!("{kind}:{}", key.artifact_id), detail);
        audit::record_visit(app, &tx, (visit, named), action(kind, key.way), about).await?;
        visit
    };
    tx.commit().await?;
    app.delivery.keep_visit(key, visit, now);
    Ok(visit)
}

/// What a visit is told apart by: the person, or a keyed hash that says nothing of them. It is another one in each
/// sort of detail, so that rows of before and after a change are not joined.
fn visitor(app: &App, detail: AccessDetail, key: VisitKey) -> String {
    let hash = |purpose: &str| app.secrets.fingerprint(purpose, &key.user_id.to_string());
    match detail {
        AccessDetail::Named => format!("u{}", key.user_id),
        AccessDetail::Pseudonymous => format!("p{}", &hash("visitor")[..20]),
        AccessDetail::CountsOnly => format!("c{}", &hash("counted visitor")[..20]),
    }
}

fn action(kind: ArtifactKind, way: Way) -> &'static str {
    match (kind, way) {
        (ArtifactKind::Recording, Way::Watch) => "recording.watched",
        (ArtifactKind::Recording, Way::Download) => "recording.downloaded",
        (ArtifactKind::Transcript, _) => "transcript.read",
        (ArtifactKind::File, _) => "file.downloaded",
    }
}

/// Saves what was sent every few seconds until `done`, and once more then. For the process that sends.
pub async fn keep(app: &App, done: &CancellationToken) {
    let mut last = false;
    while !last {
        tokio::select! {
            () = done.cancelled() => last = true,
            () = tokio::time::sleep(SAVE_EVERY) => {}
        }
        if let Err(error) = save(app).await {
            tracing::error!(%error, "visits could not be saved; they are kept for the next time");
        }
    }
}

/// Saves what was sent since the last time and returns how many visits that concerned. To be called every few
/// seconds and at the end of the process.
pub async fn save(app: &App) -> Result<usize> {
    let unsaved = app.delivery.take_unsaved(app.clock.now());
    if unsaved.is_empty() {
        return Ok(0);
    }
    let saved = async {
        let tx = app.store.write().await?;
        for (visit, what) in &unsaved {
            visits::add(&tx, *visit, what.bytes as i64, what.last).await?;
        }
        tx.commit().await
    };
    if let Err(error) = saved.await {
        app.delivery.put_back(&unsaved);
        return Err(error.into());
    }
    Ok(unsaved.len())
}
