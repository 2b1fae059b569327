//! What is held about one person, and taking their name out of it: table `erasure` with its steps, and the columns of
//! other tables that name people. Rows stay and name a pseudonym.

use chrono::{DateTime, Days, Utc};
use serde_json::{Map, Value, json};

use super::{Read, Result, Row, Tx};
use crate::model::id::{ArtifactId, ErasureId, MeetingId, UserId};
use crate::params;

/// A request to erase a person's data.
#[derive(Debug, Clone)]
pub struct Erasure {
    /// The row.
    pub id: ErasureId,
    /// Whose data.
    pub user_id: UserId,
    /// What they are called now.
    pub name: String,
    /// Why.
    pub reason: String,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// What keeps it from being carried out; empty when nothing does.
    pub blocked_by: String,
    /// When it was carried out.
    pub done_at: Option<DateTime<Utc>>,
    /// What was done and what stays, as JSON; while bytes are still to be rewritten, what is needed for that.
    pub report: Option<Value>,
}

const COLUMNS: &str = "e.id, e.user_id, u.name, e.reason, e.requested_at, e.blocked_by, e.done_at, e.report
     FROM erasure e JOIN \"user\" u ON u.id = e.user_id";

fn erasure(row: &Row) -> Result<Erasure> {
    let report: Option<String> = row.get("report")?;
    Ok(Erasure {
        id: row.id("id")?,
        user_id: row.id("user_id")?,
        name: row.get("name")?,
        reason: row.get("reason")?,
        requested_at: row.get("requested_at")?,
        blocked_by: row.get("blocked_by")?,
        done_at: row.get("done_at")?,
        report: report.and_then(|text| serde_json::from_str(&text).ok()),
    })
}

/// Notes a request and keeps the person's name from view from now on. `Conflict` if one is open.
pub async fn request(
    tx: &Tx,
    (user, pseudonym): (UserId, &str),
    (reason, by): (&str, Option<UserId>),
    at: DateTime<Utc>,
) -> Result<ErasureId> {
    tx.execute(
        "UPDATE \"user\" SET pseudonym = COALESCE(pseudonym, $2), restricted_at = COALESCE(restricted_at, $3)
         WHERE id = $1",
        params![user, pseudonym, at],
    )
    .await?;
    tx.insert(
        "INSERT INTO erasure (user_id, reason, requested_by, requested_at) VALUES ($1, $2, $3, $4) RETURNING id",
        params![user, reason, by, at],
    )
    .await
}

/// The request, if there is one.
pub async fn find(db: &impl Read, id: ErasureId) -> Result<Option<Erasure>> {
    db.row(&format!("SELECT {COLUMNS} WHERE e.id = $1"), params![id]).await?.as_ref().map(erasure).transpose()
}

/// The newest requests first; with `open` only those that are not carried out.
pub async fn list(db: &impl Read, before: Option<ErasureId>, limit: i64, open: bool) -> Result<Vec<Erasure>> {
    let narrowed = if open { " AND e.done_at IS NULL" } else { "" };
    let sql = format!("SELECT {COLUMNS} WHERE e.id < $1{narrowed} ORDER BY e.id DESC LIMIT $2");
    let rows = db.rows(&sql, params![before.map_or(i64::MAX, |id| id.0), limit]).await?;
    rows.iter().map(erasure).collect()
}

/// Writes what keeps a request from being carried out.
pub async fn block(tx: &Tx, id: ErasureId, by: &str) -> Result<()> {
    tx.execute("UPDATE erasure SET blocked_by = $2 WHERE id = $1", params![id, by]).await?;
    Ok(())
}

/// Writes how far a request has come; with `done_at` it is carried out.
pub async fn report(tx: &Tx, id: ErasureId, report: &Value, done_at: Option<DateTime<Utc>>) -> Result<()> {
    tx.execute(
        "UPDATE erasure SET report = $2, done_at = $3, blocked_by = '' WHERE id = $1",
        params![id, report.to_string(), done_at],
    )
    .await?;
    Ok(())
}

/// The person's pseudonym, once there is one.
pub async fn pseudonym(db: &impl Read, user: UserId) -> Result<Option<String>> {
    let row = db.row("SELECT pseudonym FROM \"user\" WHERE id = $1", params![user]).await?;
    Ok(row.map(|row| row.get("pseudonym")).transpose()?.flatten())
}

/// What a person is known by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Names, ours and Microsoft's.
    pub names: Vec<String>,
    /// Addresses, ours and Microsoft's.
    pub addresses: Vec<String>,
    /// Microsoft's ids.
    pub object_ids: Vec<String>,
}

