//! What both benchmarks need: the real `onrecord` as a process of its own over a prepared database, its CPU time
//! and memory as the kernel counts them, and a client that costs next to nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use chrono::{DateTime, TimeDelta, Utc};
use onrecord::model::id::UserId;
use onrecord::store::{Store, Tx};
use onrecord::{params, secrets};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Ticks per second of `/proc/PID/stat`, the same on every Linux.
const TICKS: f64 = 100.0;

/// The product under measurement.
pub(crate) struct Product {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From start to the first answer.
    pub(crate) started_in: Duration,
}

/// CPU seconds and memory of the product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// User and system time since its start.
    pub(crate) cpu_s: f64,
    /// Resident memory at its highest, in MiB.
    pub(crate) peak_mib: f64,
}

impl Product {
    /// Starts `onrecord serve` over `folder`, in which a database was prepared.
    pub(crate) async fn start(folder: &Path, settings: &BTreeMap<&str, String>) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let begun = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_onrecord"))
            .args(["serve", "--data-dir"])
            .arg(folder)
            .env("ONRECORD_LISTEN", address.to_string())
            .env("ONRECORD_LOG", "warn")
            .env("ONRECORD_DATABASE_URL", database_url(folder))
            .envs(settings)
            .stdout(Stdio::null())
            .spawn()
            .context("starting onrecord")?;
        let mut product = Self { child, address, started_in: Duration::ZERO };
        loop {
            if let Ok(mut line) = Line::open(address).await
                && line.get("/readyz", "", &[]).await.is_ok_and(|answer| answer.status == 200)
            {
                product.started_in = begun.elapsed();
                return Ok(product);
            }
            if let Some(status) = product.child.try_wait()? {
                bail!("onrecord ended at once: {status}");
            }
            if begun.elapsed() > Duration::from_secs(30) {
                bail!("onrecord does not answer");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// What it has used so far.
    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        let id = self.child.id();
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok());
        let (user, system) = (ticks(11).context("utime")?, ticks(12).context("stime")?);
        Ok(Usage { cpu_s: (user + system) / TICKS, peak_mib: self.memory("VmHWM")? })
    }

    /// A line of `/proc/PID/status` in MiB.
    pub(crate) fn memory(&self, name: &str) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        Ok(kib.context("a figure of memory")? / 1024.0)
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A kept connection to the product.
pub(crate) struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// The head of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// Bytes of the body.
    pub(crate) length: u64,
}

impl Line {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 256 * 1024] })
    }

    /// Asks and reads the whole body, keeping nothing of it.
    pub(crate) async fn get(&mut self, path: &str, token: &str, headers: &[&str]) -> anyhow::Result<Answer> {
        let (answer, mut left) = self.ask(path, token, headers).await?;
        while left > 0 {
            left -= self.take(left).await?;
        }
        Ok(answer)
    }

    /// Reads some of the body, at most so much.
    pub(crate) async fn take(&mut self, most: u64) -> anyhow::Result<u64> {
        let most = (most as usize).min(self.buffer.len());
        match self.stream.read(&mut self.buffer[..most]).await? {
            0 => bail!("the answer broke off"),
            read => Ok(read as u64),
        }
    }

    /// Sends a request and reads the head; returns how much of the body is still to come.
    pub(crate) async fn ask(
        &mut self,
        path: &str,
        token: &str,
        headers: &[&str],
    ) -> anyhow::Result<(Answer, u64)> {
        let mut request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\n");
        if !token.is_empty() {
            write!(request, "Authorization: Bearer {token}\r\n")?;
        }
        for header in headers {
            write!(request, "{header}\r\n")?;
        }
        request.push_str("\r\n");
        self.stream.write_all(request.as_bytes()).await?;
        let mut filled = 0;
        let end = loop {
            match self.stream.read(&mut self.buffer[filled..]).await? {
                0 => bail!("no answer"),
                read => filled += read,
            }
            if let Some(end) = self.buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).context("a status")?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        let length: u64 = length.with_context(|| format!("a content length in {head}"))?;
        Ok((Answer { status, length }, length.saturating_sub((filled - end) as u64)))
    }
}

/// Where the database is: `ONRECORD_BENCH_POSTGRES` (the URL of an empty database), else a file in `folder`.
pub(crate) fn database_url(folder: &Path) -> String {
    #[expect(clippy::disallowed_methods, reason = "a switch of the measurement, not of the product")]
    let server = std::env::var("ONRECORD_BENCH_POSTGRES").ok().filter(|url| !url.is_empty());
    server.unwrap_or_else(|| format!("sqlite://{}", folder.join("onrecord.db").display()))
}

/// Prepares the empty database.
pub(crate) async fn database(folder: &Path) -> anyhow::Result<Store> {
    let store = Store::open(&database_url(folder)).await?;
    store.migrate().await?;
    Ok(store)
}

/// A person's token with all their rights.
pub(crate) async fn token(tx: &Tx, user: UserId, now: DateTime<Utc>) -> anyhow::Result<String> {
    let token = secrets::random_token()?;
    tx.execute(
        "INSERT INTO api_token (user_id, token_hash, name, scope, created_at, expires_at)
         VALUES ($1, $2, 'bench', 'admin', $3, $4)",
        params![user, secrets::hash_token(&token), now, now + TimeDelta::days(90)],
    )
    .await?;
    Ok(token)
}
