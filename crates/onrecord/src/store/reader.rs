//! Reading SQLite on the thread that asks. The pool's way leads through a thread of its own for each connection:
//! nine changes of thread for a statement that takes ten microseconds. Only reading outside a transaction goes this
//! way; everything that writes, and PostgreSQL, goes through the pool. A statement that proves long is started again
//! where it holds nobody up.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::SecondsFormat;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql};
use sea_orm::Value;
use tokio::sync::Semaphore;

use super::row::Columns;
use super::{Error, Result, Row};

/// Instructions of SQLite's machine between two looks at whether a statement is long.
const STRIDE: i32 = 10_000;

/// Looks after which a statement is long: by then it has taken some milliseconds.
const QUICK: u32 = 20;

/// Long statements at once.
const LONG_AT_ONCE: usize = 4;

/// Connections that are kept for the next reader.
const KEPT: usize = 8;

/// Statements that a connection keeps compiled.
const STATEMENTS: usize = 256;

/// Page cache of one connection in KiB.
const CACHE_KIB: i32 = 4_096;

/// The connections for reading one database file.
#[derive(Debug)]
pub(super) struct Reader {
    file: PathBuf,
    kept: Mutex<Vec<Desk>>,
    long: Semaphore,
    is_closed: AtomicBool,
}

/// A connection with what is known of its statements.
#[derive(Debug)]
struct Desk {
    connection: Connection,
    /// Looks left before a statement is interrupted.
    looks: Arc<AtomicU32>,
    columns: HashMap<String, Arc<Columns>>,
}

/// How a reading ended.
enum Reading {
    Done(Vec<Row>),
    Long,
}

impl Reader {
    pub(super) fn new(file: PathBuf) -> Self {
        let (kept, long) = (Mutex::default(), Semaphore::new(LONG_AT_ONCE));
        Self { file, kept, long, is_closed: AtomicBool::new(false) }
    }

    /// The rows of a statement that writes nothing.
    pub(super) async fn rows(self: &Arc<Self>, sql: &str, params: Vec<Value>) -> Result<Vec<Row>> {
        let mut desk = self.take()?;
        let reading = desk.read(sql, &params, QUICK);
        self.put_back(desk);
        if let Reading::Done(rows) = reading? {
            return Ok(rows);
        }
        let lost = || Error::Database("a reading was given up".to_owned());
        let _place = self.long.acquire().await.map_err(|_| lost())?;
        let (reader, sql) = (Arc::clone(self), sql.to_owned());
        let long = tokio::task::spawn_blocking(move || {
            let mut desk = reader.take()?;
            let reading = desk.read(&sql, &params, u32::MAX);
            reader.put_back(desk);
            reading
        });
        match long.await.map_err(|_| lost())?? {
            Reading::Done(rows) => Ok(rows),
            Reading::Long => Err(lost()),
        }
    }

    /// Lets go of the file: readings after this fail.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn take(&self) -> Result<Desk> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(Error::Database("the database is closed".to_owned()));
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.map_or_else(|| Desk::open(&self.file), Ok)
    }

    fn put_back(&self, desk: Desk) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT && !self.is_closed.load(Ordering::Acquire) {
            kept.push(desk);
        }
    }
}

impl Desk {
    fn open(file: &std::path::Path) -> Result<Self> {
        // Not read-only: SQLite may have to bring the write-ahead log in order first.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(Duration::from_secs(15))?;
        // Otherwise a statement is compiled anew whenever a bound value might change its plan.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let looks = Arc::new(AtomicU32::new(0));
        let left = Arc::clone(&looks);
        let is_long = move || {
            let less = |left: u32| (left < u32::MAX).then(|| left.saturating_sub(1));
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less) == Ok(0)
        };
        connection.progress_handler(STRIDE, Some(is_long))?;
        Ok(Self { connection, looks, columns: HashMap::new() })
    }

    /// Reads all rows, unless that takes more than so many looks; `u32::MAX` is without end.
    fn read(&mut self, sql: &str, params: &[Value], looks: u32) -> Result<Reading> {
        self.looks.store(looks, Ordering::Relaxed);
        match self.all(sql, params) {
            Err(rusqlite::Error::SqliteFailure(error, _))
                if error.code == rusqlite::ErrorCode::OperationInterrupted =>
            {
                Ok(Reading::Long)
            }
            read => Ok(Reading::Done(read?)),
        }
    }

    fn all(&mut self, sql: &str, params: &[Value]) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let columns = if let Some(columns) = self.columns.get(sql) {
            Arc::clone(columns)
        } else {
            let columns = Arc::new(Columns::new(statement.column_names()));
            if self.columns.len() >= STATEMENTS {
                self.columns.clear();
            }
            self.columns.insert(sql.to_owned(), Arc::clone(&columns));
            columns
        };
        bind(&mut statement, params)?;
        let mut rows = statement.raw_query();
        let mut read = Vec::new();
        while let Some(row) = rows.next()? {
            let cells = (0..columns.len()).map(|place| row.get(place));
            read.push(Row::of_sqlite(&columns, cells.collect::<rusqlite::Result<_>>()?));
        }
        Ok(read)
    }
}

/// Binds `$3` to the third parameter. To SQLite `$3` is a name, whose place is where it stands first in the text.
fn bind(statement: &mut CachedStatement<'_>, params: &[Value]) -> rusqlite::Result<()> {
    for place in 1..=statement.parameter_count() {
        let number =
            statement.parameter_name(place).and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
        let param = number.and_then(|number| params.get(number.checked_sub(1)?));
        let param = param.ok_or(rusqlite::Error::InvalidParameterCount(place, params.len()))?;
        statement.raw_bind_parameter(place, Bound(param))?;
    }
    Ok(())
}

/// A parameter in the form in which the pool writes it, so that both compare alike.
struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = |text: String| ToSqlOutput::Owned(rusqlite::types::Value::Text(text));
        Ok(match self.0 {
            Value::Bool(Some(value)) => ToSqlOutput::from(*value),
            Value::Int(Some(value)) => ToSqlOutput::from(*value),
            Value::BigInt(Some(value)) => ToSqlOutput::from(*value),
            Value::Double(Some(value)) => ToSqlOutput::from(*value),
            Value::String(Some(value)) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Value::Bytes(Some(value)) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Value::ChronoDateTimeUtc(Some(value)) => {
                text(value.to_rfc3339_opts(SecondsFormat::AutoSi, false))
            }
            Value::ChronoDate(Some(value)) => text(value.format("%F").to_string()),
            Value::Bool(None)
            | Value::Int(None)
            | Value::BigInt(None)
            | Value::Double(None)
            | Value::String(None)
            | Value::Bytes(None)
            | Value::ChronoDateTimeUtc(None)
            | Value::ChronoDate(None) => ToSqlOutput::Owned(rusqlite::types::Value::Null),
            other => {
                let unknown = format!("no parameter of the kind of {other:?} is bound anywhere");
                return Err(rusqlite::Error::ToSqlConversionFailure(unknown.into()));
            }
        })
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}
