//! Table `drive_reading`: what was read of the service accounts' drives, day by day; and what the planned classes of an
//! account will add.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Read, Result, Row, Tx};
use crate::model::forecast::DayReading;
use crate::model::id::{IntegrationId, MeetingId, ServiceAccountId};
use crate::params;

/// Readings older than this many days are forgotten.
pub const KEPT_DAYS: i64 = 400;

/// Keeps what the account's row says of its drive as the reading of that day.
pub async fn note(
    tx: &Tx,
    id: ServiceAccountId,
    (day, read_at): (NaiveDate, DateTime<Utc>),
    (state, total, used): (&str, Option<i64>, Option<i64>),
) -> Result<()> {
    tx.execute(
        "INSERT INTO drive_reading (service_account_id, day, read_at, state, total_bytes, used_bytes)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (service_account_id, day) DO UPDATE SET read_at = excluded.read_at, state = excluded.state,
             total_bytes = excluded.total_bytes, used_bytes = excluded.used_bytes",
        params![id, day, read_at, state, total, used],
    )
    .await?;
    Ok(())
}

/// Forgets readings of days before `before`.
pub async fn forget(tx: &Tx, before: NaiveDate) -> Result<()> {
    tx.execute("DELETE FROM drive_reading WHERE day < $1", params![before]).await?;
    Ok(())
}

/// The readings of an account since a day, in order.
pub async fn readings(db: &impl Read, id: ServiceAccountId, since: NaiveDate) -> Result<Vec<DayReading>> {
    let rows = db
        .rows(
            "SELECT day, used_bytes FROM drive_reading
             WHERE service_account_id = $1 AND day >= $2 AND used_bytes IS NOT NULL ORDER BY day",
            params![id, since],
        )
        .await?;
    rows.iter()
        .map(|row| Ok(DayReading { day: row.get("day")?, used_bytes: row.get("used_bytes")? }))
        .collect()
}

/// A class to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// The class.
    pub meeting_id: MeetingId,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
}

/// The classes of an account between two moments that were not cancelled, in order.
pub async fn planned(
    db: &impl Read,
    id: ServiceAccountId,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Planned>> {
    let planned = |row: &Row| {
        Ok(Planned {
            meeting_id: row.id("id")?,
            starts_at: row.get("starts_at")?,
            ends_at: row.get("ends_at")?,
        })
    };
    let rows = db
        .rows(
            "SELECT id, starts_at, ends_at FROM meeting
             WHERE service_account_id = $1 AND starts_at > $2 AND starts_at <= $3 AND cancelled_at IS NULL
             ORDER BY starts_at, id",
            params![id, from, until],
        )
        .await?;
    rows.iter().map(planned).collect()
}

/// Bytes of an hour of recording, from those made since `since`; `None` where there are none.
pub async fn bytes_per_hour(
    db: &impl Read,
    integration: IntegrationId,
    since: DateTime<Utc>,
) -> Result<Option<i64>> {
    let row = db
        .row(
            "SELECT CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) AS bytes,
                 CAST(COALESCE(SUM(duration_ms), 0) AS BIGINT) AS ms
             FROM artifact WHERE integration_id = $1 AND kind = 'recording' AND size_bytes IS NOT NULL
               AND duration_ms >= 60000 AND created_at >= $2",
            params![integration, since],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let (bytes, ms): (i64, i64) = (row.get("bytes")?, row.get("ms")?);
    Ok((ms > 0).then(|| (i128::from(bytes) * 3_600_000 / i128::from(ms)) as i64))
}

/// A meeting to come that an account organizes, as far as moving it goes.
#[derive(Debug, Clone)]
pub struct Homed {
    /// The meeting.
    pub id: MeetingId,
    /// Its tenant connection.
    pub integration_id: IntegrationId,
    /// Whose calendar holds its event.
    pub organizer_id: Option<String>,
    /// The event.
    pub event_id: Option<String>,
}

/// The meetings of an account that begin after `after`, locked by the caller's transaction where that is needed.
pub async fn homed(tx: &Tx, id: ServiceAccountId, after: DateTime<Utc>) -> Result<Vec<Homed>> {
    let sql = format!(
        "SELECT m.id, c.integration_id, m.organizer_id, m.event_id FROM meeting m
         JOIN conference c ON c.id = m.conference_id
         WHERE m.service_account_id = $1 AND m.starts_at > $2 AND m.cancelled_at IS NULL
         ORDER BY m.starts_at, m.id{}",
        if tx.for_update().is_empty() { "" } else { " FOR UPDATE OF m" }
    );
    let homed = |row: &Row| {
        Ok(Homed {
            id: row.id("id")?,
            integration_id: row.id("integration_id")?,
            organizer_id: row.get("organizer_id")?,
            event_id: row.get("event_id")?,
        })
    };
    tx.rows(&sql, params![id, after]).await?.iter().map(homed).collect()
}
