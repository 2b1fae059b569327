//! Whom Microsoft must not name to us again, by keyed fingerprints in table `erased_identity`; and the captions and
//! messages in which an erased person may be named. No name in the clear is ever written here.

use std::collections::HashMap;

use super::erasures::CLASSES;
use super::{Dialect, Read, Result, Row, Tx, many};
use crate::model::id::{ArtifactId, ChatMessageId, MeetingId, UserId};
use crate::params;

/// What erasures and readings of classes wait for each other by, on PostgreSQL.
const LOCK: i64 = 658_713;

/// Nobody is erased until the caller's transaction ends. For whoever writes what Microsoft says of people; asked for
/// before any row is locked.
pub async fn no_erasure(tx: &Tx) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        tx.row("SELECT pg_advisory_xact_lock_shared($1)", params![LOCK]).await?;
    }
    Ok(())
}

/// What Microsoft says of people is not written until the caller's transaction ends. For the erasure; asked for before
/// any row is locked.
pub async fn no_reading(tx: &Tx) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        tx.row("SELECT pg_advisory_xact_lock($1)", params![LOCK]).await?;
    }
    Ok(())
}

/// Remembers by fingerprints what an erased person is known by.
pub async fn remember(tx: &Tx, user: UserId, fingerprints: &[String]) -> Result<()> {
    for fingerprint in fingerprints {
        tx.execute(
            "INSERT INTO erased_identity (fingerprint, user_id) VALUES ($1, $2)
             ON CONFLICT (fingerprint, user_id) DO NOTHING",
            params![fingerprint, user],
        )
        .await?;
    }
    Ok(())
}

/// Somebody who was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// The account that stayed.
    pub user_id: UserId,
    /// What they are called now.
    pub pseudonym: String,
}

const SELECT: &str =
    "SELECT i.fingerprint, u.id, u.name FROM erased_identity i JOIN \"user\" u ON u.id = i.user_id";

fn by_fingerprint(rows: &[Row]) -> Result<HashMap<String, Erased>> {
    let mut found: HashMap<String, Erased> = HashMap::new();
    for row in rows {
        let erased = Erased { user_id: row.id("id")?, pseudonym: row.get("name")? };
        let fingerprint: String = row.get("fingerprint")?;
        // Who came back and was erased again stands under the later pseudonym.
        if found.get(&fingerprint).is_none_or(|before| before.user_id.0 < erased.user_id.0) {
            found.insert(fingerprint, erased);
        }
    }
    Ok(found)
}

/// The erased people behind these fingerprints.
pub async fn among(db: &impl Read, fingerprints: &[String]) -> Result<HashMap<String, Erased>> {
    by_fingerprint(&many::where_in(db, SELECT, "i.fingerprint", fingerprints).await?)
}

/// The fingerprints of the erased people who had a part in a class: who belong to its course, attended it, or wrote in
/// its chat.
pub async fn of_class(db: &impl Read, meeting: MeetingId) -> Result<HashMap<String, Erased>> {
    let sql = format!(
        "{SELECT} WHERE i.user_id IN (
             SELECT n.user_id FROM enrolment n JOIN conference c ON c.course_id = n.course_id
                 JOIN meeting m ON m.conference_id = c.id WHERE m.id = $1
             UNION SELECT r.user_id FROM attendance_record r WHERE r.meeting_id = $1 AND r.user_id IS NOT NULL
             UNION SELECT g.user_id FROM chat_message g WHERE g.meeting_id = $1 AND g.user_id IS NOT NULL)"
    );
    by_fingerprint(&db.rows(&sql, params![meeting]).await?)
}

/// A caption that may name somebody.
#[derive(Debug, Clone)]
pub struct Caption {
    /// Its transcript.
    pub artifact: ArtifactId,
    /// Its place there.
    pub seq: i64,
    /// Who spoke.
    pub speaker: String,
    /// What was said.
    pub text: String,
}

/// A pattern for `LIKE` over lower-case text that finds every form in which a word may be written; too much rather than
/// too little.
fn pattern(word: &str) -> String {
    let letter =
        |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    format!("%{}%", word.trim().chars().map(letter).collect::<String>())
}

/// `column LIKE $2 OR column LIKE $3 …` over these columns, and the parameters behind `user`.
fn any_like(columns: &[&str], user: UserId, words: &[String]) -> (String, Vec<sea_orm::Value>) {
    let mut binds = params![user];
    let mut terms = Vec::new();
    for word in words.iter().filter(|word| !word.trim().is_empty()) {
        binds.extend(params![pattern(word)]);
        terms.extend(columns.iter().map(|column| format!("LOWER({column}) LIKE ${}", binds.len())));
    }
    if terms.is_empty() { ("1 = 0".to_owned(), binds) } else { (terms.join(" OR "), binds) }
}

/// The captions of a person's classes in which one of these words may stand.
pub async fn captions(db: &impl Read, user: UserId, words: &[String]) -> Result<Vec<Caption>> {
    let (like, binds) = any_like(&["q.speaker", "q.text"], user, words);
    let sql = format!(
        "SELECT q.artifact_id, q.seq, q.speaker, q.text FROM transcript_cue q
         JOIN artifact a ON a.id = q.artifact_id WHERE a.meeting_id IN ({CLASSES}) AND ({like})"
    );
    let rows = db.rows(&sql, binds).await?;
    let caption = |row: &Row| {
        Ok(Caption {
            artifact: row.id("artifact_id")?,
            seq: row.get("seq")?,
            speaker: row.get("speaker")?,
            text: row.get("text")?,
        })
    };
    rows.iter().map(caption).collect()
}

/// Writes a caption anew.
pub async fn put_caption(tx: &Tx, caption: &Caption) -> Result<()> {
    tx.execute(
        "UPDATE transcript_cue SET speaker = $3, text = $4 WHERE artifact_id = $1 AND seq = $2",
        params![caption.artifact, caption.seq, caption.speaker, caption.text],
    )
    .await?;
    Ok(())
}

/// The messages in the chats of a person's classes in whose text one of these words may stand.
pub async fn chat(db: &impl Read, user: UserId, words: &[String]) -> Result<Vec<(ChatMessageId, String)>> {
    let (like, binds) = any_like(&["g.text"], user, words);
    let sql =
        format!("SELECT g.id, g.text FROM chat_message g WHERE g.meeting_id IN ({CLASSES}) AND ({like})");
    let rows = db.rows(&sql, binds).await?;
    rows.iter().map(|row| Ok((row.id("id")?, row.get("text")?))).collect()
}

/// Writes the text of a message anew.
pub async fn put_chat(tx: &Tx, id: ChatMessageId, text: &str) -> Result<()> {
    tx.execute("UPDATE chat_message SET text = $2 WHERE id = $1", params![id, text]).await?;
    Ok(())
}

/// Puts a fingerprint in place of an object id by which Microsoft numbers a person's attendance.
pub async fn hide_record_id(tx: &Tx, user: UserId, (object_id, fingerprint): (&str, &str)) -> Result<()> {
    tx.execute(
        "UPDATE attendance_record SET graph_id = $3 WHERE user_id = $1 AND graph_id = $2",
        params![user, object_id, fingerprint],
    )
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_finds_every_form() {
        assert_eq!(pattern(" Jürgen O'Neil"), "%j_rgen_o_neil%");
        assert_eq!(any_like(&["a"], UserId(1), &[" ".to_owned()]).0, "1 = 0");
    }
}
