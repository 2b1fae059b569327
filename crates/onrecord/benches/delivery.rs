//! What delivery costs: `cargo bench -p onrecord --bench delivery`. The recording lies at the simulator's download
//! origin; every request is checked, counted and audited as always. Only OnRecord's own process is measured.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod rig;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use futures::future::try_join_all;
use msgraph_sim::{HeldRecording, HoldRequest, Options, SeedEvent, Simulator};
use onrecord::clock::Clock;
use onrecord::model::id::{ArtifactId, ConferenceId, CourseId, IntegrationId, MeetingId, UserId};
use onrecord::params;
use onrecord::store::{Store, Tx};
use rig::{Line, Product};

const GIB: u64 = 1 << 30;

/// A request whose head is small against it.
const RANGE: u64 = 1 << 20;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir()?;
    let sim = Simulator::start(Options::default()).await?;
    let stage = Arc::new(prepare(&rig::database(folder.path()).await?, &sim).await?);
    let product = Product::start(folder.path(), &settings(&sim)).await?;
    println!(
        "first answer after {} ms, idle {:.0} MiB",
        product.started_in.as_millis(),
        product.memory("VmRSS")?
    );
    println!("\n| what | GiB | seconds | CPU-s per GiB | peak MiB |\n|---|---|---|---|---|");
    warm(&stage, &product).await?;
    measure("1 GiB, one client", &product, GIB, whole(&stage, &product, 1)).await?;
    measure("1 GiB, one client, again", &product, GIB, whole(&stage, &product, 1)).await?;
    measure("64 clients at once", &product, 2 * GIB, pieces(&stage, &product, (64, 1, GIB / 32))).await?;
    measure("random 1 MiB ranges, 8 clients", &product, GIB, pieces(&stage, &product, (8, 128, RANGE)))
        .await?;
    for viewers in [500, 1_000] {
        watch(&stage, &product, viewers).await?;
    }
    Ok(())
}

/// What was prepared.
struct Stage {
    tokens: Vec<String>,
    path: String,
    size: u64,
}

fn settings(sim: &Simulator) -> BTreeMap<&'static str, String> {
    let tenant = sim.tenant();
    let known = |name: &str| tenant[name].as_str().unwrap_or_default().to_owned();
    BTreeMap::from([
        ("ONRECORD_GRAPH_URL", sim.url()),
        ("ONRECORD_LOGIN_URL", sim.url()),
        ("TEAMS_TENANT_ID", known("tenant_id")),
        ("TEAMS_CLIENT_ID", known("client_id")),
        ("TEAMS_CLIENT_SECRET", known("client_secret")),
        ("TEAMS_RECORDING_ADMIN_EMAIL", known("service_account_email")),
    ])
}

/// A class with one recording of 1 GiB at Microsoft, and 1,000 learners.
async fn prepare(store: &Store, sim: &Simulator) -> anyhow::Result<Stage> {
    let now = Clock::System.now().trunc_subsecs(0);
    let held = hold(sim, now)?;
    let tx = store.write().await?;
    let course: CourseId = tx
        .insert(
            "INSERT INTO course (code, title, created_at, updated_at) VALUES ('BIO-204', 'Cells', $1, $1) RETURNING id",
            params![now],
        )
        .await?;
    let mut tokens = Vec::new();
    for number in 0..1_000 {
        let user = learner(&tx, course, number, now).await?;
        tokens.push(rig::token(&tx, user, now).await?);
    }
    let recording = recording(&tx, course, &held, now).await?;
    tx.commit().await?;
    Ok(Stage { tokens, path: format!("/recordings/{recording}/content"), size: held.size_bytes })
}

fn hold(sim: &Simulator, now: DateTime<Utc>) -> anyhow::Result<HeldRecording> {
    let event = SeedEvent {
        subject: "Cells".to_owned(),
        start: Some(now - TimeDelta::hours(2)),
        end: Some(now - TimeDelta::hours(1)),
        record_automatically: true,
        ..SeedEvent::default()
    };
    let event = sim.seed_event(&event).map_err(anyhow::Error::msg)?;
    let hold =
        HoldRequest { join_url: Some(event.join_url), size_bytes: Some(GIB), ..HoldRequest::default() };
    let outcome = sim.hold(&hold).map_err(|error| anyhow::anyhow!("{error}"))?;
    outcome.recordings.into_iter().next().context("a recording")
}

async fn learner(tx: &Tx, course: CourseId, number: i64, now: DateTime<Utc>) -> anyhow::Result<UserId> {
    let user: UserId = tx
        .insert(
            "INSERT INTO \"user\" (email, name, created_at, updated_at) VALUES ($1, $1, $2, $2) RETURNING id",
            params![format!("learner{number}@contoso.example"), now],
        )
        .await?;
    tx.execute(
        "INSERT INTO enrolment (course_id, user_id, role, created_at) VALUES ($1, $2, 'learner', $3)",
        params![course, user, now],
    )
    .await?;
    Ok(user)
}

