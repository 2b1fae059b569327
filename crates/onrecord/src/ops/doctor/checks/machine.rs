//! What OnRecord itself needs: a database and an archive that can be written, somebody who works on the queue, and an
//! address that Microsoft can reach.

use chrono::TimeDelta;

use super::super::Look;
use super::super::site::Site;
use crate::model::finding::Trouble;
use crate::model::finding_code::Code;

/// A job that waits so long past its time has nobody who works on it.
const IDLE: TimeDelta = TimeDelta::minutes(10);

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

pub(super) fn notifications(site: &Site) -> Option<Look> {
    site.open()?;
    let url = &site.machine.public_url;
    if url.starts_with("https://") {
        return Some(Ok(format!("{url} is an https address")));
    }
    Some(Err(Trouble::info(
        Code::NotificationUrlNotHttps,
        format!("Microsoft sends change notifications to https addresses only, and OnRecord's is {url}."),
        "Nobody need act: OnRecord looks by itself. For recordings within seconds, set ONRECORD_PUBLIC_URL to an https address that Microsoft can reach.",
    )))
}
