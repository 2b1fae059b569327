//! What an administrator says of a Teams meeting policy that Graph does not show. Each answer is kept with date and
//! person; the findings that asked for it follow at the next examination.

use serde_json::json;

use super::actor::Actor;
use super::{Result, audit, doctor, integration};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::policy::{PolicyAnswer, PolicyTopic};
use crate::store::policies;

/// Keeps an answer and examines the connection again.
pub async fn confirm(
    app: &App,
    actor: Actor<'_>,
    topic: PolicyTopic,
    answer: PolicyAnswer,
) -> Result<doctor::Examination> {
    actor.must(app, GlobalAct::Administer).await?;
    let id = integration::load(app).await?.integration.id;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    policies::put(&tx, id, (topic, answer), (actor.id(), now)).await?;
    let about = (format!("integration:{id}"), json!({ "policy": topic, "answer": answer }));
    audit::record(app, &tx, actor.id(), "policy.confirmed", about).await?;
    tx.commit().await?;
    doctor::examine(app).await
}
