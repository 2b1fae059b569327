//! What keeping a recording costs: `cargo bench -p onrecord --bench archive`. One recording of 1 GiB goes from the
//! simulator into an archive folder, verified, and is compared with `rclone` (if it is installed) fetching the same file from
//! the same place and computing its quickXorHash. The simulator's own work is in both figures.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use msgraph::QuickXorHash;
use msgraph_sim::{HeldRecording, HoldRequest, Options, SeedEvent, Simulator};
use onrecord::app::App;
use onrecord::clock::Clock;
use onrecord::config::{Config, Sources};
use onrecord::model::id::{ArtifactId, ConferenceId, CourseId, IntegrationId, MeetingId};
use onrecord::ops::turn::Turn;
use onrecord::ops::{integration, keep};
use onrecord::params;
use sha2::{Digest as _, Sha256};

const GIB: u64 = 1 << 30;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    println!("| what | seconds per GiB |\n|---|---|");
    hashing();
    let folder = tempfile::tempdir()?;
    let sim = Simulator::start(Options::default()).await?;
    let now = Clock::System.now().trunc_subsecs(0);
    let held = hold(&sim, now)?;
    let app = App::open(settings(folder.path(), &sim)?, Clock::System).await?;
    let connection = integration::apply_config(&app).await?.id;
    let id = recording(&app, connection, &held, now).await?;
    let begun = Instant::now();
    let turn = keep::copy(&app, id).await?;
    let took = begun.elapsed();
    ensure!(turn == Turn::Done, "{turn:?}");
    let report = keep::verify(&app, |_| {}).await?;
    ensure!(report.ok && report.checked == 1, "{report:?}");
    line("fetched, written, read back, compared, verified", took);
    match rclone(&sim, &held, folder.path()).await {
        Ok(took) => line("rclone copyurl and hashsum quickxor", took),
        Err(error) => println!("| rclone | not measured: {error:#} |"),
    }
    Ok(())
}

fn line(what: &str, took: Duration) {
    println!("| {what} | {:.2} |", took.as_secs_f64());
}

/// What the two hashes cost by themselves, on one core.
fn hashing() {
    let piece: Vec<u8> = (0..64 * 1024_u32).map(|place| (place % 251) as u8).collect();
    let (mut xor, begun) = (QuickXorHash::new(), Instant::now());
    for _ in 0..GIB / piece.len() as u64 {
        xor.update(&piece);
    }
    line(&format!("quickXorHash ({})", xor.finish()), begun.elapsed());
    let (mut sha, begun) = (Sha256::new(), Instant::now());
    for _ in 0..GIB / piece.len() as u64 {
        sha.update(&piece);
    }
    let first = sha.finalize()[0];
    line(&format!("SHA-256 ({first:02x}…)"), begun.elapsed());
}

fn known(sim: &Simulator, name: &str) -> String {
    sim.tenant()[name].as_str().unwrap_or_default().to_owned()
}

fn settings(folder: &Path, sim: &Simulator) -> anyhow::Result<Config> {
    let environment = BTreeMap::from([
        ("ONRECORD_GRAPH_URL", sim.url()),
        ("ONRECORD_LOGIN_URL", sim.url()),
        ("TEAMS_TENANT_ID", known(sim, "tenant_id")),
        ("TEAMS_CLIENT_ID", known(sim, "client_id")),
        ("TEAMS_CLIENT_SECRET", known(sim, "client_secret")),
        ("TEAMS_RECORDING_ADMIN_EMAIL", known(sim, "service_account_email")),
        ("ONRECORD_ARCHIVE_VERIFY_MIB_PER_SECOND", "100000".to_owned()),
    ]);
    let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Config::load(&Sources { data_dir: Some(folder.to_owned()), config_file: None, environment })?)
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

async fn recording(
    app: &App,
    integration: IntegrationId,
    held: &HeldRecording,
    now: DateTime<Utc>,
) -> anyhow::Result<ArtifactId> {
    let tx = app.store.write().await?;
    let course = "INSERT INTO course (code, title, created_at, updated_at) VALUES ('BIO-204', 'Cells', $1, $1) RETURNING id";
    let course: CourseId = tx.insert(course, params![now]).await?;
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
            "INSERT INTO artifact (integration_id, meeting_id, kind, drive_id, item_id, match_basis, confidence,
                 created_at, updated_at)
             VALUES ($1, $2, 'recording', $3, $4, 'meeting_id', 'certain', $5, $5) RETURNING id",
            params![integration, meeting, held.drive_id.clone(), held.item_id.clone(), now],
        )
        .await?;
    tx.commit().await?;
    Ok(id)
}

/// The same file from the same place, with its hash computed afterwards.
async fn rclone(sim: &Simulator, held: &HeldRecording, folder: &Path) -> anyhow::Result<Duration> {
    let drive = held.drive_id.as_deref().context("a drive")?;
    let item = held.item_id.as_deref().context("an item")?;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let form = [
        ("client_id", known(sim, "client_id")),
        ("client_secret", known(sim, "client_secret")),
        ("grant_type", "client_credentials".to_owned()),
        ("scope", "https://graph.microsoft.com/.default".to_owned()),
    ];
    let token = format!("{}/{}/oauth2/v2.0/token", sim.url(), known(sim, "tenant_id"));
    let token: serde_json::Value = http.post(token).form(&form).send().await?.json().await?;
    let content = format!("{}/v1.0/drives/{drive}/items/{item}/content", sim.url());
    let answer =
        http.get(content).bearer_auth(token["access_token"].as_str().context("a token")?).send().await?;
    let address = answer.headers().get("location").context("an address")?.to_str()?.to_owned();
    let target = folder.join("rclone.mp4");
    let fetched = target.clone();
    let begun = Instant::now();
    let hash = tokio::task::spawn_blocking(move || -> anyhow::Result<String> {
        let copied = Command::new("rclone").arg("copyurl").arg(address).arg(&fetched).status()?;
        ensure!(copied.success(), "rclone copyurl: {copied}");
        let hashed =
            Command::new("rclone").args(["hashsum", "quickxor", "--base64"]).arg(&fetched).output()?;
        Ok(String::from_utf8_lossy(&hashed.stdout).into_owned())
    })
    .await??;
    let took = begun.elapsed();
    let expected = held.quick_xor_hash.trim_end_matches('=');
    ensure!(hash.contains(expected), "rclone computed {hash:?} instead of {expected}");
    Ok(took)
}
