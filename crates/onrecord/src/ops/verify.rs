//! `onrecord verify`: compares database, archive, audit and journal with each other, most of all after a backup was put
//! back. Finds and says; it changes nothing but sheets of the journal that the archive lost.

use futures::TryStreamExt as _;
use serde::Serialize;

use super::audit::{self, Verification};
use super::{Result, integration, journal as ops_journal, keep};
use crate::app::App;
use crate::model::audit_head::SignedHead;
use crate::model::id::ArtifactId;
use crate::model::journal::{sheet, sheet_key};
use crate::store::verify::{self, Named};
use crate::store::{integrations, journal};

/// Rows read at a time.
const PAGE: i64 = 500;

/// Findings of one code that are listed; more are counted.
const MOST_LISTED: usize = 100;

/// How much of the archive is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Whether each object is there and as long as it should be.
    Sizes,
    /// Every byte.
    Bytes,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What sort of thing.
    pub code: &'static str,
    /// Of what, as `word:id` or a key of the archive.
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: &'static str,
}

/// What was compared and found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// True if nothing was found.
    pub ok: bool,
    /// The audit's chain.
    pub audit: Verification,
    /// Objects that rows name and that were looked for.
    pub objects: u64,
    /// Objects in the archive; null if it may not be listed.
    pub listed: Option<u64>,
    /// Sheets of the journal of removals.
    pub sheets: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What could not be compared, and findings that are not listed.
    pub notes: Vec<String>,
}

#[derive(Default)]
struct Found {
    findings: Vec<Finding>,
    notes: Vec<String>,
}

impl Found {
    fn add(&mut self, code: &'static str, subject: String, message: String, fix: &'static str) {
        self.findings.push(Finding { code, subject, message, fix });
    }

    /// Leaves so many of each code and says how many there are.
    fn shorten(&mut self) {
        let mut counts: std::collections::BTreeMap<&'static str, usize> = std::collections::BTreeMap::new();
        self.findings.retain(|finding| {
            let count = counts.entry(finding.code).or_default();
            *count += 1;
            *count <= MOST_LISTED
        });
        for (code, count) in counts.into_iter().filter(|(_, count)| *count > MOST_LISTED) {
            self.notes.push(format!("{count} findings are {code}; the first {MOST_LISTED} are listed."));
        }
    }
}

/// Compares everything, the audit also with heads that were stored elsewhere.
pub async fn all(app: &App, heads: &[SignedHead], depth: Depth) -> Result<Report> {
    let mut found = Found::default();
    database(app, &mut found).await?;
    secrets(app, &mut found).await?;
    let sheets = sheets(app, &mut found).await?;
    rows_and_audit(app, &mut found).await?;
    let objects = objects(app, &mut found).await?;
    let listed = strangers(app, &mut found).await?;
    if depth == Depth::Bytes {
        bytes(app, &mut found).await?;
    }
    audit::seal(app).await?;
    let audit = audit::verify_against(app, heads).await?;
    for problem in &audit.problems {
        let fix = "Somebody changed the database past OnRecord, or a disk did. Compare with a backup, and keep this one as evidence.";
        found.add("audit_broken", "audit:all".to_owned(), problem.clone(), fix);
    }
    found.notes.extend(audit.notes.iter().cloned());
    found.shorten();
    let Found { findings, notes } = found;
    Ok(Report { ok: findings.is_empty(), audit, objects, listed, sheets, findings, notes })
}

/// What a restored database must be before it is served, without a look into the archive's recordings.
pub async fn restored(app: &App) -> Result<Report> {
    let mut found = Found::default();
    database(app, &mut found).await?;
    secrets(app, &mut found).await?;
    let sheets = sheets(app, &mut found).await?;
    rows_and_audit(app, &mut found).await?;
    let audit = audit::verify(app).await?;
    for problem in &audit.problems {
        let fix = "Restore the dump once more; if it is the same, take an older one.";
        found.add("audit_broken", "audit:all".to_owned(), problem.clone(), fix);
    }
    found.shorten();
    let Found { findings, notes } = found;
    Ok(Report { ok: findings.is_empty(), audit, objects: 0, listed: None, sheets, findings, notes })
}

async fn database(app: &App, found: &mut Found) -> Result<()> {
    if let Err(error) = app.store.require_current_schema().await {
        found.add("schema", "database:all".to_owned(), format!("{error}."), "Run `onrecord migrate`.");
    }
    for damage in verify::damage(&app.store).await? {
        let fix = "Put a backup back with `onrecord restore`, and look at the disk.";
        found.add("database_damaged", "database:all".to_owned(), format!("{damage}."), fix);
    }
    Ok(())
}

async fn secrets(app: &App, found: &mut Found) -> Result<()> {
    for connection in integrations::list(&app.store).await? {
        if let Some(problem) = integration::unreadable(app, &connection) {
            let fix =
                "Put the secret key back (ONRECORD_SECRET_KEY or DIR/secret.key), or enter the secret anew.";
            found.add("secret_unreadable", format!("integration:{}", connection.id), problem, fix);
        }
    }
    Ok(())
}