async fn recording(
    tx: &Tx,
    course: CourseId,
    held: &HeldRecording,
    now: DateTime<Utc>,
) -> anyhow::Result<ArtifactId> {
    let integration: IntegrationId = tx
        .insert(
            "INSERT INTO integration (name, created_at, updated_at) VALUES ('Teams', $1, $1) RETURNING id",
            params![now],
        )
        .await?;
    let conference: ConferenceId = tx
        .insert(
            "INSERT INTO conference (course_id, integration_id, title, time_zone, published, first_starts_at,
                 last_ends_at, created_at, updated_at)
             VALUES ($1, $2, 'Cells', 'UTC', TRUE, $3, $3, $3, $3) RETURNING id",
            params![course, integration, now],
        )
        .await?;
    let meeting: MeetingId = tx
        .insert(
            "INSERT INTO meeting (conference_id, starts_at, ends_at, transaction_id, settled_at, created_at, updated_at)
             VALUES ($1, $2, $2, 'bench', $2, $2, $2) RETURNING id",
            params![conference, now - TimeDelta::hours(2)],
        )
        .await?;
    let id = tx
        .insert(
            "INSERT INTO artifact (integration_id, meeting_id, kind, drive_id, item_id, size_bytes, quick_xor_hash,
                 match_basis, confidence, created_at, updated_at)
             VALUES ($1, $2, 'recording', $3, $4, $5, $6, 'meeting_id', 'certain', $7, $7) RETURNING id",
            params![
                integration,
                meeting,
                held.drive_id.clone(),
                held.item_id.clone(),
                held.size_bytes as i64,
                held.quick_xor_hash,
                now
            ],
        )
        .await?;
    Ok(id)
}

/// Opens every visit beforehand, so that a throughput figure is about bytes.
async fn warm(stage: &Stage, product: &Product) -> anyhow::Result<()> {
    let mut line = Line::open(product.address).await?;
    for token in &stage.tokens {
        let answer = line.get(&stage.path, token, &["Range: bytes=0-0"]).await?;
        anyhow::ensure!(answer.status == 206, "{answer:?}");
    }
    Ok(())
}

async fn measure(
    what: &str,
    product: &Product,
    bytes: u64,
    work: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let (before, begun) = (product.usage()?, Instant::now());
    work.await?;
    let after = product.usage()?;
    let gib = bytes as f64 / GIB as f64;
    println!(
        "| {what} | {gib:.1} | {:.1} | {:.2} | {:.0} |",
        begun.elapsed().as_secs_f64(),
        (after.cpu_s - before.cpu_s) / gib,
        after.peak_mib
    );
    Ok(())
}

async fn whole(stage: &Stage, product: &Product, clients: usize) -> anyhow::Result<()> {
    try_join_all(stage.tokens.iter().take(clients).map(async |token| {
        let mut line = Line::open(product.address).await?;
        let answer = line.get(&stage.path, token, &[]).await?;
        anyhow::ensure!(answer.status == 200 && answer.length == stage.size, "{answer:?}");
        Ok(())
    }))
    .await?;
    Ok(())
}

/// Clients, requests of each, and bytes of each request, at places that look random.
async fn pieces(stage: &Stage, product: &Product, plan: (usize, u64, u64)) -> anyhow::Result<()> {
    let (clients, requests, length) = plan;
    try_join_all(stage.tokens.iter().take(clients).enumerate().map(async |(client, token)| {
        let mut line = Line::open(product.address).await?;
        for request in 0..requests {
            let place = (client as u64 * 7_919 + request).wrapping_mul(2_654_435_761) % (stage.size - length);
            let range = format!("Range: bytes={place}-{}", place + length - 1);
            let answer = line.get(&stage.path, token, &[&range]).await?;
            anyhow::ensure!(answer.status == 206 && answer.length == length, "{answer:?}");
        }
        Ok(())
    }))
    .await?;
    Ok(())
}

/// So many viewers at 1 MB/s each for 30 seconds; the slowest one is the figure.
async fn watch(stage: &Arc<Stage>, product: &Product, viewers: usize) -> anyhow::Result<()> {
    let pace = (1_000_000.0, Duration::from_secs(30));
    let before = product.usage()?;
    let mut watching = tokio::task::JoinSet::new();
    for token in stage.tokens.iter().take(viewers) {
        let (stage, token, address) = (Arc::clone(stage), token.clone(), product.address);
        watching.spawn(async move { view(Line::open(address).await?, &stage.path, &token, pace).await });
    }
    let mut slowest = f64::MAX;
    let mut total = 0.0;
    let mut most_mib: f64 = 0.0;
    while let Some(rate) = watching.join_next().await {
        let rate = rate??;
        slowest = slowest.min(rate);
        total += rate;
        most_mib = most_mib.max(product.memory("VmRSS")?);
    }
    let after = product.usage()?;
    println!(
        "| {viewers} viewers at 1 MB/s: slowest {:.0} %, {:.0} MB/s together | {:.1} | 30 | {:.2} | {:.0} |",
        slowest / 10_000.0,
        total / 1_000_000.0,
        total * 30.0 / GIB as f64,
        (after.cpu_s - before.cpu_s) / (total * 30.0 / GIB as f64),
        after.peak_mib.max(most_mib)
    );
    Ok(())
}

/// Reads at the pace of a player, for a while; returns the bytes per second that came.
async fn view(mut line: Line, path: &str, token: &str, pace: (f64, Duration)) -> anyhow::Result<f64> {
    let (bytes_per_s, span) = pace;
    let begun = Instant::now();
    let (answer, mut left) = line.ask(path, token, &["Range: bytes=0-"]).await?;
    let mut got = answer.length - left;
    while left > 0 && begun.elapsed() < span {
        let ahead = got as f64 / bytes_per_s - begun.elapsed().as_secs_f64();
        if ahead > 0.0 {
            tokio::time::sleep(Duration::from_secs_f64(ahead)).await;
        }
        let came = line.take(left.min(64 * 1024)).await?;
        left -= came;
        got += came;
    }
    Ok(got as f64 / begun.elapsed().as_secs_f64())
}
