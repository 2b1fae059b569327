//! What our own rows tell `doctor`: counts and samples that show what Graph does not say by itself. Reads only.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Read, Result};
use crate::model::id::{IntegrationId, ServiceAccountId};
use crate::params;

/// Missing classes that are looked at.
const MOST: i64 = 5_000;

/// A class without a recording: whose account organized it, and when it ended.
#[derive(Debug, Clone, Copy)]
pub struct MissingClass {
    /// The account; `None` for organizers of their own.
    pub account: Option<ServiceAccountId>,
    /// Its scheduled end.
    pub ended_at: DateTime<Utc>,
}

/// The classes that ended since `since` and have no recording.
pub async fn missing_since(
    db: &impl Read,
    integration: IntegrationId,
    since: DateTime<Utc>,
) -> Result<Vec<MissingClass>> {
    let rows = db
        .rows(
            "SELECT m.service_account_id, m.ends_at FROM meeting m JOIN conference c ON c.id = m.conference_id
             WHERE m.verdict = 'missing' AND m.ends_at > $2 AND c.integration_id = $1
             ORDER BY m.ends_at DESC LIMIT $3",
            params![integration, since, MOST],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(MissingClass { account: row.id_opt("service_account_id")?, ended_at: row.get("ends_at")? })
        })
        .collect()
}

/// Classes since `since` that were held with recording on and were not recorded all the same, or whose recording
/// flag did not stay: what a meeting policy does.
pub async fn held_unrecorded(
    db: &impl Read,
    integration: IntegrationId,
    since: DateTime<Utc>,
) -> Result<i64> {
    let row = db
        .row(
            "SELECT COUNT(*) AS n FROM meeting m JOIN conference c ON c.id = m.conference_id
             WHERE c.integration_id = $1 AND m.ends_at > $2
               AND ((m.verdict = 'missing' AND m.verdict_cause IN ('not_recorded', 'policy_off'))
                 OR (m.auto_recording_status = 'failed_drift' AND m.cancelled_at IS NULL))",
            params![integration, since],
        )
        .await?;
    Ok(row.map(|row| row.get("n")).transpose()?.unwrap_or_default())
}

/// Meetings that ended before `before` and are not settled: Teams has forgotten them.
pub async fn unsettled_before(
    db: &impl Read,
    integration: IntegrationId,
    before: DateTime<Utc>,
) -> Result<i64> {
    let row = db
        .row(
            "SELECT COUNT(*) AS n FROM meeting m JOIN conference c ON c.id = m.conference_id
             WHERE m.settled_at IS NULL AND m.cancelled_at IS NULL AND m.ends_at < $2 AND c.integration_id = $1",
            params![integration, before],
        )
        .await?;
    Ok(row.map(|row| row.get("n")).transpose()?.unwrap_or_default())
}

/// How many people and how many meetings to come have an address where Microsoft wants an object id.
pub async fn addresses_for_ids(db: &impl Read, now: DateTime<Utc>) -> Result<(i64, i64)> {
    let row = db
        .row(
            "SELECT (SELECT COUNT(*) FROM \"user\" WHERE entra_object_id LIKE '%@%') AS people,
                    (SELECT COUNT(*) FROM meeting WHERE organizer_id LIKE '%@%' AND settled_at IS NULL
                       AND cancelled_at IS NULL AND ends_at > $1) AS meetings",
            params![now],
        )
        .await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.get("people")?, row.get("meetings")?)))
}

/// Where Microsoft asked us to wait, and until when.
pub async fn pauses(db: &impl Read, now: DateTime<Utc>) -> Result<Vec<(String, DateTime<Utc>)>> {
    let sql =
        "SELECT key, paused_until FROM lane WHERE paused_until > $1 ORDER BY paused_until DESC LIMIT 10";
    let rows = db.rows(sql, params![now]).await?;
    rows.iter().map(|row| Ok((row.get("key")?, row.get("paused_until")?))).collect()
}