/// The journal here and in the archive. A sheet that the archive lost is written again.
async fn sheets(app: &App, found: &mut Found) -> Result<u64> {
    let known = journal::written_sheets(&app.store).await?;
    for (number, sha256) in &known {
        let key = sheet_key(*number);
        match app.bucket.read_if_there(&key).await? {
            Some(bytes) if ops_journal::hash(&bytes) == *sha256 => {}
            Some(_) => {
                let fix = "Somebody changed it. Restore that object from a copy of the archive.";
                found.add("journal_altered", key.clone(), format!("{key} is not what was written."), fix);
            }
            None => {
                let text = sheet(&journal::lines(&app.store, *number).await?);
                app.bucket.put(&key, text.into()).await?;
                found.notes.push(format!("{key} was missing in the archive and was written again."));
            }
        }
    }
    let next = sheet_key(known.len() as i64 + 1);
    if journal::last_sheet(&app.store).await? == known.len() as i64 && app.bucket.exists(&next).await? {
        let fix = "Run `onrecord restore --finish`: it removes again what was removed since the backup.";
        let message =
            "The archive tells of removals that this database does not know: it was put back from a backup.";
        found.add("journal_behind", next, message.to_owned(), fix);
    }
    Ok(known.len() as u64)
}

async fn rows_and_audit(app: &App, found: &mut Found) -> Result<()> {
    for id in verify::purged_yet_there(&app.store, PAGE).await? {
        let fix =
            "Somebody changed the database past OnRecord. Put it into the bin again, and look who could.";
        let message = format!("The audit says that {id} was purged, and its row says that it is there.");
        found.add("purged_yet_there", format!("recording:{id}"), message, fix);
    }
    for id in verify::erased_yet_named(&app.store, PAGE).await? {
        let fix = "Somebody changed the database past OnRecord. Ask for the erasure again.";
        let message = format!("The audit says that person {id} was erased, and their row names them.");
        found.add("erased_yet_named", format!("user:{id}"), message, fix);
    }
    Ok(())
}

/// Looks for every object that a row names.
async fn objects(app: &App, found: &mut Found) -> Result<u64> {
    let mut looked = 0;
    let mut after = ArtifactId(0);
    loop {
        let page = verify::objects_after(&app.store, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for object in &page {
            look(app, object, found).await?;
        }
        looked += page.len() as u64;
    }
    let mut after = String::new();
    loop {
        let page = verify::texts_after(&app.store, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(looked) };
        after.clone_from(&last.key);
        for object in &page {
            look(app, object, found).await?;
        }
        looked += page.len() as u64;
    }
}

async fn look(app: &App, object: &Named, found: &mut Found) -> Result<()> {
    let fix = "Restore that object from a copy of the archive; `onrecord archive --verify` has what Microsoft still holds copied anew.";
    let key = object.key.clone();
    match (app.bucket.head(&object.key).await?, object.size_bytes) {
        (None, _) => {
            let message = format!("The archive has no {key}, which recording {} names.", object.id);
            found.add("object_missing", key, message, fix);
        }
        (Some(there), Some(size)) if there.size_bytes != size as u64 => {
            let message = format!("{key} has {} bytes instead of {size}.", there.size_bytes);
            found.add("object_differs", key, message, fix);
        }
        (Some(_), _) => {}
    }
    Ok(())
}

/// Looks for objects that no row names. `None` if the archive may not be listed.
async fn strangers(app: &App, found: &mut Found) -> Result<Option<u64>> {
    let mut listed = 0;
    let mut pages = app.bucket.list().try_chunks(PAGE as usize);
    loop {
        let page = match pages.try_next().await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(Some(listed)),
            Err(error) => {
                found.notes.push(format!(
                    "The archive could not be listed, so nothing is known of objects that no row names: {}",
                    error.1
                ));
                return Ok(None);
            }
        };
        listed += page.len() as u64;
        let keys: Vec<String> = page.into_iter().map(|(key, _)| key).filter(|key| is_kept(key)).collect();
        let known = verify::known_keys(&app.store, &keys).await?;
        for key in keys.into_iter().filter(|key| !known.contains(key)) {
            let fix = "It was written after the backup that was put back, or by hand. If its recording is shown, delete the object; it is copied again. Nothing but you deletes it.";
            let message = format!("The archive holds {key}, which no row names.");
            found.add("object_unknown", key, message, fix);
        }
    }
}

/// Whether a key is of what is kept for rows.
fn is_kept(key: &str) -> bool {
    !key.starts_with("journal/") && !key.starts_with("probe/")
}

async fn bytes(app: &App, found: &mut Found) -> Result<()> {
    let report = keep::verify(app, |_| {}).await?;
    for damage in report.damaged {
        let fix = "Restore that object from a copy of the archive, if Microsoft has no original.";
        found.add("object_damaged", damage.key, damage.problem, fix);
    }
    Ok(())
}
