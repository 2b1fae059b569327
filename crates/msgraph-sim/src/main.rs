//! The simulator as a program.
//! Everything it can do is in the library; here are only arguments, the log and the signal to stop.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use msgraph_sim::{JoinLinks, Options, Scenario, Simulator};

/// A Microsoft Graph on your laptop: meetings, recordings and drives, with a clock you can move and faults you can inject.
#[derive(Debug, Parser)]
#[command(version, after_long_help = HELP)]
struct Arguments {
    /// Where Graph, sign-in and control are served
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// Where pre-authenticated downloads are served [default: same address, any free port]
    #[arg(long, value_name = "ADDR")]
    download_listen: Option<SocketAddr>,
    /// Keep the state in this directory and take it up again at the next start
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Begin with the tenant this JSON file describes (ignored when there is saved state)
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Where join links lead
    #[arg(long, value_enum, default_value = "local")]
    join_links: Links,
    /// Start with the clock this many seconds ahead
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_negative_numbers = true)]
    clock_offset: i64,
    /// The same seed gives the same ids
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Links {
    /// To a page of the simulator where the class can be held
    Local,
    /// Nowhere: they look like Microsoft's
    Teams,
}

const HELP: &str = "\
Served: /v1.0/... (also /v2.0/drives/...), /{tenant}/oauth2/v2.0/token, OpenID discovery.

Control, JSON, without sign-in:
  POST   /sim/hold      {\"join_url\": \"...\"} lets a class take place; optional: outcome (held, not_held, not_recorded,
                        stopped_early, no_transcript, transcript_only, quota_full, false_start), parts, length_s, started_at,
                        attendees (number or list), size_bytes, delays (seconds, or per kind: recording, transcript,
                        attendance, chat, files), chat, files, record, transcribe
  POST   /sim/clock     {\"advance_s\": 60} or {\"now\": \"2026-09-01T08:00:00Z\"}; GET shows it
  GET    /sim/tenant    everything about the tenant, secret included; PATCH merges (roles, access_policy, users, quota,
                        meeting_policy, switches, ...)
  POST   /sim/users     {\"email\", \"display_name\", \"kind\"}
  POST   /sim/events    a calendar event that was there before: {\"subject\", \"start\", \"end\", \"organizer\", \"attendees\"}
  PATCH  /sim/meetings  {\"join_url\", \"set\": {\"recordAutomatically\": false}}: somebody changes options in Teams
  POST   /sim/faults    {\"path\": \"*/events*\", \"method\", \"status\", \"retry_after\", \"cut_after\", \"wrong_hash\", \"wrong_bytes\",
                        \"ignore_range\", \"html\", \"empty\", \"malformed\", \"slow_ms\", \"gone\", \"notification\":
                        lost|doubled|late|reordered, \"delay_s\", \"probability\", \"seed\", \"times\", \"after\"}; GET, DELETE
  GET    /sim/requests  the log with counts by kind of path; DELETE clears it
  GET    /sim/mails     what was sent by sendMail; DELETE clears it
  POST   /sim/drives/forget  makes all delta tokens too old (410)

Unknown endpoints answer 501 and are logged as errors.";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_default_directive(tracing_subscriber::filter::LevelFilter::INFO.into())
        .from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let scenario = arguments.scenario.as_deref().map(Scenario::read).transpose()?;
    let simulator = Simulator::start(Options {
        listen: arguments.listen,
        download_listen: arguments.download_listen,
        state_dir: arguments.state,
        scenario,
        clock_offset_s: arguments.clock_offset,
        join_links: match arguments.join_links {
            Links::Local => JoinLinks::Local,
            Links::Teams => JoinLinks::Teams,
        },
        seed: arguments.seed,
    })
    .await?;
    writeln!(
        std::io::stdout(),
        "Graph simulator on {}, downloads on {}",
        simulator.url(),
        simulator.download_url()
    )
    .context("writing to the terminal")?;
    stopped().await.context("waiting for the signal to stop")?;
    simulator.shutdown().await
}

/// Waits for Ctrl-C or the signal to terminate.
async fn stopped() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}
