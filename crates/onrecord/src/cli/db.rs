//! `onrecord db copy --to URL`: moves the database between SQLite and PostgreSQL.

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::{Context, Failure, Outcome, out, serve};
use crate::app;
use crate::store::{Store, copy, sqlite_file};

/// Work on the database as a whole.
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Copy every row into another, empty database. Stop the server first.
    Copy(CopyArgs),
}

/// Options of `db copy`.
#[derive(Debug, Args)]
pub struct CopyArgs {
    /// The database to fill: <sqlite://PATH> or postgres://…
    #[arg(long, value_name = "URL")]
    to: String,
}

/// Runs the command.
pub async fn run(context: &Context, command: &DbCommand) -> Result<Outcome, Failure> {
    let DbCommand::Copy(args) = command;
    let config = context.config_and_log()?;
    let _lock = serve::lock(&config)?;
    let from = app::open_store(&config).await.map_err(|error| Failure::Usage(error.to_string()))?;
    from.require_current_schema().await.map_err(|error| Failure::Usage(error.to_string()))?;
    let source_file = sqlite_file(config.database_url().expose());
    if let (Some(_), Some(target)) = (source_file, sqlite_file(&args.to)) {
        if target.exists() {
            return Err(Failure::Usage(format!(
                "--to: {} exists already; name a new file",
                target.display()
            )));
        }
        from.copy_to(&target).await.context("copying the SQLite file")?;
        out::print(&format!("Copied to {}.", target.display()));
        return Ok(Outcome::AllWell);
    }
    let to = Store::open(&args.to).await.map_err(|error| Failure::Usage(format!("--to: {error}")))?;
    to.migrate().await.context("making the schema in the target")?;
    let copied = copy::copy_all(&from, &to).await.context("copying the rows")?;
    for (table, rows) in copied.iter().filter(|(_, rows)| *rows > 0) {
        out::print(&format!("{table}: {rows} rows"));
    }
    let total: u64 = copied.iter().map(|(_, rows)| rows).sum();
    out::print(&format!(
        "{total} rows copied. Set ONRECORD_DATABASE_URL to the new database and start OnRecord."
    ));
    Ok(Outcome::AllWell)
}
