//! A fresh database for each test: a SQLite file of its own, or with `ONRECORD_TEST_POSTGRES` (the URL of a
//! server's maintenance database) a PostgreSQL database of its own, copied from a migrated template.

use std::path::Path;

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement};

use onrecord::store::Store;

/// The database of one test.
pub(crate) struct TestDatabase {
    /// Where it is.
    pub(crate) url: String,
    /// The server's maintenance database and the name of this one.
    server: Option<(String, String)>,
}

/// Whether this run is on PostgreSQL.
pub(crate) fn on_postgres() -> bool {
    server_url().is_some()
}

#[expect(clippy::disallowed_methods, reason = "the test runner says here which database to test on")]
fn server_url() -> Option<String> {
    std::env::var("ONRECORD_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

impl TestDatabase {
    /// An empty database with this version's schema.
    pub(crate) async fn fresh(folder: &Path) -> Self {
        let Some(server) = server_url() else {
            return Self { url: format!("sqlite://{}", folder.join("onrecord.db").display()), server: None };
        };
        let mut options = sea_orm::ConnectOptions::new(server.as_str());
        options.max_connections(1);
        let connection = Database::connect(options).await.expect("the test server answers");
        let template = template(&connection, &server).await;
        let name = format!("onrecord_test_{}", uuid::Uuid::new_v4().simple());
        // Another test may be copying the template this moment; PostgreSQL then refuses, and we ask again.
        for attempt in 0.. {
            match run(&connection, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await {
                Ok(()) => break,
                Err(error) if attempt > 200 => panic!("the template cannot be copied: {error}"),
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
        Self { url: beside(&server, &name), server: Some((server, name)) }
    }

    /// Removes what a server would keep. Its own connection, because it runs where the test's runtime stands still.
    pub(crate) async fn remove(self) {
        let Some((server, name)) = self.server else { return };
        let mut options = sea_orm::ConnectOptions::new(server.as_str());
        options.max_connections(1);
        if let Ok(connection) = Database::connect(options).await {
            let _ = run(&connection, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

/// The migrated template of this build, made once by whichever test comes first.
async fn template(connection: &DatabaseConnection, server: &str) -> String {
    let name = "onrecord_test_template";
    run(connection, "SELECT pg_advisory_lock(20261121)").await.expect("the lock is given");
    let sql = format!("SELECT 1 AS one FROM pg_database WHERE datname = '{name}'");
    let there = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await;
    if there.expect("the catalogue can be read").is_none() {
        let draft = format!("{name}_draft");
        run(connection, &format!("DROP DATABASE IF EXISTS {draft}")).await.expect("the draft goes");
        run(connection, &format!("CREATE DATABASE {draft}")).await.expect("the draft is made");
        let store = Store::open(&beside(server, &draft)).await.expect("the draft opens");
        store.migrate().await.expect("the schema is made");
        store.close().await.expect("the draft closes");
        run(connection, &format!("ALTER DATABASE {draft} RENAME TO {name}"))
            .await
            .expect("the draft is renamed");
    }
    run(connection, "SELECT pg_advisory_unlock(20261121)").await.expect("the lock is returned");
    name.to_owned()
}

async fn run(connection: &DatabaseConnection, sql: &str) -> Result<(), sea_orm::DbErr> {
    connection.execute_unprepared(sql).await.map(|_| ())
}

/// The URL of database `name` on the same server.
fn beside(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).expect("ONRECORD_TEST_POSTGRES is a URL");
    url.set_path(name);
    url.to_string()
}
