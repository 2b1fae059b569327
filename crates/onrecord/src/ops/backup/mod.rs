//! Backups of the database: a consistent file made while OnRecord runs, with a manifest beside it, and the way back. The
//! archive is not part of it, nor is the secret key.

mod restore;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Error, Result, audit};
use crate::app::App;
use crate::model::backup::{FORMAT, Manifest};
use crate::model::hex::hex;
use crate::store::backup::{self, Contents};

pub use restore::{Concluded, Existing, PutBack, conclude, put_back};

/// Bytes read at a time while hashing.
const PIECE: usize = 1 << 20;

/// A backup that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// The database's file.
    pub file: PathBuf,
    /// The manifest's.
    pub manifest_file: PathBuf,
    /// What it says.
    pub manifest: Manifest,
}

/// What a look at a backup found.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Checked {
    /// True if it can be put back.
    pub ok: bool,
    /// What its manifest says.
    pub manifest: Manifest,
    /// What is wrong with it; empty when all is well.
    pub problems: Vec<String>,
}

/// The manifest that stands beside a backup.
pub fn manifest_beside(file: &Path) -> PathBuf {
    PathBuf::from(format!("{}.json", file.display()))
}

/// What a file system said, as an error.
fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::NotReady(format!("{}: {error}", path.display()))
}

/// Does work on files where it holds nobody up.
async fn on_files<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::NotReady(format!("Working on files was given up: {error}")))?
}

/// Writes a backup to `target`: a new file, or a folder in which it is named by its moment. It counts when this returns:
/// it is whole, on the disk, and was looked into.
pub async fn make(app: &App, target: &Path) -> Result<Made> {
    if app.config.is_postgres() {
        return Err(Error::invalid(
            "FILE",
            "the database is PostgreSQL: use pg_dump, as `onrecord backup` without FILE shows",
        ));
    }
    let now = app.clock.now();
    let file = if target.is_dir() || target.as_os_str().to_string_lossy().ends_with('/') {
        target.join(format!("onrecord-{}.db", now.format("%Y%m%dT%H%M%SZ")))
    } else {
        target.to_owned()
    };
    let manifest_file = manifest_beside(&file);
    let name = file.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let Some(name) = name else { return Err(Error::invalid("FILE", "name a file or a folder")) };
    if let Some(there) = [&file, &manifest_file].into_iter().find(|path| path.exists()) {
        let message = format!("{} exists already; a backup is never overwritten", there.display());
        return Err(Error::invalid("FILE", message));
    }
    let draft = PathBuf::from(format!("{}.unfinished", file.display()));
    on_files({
        let draft = draft.clone();
        move || prepare(&draft)
    })
    .await?;
    // All of the database goes out of the house; the copy itself says so.
    let tx = app.store.write().await?;
    let about = ("database:all".to_owned(), json!({ "file": name }));
    audit::record(app, &tx, None, "database.backed_up", about).await?;
    tx.commit().await?;
    audit::seal(app).await?;
    let made_at = app.clock.now();
    app.store.back_up(&draft).await?;
    let contents = backup::examine(&draft).await?;
    if let Some(damage) = contents.damage.first() {
        return Err(Error::Corrupt(format!("The database is damaged, no backup was made: {damage}")));
    }
    let manifest = describe(app, &contents, (name, made_at))?;
    let made = on_files(move || finish(&draft, file, manifest_file, manifest)).await?;
    // Only now it is one: `doctor` believes no backup that was begun and never came to its end.
    let Manifest { file, size_bytes, sha256, .. } = &made.manifest;
    let tx = app.store.write().await?;
    let about = json!({ "file": file, "size_bytes": size_bytes, "sha256": sha256 });
    audit::record(app, &tx, None, "database.backup_proved", ("database:all".to_owned(), about)).await?;
    tx.commit().await?;
    audit::seal(app).await?;
    Ok(made)
}

/// Makes the folder and removes what an earlier try left.
fn prepare(draft: &Path) -> Result<()> {
    if let Some(folder) = draft.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    }
    match std::fs::remove_file(draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(draft, &error)),
        _ => Ok(()),
    }
}

/// The manifest of what lies in the copy; length and hash are still to come.
fn describe(app: &App, contents: &Contents, (file, made_at): (String, DateTime<Utc>)) -> Result<Manifest> {
    let head = match contents.audit_seq {
        0 => String::new(),
        seq => audit::sign(app, seq, contents.audit_hash.clone())?.line(),
    };
    Ok(Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at,
        file,
        size_bytes: 0,
        sha256: String::new(),
        schema: contents.schema.clone(),
        rows: contents.rows.clone(),
        audit_head: head,
        journal_sheet: contents.journal_sheet,
        secret_key_id: app.secrets.sealing_key_id().to_owned(),
        archive: app.bucket.place().to_owned(),
    })
}

