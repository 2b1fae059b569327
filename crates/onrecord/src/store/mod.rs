//! The database. All SQL of the product is in this folder and nothing else: a store function is SQL text,
//! binds, and a map to `model`. One text serves SQLite and PostgreSQL, with `$1`-style parameters.

use std::panic::Location;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqlErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

mod reader;
use crate::fail::{self, Step};

mod row;

pub mod acknowledgements;
pub mod alerts;
pub mod artifacts;
pub mod attendance;
pub mod audit;
pub mod audit_search;
pub mod backfill;
pub mod backup;
pub mod bin;
pub mod chat;
pub mod class_marks;
pub mod cleanup;
pub mod conference_lists;
pub mod conferences;
pub mod copy;
pub mod courses;
pub mod cues;
pub mod decisions;
pub mod delta;
pub mod drafts;
pub mod enrolments;
pub mod erasures;
pub mod evidence;
pub mod exceptions;
pub mod expiry;
pub mod files;
pub mod forgotten;
pub mod holds;
pub mod identities;
pub mod import;
pub mod integrations;
pub mod invitees;
pub mod jobs;
pub mod journal;
pub mod keep;
pub mod lanes;
pub mod links;
pub mod mail;
mod many;
pub mod media;
pub mod meeting_steps;
pub mod meetings;
pub mod migrate;
mod migrations;
pub mod minors;
pub mod monitor;
pub mod notices;
pub mod objections;
pub mod pages;
pub mod policies;
pub mod privacy;
pub mod probes;
pub mod rehearsals;
pub mod reports;
pub mod retention;
pub mod sessions;
pub mod sidecars;
pub mod storage;
pub mod subscriptions;
pub mod sync;
pub mod tokens;
pub mod users;
pub mod verify;
pub mod visits;
pub mod withdrawals;

use reader::Reader;
pub use row::{Column, Param, Row};

/// What can go wrong in the database. Missing is `Option`, never an error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique or foreign key refused the row.
    #[error("it conflicts with what is already there")]
    Conflict,
    /// The schema is another than this program's.
    #[error("the database schema is not this version's: {0}; run `onrecord migrate`")]
    Schema(String),
    /// Anything else.
    #[error("database: {0}")]
    Database(String),
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_) | SqlErr::ForeignKeyConstraintViolation(_)) => {
                Self::Conflict
            }
            _ => Self::Database(error.to_string()),
        }
    }
}

/// Result of a store function.
pub type Result<T> = std::result::Result<T, Error>;

/// The two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// One file beside the program.
    Sqlite,
    /// A server.
    Postgres,
}

/// The database: reads go straight to the pool, writes only through [`Store::write`]. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    db: DatabaseConnection,
    dialect: Dialect,
    /// On SQLite: where reading is done.
    reader: Option<Arc<Reader>>,
    /// SQLite has one writer: waiting for it here is fair and costs no busy loop.
    writer: Arc<Mutex<()>>,
}

/// A writing transaction. Dropped without [`Tx::commit`] it leaves nothing behind.
#[derive(Debug)]
pub struct Tx {
    transaction: DatabaseTransaction,
    dialect: Dialect,
    _writer: Option<OwnedMutexGuard<()>>,
}

/// Something SQL can be asked of: the [`Store`], or a [`Tx`] that must see its own writes.
#[async_trait::async_trait]
pub trait Read: Send + Sync {
    /// The dialect, for the few places where the two differ.
    fn dialect(&self) -> Dialect;

    /// Runs a query and returns its rows.
    async fn rows(&self, sql: &str, params: Vec<sea_orm::Value>) -> Result<Vec<Row>>;

    /// Runs a query and returns its first row.
    async fn row(&self, sql: &str, params: Vec<sea_orm::Value>) -> Result<Option<Row>>;
}

/// Binds for one statement, in the order of `$1`, `$2`, …
#[macro_export]
macro_rules! params {
    () => {
        Vec::new()
    };
    ($($value:expr),+ $(,)?) => {{
        use $crate::store::Param as _;
        vec![$($value.param()),+]
    }};
}

fn statement(dialect: Dialect, sql: &str, params: Vec<sea_orm::Value>) -> Statement {
    let backend = match dialect {
        Dialect::Sqlite => DbBackend::Sqlite,
        Dialect::Postgres => DbBackend::Postgres,
    };
    Statement::from_sql_and_values(backend, sql, params)
}

#[async_trait::async_trait]
impl Read for Store {
    fn dialect(&self) -> Dialect {
        self.dialect
    }

    async fn rows(&self, sql: &str, params: Vec<sea_orm::Value>) -> Result<Vec<Row>> {
        if let Some(reader) = &self.reader {
            return reader.rows(sql, params).await;
        }
        let rows = self.db.query_all_raw(statement(self.dialect, sql, params)).await?;
        Ok(rows.into_iter().map(Row::new).collect())
    }

    async fn row(&self, sql: &str, params: Vec<sea_orm::Value>) -> Result<Option<Row>> {
        if let Some(reader) = &self.reader {
            return Ok(reader.rows(sql, params).await?.into_iter().next());
        }
        let row = self.db.query_one_raw(statement(self.dialect, sql, params)).await?;
        Ok(row.map(Row::new))
    }
}

#[async_trait::async_trait]
impl Read for Tx {
    fn dialect(&self) -> Dialect {
        self.dialect
    }

