//! Putting mails into the table for many people by one statement. Who gets a kind is decided by `model/mail.rs`; here its
//! answer becomes SQL.

use chrono::{DateTime, NaiveDate, Utc};

use crate::model::id::CourseId;
use crate::model::mail::{MailKind, Part};
use crate::params;
use crate::store::{Result, Tx};

/// What is to be told, and when it may go out.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// About what.
    pub kind: MailKind,
    /// About which, as `word:id`.
    pub subject: &'a str,
    /// Now.
    pub at: DateTime<Utc>,
    /// When it goes to those who want it at once.
    pub soon: DateTime<Utc>,
    /// When it goes to those who want one mail a day.
    pub daily: DateTime<Utc>,
}

/// Whom it is told.
#[derive(Debug, Clone, Copy)]
pub enum Audience<'a> {
    /// These parts of a course whose enrolment has not ended, and those who look after the whole if they are among them.
    Course(CourseId, &'a [Part], NaiveDate),
    /// These parts of the installation.
    Installation(&'a [Part]),
}

/// Whether the same may be told again where it was not sent the first time, because there was news since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// No: a row that is there stays as it is.
    Never,
    /// Yes, if it was dropped.
    AfterDropped,
}

const REVIVED: &str = "DO UPDATE SET queued_at = excluded.queued_at, due_at = excluded.due_at, letter = NULL,
    dropped_at = NULL, dropped_because = '', error = ''
    WHERE mail.dropped_at IS NOT NULL AND mail.sent_at IS NULL";

/// Queues one mail for each of the audience that may have it and wants it, and returns how many. People who were told
/// the same already are left alone.
pub async fn queue(tx: &Tx, told: Told<'_>, audience: Audience<'_>, again: Again) -> Result<u64> {
    let (people, mut binds) = people(told.kind, audience);
    let wants =
        if told.kind.is_optional() { "COALESCE(ch.pace, p.usual) <> 'off'" } else { "u.disabled_at IS NULL" };
    // Who may not put a kind off gets it at once, whatever stands in a choice of earlier days.
    let pace =
        if told.kind.is_optional() && !told.kind.is_periodic() { "COALESCE(ch.pace, p.usual)" } else { "''" };
    let conflict = match again {
        Again::Never => "DO NOTHING",
        Again::AfterDropped => REVIVED,
    };
    let sql = format!(
        "INSERT INTO mail (user_id, kind, subject, queued_at, due_at)
         SELECT p.user_id, $1, $2, $3, CASE {pace} WHEN 'daily' THEN $5 ELSE $4 END
         FROM (SELECT w.user_id, MIN(w.usual) AS usual FROM ({people}) w GROUP BY w.user_id) p
         JOIN \"user\" u ON u.id = p.user_id AND u.disabled_at IS NULL
         LEFT JOIN mail_choice ch ON ch.user_id = p.user_id AND ch.kind = $1
         WHERE {wants}
         ON CONFLICT (kind, subject, user_id) {conflict}"
    );
    let mut all = params![told.kind, told.subject, told.at, told.soon, told.daily];
    all.append(&mut binds);
    tx.execute(&sql, all).await
}

/// The people as `user_id` and their usual pace, with what is bound from `$6` on.
fn people(kind: MailKind, audience: Audience<'_>) -> (String, Vec<sea_orm::Value>) {
    match audience {
        Audience::Installation(parts) => (of_installation(kind, parts), Vec::new()),
        // A parameter that no part of the statement names must not be bound.
        Audience::Course(_, parts, _)
            if !parts.contains(&Part::Instructor) && !parts.contains(&Part::Learner) =>
        {
            (of_installation(kind, parts), Vec::new())
        }
        Audience::Course(course, parts, today) => {
            let course_parts =
                [Part::Instructor, Part::Learner].into_iter().filter(|part| parts.contains(part));
            let members: Vec<String> = course_parts
                .map(|part| {
                    format!(
                        "SELECT n.user_id, '{}' AS usual FROM enrolment n WHERE n.course_id = $6 AND n.role = '{part}'
                           AND (n.ends_on IS NULL OR n.ends_on >= $7)",
                        kind.usual_pace(part)
                    )
                })
                .chain([of_installation(kind, parts)])
                .collect();
            (members.join(" UNION ALL "), params![course, today])
        }
    }
}

fn of_installation(kind: MailKind, parts: &[Part]) -> String {
    let roles = [Part::Admin, Part::Officer].into_iter().filter(|part| parts.contains(part));
    let roles: Vec<String> = roles.map(|part| format!("'{part}'")).collect();
    // No role is nobody; an empty list is no SQL.
    let roles = if roles.is_empty() { "''".to_owned() } else { roles.join(", ") };
    let usual = kind.usual_pace(Part::Admin);
    format!("SELECT a.id AS user_id, '{usual}' AS usual FROM \"user\" a WHERE a.role IN ({roles})")
}
