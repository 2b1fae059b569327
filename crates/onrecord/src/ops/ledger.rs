//! Taking the expectation ledger out of the house: every export is on record with what it was narrowed to, before its
//! first byte.

use serde_json::Value;

use super::{Result, audit, rights};
use crate::app::App;
use crate::model::access::{GlobalAct, Viewer};

/// Notes that `viewer` takes the ledger out, narrowed to `filter`; refuses whoever may not oversee the installation.
pub async fn note_export(app: &App, viewer: &Viewer, filter: Value) -> Result<()> {
    rights::global(app, viewer, GlobalAct::Oversee).await?;
    let tx = app.store.write().await?;
    let about = ("installation:0".to_owned(), filter);
    audit::record(app, &tx, Some(viewer.user_id), "ledger.exported", about).await?;
    Ok(tx.commit().await?)
}
