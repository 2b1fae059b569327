//! Table `transcript_cue`: what was said, on the recording's time line.

use super::{Read, Result, Tx};
use crate::model::artifact::Cue;
use crate::model::id::ArtifactId;
use crate::params;

/// Cues written by one statement; six parameters each stay far below what both databases take.
const BATCH: usize = 200;

/// Puts `cues` in place of a transcript's earlier ones, in the caller's transaction.
pub async fn replace(tx: &Tx, transcript: ArtifactId, cues: &[Cue]) -> Result<()> {
    tx.execute("DELETE FROM transcript_cue WHERE artifact_id = $1", params![transcript]).await?;
    for (batch, chunk) in cues.chunks(BATCH).enumerate() {
        let mut sql = String::from(
            "INSERT INTO transcript_cue (artifact_id, seq, start_ms, end_ms, speaker, text) VALUES ",
        );
        let mut values = Vec::with_capacity(chunk.len() * 6);
        for (at, cue) in chunk.iter().enumerate() {
            let first = at * 6 + 1;
            let comma = if at == 0 { "" } else { ", " };
            let row = (first..first + 6).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
            sql.extend([comma, "(", &row, ")"]);
            let seq = (batch * BATCH + at) as i64;
            values.extend(params![transcript, seq, cue.start_ms, cue.end_ms, cue.speaker, cue.text]);
        }
        tx.execute(&sql, values).await?;
    }
    Ok(())
}

/// A transcript's cues in order.
pub async fn of_transcript(db: &impl Read, transcript: ArtifactId) -> Result<Vec<Cue>> {
    let rows = db
        .rows(
            "SELECT start_ms, end_ms, speaker, text FROM transcript_cue WHERE artifact_id = $1 ORDER BY seq",
            params![transcript],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Cue {
                start_ms: row.get("start_ms")?,
                end_ms: row.get("end_ms")?,
                speaker: row.get("speaker")?,
                text: row.get("text")?,
            })
        })
        .collect()
}
