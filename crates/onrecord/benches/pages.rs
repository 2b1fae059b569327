//! What a request costs on a large school: `cargo bench -p onrecord --bench pages [-- SCALE]`. Fills SQLite, or with
//! `ONRECORD_BENCH_POSTGRES` an empty database there (one SCALE at a time), with 20,000 conferences, 100,000 recordings,
//! 20,000 users and 200,000 enrolments (times SCALE) and asks for pages of conferences that look random. Only
//! OnRecord's own process is measured.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod rig;

use std::collections::BTreeMap;
use std::time::Instant;

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use onrecord::clock::Clock;
use onrecord::model::id::UserId;
use onrecord::params;
use onrecord::store::{Dialect, Read as _, Store, Tx};
use rig::{Line, Product};

/// Per scale 1.
const CONFERENCES: i64 = 20_000;
const RECORDINGS_EACH: i64 = 5;
const USERS: i64 = 20_000;
const COURSES: i64 = 1_000;
const ENROLMENTS_EACH: i64 = 10;

/// Requests of one measurement.
const REQUESTS: i64 = 5_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let scales: Vec<i64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    println!(
        "| what | rows | CPU-s per 1,000 requests | requests per second | peak MiB |\n|---|---|---|---|---|"
    );
    for scale in if scales.is_empty() { vec![1, 10] } else { scales } {
        let folder = tempfile::tempdir()?;
        let store = rig::database(folder.path()).await?;
        let token = fill(&store, scale).await?;
        store.close().await?;
        let product = Product::start(folder.path(), &BTreeMap::new()).await?;
        let conferences = CONFERENCES * scale;
        for (what, path) in [
            ("class page", "/conferences/{}"),
            ("class page, Recordings tab", "/conferences/{}?tab=recordings"),
            ("conference list", "/conferences"),
            ("conference list, JSON", "/api/v1/conferences"),
            ("recordings JSON", "/api/v1/conferences/{}/recordings"),
        ] {
            ask(what, path, (&product, &token, conferences)).await?;
        }
    }
    Ok(())
}

async fn ask(what: &str, path: &str, with: (&Product, &str, i64)) -> anyhow::Result<()> {
    let (product, token, conferences) = with;
    let mut line = Line::open(product.address).await?;
    let place = |number: i64| path.replace("{}", &(number * 7_919 % conferences + 1).to_string());
    for number in 0..200 {
        let answer = line.get(&place(number + REQUESTS), token, &[]).await?;
        if answer.status != 200 || answer.length == 0 {
            println!("| {what} | {conferences} | answers {} | | |", answer.status);
            return Ok(());
        }
    }
    let (before, begun) = (product.usage()?, Instant::now());
    for number in 0..REQUESTS {
        line.get(&place(number), token, &[]).await?;
    }
    let (after, took) = (product.usage()?, begun.elapsed().as_secs_f64());
    println!(
        "| {what} | {conferences} | {:.3} | {:.0} | {:.0} |",
        (after.cpu_s - before.cpu_s) * 1_000.0 / REQUESTS as f64,
        REQUESTS as f64 / took,
        after.peak_mib
    );
    Ok(())
}

/// Writes the school and returns the token of somebody who belongs to many of its courses.
async fn fill(store: &Store, scale: i64) -> anyhow::Result<String> {
    let now = Clock::System.now().trunc_subsecs(0);
    let tx = store.write().await?;
    people(&tx, scale, now).await?;
    conferences(&tx, scale, now).await?;
    let row = tx.row("SELECT id FROM \"user\" WHERE role = 'admin'", params![]).await?;
    let admin: UserId = row.ok_or_else(|| anyhow::anyhow!("nobody is admin"))?.id("id")?;
    let token = rig::token(&tx, admin, now).await?;
    tx.commit().await?;
    let tx = store.write().await?;
    tx.execute("ANALYZE", params![]).await?;
    tx.commit().await?;
    Ok(token)
}

