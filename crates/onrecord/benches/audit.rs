//! What it costs to search a large audit: `cargo bench -p onrecord --bench audit [-- ENTRIES]`. Ten million entries by
//! default, made by the database itself, on SQLite or with `ONRECORD_BENCH_POSTGRES` (the URL of an empty database) on
//! PostgreSQL. Time is nearly all the database's, so a debug build (`--profile dev`) shows the same.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use onrecord::model::id::{ArtifactId, AuditEntryId, CourseId, MeetingId, UserId};
use onrecord::params;
use onrecord::store::audit_search::{self, About, Filter, What};
use onrecord::store::{Dialect, Read as _, Store};

/// Entries of the audit.
const ENTRIES: i64 = 10_000_000;

/// Recordings that they are on, and people whose they are.
const RECORDINGS: i64 = 100_000;
const PEOPLE: i64 = 20_000;

/// Courses, each with as many classes.
const COURSES: i64 = 2_000;

/// Each question is put so often, to another thing each time.
const TIMES: i64 = 20;

/// Entries on one page.
const PAGE: i64 = 51;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let entries = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(ENTRIES);
    let folder = tempfile::tempdir()?;
    let url = server().unwrap_or_else(|| format!("sqlite://{}", folder.path().join("onrecord.db").display()));
    let store = Store::open(&url).await?;
    store.migrate().await?;
    let begun = Instant::now();
    school(&store).await?;
    let indexes = without_indexes(&store).await?;
    fill(&store, entries).await?;
    with_indexes(&store, indexes).await?;
    println!("{entries} entries were made in {:.0} s.\n", begun.elapsed().as_secs_f64());
    println!("| question | first time | median | slowest |\n|---|---|---|---|");
    ask_all(&store, entries).await
}

#[expect(clippy::disallowed_methods, reason = "a switch of the measurement, not of the product")]
fn server() -> Option<String> {
    std::env::var("ONRECORD_BENCH_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// When the first entry was written.
fn opening() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default()
}

/// `(SELECT n FROM …)` of the numbers from 1 to `$1`.
fn numbers(store: &Store) -> &'static str {
    match store.dialect() {
        Dialect::Sqlite => {
            "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < $1)"
        }
        Dialect::Postgres => "WITH number (n) AS (SELECT generate_series(1, $1::bigint))",
    }
}

async fn make(store: &Store, count: i64, insert: &str, select: &str) -> anyhow::Result<()> {
    let tx = store.write().await?;
    let sql = match store.dialect() {
        Dialect::Sqlite => format!("{insert} {} SELECT {select} FROM number", numbers(store)),
        Dialect::Postgres => format!("{} {insert} SELECT {select} FROM number", numbers(store)),
    };
    let binds = if sql.contains("$2") { params![count, opening()] } else { params![count] };
    tx.execute(&sql, binds).await?;
    Ok(tx.commit().await?)
}

async fn school(store: &Store) -> anyhow::Result<()> {
    let now = "$2";
    make(
        store,
        PEOPLE,
        "INSERT INTO \"user\" (email, name, created_at, updated_at)",
        &format!("'p' || n || '@contoso.example', 'Person ' || n, {now}, {now}"),
    )
    .await?;
    make(
        store,
        1,
        "INSERT INTO integration (name, created_at, updated_at)",
        &format!("'Teams', {now}, {now}"),
    )
    .await?;
    make(
        store,
        COURSES,
        "INSERT INTO course (code, title, created_at, updated_at)",
        &format!("'K-' || n, 'Course ' || n, {now}, {now}"),
    )
    .await?;
    make(
        store,
        COURSES,
        "INSERT INTO conference (course_id, integration_id, title, time_zone, first_starts_at, last_ends_at, created_at,
             updated_at)",
        &format!("n, 1, 'Class ' || n, 'UTC', {now}, {now}, {now}, {now}"),
    )
    .await?;
    make(
        store,
        RECORDINGS,
        "INSERT INTO meeting (conference_id, starts_at, ends_at, transaction_id, created_at, updated_at)",
        &format!("1 + n % {COURSES}, {now}, {now}, 't' || n, {now}, {now}"),
    )
    .await?;
    make(
        store,
        RECORDINGS,
        "INSERT INTO artifact (integration_id, meeting_id, kind, created_at, updated_at)",
        &format!("1, n, 'recording', {now}, {now}"),
    )
    .await
}

/// Drops the audit's indexes, which are made faster afterwards, and returns what makes them. On PostgreSQL they stay.
async fn without_indexes(store: &Store) -> anyhow::Result<Vec<String>> {
    if store.dialect() == Dialect::Postgres {
        return Ok(Vec::new());
    }
    let sql = "SELECT name, sql FROM sqlite_master
               WHERE type = 'index' AND tbl_name IN ('audit_entry', 'audit_detail') AND sql IS NOT NULL";
    let rows = store.rows(sql, params![]).await?;
    let tx = store.write().await?;
    let mut made_by = Vec::new();
    for row in &rows {
        tx.execute(&format!("DROP INDEX {}", row.get::<String>("name")?), params![]).await?;
        made_by.push(row.get("sql")?);
    }
    tx.commit().await?;
    Ok(made_by)
}

