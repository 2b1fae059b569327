//! `onrecord backup`: the database as one file with a manifest beside it, while OnRecord runs. On PostgreSQL it prints what
//! its own tools are to be told.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::verify::{self, Shown};
use super::{Context, Failure, Outcome, out};
use crate::clock::Clock;
use crate::config::Config;
use crate::ops::backup::{self, Checked};
use crate::ops::verify as ops_verify;

/// Back up the database into a new file, while OnRecord runs. Back up the archive and keep the secret key besides.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write, or a folder in which it is named by its moment. On PostgreSQL: none.
    file: Option<PathBuf>,
    /// Write nothing: examine that backup, or without FILE the database in use, as after `pg_restore`.
    #[arg(long)]
    check: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Runs `onrecord backup`.
pub async fn run(context: &Context, args: &BackupArgs) -> Result<Outcome, Failure> {
    match (&args.file, args.check) {
        (Some(file), true) => {
            let checked = backup::check(file).await?;
            tell_check(&checked, args)
        }
        (None, true) => {
            let app = super::open(context.config_and_log()?, Clock::System).await?;
            let report = ops_verify::restored(&app).await.context("examining the database")?;
            verify::tell(&report, if args.json { Shown::Json } else { Shown::Words })
        }
        (file, false) => make(context, file.as_ref(), args).await,
    }
}

async fn make(context: &Context, file: Option<&PathBuf>, args: &BackupArgs) -> Result<Outcome, Failure> {
    let config = context.config_and_log()?;
    let file = match (file, config.is_postgres()) {
        (Some(file), false) => file,
        (None, true) => {
            out::print(&for_postgres(&config));
            return Ok(Outcome::AllWell);
        }
        (Some(_), true) => {
            let why = "the database is PostgreSQL: nothing was written. `onrecord backup` without FILE prints the lines for pg_dump";
            return Err(Failure::Usage(why.to_owned()));
        }
        (None, false) => {
            return Err(Failure::Usage(
                "name the file to write, or a folder: onrecord backup FILE".to_owned(),
            ));
        }
    };
    let app = super::open(config, Clock::System).await?;
    let made = backup::make(&app, file).await?;
    if args.json {
        out::print(&serde_json::to_string_pretty(&made.manifest).context("writing JSON")?);
        return Ok(Outcome::AllWell);
    }
    let rows: i64 = made.manifest.rows.values().sum();
    out::print(&format!(
        "{} ({} MiB, {rows} rows), described by {}.\nBesides keep the archive ({}) and the secret key {}: it is not in the \
         backup, and without it the secrets in the database must be entered anew.",
        made.file.display(),
        made.manifest.size_bytes.div_ceil(1024 * 1024),
        made.manifest_file.display(),
        made.manifest.archive,
        made.manifest.secret_key_id
    ));
    if !made.manifest.audit_head.is_empty() {
        out::print(&format!("Head of the audit, to be kept elsewhere:\n{}", made.manifest.audit_head));
    }
    Ok(Outcome::AllWell)
}

fn tell_check(checked: &Checked, args: &BackupArgs) -> Result<Outcome, Failure> {
    if args.json {
        out::print(&serde_json::to_string_pretty(checked).context("writing JSON")?);
    } else {
        for problem in &checked.problems {
            out::print(problem);
        }
        let word = if checked.ok { "whole" } else { "DAMAGED" };
        let Checked { manifest, .. } = checked;
        out::print(&format!(
            "The backup of {} by OnRecord {} is {word}. Its secrets open with the key {}.",
            manifest.made_at.format("%Y-%m-%d %H:%M:%S UTC"),
            manifest.version,
            manifest.secret_key_id
        ));
    }
    Ok(if checked.ok { Outcome::AllWell } else { Outcome::SomethingFailed })
}

/// What to type for PostgreSQL, with this database's address without its password.
pub(super) fn for_postgres(config: &Config) -> String {
    let database_url = config.database_url();
    let mut url = url::Url::parse(database_url.expose()).ok();
    if let Some(url) = &mut url {
        // The password stays out of shell histories: pg_dump takes it from PGPASSWORD or ~/.pgpass.
        let _ = url.set_password(None);
    }
    let address =
        url.as_ref().map_or_else(|| "postgres://USER@HOST/DATABASE".to_owned(), ToString::to_string);
    let name = url.as_ref().map_or("onrecord", |url| url.path().trim_start_matches('/')).to_owned();
    let restored = match &url {
        Some(url) => {
            let mut url = url.clone();
            url.set_path(&format!("{name}_restored"));
            url.to_string()
        }
        None => "postgres://USER@HOST/DATABASE_restored".to_owned(),
    };
    let maintenance = match url {
        Some(mut url) => {
            url.set_path("postgres");
            url.to_string()
        }
        None => "postgres://USER@HOST/postgres".to_owned(),
    };
    format!(
        "The database is PostgreSQL; its own tools make a consistent copy while OnRecord runs.\n\
         \n\
         Back up:\n\
         \n    pg_dump --format=custom --no-owner --file=onrecord.dump '{address}'\n\
         \n\
         Put back, into a new database, with every `onrecord serve` and `worker` stopped:\n\
         \n    psql --command='CREATE DATABASE \"{name}_restored\"' '{maintenance}'\n\
         \x20   pg_restore --no-owner --exit-on-error --single-transaction --dbname='{restored}' onrecord.dump\n\
         \n\
         Then set ONRECORD_DATABASE_URL to it and, before anything is started:\n\
         \n    onrecord migrate\n\
         \x20   onrecord restore --finish\n\
         \x20   onrecord backup --check\n\
         \x20   onrecord verify\n\
         \n\
         `restore --finish` removes again what was purged or erased since the dump, as the archive's journal tells, ends all\n\
         sessions and links that set a password, and revokes all API tokens. Besides the dump keep the archive and ONRECORD_SECRET_KEY: neither is in it."
    )
}
