//! `onrecord migrate`: brings the database to this version. Needed on PostgreSQL after each update.

use anyhow::Context as _;
use clap::Args;

use super::{Context, Failure, Outcome, out};
use crate::app;

/// Bring the database to this version.
#[derive(Debug, Args)]
pub struct MigrateArgs {}

/// Runs the command.
pub async fn run(context: &Context, _args: &MigrateArgs) -> Result<Outcome, Failure> {
    let config = context.config_and_log()?;
    let store = app::open_store(&config).await.context("opening the database")?;
    let applied = app::migrate(&config, &store).await.context("bringing the database to this version")?;
    if applied.is_empty() {
        out::print("The database is already this version's.");
    }
    for name in applied {
        out::print(&format!("Applied {name}."));
    }
    Ok(Outcome::AllWell)
}
