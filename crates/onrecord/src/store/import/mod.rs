//! Reading and writing many rows at once, for imports of a million lines. What is compared with what is decided in
//! `ops/import`; here is only SQL, in pieces that both databases take.

mod classes;
mod people;

use sea_orm::Value;

use super::{Param, Read, Result, Row, Tx, many};

pub use classes::{
    ImportedRecording, KnownRecording, conferences, enqueue_many, insert_conferences, insert_recordings,
    insert_slots, last_parts, meetings, meetings_of, recordings, span_conferences, update_conferences,
    update_recordings, update_slots,
};
pub use people::{
    EnrolmentKey, courses, enrolments, insert_courses, insert_users, put_enrolments, roster, update_courses,
    update_users, users,
};

/// What is written where: the table, and its columns in the order of the values.
#[derive(Debug, Clone, Copy)]
struct Target {
    table: &'static str,
    columns: &'static [&'static str],
}

/// Writes new rows.
async fn insert(tx: &Tx, target: Target, rows: &[Vec<Value>]) -> Result<()> {
    for piece in rows.chunks(many::CHUNK) {
        let sql = format!(
            "INSERT INTO {} ({}) VALUES {}",
            target.table,
            target.columns.join(", "),
            many::values(piece.len(), target.columns.len())
        );
        tx.execute(&sql, piece.concat()).await?;
    }
    Ok(())
}

/// Rewrites rows. The first column is the id.
async fn update(tx: &Tx, target: Target, rows: &[Vec<Value>]) -> Result<()> {
    let Target { table, columns } = target;
    let set: Vec<String> = columns.iter().skip(1).map(|column| format!("{column} = v.{column}")).collect();
    for piece in rows.chunks(many::CHUNK) {
        let sql = format!(
            "WITH v ({}) AS (VALUES {}) UPDATE {table} SET {} FROM v WHERE {table}.id = v.id",
            columns.join(", "),
            many::values(piece.len(), columns.len()),
            set.join(", ")
        );
        tx.execute(&sql, piece.concat()).await?;
    }
    Ok(())
}

/// Asks for all rows whose `key` is one of `keys`.
async fn where_in<K: Param>(db: &impl Read, select: &str, key: &str, keys: &[K]) -> Result<Vec<Row>> {
    many::where_in(db, select, key, keys).await
}
