//! What people decided about files that fit no class with certainty: table `artifact` where a person wrote, and table
//! `match_refusal`. A decision is remembered until a person takes it back; no sync undoes it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::artifacts::{COLUMNS, artifact};
use super::{Read, Result, Row, Tx};
use crate::model::artifact::{Artifact, Confidence, MatchBasis};
use crate::model::following::{Outcome, Piece};
use crate::model::id::{ArtifactId, MeetingId, UserId};
use crate::params;

/// What makes a row wait for a person, as a condition on `artifact a`.
pub const WAITS: &str = "a.meeting_id IS NULL AND a.dismissed_at IS NULL AND a.gone_at IS NULL";

/// Stands as the reason of a row whose decision was taken back: it is not decided again without a person.
pub const TAKEN_BACK: &str = "taken_back";

/// Who decided, when and why.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    /// The person.
    pub user: UserId,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, in their words or in a word of the product's; may be empty.
    pub reason: &'a str,
}

/// Writes a person's decision. False if the row no longer waits in the inbox.
pub async fn decide(tx: &Tx, id: ArtifactId, what: Outcome, by: By<'_>) -> Result<bool> {
    let (meeting, confidence, dismissed) = match what {
        Outcome::Belongs(meeting) => (Some(meeting), Confidence::Certain, None),
        Outcome::ToNone => (None, Confidence::None, Some(by.at)),
    };
    let changed = tx
        .execute(
            "UPDATE artifact SET meeting_id = $2, match_basis = $3, confidence = $4, decided_by = $5,
                 decided_at = $6, dismissed_at = $7, decided_reason = $8, updated_at = $6
             WHERE id = $1 AND meeting_id IS NULL AND dismissed_at IS NULL",
            params![id, meeting, MatchBasis::Person, confidence, by.user, by.at, dismissed, by.reason],
        )
        .await?;
    Ok(changed == 1)
}

/// Puts a decided row back into the inbox. False if no person had decided about it.
pub async fn take_back(tx: &Tx, id: ArtifactId, at: DateTime<Utc>) -> Result<bool> {
    let changed = tx
        .execute(
            "UPDATE artifact SET meeting_id = NULL, match_basis = $2, confidence = $3, decided_by = NULL,
                 decided_at = NULL, dismissed_at = NULL, decided_reason = $6, part = 1, updated_at = $4
             WHERE id = $1 AND match_basis = $5",
            params![id, MatchBasis::None, Confidence::None, at, MatchBasis::Person, TAKEN_BACK],
        )
        .await?;
    Ok(changed == 1)
}

/// Parts a recording from the file that a person gave it: the row keeps what Microsoft says of the recording, and the
/// file is to be written as a row of its own.
pub async fn part_from_file(tx: &Tx, id: ArtifactId, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE artifact SET drive_id = NULL, item_id = NULL, web_url = NULL, e_tag = NULL, name = '',
             size_bytes = NULL, quick_xor_hash = NULL, expected_expiry_at = NULL, match_basis = $2,
             decided_by = NULL, decided_at = NULL, decided_reason = '', updated_at = $3
         WHERE id = $1",
        params![id, MatchBasis::MeetingId, at],
    )
    .await?;
    Ok(())
}

/// Marks a row that waits as one about which a person has thought before.
pub async fn mark_taken_back(tx: &Tx, id: ArtifactId) -> Result<()> {
    tx.execute("UPDATE artifact SET decided_reason = $2 WHERE id = $1", params![id, TAKEN_BACK]).await?;
    Ok(())
}

/// Writes again who decided about a row, after it was joined with the recording that it is the file of.
pub async fn restate(tx: &Tx, id: ArtifactId, by: By<'_>) -> Result<()> {
    tx.execute(
        "UPDATE artifact SET match_basis = $2, decided_by = $3, decided_at = $4, decided_reason = $5 WHERE id = $1",
        params![id, MatchBasis::Person, by.user, by.at, by.reason],
    )
    .await?;
    Ok(())
}

/// Remembers that a file is not of this meeting.
pub async fn refuse(tx: &Tx, id: ArtifactId, meeting: MeetingId, by: By<'_>) -> Result<()> {
    tx.execute(
        "INSERT INTO match_refusal (artifact_id, meeting_id, decided_by, decided_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (artifact_id, meeting_id) DO NOTHING",
        params![id, meeting, by.user, by.at],
    )
    .await?;
    Ok(())
}