    async fn rows(&self, sql: &str, params: Vec<sea_orm::Value>) -> Result<Vec<Row>> {
        let rows = self.transaction.query_all_raw(statement(self.dialect, sql, params)).await?;
        Ok(rows.into_iter().map(Row::new).collect())
    }

    async fn row(&self, sql: &str, params: Vec<sea_orm::Value>) -> Result<Option<Row>> {
        let row = self.transaction.query_one_raw(statement(self.dialect, sql, params)).await?;
        Ok(row.map(Row::new))
    }
}

impl Store {
    /// Opens the database at `url` (`sqlite://PATH` or `postgres://…`) without touching its schema.
    pub async fn open(url: &str) -> Result<Self> {
        let dialect = dialect_of(url)?;
        let mut options = ConnectOptions::new(url_with_mode(url, dialect));
        options.sqlx_logging(false).test_before_acquire(false).acquire_timeout(Duration::from_secs(20));
        match dialect {
            Dialect::Sqlite => {
                options.max_connections(3).map_sqlx_sqlite_opts(|sqlite| {
                    sqlite
                        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
                        .synchronous(sqlx::sqlite::SqliteSynchronous::Normal)
                        .foreign_keys(true)
                        .busy_timeout(Duration::from_secs(15))
                        .statement_cache_capacity(256)
                        .pragma("cache_size", "-8192")
                        .pragma("temp_store", "memory")
                });
            }
            Dialect::Postgres => {
                options.max_connections(16).test_before_acquire_if_idle_for(Duration::from_secs(30));
            }
        }
        let db = Database::connect(options).await?;
        let file = sqlite_file(url).filter(|_| dialect == Dialect::Sqlite);
        let reader = file.map(|file| Arc::new(Reader::new(file)));
        Ok(Self { db, dialect, reader, writer: Arc::default() })
    }

    /// Begins a writing transaction: immediate on SQLite, so that read-then-write never fails half-way.
    /// No network call may be made while it is open.
    pub async fn write(&self) -> Result<Tx> {
        let writer = match self.dialect {
            Dialect::Sqlite => Some(Arc::clone(&self.writer).lock_owned().await),
            Dialect::Postgres => None,
        };
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.db.begin_with_options(options).await?;
        Ok(Tx { transaction, dialect: self.dialect, _writer: writer })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.row("SELECT 1 AS one", params![]).await.map(|_| ())
    }

    /// The database's own time: leases are compared with it, so that machines with skewed clocks agree.
    /// On SQLite there is one machine, whose time is `system_now`.
    pub async fn database_now(&self, system_now: DateTime<Utc>) -> Result<DateTime<Utc>> {
        if self.dialect == Dialect::Sqlite {
            return Ok(system_now);
        }
        let row = self.row("SELECT clock_timestamp() AS now", params![]).await?;
        let now: DateTime<Utc> = row.map(|row| row.get("now")).transpose()?.unwrap_or(system_now);
        Ok(now.trunc_subsecs(6))
    }

    /// Closes the pool; used before a file is copied and at the end of tests.
    pub async fn close(&self) -> Result<()> {
        if let Some(reader) = &self.reader {
            reader.close();
        }
        Ok(self.db.clone().close().await?)
    }

    pub(in crate::store) fn connection(&self) -> &DatabaseConnection {
        &self.db
    }
}

impl Tx {
    /// Runs a statement and returns how many rows it touched.
    pub async fn execute(&self, sql: &str, params: Vec<sea_orm::Value>) -> Result<u64> {
        let done = self.transaction.execute_raw(statement(self.dialect, sql, params)).await?;
        Ok(done.rows_affected())
    }

    /// Runs an `INSERT … RETURNING id` and returns the id.
    pub async fn insert<I: crate::model::id::Id>(&self, sql: &str, params: Vec<sea_orm::Value>) -> Result<I> {
        let row = self.row(sql, params).await?;
        let row = row.ok_or_else(|| Error::Database("the insert returned no id".into()))?;
        Ok(I::new(row.get("id")?))
    }

    /// `FOR UPDATE` where rows must be locked before read-then-write; SQLite has locked everything already.
    pub fn for_update(&self) -> &'static str {
        match self.dialect {
            Dialect::Sqlite => "",
            Dialect::Postgres => " FOR UPDATE",
        }
    }

    /// Makes everything written visible at once.
    #[track_caller]
    pub fn commit(self) -> impl Future<Output = Result<()>> + Send {
        let caller = Location::caller();
        async move {
            let Self { transaction, _writer: writer, .. } = self;
            fail::step(Step::BeforeCommit, || fail::place(caller));
            transaction.commit().await?;
            fail::step(Step::AfterCommit, || fail::place(caller));
            drop(writer);
            Ok(())
        }
    }
}

fn dialect_of(url: &str) -> Result<Dialect> {
    if url.starts_with("sqlite:") {
        Ok(Dialect::Sqlite)
    } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        Ok(Dialect::Postgres)
    } else {
        Err(Error::Database("the database URL must begin with sqlite:// or postgres://".into()))
    }
}

fn url_with_mode(url: &str, dialect: Dialect) -> String {
    if dialect == Dialect::Sqlite && !url.contains("mode=") {
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}mode=rwc")
    } else {
        url.to_owned()
    }
}

/// The file of a `sqlite://` URL, or `None` for a server.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split('?').next().unwrap_or(path);
    (!path.is_empty() && path != ":memory:").then(|| PathBuf::from(path))
}