/// Brings copy and manifest onto the disk and gives them their names, the backup last.
fn finish(draft: &Path, file: PathBuf, manifest_file: PathBuf, manifest: Manifest) -> Result<Made> {
    protect(draft)?;
    sync(draft)?;
    let (size_bytes, sha256) = sum(draft)?;
    let manifest = Manifest { size_bytes, sha256, ..manifest };
    let text = serde_json::to_string_pretty(&manifest).map_err(|error| Error::Corrupt(error.to_string()))?;
    let manifest_draft = PathBuf::from(format!("{}.unfinished", manifest_file.display()));
    std::fs::write(&manifest_draft, format!("{text}\n")).map_err(|error| failed(&manifest_draft, &error))?;
    protect(&manifest_draft)?;
    sync(&manifest_draft)?;
    for (from, to) in [(manifest_draft.as_path(), &manifest_file), (draft, &file)] {
        std::fs::rename(from, to).map_err(|error| failed(to, &error))?;
    }
    sync_folder(&file)?;
    Ok(Made { file, manifest_file, manifest })
}

/// Lets only its owner read a file: it holds names and addresses.
fn protect(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let owner = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, owner).map_err(|error| failed(path, &error))
}

/// Waits until a file is on the disk.
fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| failed(path, &error))
}

/// Waits until the names in a file's folder are on the disk.
fn sync_folder(file: &Path) -> Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    sync(folder.unwrap_or(Path::new(".")))
}

/// Length and SHA-256 of a file.
fn sum(path: &Path) -> Result<(u64, String)> {
    let mut file = File::open(path).map_err(|error| failed(path, &error))?;
    let (mut hash, mut length) = (Sha256::new(), 0);
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece).map_err(|error| failed(path, &error))? {
            0 => return Ok((length, hex(&hash.finalize()))),
            read => {
                hash.update(&piece[..read]);
                length += read as u64;
            }
        }
    }
}

/// The manifest of a backup, which `path` names by its file, its manifest, or the folder of several: then the newest.
pub async fn find(path: &Path) -> Result<(PathBuf, Manifest)> {
    let path = path.to_owned();
    on_files(move || {
        let file = if path.is_dir() { newest(&path)? } else { path };
        let file = match file.to_str().and_then(|text| text.strip_suffix(".json")) {
            Some(backup) => PathBuf::from(backup),
            None => file,
        };
        let manifest = manifest_beside(&file);
        let text = std::fs::read_to_string(&manifest).map_err(|error| {
            let message = format!("{}: {error}; a backup without its manifest is none", manifest.display());
            Error::invalid("FILE", message)
        })?;
        let read: Manifest = serde_json::from_str(&text).map_err(|error| {
            Error::invalid("FILE", format!("{} is no manifest of a backup: {error}", manifest.display()))
        })?;
        if read.format != FORMAT {
            let message = format!("{} has the form {} of a newer version", manifest.display(), read.format);
            return Err(Error::invalid("FILE", message));
        }
        Ok((file, read))
    })
    .await
}

/// The newest backup of a folder, by its name.
fn newest(folder: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(folder).map_err(|error| failed(folder, &error))?;
    let backups = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let backups = backups.filter(|path| path.extension().is_some_and(|end| end == "db"));
    let newest = backups.filter(|path| manifest_beside(path).exists()).max();
    newest.ok_or_else(|| Error::invalid("FILE", format!("{} holds no backup", folder.display())))
}

/// Compares a backup with its manifest, byte by byte and row by row. Changes nothing.
pub async fn check(path: &Path) -> Result<Checked> {
    let (file, manifest) = find(path).await?;
    let mut problems = Vec::new();
    let (size_bytes, sha256) = on_files({
        let file = file.clone();
        move || sum(&file)
    })
    .await?;
    if (size_bytes, &sha256) != (manifest.size_bytes, &manifest.sha256) {
        problems.push(format!(
            "{} is not what was written: {size_bytes} bytes with the SHA-256 {sha256} instead of {} with {}.",
            file.display(),
            manifest.size_bytes,
            manifest.sha256
        ));
    }
    match backup::examine(&file).await {
        Ok(contents) => {
            problems
                .extend(contents.damage.iter().map(|damage| format!("SQLite finds it damaged: {damage}")));
            for (table, rows) in &manifest.rows {
                let there = contents.rows.get(table).copied().unwrap_or_default();
                if there != *rows {
                    problems.push(format!("Table {table} has {there} rows instead of {rows}."));
                }
            }
        }
        Err(error) => problems.push(format!("It cannot be read: {error}")),
    }
    problems.extend(newer(&manifest));
    Ok(Checked { ok: problems.is_empty(), manifest, problems })
}

/// Why this version cannot read a backup, if it was made by a newer one.
fn newer(manifest: &Manifest) -> Option<String> {
    let known = backup::schema_of_this_version();
    let unknown: Vec<&str> =
        manifest.schema.iter().filter(|name| !known.contains(name)).map(String::as_str).collect();
    (!unknown.is_empty()).then(|| {
        format!(
            "It was made by OnRecord {}, whose schema this version {} does not know ({}): update OnRecord first.",
            manifest.version,
            env!("CARGO_PKG_VERSION"),
            unknown.join(", ")
        )
    })
}
