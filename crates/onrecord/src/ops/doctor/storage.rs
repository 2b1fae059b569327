//! What OnRecord itself needs: a database and an archive that can be written.

use super::{Look, Notes};
use crate::model::finding::Trouble;

pub(super) async fn examine(notes: &mut Notes<'_>) {
    let database = database(notes).await;
    notes.note("database", "database", database);
    let archive = archive(notes).await;
    notes.note("archive", "archive", archive);
}

async fn database(notes: &Notes<'_>) -> Look {
    let written = async { notes.app.store.write().await?.commit().await };
    written.await.map_err(|error| {
        Trouble::error(
            "database_unwritable",
            format!("The database cannot be written: {error}."),
            "Look at free space and at the rights of the data directory, or whether the database server runs.",
        )
        .consequence("Nothing can be scheduled, synced or watched.")
    })?;
    let kind = if notes.app.config.is_postgres() { "PostgreSQL" } else { "SQLite" };
    Ok(format!("{kind}, can be written"))
}

async fn archive(notes: &Notes<'_>) -> Look {
    let bucket = &notes.app.bucket;
    bucket.probe().await.map_err(|error| {
        Trouble::error(
            "archive_unwritable",
            format!("The archive at {} cannot be used: {error}.", bucket.place()),
            "Look at free space, at the rights of the folder or bucket, and at its credentials (ONRECORD_ARCHIVE_URL).",
        )
        .consequence("Transcripts and verified copies cannot be kept.")
    })?;
    Ok(format!("{}, can be written", bucket.place()))
}