async fn people(tx: &Tx, scale: i64, now: DateTime<Utc>) -> anyhow::Result<()> {
    tx.execute(
        &counted(
            "INSERT INTO \"user\" (email, name, role, created_at, updated_at)
             SELECT 'person' || n || '@contoso.example', 'Person ' || n, CASE WHEN n = 1 THEN 'admin' END, $2, $2",
        ),
        params![USERS * scale, now],
    )
    .await?;
    tx.execute(
        &counted(
            "INSERT INTO course (code, title, term, created_at, updated_at)
             SELECT 'C-' || n, 'Course ' || n, '2026', $2, $2",
        ),
        params![COURSES * scale, now],
    )
    .await?;
    // Each person is in ten courses; every fifteenth enrolment is an instructor's.
    tx.execute(
        &counted(
            "INSERT INTO enrolment (course_id, user_id, role, created_at)
             SELECT ((n - 1) * 37 + (n - 1) / $3 * 11) % $4 + 1, (n - 1) / $3 + 1,
                    CASE WHEN n % 15 = 0 THEN 'instructor' ELSE 'learner' END, $2",
        ),
        params![USERS * ENROLMENTS_EACH * scale, now, ENROLMENTS_EACH, COURSES * scale],
    )
    .await?;
    Ok(())
}

async fn conferences(tx: &Tx, scale: i64, now: DateTime<Utc>) -> anyhow::Result<()> {
    tx.execute(
        "INSERT INTO integration (name, created_at, updated_at) VALUES ('Teams', $1, $1)",
        params![now],
    )
    .await?;
    let start = now - TimeDelta::days(400);
    let hours_later = |hours: &str| match tx.dialect() {
        Dialect::Sqlite => format!("strftime('%Y-%m-%dT%H:%M:%S+00:00', $2, '+' || ({hours}) || ' hours')"),
        Dialect::Postgres => format!("CAST($2 AS TIMESTAMPTZ) + ({hours}) * INTERVAL '1 hour'"),
    };
    let (from, to) = (hours_later("n % 8000"), hours_later("n % 8000 + 1"));
    tx.execute(
        &counted(&format!(
            "INSERT INTO conference (course_id, integration_id, title, description, time_zone, published,
                 first_starts_at, last_ends_at, created_at, updated_at)
             SELECT n % $3 + 1, 1, 'Lecture ' || n, 'What it is about.', 'Europe/Amsterdam', n % 4 <> 0,
                    {from}, {to}, $2, $2"
        )),
        params![CONFERENCES * scale, start, COURSES * scale],
    )
    .await?;
    tx.execute(
        "INSERT INTO meeting (conference_id, starts_at, ends_at, transaction_id, auto_recording_status, verdict,
             settled_at, synced_at, created_at, updated_at)
         SELECT id, first_starts_at, last_ends_at, 'bench-' || id, 'enabled', 'recorded', last_ends_at,
             last_ends_at, created_at, created_at FROM conference",
        params![],
    )
    .await?;
    tx.execute(
        &counted(
            "INSERT INTO artifact (integration_id, meeting_id, kind, graph_id, drive_id, item_id, web_url, name,
                 mime_type, size_bytes, duration_ms, part, started_at, ended_at, match_basis, confidence,
                 offered_at, created_at, updated_at)
             SELECT 1, (n - 1) / $3 + 1, 'recording', 'recording-' || n, 'b!drive', 'item-' || n,
                 'https://contoso-my.sharepoint.example/recordings/' || n, 'Lecture-' || n || '.mp4', 'video/mp4',
                 412345678, 1800000, (n - 1) % $3 + 1, $2, $2, 'meeting_id', 'certain', $2, $2, $2",
        ),
        params![CONFERENCES * RECORDINGS_EACH * scale, start, RECORDINGS_EACH],
    )
    .await?;
    Ok(())
}

/// `select` for each `n` from 1 to `$1`.
fn counted(select: &str) -> String {
    let insert = select.replacen(
        "SELECT",
        "WITH RECURSIVE many (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM many WHERE n < CAST($1 AS BIGINT))
         SELECT",
        1,
    );
    format!("{insert} FROM many")
}
