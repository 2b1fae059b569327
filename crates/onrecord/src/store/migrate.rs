//! Bringing the schema to this version, and refusing another.

use std::path::Path;

use sea_orm::ConnectionTrait as _;
use sea_orm_migration::MigratorTrait;

use super::migrations::Migrator;
use super::{Dialect, Error, Read as _, Result, Store};
use crate::params;

impl Store {
    /// Applies what is missing. Repeating it changes nothing. The caller makes the backup copy first.
    pub async fn migrate(&self) -> Result<()> {
        Ok(Migrator::up(self.connection(), None).await?)
    }

    /// Names of the migrations that are still to be applied; empty when the schema is this version's.
    pub async fn pending_migrations(&self) -> Result<Vec<String>> {
        let pending = Migrator::get_pending_migrations(self.connection()).await?;
        Ok(pending.iter().map(|migration| migration.name().to_owned()).collect())
    }

    /// Whether the database holds any table of ours.
    pub async fn has_schema(&self) -> Result<bool> {
        let sql = match self.dialect() {
            Dialect::Sqlite => {
                "SELECT 1 AS one FROM sqlite_master WHERE type = 'table' AND name = 'conference'"
            }
            Dialect::Postgres => {
                "SELECT 1 AS one FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'conference'"
            }
        };
        Ok(self.row(sql, params![]).await?.is_some())
    }

    /// Writes a consistent copy of a SQLite database to a new file, while it is in use. An existing copy stays.
    pub async fn copy_to(&self, file: &Path) -> Result<()> {
        if file.exists() {
            return Ok(());
        }
        let path = file.to_str().ok_or_else(|| Error::Database("the path is not UTF-8".into()))?;
        let statement = super::statement(self.dialect(), "VACUUM INTO $1", params![path]);
        self.connection().execute_raw(statement).await?;
        Ok(())
    }

    /// Succeeds only if the schema is exactly this version's.
    pub async fn require_current_schema(&self) -> Result<()> {
        let pending = self.pending_migrations().await?;
        if pending.is_empty() {
            Ok(())
        } else {
            Err(Error::Schema(format!("{} is missing", pending.join(", "))))
        }
    }
}
