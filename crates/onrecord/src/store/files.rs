//! Shared files of a conference, as pages and programs list them.

use super::media::Breadth;
use super::{Read, Result, artifacts};
use crate::model::artifact::Artifact;
use crate::model::id::{ArtifactId, ConferenceId};
use crate::params;

/// The files shared in a conference's meetings and not in the bin, oldest row first; at most `limit`, after the row
/// `after`.
pub async fn of_conference(
    db: &impl Read,
    conference: ConferenceId,
    breadth: Breadth,
    (after, limit): (Option<ArtifactId>, i64),
) -> Result<Vec<Artifact>> {
    let sql = format!(
        "SELECT {} FROM meeting m JOIN artifact a ON a.meeting_id = m.id
         WHERE m.conference_id = $1 AND a.kind = 'file' AND a.id > $2
           AND (a.binned_at IS NULL OR a.restored_at >= a.binned_at){} ORDER BY a.id LIMIT $3",
        artifacts::COLUMNS,
        breadth.withheld()
    );
    let rows = db.rows(&sql, params![conference, after.map_or(0, |id| id.0), limit]).await?;
    rows.iter().map(artifacts::artifact).collect()
}
