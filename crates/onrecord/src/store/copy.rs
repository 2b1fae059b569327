//! Moving house: copies every row from one database to another, between SQLite and PostgreSQL. The column types
//! are read from the PostgreSQL side; SQLite to SQLite is a file copy and needs none of this.

use chrono::{DateTime, NaiveDate, Utc};
use futures::TryStreamExt as _;
use sea_orm::{StreamTrait as _, Value};

use super::{Dialect, Error, Param, Read, Result, Row, Store, Tx};
use crate::params;

/// Every table in an order in which nothing is written before what it refers to. A test compares it with the schema.
pub const TABLES: &[&str] = &[
    "user",
    "user_alias",
    "course",
    "enrolment",
    "integration",
    "service_account",
    "probe_result",
    "directory_gap",
    "policy_answer",
    "rehearsal",
    "rehearsal_step",
    "notice_version",
    "conference",
    "meeting",
    "alert",
    "call_event",
    "recording_answer",
    "sync_state",
    "artifact",
    "match_refusal",
    "archive_draft",
    "archive_part",
    "archive_sidecar",
    "drive_reading",
    "withdrawal",
    "transcript_cue",
    "attendance_report",
    "attendance_record",
    "attendance_interval",
    "chat_message",
    "visit",
    "sync_run",
    "backfill",
    "delta_link",
    "subscription",
    "lane",
    "lane_holder",
    "job",
    "mail",
    "mail_choice",
    "mail_round",
    "audit_entry",
    "audit_detail",
    "audit_refusal",
    "audit_checkpoint",
    "retention_policy",
    "hold",
    "hold_course",
    "retention_run",
    "retention_item",
    "removal",
    "doomed_object",
    "erasure",
    "erased_identity",
    "playback_reason",
    "minor_course",
    "minor_person",
    "guardian_word",
    "recording_exception",
    "objection",
    "objection_note",
    "notice_wording",
    "meeting_notice",
    "acknowledgement",
    "journal_sheet",
    "journal_line",
    "web_session",
    "api_token",
    "one_time_link",
];

/// Rows written by one statement.
const BATCH_ROWS: usize = 200;

struct Field {
    name: String,
    data_type: String,
    is_identity: bool,
}

/// Copies all rows of `from` into the empty database `to` in one transaction, and returns how many rows each
/// table has. Fails without writing if `to` holds rows, or if the counts differ at the end.
pub async fn copy_all(from: &Store, to: &Store) -> Result<Vec<(&'static str, u64)>> {
    let typed = match (from.dialect(), to.dialect()) {
        (Dialect::Postgres, _) => from,
        (_, Dialect::Postgres) => to,
        (Dialect::Sqlite, Dialect::Sqlite) => {
            return Err(Error::Database("copy the SQLite file instead: both are SQLite".into()));
        }
    };
    let tx = to.write().await?;
    let mut copied = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        if count(&tx, table).await? > 0 {
            return Err(Error::Database(format!(
                "the target already holds rows in {table}; it must be empty"
            )));
        }
        let fields = fields(typed, table).await?;
        copied.push((*table, copy_table(from, &tx, table, &fields).await?));
    }
    for (table, rows) in &copied {
        let there = count(&tx, table).await?;
        if there != *rows as i64 {
            return Err(Error::Database(format!("{table}: {rows} rows were read and {there} are there")));
        }
    }
    tx.commit().await?;
    Ok(copied)
}

async fn count(db: &impl Read, table: &str) -> Result<i64> {
    let row = db.row(&format!("SELECT COUNT(*) AS n FROM \"{table}\""), params![]).await?;
    row.map_or(Ok(0), |row| row.get("n"))
}

async fn fields(typed: &Store, table: &str) -> Result<Vec<Field>> {
    let rows = typed
        .rows(
            "SELECT CAST(column_name AS text) AS name, CAST(data_type AS text) AS data_type,
                    is_identity = 'YES' AS is_identity
             FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
            params![table],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Field {
                name: row.get("name")?,
                data_type: row.get("data_type")?,
                is_identity: row.get("is_identity")?,
            })
        })
        .collect()
}

async fn copy_table(from: &Store, tx: &Tx, table: &str, fields: &[Field]) -> Result<u64> {
    let names: Vec<_> = fields.iter().map(|field| format!("\"{}\"", field.name)).collect();
    let names = names.join(", ");
    let select = super::statement(from.dialect(), &format!("SELECT {names} FROM \"{table}\""), params![]);
    let mut stream = from.connection().stream_raw(select).await?;
    let mut batch = Vec::with_capacity(BATCH_ROWS * fields.len());
    let mut rows = 0;
    while let Some(row) = stream.try_next().await? {
        let row = Row::new(row);
        for field in fields {
            batch.push(value(&row, field)?);
        }
        rows += 1;
        if batch.len() >= BATCH_ROWS * fields.len() {
            write(tx, table, &names, fields.len(), std::mem::take(&mut batch)).await?;
        }
    }
    if !batch.is_empty() {
        write(tx, table, &names, fields.len(), batch).await?;
    }
    if tx.dialect() == Dialect::Postgres && fields.iter().any(|field| field.is_identity) {
        tx.row(
            &format!(
                "SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'),
                     GREATEST((SELECT COALESCE(MAX(id), 0) FROM \"{table}\"), 1)) AS at"
            ),
            params![],
        )
        .await?;
    }
    Ok(rows)
}

async fn write(tx: &Tx, table: &str, names: &str, width: usize, values: Vec<Value>) -> Result<()> {
    let places: Vec<_> = (0..values.len() / width)
        .map(|row| {
            let row: Vec<_> = (1..=width).map(|column| format!("${}", row * width + column)).collect();
            format!("({})", row.join(", "))
        })
        .collect();
    let sql = format!("INSERT INTO \"{table}\" ({names}) VALUES {}", places.join(", "));
    tx.execute(&sql, values).await.map(|_| ())
}

fn value(row: &Row, field: &Field) -> Result<Value> {
    let name = field.name.as_str();
    Ok(match field.data_type.as_str() {
        "bigint" | "integer" => row.get::<Option<i64>>(name)?.param(),
        "boolean" => row.get::<Option<bool>>(name)?.param(),
        "timestamp with time zone" => row.get::<Option<DateTime<Utc>>>(name)?.param(),
        "date" => row.get::<Option<NaiveDate>>(name)?.param(),
        "bytea" => row.get::<Option<Vec<u8>>>(name)?.param(),
        "text" => row.get::<Option<String>>(name)?.param(),
        other => return Err(Error::Database(format!("column {name} has the unexpected type {other}"))),
    })
}
