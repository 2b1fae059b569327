//! Putting a backup back. The database that is there is kept aside, never deleted; what was removed since the backup is
//! removed again before anybody is served.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{check, failed, find, on_files, protect, sum, sync, sync_folder};
use crate::app::App;
use crate::config::Config;
use crate::model::backup::Manifest;
use crate::ops::journal::Applied;
use crate::ops::{Error, Result, audit, journal};
use crate::store::backup::{self, Ended};
use crate::store::{self, Store};

/// What is done with a database that holds more than the backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays: nothing is put back.
    Keep,
    /// It is set aside.
    SetAside,
}

/// A backup that was put back.
#[derive(Debug, Clone, serde::Serialize)]
pub struct PutBack {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Where the database that was there lies now.
    pub set_aside: Option<PathBuf>,
}

/// Puts a backup in the place of the database that the settings name. The caller holds the lock of the data directory.
/// `Invalid` if it is no backup, is damaged, comes from a newer version, or the database holds entries written after it
/// and `existing` says to keep it.
pub async fn put_back(
    config: &Config,
    path: &Path,
    existing: Existing,
    now: DateTime<Utc>,
) -> Result<PutBack> {
    let Some(database) = store::sqlite_file(config.database_url().expose()) else {
        return Err(Error::invalid(
            "FILE",
            "the database is PostgreSQL: use pg_restore, as `onrecord backup` shows, then `onrecord restore --finish`",
        ));
    };
    let checked = check(path).await?;
    if !checked.ok {
        return Err(Error::invalid("FILE", checked.problems.join(" ")));
    }
    let (file, manifest) = find(path).await?;
    if database.exists() {
        settle(&database, &manifest, existing).await?;
    }
    let wanted = manifest.sha256.clone();
    let set_aside = on_files(move || exchange(&file, &database, &wanted, now)).await?;
    Ok(PutBack { manifest, set_aside })
}

/// Brings the database that is there in order, so that its file alone is all of it, and compares it with the backup.
async fn settle(database: &Path, manifest: &Manifest, existing: Existing) -> Result<()> {
    if let Ok(store) = Store::open(&format!("sqlite://{}", database.display())).await {
        store.fold().await.ok();
    }
    let newest = match backup::examine(database).await {
        Ok(contents) => contents.audit_at,
        Err(error) => {
            tracing::warn!(%error, "the database that is there cannot be read; it is set aside as it is");
            None
        }
    };
    match newest {
        Some(at) if at > manifest.made_at && existing == Existing::Keep => Err(Error::invalid(
            "FILE",
            format!(
                "the database holds what happened after the backup, until {}; add --set-aside-newer to put the backup of \
                 {} in its place all the same (the database is kept beside it)",
                at.format("%Y-%m-%d %H:%M:%S UTC"),
                manifest.made_at.format("%Y-%m-%d %H:%M:%S UTC")
            ),
        )),
        _ => Ok(()),
    }
}

/// Copies the backup beside the database, proves the copy, keeps the old file under another name and exchanges them in
/// one step.
fn exchange(file: &Path, database: &Path, sha256: &str, now: DateTime<Utc>) -> Result<Option<PathBuf>> {
    let with = |end: &str| PathBuf::from(format!("{}{end}", database.display()));
    if let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    }
    let draft = with(".restoring");
    std::fs::copy(file, &draft).map_err(|error| failed(&draft, &error))?;
    protect(&draft)?;
    sync(&draft)?;
    let (_, copied) = sum(&draft)?;
    if copied != sha256 {
        return Err(Error::Corrupt(format!("{} was not copied as it is; look at the disk.", file.display())));
    }
    let moment = now.format("%Y%m%dT%H%M%S%6fZ");
    let aside = with(&format!(".before-restore-{moment}"));
    let was_there = database.exists();
    if was_there {
        if aside.exists() {
            return Err(Error::Conflict(format!("{} exists already.", aside.display())));
        }
        for (log, kept) in backup::beside(database).iter().zip(backup::beside(&aside)) {
            if log.exists() {
                std::fs::rename(log, &kept).map_err(|error| failed(log, &error))?;
            }
        }
        // With a second name the old file is kept while the first one changes hands in one step.
        if std::fs::hard_link(database, &aside).is_err() {
            std::fs::rename(database, &aside).map_err(|error| failed(database, &error))?;
        }
    }
    std::fs::rename(&draft, database).map_err(|error| failed(database, &error))?;
    sync_folder(database)?;
    Ok(was_there.then_some(aside))
}

/// What was done to a database that was put back.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Concluded {
    /// What was removed again.
    pub applied: Applied,
    /// How many sign-ins it would have brought back.
    pub ended: Ended,
}

/// Makes a database that was put back good to be served: everybody signs in anew, API tokens are made anew, what was removed
/// since the backup is removed again, and the audit says what happened. Without a manifest PostgreSQL's own tools put it
/// back.
pub async fn conclude(app: &App, manifest: Option<&Manifest>) -> Result<Concluded> {
    let tx = app.store.write().await?;
    let ended = backup::end_sign_ins(&tx, app.clock.now()).await?;
    let detail = json!({
        "made_at": manifest.map(|manifest| manifest.made_at), "version": manifest.map(|manifest| &manifest.version),
        "sha256": manifest.map(|manifest| &manifest.sha256), "sessions_ended": ended.sessions,
        "links_ended": ended.links, "tokens_revoked": ended.tokens,
    });
    audit::record(app, &tx, None, "database.restored", ("database:all".to_owned(), detail)).await?;
    tx.commit().await?;
    let applied = journal::settle(app).await?;
    audit::seal(app).await?;
    Ok(Concluded { applied, ended })
}
