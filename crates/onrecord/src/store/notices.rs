//! Table `notice_version`: every wording of the recording notice that was ever in force, never changed.

use chrono::{DateTime, Utc};

use super::{Read, Result, Tx};
use crate::model::id::{IntegrationId, NoticeVersionId};
use crate::model::integration::LawfulBasis;
use crate::params;

/// One wording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeVersion {
    /// The row.
    pub id: NoticeVersionId,
    /// In which language (BCP 47).
    pub language: String,
    /// On what basis.
    pub basis: LawfulBasis,
    /// The words, one paragraph per line.
    pub body: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// The newest wording in this language, if there is one.
pub async fn latest(
    db: &impl Read,
    integration: IntegrationId,
    language: &str,
) -> Result<Option<NoticeVersion>> {
    let row = db
        .row(
            "SELECT id, language, lawful_basis, body, created_at FROM notice_version
             WHERE integration_id = $1 AND language = $2 ORDER BY id DESC LIMIT 1",
            params![integration, language],
        )
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(NoticeVersion {
        id: row.id("id")?,
        language: row.get("language")?,
        basis: row.get("lawful_basis")?,
        body: row.get("body")?,
        created_at: row.get("created_at")?,
    }))
}

/// A wording to write.
#[derive(Debug, Clone, Copy)]
pub struct NewNotice<'a> {
    /// Whose it is.
    pub integration: IntegrationId,
    /// In which language (BCP 47).
    pub language: &'a str,
    /// On what basis.
    pub basis: LawfulBasis,
    /// The words.
    pub body: &'a str,
}

/// Writes a new wording and returns its id.
pub async fn insert(tx: &Tx, new: NewNotice<'_>, at: DateTime<Utc>) -> Result<NoticeVersionId> {
    tx.insert(
        "INSERT INTO notice_version (integration_id, language, lawful_basis, body, created_at)
         VALUES ($1, $2, $3, $4, $5) RETURNING id",
        params![new.integration, new.language, new.basis, new.body, at],
    )
    .await
}