/// Everything a person is known by.
pub async fn known(db: &impl Read, user: UserId) -> Result<Known> {
    let column = async |sql: &str| -> Result<Vec<String>> {
        let rows = db.rows(sql, params![user]).await?;
        rows.iter().map(|row| row.get("word")).collect()
    };
    Ok(Known {
        names: column(
            "SELECT name AS word FROM \"user\" WHERE id = $1 AND name <> ''
             UNION SELECT name FROM attendance_record WHERE user_id = $1 AND name <> ''
             UNION SELECT sender FROM chat_message WHERE user_id = $1 AND sender <> ''",
        )
        .await?,
        addresses: column(
            "SELECT email AS word FROM \"user\" WHERE id = $1
             UNION SELECT email FROM user_alias WHERE user_id = $1
             UNION SELECT upn FROM \"user\" WHERE id = $1 AND upn IS NOT NULL
             UNION SELECT LOWER(email) FROM attendance_record WHERE user_id = $1 AND email IS NOT NULL",
        )
        .await?,
        object_ids: column(
            "SELECT entra_object_id AS word FROM \"user\" WHERE id = $1 AND entra_object_id IS NOT NULL
             UNION SELECT entra_object_id FROM attendance_record WHERE user_id = $1 AND entra_object_id IS NOT NULL
             UNION SELECT entra_object_id FROM chat_message WHERE user_id = $1 AND entra_object_id IS NOT NULL",
        )
        .await?,
    })
}

/// The classes that a person has a part in: of the courses they belong to, and those they attended or wrote in.
pub(super) const CLASSES: &str = "SELECT m.id FROM enrolment n JOIN conference c ON c.course_id = n.course_id
         JOIN meeting m ON m.conference_id = c.id WHERE n.user_id = $1
     UNION SELECT r.meeting_id FROM attendance_record r WHERE r.user_id = $1
     UNION SELECT g.meeting_id FROM chat_message g WHERE g.user_id = $1";

/// The classes that hold personal data of a person.
pub async fn classes(db: &impl Read, user: UserId) -> Result<Vec<MeetingId>> {
    let rows = db.rows(CLASSES, params![user]).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Objects of the archive that may name a person: transcripts, and what is written beside recordings.
pub async fn objects(db: &impl Read, user: UserId) -> Result<Vec<(ArtifactId, String, bool)>> {
    let sql = format!(
        "SELECT a.id, a.archive_key, a.kind = 'transcript' AS is_transcript FROM artifact a
         WHERE a.kind IN ('recording', 'transcript') AND a.archive_key IS NOT NULL AND a.meeting_id IN ({CLASSES})
         ORDER BY a.id"
    );
    let rows = db.rows(&sql, params![user]).await?;
    rows.iter().map(|row| Ok((row.id("id")?, row.get("archive_key")?, row.get("is_transcript")?))).collect()
}

/// The bytes of a transcript were rewritten, if their length says so.
pub async fn rewritten(tx: &Tx, id: ArtifactId, size_bytes: i64) -> Result<()> {
    tx.execute(
        "UPDATE artifact SET size_bytes = $2, sha256 = NULL, quick_xor_hash = NULL
         WHERE id = $1 AND (size_bytes IS NULL OR size_bytes <> $2)",
        params![id, size_bytes],
    )
    .await?;
    Ok(())
}

/// Rows changed by an erasure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Changed {
    /// Attendance records.
    pub attendance: u64,
    /// Chat messages.
    pub chat: u64,
    /// Captions.
    pub captions: u64,
    /// Chat messages of others that named them.
    pub mentions: u64,
    /// Visits.
    pub visits: u64,
    /// Details of the audit.
    pub audit_details: u64,
    /// What guardians were told or said, whose words are gone.
    pub guardians: u64,
    /// Objections, whose words are gone.
    pub objections: u64,
    /// Acknowledgements of the recording notice, which stand under the pseudonym.
    pub acknowledgements: u64,
}

/// Puts a person's pseudonym in place of everything they are known by, ends their account, and returns what was changed.
/// What others said and wrote is not its matter: `forgotten::captions` and `forgotten::chat` find that.
pub async fn erase(
    tx: &Tx,
    (user, pseudonym): (UserId, &str),
    known: &Known,
    at: DateTime<Utc>,
) -> Result<Changed> {
    let mut changed = Changed::default();
    let sql =
        "UPDATE attendance_record SET name = $2, email = NULL, entra_object_id = NULL WHERE user_id = $1";
    changed.attendance = tx.execute(sql, params![user, pseudonym]).await?;
    let sql = "UPDATE chat_message SET sender = $2, entra_object_id = NULL WHERE user_id = $1";
    changed.chat = tx.execute(sql, params![user, pseudonym]).await?;
    let sql =
        "UPDATE visit SET user_id = NULL, visitor = 'x' || CAST(id AS TEXT), address = NULL, user_agent = NULL
         WHERE user_id = $1";
    changed.visits = tx.execute(sql, params![user]).await?;
    changed.audit_details = erase_details(tx, user, known).await?;
    changed.guardians = super::minors::erase(tx, user).await?;
    changed.objections = super::objections::erase(tx, user, at).await?;
    changed.acknowledgements = acknowledgements(tx, user).await?;
    let yesterday = at.date_naive().checked_sub_days(Days::new(1));
    tx.execute(
        "UPDATE enrolment SET ends_on = $2 WHERE user_id = $1 AND (ends_on IS NULL OR ends_on > $2)",
        params![user, yesterday],
    )
    .await?;
    tx.execute("DELETE FROM user_alias WHERE user_id = $1", params![user]).await?;
    tx.execute(
        "UPDATE \"user\" SET name = $2, email = LOWER($2) || '@erased.invalid', upn = NULL, entra_object_id = NULL,
             external_id = NULL, password_hash = NULL, disabled_at = COALESCE(disabled_at, $3), erased_at = $3,
             updated_at = $3
         WHERE id = $1",
        params![user, pseudonym, at],
    )
    .await?;
    Ok(changed)
}