/// Forgets that a file is not of this meeting: a person says now that it is.
pub async fn unrefuse(tx: &Tx, id: ArtifactId, meeting: MeetingId) -> Result<()> {
    tx.execute("DELETE FROM match_refusal WHERE artifact_id = $1 AND meeting_id = $2", params![id, meeting])
        .await?;
    Ok(())
}

/// Of which meetings people said that the files that wait in the inbox are none of theirs.
pub async fn refusals(db: &impl Read) -> Result<HashMap<ArtifactId, Vec<MeetingId>>> {
    let sql = format!(
        "SELECT r.artifact_id, r.meeting_id FROM match_refusal r JOIN artifact a ON a.id = r.artifact_id
         WHERE {WAITS}"
    );
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in &db.rows(&sql, params![]).await? {
        found.entry(row.id("artifact_id")?).or_default().push(row.id("meeting_id")?);
    }
    Ok(found)
}

/// Whether a person said that this file is not of this meeting.
pub async fn is_refused(db: &impl Read, id: ArtifactId, meeting: MeetingId) -> Result<bool> {
    let sql = "SELECT 1 AS one FROM match_refusal WHERE artifact_id = $1 AND meeting_id = $2";
    Ok(db.row(sql, params![id, meeting]).await?.is_some())
}

/// A decision as people read it again.
#[derive(Debug, Clone)]
pub struct Decision {
    /// What was decided about.
    pub artifact: Artifact,
    /// By whom.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The class it was given to: title, zone and start; `None` if to no class.
    pub class: Option<(String, String, DateTime<Utc>)>,
}

/// The newest decisions, at most `limit`.
pub async fn newest(db: &impl Read, limit: i64) -> Result<Vec<Decision>> {
    let sql = format!(
        "SELECT {COLUMNS}, a.decided_at, u.name AS decider, c.title, c.time_zone, m.starts_at
         FROM artifact a
         LEFT JOIN \"user\" u ON u.id = a.decided_by
         LEFT JOIN meeting m ON m.id = a.meeting_id
         LEFT JOIN conference c ON c.id = m.conference_id
         WHERE a.match_basis = 'person' AND a.decided_at IS NOT NULL
         ORDER BY a.decided_at DESC, a.id DESC LIMIT $1"
    );
    db.rows(&sql, params![limit]).await?.iter().map(decision).collect()
}

fn decision(row: &Row) -> Result<Decision> {
    let title: Option<String> = row.get("title")?;
    let class =
        title.map(|title| Ok::<_, super::Error>((title, row.get("time_zone")?, row.get("starts_at")?)));
    Ok(Decision {
        artifact: artifact(row)?,
        by: row.get::<Option<String>>("decider")?.unwrap_or_default(),
        at: row.get("decided_at")?,
        class: class.transpose()?,
    })
}

/// A recording's file in a drive, with its name and what was decided about it.
#[derive(Debug, Clone)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// When it was recorded and what a person decided.
    pub piece: Piece,
    /// Who decided; `None` if nobody did.
    pub decided_by: Option<UserId>,
}

/// The files in a drive that began between the two moments and that no proof gave to a class: those that wait, and
/// those that a person decided about.
pub async fn undecided_and_decided(
    db: &impl Read,
    drive: &str,
    between: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Named>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM artifact a
         WHERE a.drive_id = $1 AND a.kind = 'recording' AND a.started_at >= $2 AND a.started_at <= $3
           AND (a.meeting_id IS NULL OR a.match_basis = 'person') ORDER BY a.started_at, a.id"
    );
    let rows = db.rows(&sql, params![drive, between.0, between.1]).await?;
    let mut found = Vec::new();
    for row in &rows {
        let file = artifact(row)?;
        let (Some(from), Some(to)) = (file.started_at, file.ended_at) else { continue };
        let decided = match (file.meeting_id, file.dismissed_at) {
            (Some(meeting), _) => Some(Outcome::Belongs(meeting)),
            (None, Some(_)) => Some(Outcome::ToNone),
            (None, None) => None,
        };
        let piece = Piece { id: file.id, from, to, decided };
        found.push(Named { name: file.name, piece, decided_by: file.decided_by });
    }
    Ok(found)
}