async fn with_indexes(store: &Store, made_by: Vec<String>) -> anyhow::Result<()> {
    for sql in made_by {
        let tx = store.write().await?;
        tx.execute(&sql, params![]).await?;
        tx.commit().await?;
    }
    if store.dialect() == Dialect::Postgres {
        let tx = store.write().await?;
        tx.execute("ANALYZE", params![]).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Nine entries of ten are visits; the others are changes by somebody.
async fn fill(store: &Store, entries: i64) -> anyhow::Result<()> {
    let hash = "'0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'";
    // Spread like chance, the same each time.
    let person = format!("1 + ((n / 13) * 7919) % {PEOPLE}");
    let recording = format!("1 + (n * 104729) % {RECORDINGS}");
    let at = match store.dialect() {
        Dialect::Sqlite => "strftime('%Y-%m-%dT%H:%M:%S', 1700000000 + n * 8, 'unixepoch') || '+00:00'",
        Dialect::Postgres => "to_timestamp(1700000000 + n * 8)",
    };
    make(
        store,
        entries,
        "INSERT INTO audit_entry (at, actor_id, action, subject, detail_hash, seq, hash)",
        &format!(
            "{at}, CASE WHEN (n / 7) % 10 = 0 THEN {person} END,
             CASE WHEN (n / 7) % 10 = 0 THEN 'meeting.verdict_changed' WHEN n % 3 = 0 THEN 'recording.downloaded'
                  ELSE 'recording.watched' END,
             CASE WHEN (n / 7) % 10 = 0 THEN 'meeting:' ELSE 'recording:' END || CAST({recording} AS TEXT), {hash}, n, {hash}"
        ),
    )
    .await?;
    make(
        store,
        entries,
        "INSERT INTO audit_detail (entry_id, user_id, visit_id, salt, detail)",
        &format!(
            "n, CASE WHEN (n / 7) % 10 <> 0 THEN {person} END, CASE WHEN (n / 7) % 10 <> 0 THEN n END,
             'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq', '{{\"visit\":1,\"user\":2}}'"
        ),
    )
    .await
}

async fn ask_all(store: &Store, entries: i64) -> anyhow::Result<()> {
    let narrowed = |filter: Filter| async move {
        let found = audit_search::list(store, &filter, PAGE).await?;
        anyhow::Ok(found.len())
    };
    let some = |number: i64, of: i64| 1 + ((number + 1) * 7_919) % of;
    measure("who saw or downloaded a recording", async |number| {
        let seen = audit_search::viewers(store, ArtifactId(some(number, RECORDINGS)), 10_000).await?;
        Ok(seen.len())
    })
    .await?;
    measure("visits to a recording, newest page", async |number| {
        let about = Some(About::Artifact(ArtifactId(some(number, RECORDINGS))));
        narrowed(Filter { about, what: Some(What::Visits), ..Filter::default() }).await
    })
    .await?;
    measure("what a person did, newest page", async |number| {
        narrowed(Filter { actor: Some(UserId(some(number, PEOPLE))), ..Filter::default() }).await
    })
    .await?;
    measure("a class with all it left behind", async |number| {
        let about = Some(About::Class(MeetingId(some(number, RECORDINGS))));
        narrowed(Filter { about, ..Filter::default() }).await
    })
    .await?;
    measure("a course with all its classes", async |number| {
        let about = Some(About::Course(CourseId(some(number, COURSES))));
        narrowed(Filter { about, ..Filter::default() }).await
    })
    .await?;
    measure("one action on one day", async |number| {
        let from = opening() + TimeDelta::seconds(some(number, entries) * 8);
        let what = Some(What::Action("meeting.verdict_changed".to_owned()));
        let until = Some(from + TimeDelta::days(1));
        narrowed(Filter { what, from: Some(from), until, ..Filter::default() }).await
    })
    .await?;
    measure("a page in the middle", async |number| {
        narrowed(Filter { before: Some(AuditEntryId(some(number, entries))), ..Filter::default() }).await
    })
    .await?;
    measure("all actions that occur, for the filter", async |_| {
        Ok(audit_search::overview(store).await?.1.len())
    })
    .await
}

async fn measure(
    question: &str,
    mut ask: impl AsyncFnMut(i64) -> anyhow::Result<usize>,
) -> anyhow::Result<()> {
    let mut took = Vec::new();
    for number in 0..TIMES {
        let begun = Instant::now();
        let found = ask(number).await.with_context(|| question.to_owned())?;
        took.push(begun.elapsed());
        anyhow::ensure!(found > 0, "{question}: nothing was found");
    }
    let first = took[0];
    took.sort();
    let shown = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1_000.0);
    let (median, slowest) = (took[took.len() / 2], took[took.len() - 1]);
    println!("| {question} | {} | {} | {} |", shown(first), shown(median), shown(slowest));
    Ok(())
}