/// How many wordings of the notice a person acknowledged. The rows name nobody but the account, whose name is gone.
async fn acknowledgements(tx: &Tx, user: UserId) -> Result<u64> {
    let sql = "SELECT COUNT(*) AS n FROM acknowledgement WHERE user_id = $1";
    let row = tx.row(sql, params![user]).await?;
    Ok(row.map(|row| row.get::<i64>("n")).transpose()?.unwrap_or_default().max(0) as u64)
}

/// Details of the audit that are of the person or name them. The chain stands without them.
async fn erase_details(tx: &Tx, user: UserId, known: &Known) -> Result<u64> {
    let mut erased = tx
        .execute(
            "DELETE FROM audit_detail WHERE user_id = $1
                OR entry_id IN (SELECT e.id FROM audit_entry e WHERE e.subject = $2)",
            params![user, format!("user:{user}")],
        )
        .await?;
    let quoted = |word: &String| Value::from(word.as_str()).to_string();
    // A name of one word may be a word of ours, such as a role.
    let names = known.names.iter().filter(|name| name.contains(' '));
    for word in names.chain(&known.addresses).map(quoted) {
        // As JSON writes it, in its quotation marks, so that no longer word is meant.
        let sql = "DELETE FROM audit_detail WHERE detail LIKE $1 ESCAPE '!'";
        let escaped = word.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        erased += tx.execute(sql, params![format!("%{escaped}%")]).await?;
    }
    Ok(erased)
}

/// How a column is read for an export.
#[derive(Clone, Copy)]
enum Cell {
    Text,
    Number,
    Time,
}

/// A section of an export: its name, the query of one person, the columns.
type Section = (&'static str, &'static str, &'static [(&'static str, Cell)]);

