//! What OnRecord itself needs: a database and an archive that can be written, somebody who works on the queue, a mail server
//! that takes its letters, and an address that Microsoft can reach.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::Look;
use super::super::site::{MailWay, Site};
use crate::model::finding::Trouble;
use crate::model::finding_code::Code;
use crate::store::backup::LastBackup;

/// A job that waits so long past its time has nobody who works on it.
const IDLE: TimeDelta = TimeDelta::minutes(10);

/// A database is backed up daily; a day may be missed.
const BACKED_UP_WITHIN: TimeDelta = TimeDelta::days(2);

pub(super) fn database(site: &Site) -> Option<Look> {
    Some(match &site.machine.database {
        Ok(kind) => Ok(format!("{kind}, can be written")),
        Err(error) => Err(Trouble::error(
            Code::DatabaseUnwritable,
            format!("The database cannot be written: {error}."),
            "Look at free space and at the rights of the data directory, or whether the database server runs.",
        )
        .consequence("Nothing can be scheduled, synced or watched.")),
    })
}

pub(super) fn archive(site: &Site) -> Option<Look> {
    let place = &site.machine.archive_place;
    Some(match &site.machine.archive {
        Ok(()) => Ok(format!("{place}, can be written")),
        Err(error) => Err(Trouble::error(
            Code::ArchiveUnwritable,
            format!("The archive at {place} cannot be used: {error}."),
            "Look at free space, at the rights of the folder or bucket, and at its credentials (ONRECORD_ARCHIVE_URL).",
        )
        .consequence("Transcripts and verified copies cannot be kept.")),
    })
}

pub(super) fn copies(site: &Site) -> Option<Look> {
    let (damaged, lost) = site.rows.damaged_copies;
    if damaged == 0 {
        return Some(Ok("No copy is known to be damaged".to_owned()));
    }
    let fix = "Look at Manage, Storage. What Microsoft still has is copied anew by itself; for the rest restore the files from a backup of the archive, then run `onrecord archive --verify`. Look for what harms the archive's disk or bucket.";
    let message = format!(
        "{damaged} copies in the archive are damaged; of {lost} of them Microsoft has no original any more."
    );
    let trouble = if lost > 0 {
        Trouble::error(Code::ArchiveDamaged, message, fix)
    } else {
        Trouble::warning(Code::ArchiveDamaged, message, fix)
    };
    Some(Err(trouble.consequence("A damaged copy is never served: until there is a good one, these recordings come from Microsoft or cannot be watched.").command("onrecord archive --verify")))
}

pub(super) fn backup(site: &Site) -> Option<Look> {
    let last = site.rows.last_backup?;
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC");
    let long_ago = |at: DateTime<Utc>| site.now - at > BACKED_UP_WITHIN;
    let command = "onrecord backup /srv/backup/";
    match last {
        LastBackup { at: Some(at), .. } if long_ago(at) => Some(Err(Trouble::warning(
            Code::BackupOld,
            format!("The last backup of the database that came to its end is of {}.", day(at)),
            "Look at what cron says of `onrecord backup`, and at the free space where it writes; then run it by hand.",
        )
        .consequence("What was entered since then is lost with this machine's disk.")
        .command(command))),
        LastBackup { at: Some(at), .. } => Some(Ok(format!("Backed up at {}", day(at)))),
        LastBackup { at: None, since: Some(since) } if long_ago(since) => Some(Err(Trouble::warning(
            Code::BackupMissing,
            "No backup of the database was ever made.",
            "Run `onrecord backup` daily from cron, into a folder on another machine; keep the secret key and the archive safe besides (docs/backup.md).",
        )
        .consequence("Courses, classes and the audit are lost with this machine's disk.")
        .command(command))),
        // Too new to be missed.
        LastBackup { at: None, .. } => None,
    }
}

pub(super) fn worker(site: &Site) -> Option<Look> {
    let Some(since) = site.rows.idle_since.filter(|since| site.now - *since > IDLE) else {
        return Some(Ok("Nothing waits longer than it should".to_owned()));
    };
    Some(Err(Trouble::warning(
        Code::WorkerIdle,
        format!("Nobody works on the queue: something waits since {}.", since.format("%Y-%m-%d %H:%M UTC")),
        "Start `onrecord serve`, or `onrecord worker` beside `onrecord serve --no-worker`; see `onrecord jobs list`.",
    )
    .consequence("New classes are not made in Teams, and recordings do not arrive by themselves.")))
}

pub(super) fn mail(site: &Site) -> Option<Look> {
    let Some(MailWay::Smtp(place, probed)) = &site.machine.mail else { return None };
    Some(match probed {
        Ok(()) => Ok(format!("{place} takes our letters")),
        Err(error) => Err(Trouble::warning(
            Code::MailUnreachable,
            format!("The mail server {place} does not take our letters: {error}."),
            "Check ONRECORD_MAIL_URL: host, port, user and password; whether this machine may reach the server; and its certificate (ONRECORD_CA_FILE). Then press Send test mail under Manage, Mail.",
        )
        .consequence("Nobody is told by mail; what waits is sent once the server takes it.")),
    })
}