/// When the oldest job was due that nobody works on, while nobody works on any.
pub async fn idle_since(db: &impl Read, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    let row = db
        .row(
            "SELECT MIN(run_at) AS due FROM job WHERE dead_at IS NULL AND run_at <= $1
               AND NOT EXISTS (SELECT 1 FROM job WHERE claimed_until > $1)",
            params![now],
        )
        .await?;
    Ok(row.map(|row| row.get("due")).transpose()?.flatten())
}

/// Object ids of some people who teach, with their addresses: an access policy may cover them.
pub async fn teachers(db: &impl Read, most: i64) -> Result<Vec<(String, String)>> {
    let rows = db
        .rows(
            "SELECT u.entra_object_id, u.email FROM \"user\" u WHERE u.entra_object_id IS NOT NULL
               AND u.disabled_at IS NULL AND u.entra_object_id NOT LIKE '%@%'
               AND EXISTS (SELECT 1 FROM enrolment n WHERE n.user_id = u.id AND n.role = 'instructor')
             ORDER BY u.id LIMIT $1",
            params![most],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("entra_object_id")?, row.get("email")?))).collect()
}

/// Meetings to come of an account whose organizer Microsoft knows by another object id than `object_id`.
pub async fn organized_by_another(
    db: &impl Read,
    (account, object_id): (ServiceAccountId, &str),
    now: DateTime<Utc>,
) -> Result<i64> {
    let row = db
        .row(
            "SELECT COUNT(*) AS n FROM meeting WHERE service_account_id = $1 AND organizer_id <> $2
               AND ends_at > $3 AND cancelled_at IS NULL",
            params![account, object_id, now],
        )
        .await?;
    Ok(row.map(|row| row.get("n")).transpose()?.unwrap_or_default())
}

/// The newest class of an account that was recorded, as organizer and online meeting: it must have attendance.
pub async fn last_recorded(
    db: &impl Read,
    account: ServiceAccountId,
    now: DateTime<Utc>,
) -> Result<Option<(String, String)>> {
    let row = db
        .row(
            "SELECT organizer_id, online_meeting_id FROM meeting
             WHERE service_account_id = $1 AND verdict = 'recorded' AND online_meeting_id IS NOT NULL
               AND organizer_id IS NOT NULL AND ends_at < $2 AND ends_at > $3
             ORDER BY ends_at DESC LIMIT 1",
            params![account, now - TimeDelta::hours(1), now - TimeDelta::days(30)],
        )
        .await?;
    row.map(|row| Ok((row.get("organizer_id")?, row.get("online_meeting_id")?))).transpose()
}

/// The newest chat of an account's meetings.
pub async fn last_chat(
    db: &impl Read,
    account: ServiceAccountId,
    now: DateTime<Utc>,
) -> Result<Option<String>> {
    let row = db
        .row(
            "SELECT chat_thread_id FROM meeting
             WHERE service_account_id = $1 AND chat_thread_id IS NOT NULL AND ends_at > $2
             ORDER BY ends_at DESC LIMIT 1",
            params![account, now - TimeDelta::days(30)],
        )
        .await?;
    row.map(|row| row.get("chat_thread_id")).transpose()
}

/// The newest recording in a drive that is still there.
pub async fn last_file(db: &impl Read, drive: &str) -> Result<Option<String>> {
    let row = db
        .row(
            "SELECT item_id FROM artifact WHERE drive_id = $1 AND kind = 'recording' AND item_id IS NOT NULL
               AND gone_at IS NULL AND source_removed_at IS NULL ORDER BY id DESC LIMIT 1",
            params![drive],
        )
        .await?;
    row.map(|row| row.get("item_id")).transpose()
}

/// Recordings that the recordings API told of and that came between two moments.
pub async fn recordings_between(
    db: &impl Read,
    integration: IntegrationId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<i64> {
    let row = db
        .row(
            "SELECT COUNT(*) AS n FROM artifact WHERE integration_id = $1 AND kind = 'recording'
               AND graph_id IS NOT NULL AND created_at > $2 AND created_at <= $3",
            params![integration, from, to],
        )
        .await?;
    Ok(row.map(|row| row.get("n")).transpose()?.unwrap_or_default())
}