const SECTIONS: &[Section] = &[
    (
        "account",
        "SELECT email, name, role, upn, language, created_at, last_seen_at FROM \"user\" WHERE id = $1",
        &[
            ("email", Cell::Text),
            ("name", Cell::Text),
            ("role", Cell::Text),
            ("upn", Cell::Text),
            ("language", Cell::Text),
            ("created_at", Cell::Time),
            ("last_seen_at", Cell::Time),
        ],
    ),
    ("other_addresses", "SELECT email FROM user_alias WHERE user_id = $1 ORDER BY email", &[("email", Cell::Text)]),
    (
        "courses",
        "SELECT k.code, k.title, n.role, n.section, n.created_at FROM enrolment n JOIN course k ON k.id = n.course_id
         WHERE n.user_id = $1 ORDER BY n.id",
        &[
            ("code", Cell::Text),
            ("title", Cell::Text),
            ("role", Cell::Text),
            ("section", Cell::Text),
            ("created_at", Cell::Time),
        ],
    ),
    (
        "attendance",
        "SELECT c.title, m.starts_at, r.name, r.email, r.joined_at, r.left_at, r.attended_s FROM attendance_record r
         JOIN meeting m ON m.id = r.meeting_id JOIN conference c ON c.id = m.conference_id
         WHERE r.user_id = $1 ORDER BY r.id",
        &[
            ("title", Cell::Text),
            ("starts_at", Cell::Time),
            ("name", Cell::Text),
            ("email", Cell::Text),
            ("joined_at", Cell::Time),
            ("left_at", Cell::Time),
            ("attended_s", Cell::Number),
        ],
    ),
    (
        "chat",
        "SELECT c.title, g.sender, g.sent_at, g.text FROM chat_message g JOIN meeting m ON m.id = g.meeting_id
         JOIN conference c ON c.id = m.conference_id WHERE g.user_id = $1 ORDER BY g.id",
        &[("title", Cell::Text), ("sender", Cell::Text), ("sent_at", Cell::Time), ("text", Cell::Text)],
    ),
    (
        "visits",
        "SELECT c.title, a.kind, v.way, v.opened_at, v.last_request_at, v.bytes_sent, v.address, v.user_agent
         FROM visit v JOIN artifact a ON a.id = v.artifact_id LEFT JOIN meeting m ON m.id = a.meeting_id
         LEFT JOIN conference c ON c.id = m.conference_id WHERE v.user_id = $1 ORDER BY v.id",
        &[
            ("title", Cell::Text),
            ("kind", Cell::Text),
            ("way", Cell::Text),
            ("opened_at", Cell::Time),
            ("last_request_at", Cell::Time),
            ("bytes_sent", Cell::Number),
            ("address", Cell::Text),
            ("user_agent", Cell::Text),
        ],
    ),
    (
        "audit",
        "SELECT e.at, e.action, e.subject FROM audit_entry e
         WHERE e.actor_id = $1 OR e.id IN (SELECT d.entry_id FROM audit_detail d WHERE d.user_id = $1) ORDER BY e.id",
        &[("at", Cell::Time), ("action", Cell::Text), ("subject", Cell::Text)],
    ),
    (
        "acknowledgements",
        "SELECT v.id AS version, v.language, v.body, a.acknowledged_at FROM acknowledgement a
         JOIN notice_version v ON v.id = a.notice_version_id WHERE a.user_id = $1 ORDER BY v.id",
        &[
            ("version", Cell::Number),
            ("language", Cell::Text),
            ("body", Cell::Text),
            ("acknowledged_at", Cell::Time),
        ],
    ),
    (
        "guardians",
        "SELECT g.kind, g.guardian, g.evidence, g.given_at, g.expires_at, g.withdrawn_at FROM guardian_word g
         WHERE g.user_id = $1 ORDER BY g.id",
        &[
            ("kind", Cell::Text),
            ("guardian", Cell::Text),
            ("evidence", Cell::Text),
            ("given_at", Cell::Time),
            ("expires_at", Cell::Time),
            ("withdrawn_at", Cell::Time),
        ],
    ),
    (
        "objections",
        "SELECT k.code, o.reason, o.raised_at, o.due_at, o.outcome, o.answer, o.closed_at FROM objection o
         JOIN course k ON k.id = o.course_id WHERE o.user_id = $1 ORDER BY o.id",
        &[
            ("code", Cell::Text),
            ("reason", Cell::Text),
            ("raised_at", Cell::Time),
            ("due_at", Cell::Time),
            ("outcome", Cell::Text),
            ("answer", Cell::Text),
            ("closed_at", Cell::Time),
        ],
    ),
    (
        "objection_notes",
        "SELECT n.objection_id, n.text, n.noted_at FROM objection_note n JOIN objection o ON o.id = n.objection_id
         WHERE o.user_id = $1 ORDER BY n.id",
        &[("objection_id", Cell::Number), ("text", Cell::Text), ("noted_at", Cell::Time)],
    ),
    (
        "exceptions",
        "SELECT k.code, x.reason, x.asked_at, x.decided_at, x.ruling, x.starts_at, x.ends_at FROM recording_exception x
         JOIN course k ON k.id = x.course_id WHERE x.asked_by = $1 OR x.decided_by = $1 ORDER BY x.id",
        &[
            ("code", Cell::Text),
            ("reason", Cell::Text),
            ("asked_at", Cell::Time),
            ("decided_at", Cell::Time),
            ("ruling", Cell::Text),
            ("starts_at", Cell::Time),
            ("ends_at", Cell::Time),
        ],
    ),
    (
        "playback_reasons",
        "SELECT p.artifact_id, p.reason, p.given_at FROM playback_reason p WHERE p.user_id = $1 ORDER BY p.id",
        &[("artifact_id", Cell::Number), ("reason", Cell::Text), ("given_at", Cell::Time)],
    ),
];

/// Everything that is held about a person, by section.
pub async fn export(db: &impl Read, user: UserId) -> Result<Value> {
    let mut all = Map::new();
    for (name, sql, columns) in SECTIONS {
        let rows = db.rows(sql, params![user]).await?;
        let rows: Result<Vec<Value>> = rows.iter().map(|row| section_row(row, columns)).collect();
        all.insert((*name).to_owned(), Value::from(rows?));
    }
    Ok(Value::Object(all))
}

fn section_row(row: &Row, columns: &[(&str, Cell)]) -> Result<Value> {
    let mut read = Map::new();
    for (name, cell) in columns {
        let value = match cell {
            Cell::Text => json!(row.get::<Option<String>>(name)?),
            Cell::Number => json!(row.get::<Option<i64>>(name)?),
            Cell::Time => json!(row.get::<Option<DateTime<Utc>>>(name)?),
        };
        read.insert((*name).to_owned(), value);
    }
    Ok(Value::Object(read))
}
