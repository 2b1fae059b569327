//! `db copy` takes every table along: one that is forgotten would be lost without a word.

use onrecord::params;
use onrecord::store::copy::TABLES;
use onrecord::store::{Dialect, Read as _};

use crate::world::World;

#[tokio::test]
async fn every_table_moves_along() {
    let world = World::new().await;
    let store = &world.app.store;
    let sql = match store.dialect() {
        Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        Dialect::Postgres => {
            "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema()"
        }
    };
    let rows = store.rows(sql, params![]).await.expect("a query");
    let mut tables: Vec<String> = rows.iter().map(|row| row.get("name").expect("a name")).collect();
    tables.retain(|table| table != "seaql_migrations");
    tables.sort();
    let mut moved: Vec<&str> = TABLES.to_vec();
    moved.sort_unstable();
    assert_eq!(tables, moved);
}
