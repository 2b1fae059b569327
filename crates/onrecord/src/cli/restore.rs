//! `onrecord restore`: puts a backup back, keeps what was there, and removes again what was removed since.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::{Context, Failure, Outcome, out, serve};
use crate::clock::Clock;
use crate::ops::backup::{self, Concluded, Existing, PutBack};

/// Put a backup in the place of the database. Stop OnRecord first. The database that is there is kept beside it.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup: its file, its manifest, or a folder of backups (then the newest).
    #[arg(required_unless_present = "finish")]
    file: Option<PathBuf>,
    /// The database was put back by other means, such as `pg_restore`: only remove again what was removed since, end all
    /// sessions and links, and revoke all API tokens.
    #[arg(long, conflicts_with = "file")]
    finish: bool,
    /// Put it back even if the database holds what happened after the backup.
    #[arg(long)]
    set_aside_newer: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Runs `onrecord restore`.
pub async fn run(context: &Context, args: &RestoreArgs) -> Result<Outcome, Failure> {
    let config = context.config_and_log()?;
    let _lock = serve::lock(&config)?;
    let existing = if args.set_aside_newer { Existing::SetAside } else { Existing::Keep };
    let put_back = match &args.file {
        Some(file) => Some(backup::put_back(&config, file, existing, Clock::System.now()).await?),
        None => None,
    };
    let app = super::open(config, Clock::System).await?;
    let manifest = put_back.as_ref().map(|put_back| &put_back.manifest);
    let concluded = backup::conclude(&app, manifest).await.context(
        "the database was put back, but what was removed since could not be removed again. Do not start OnRecord before \
         `onrecord restore --finish` succeeds",
    )?;
    let has_key = manifest.is_none_or(|manifest| app.secrets.has(&manifest.secret_key_id));
    if args.json {
        let Concluded { applied, ended } = concluded;
        let document =
            json!({ "put_back": put_back, "applied": applied, "ended": ended, "has_secret_key": has_key });
        out::print(&serde_json::to_string_pretty(&document).context("writing JSON")?);
    } else {
        if let Some(PutBack { manifest, .. }) = put_back.as_ref().filter(|_| !has_key) {
            out::print(&format!(
                "The secret key {} is missing: add it to ONRECORD_SECRET_KEY, or enter the connection's secret anew.",
                manifest.secret_key_id
            ));
        }
        tell(put_back.as_ref(), concluded);
    }
    Ok(Outcome::AllWell)
}

fn tell(put_back: Option<&PutBack>, Concluded { applied, ended }: Concluded) {
    if let Some(PutBack { manifest, set_aside }) = put_back {
        out::print(&format!("The backup of {} is back.", manifest.made_at.format("%Y-%m-%d %H:%M:%S UTC")));
        if let Some(aside) = set_aside {
            out::print(&format!("The database that was there is kept as {}.", aside.display()));
        }
    }
    out::print(&format!(
        "Removed again: {} recordings and files purged, attendance or chat of {} classes, {} people erased.\n\
         Ended: {} sessions, {} invitations and links that set a password, {} API tokens: some may have been ended since the \
         backup. Everybody signs in anew; make the tokens that programs need anew with `onrecord token create`; disable \
         again whom you disabled since.\n\
         Now run `onrecord verify`.",
        applied.purged, applied.removed, applied.erased, ended.sessions, ended.links, ended.tokens
    ));
}
