//! Reading an object of the archive back, from its first byte to its last. Only what was read back counts as kept.

use std::time::{Duration, Instant};

use futures::StreamExt as _;

use super::passed::{Passed, Sum};
use super::pour::Pouring;
use crate::app::App;
use crate::bucket::BucketError;
use crate::ops::Result;

/// Bytes asked for at a time: a break costs no more than this.
const WINDOW: u64 = 64 * 1024 * 1024;

/// Reads at most so fast, so that a check of everything leaves room for those who watch.
#[derive(Debug)]
pub(super) struct Pace {
    bytes_per_second: u64,
    began: Instant,
    bytes: u64,
}

impl Pace {
    /// So many MiB per second from now on.
    pub(super) fn of_mib(mib: u32) -> Self {
        Self { bytes_per_second: u64::from(mib) * 1024 * 1024, began: Instant::now(), bytes: 0 }
    }

    /// Counts bytes and waits until they may have been read.
    async fn took(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        let due = Duration::from_secs_f64(self.bytes as f64 / self.bytes_per_second as f64);
        let ahead = due.saturating_sub(self.began.elapsed());
        if ahead > Duration::from_millis(20) {
            tokio::time::sleep(ahead).await;
        }
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// A whole film.
    Film {
        /// Its hashes and size.
        sum: Sum,
        /// How long it plays.
        duration_ms: i64,
    },
    /// There are bytes, and they are no film; why.
    NoFilm(String),
    /// There is no object.
    Nothing,
}

/// Reads an object whole. A writer that is given shows now and then that it is alive.
pub(super) async fn read(
    app: &App,
    key: &str,
    mut pace: Option<&mut Pace>,
    writer: Option<&Pouring<'_>>,
) -> Result<Seen> {
    let Some(stored) = app.bucket.head(key).await? else { return Ok(Seen::Nothing) };
    let mut passed = Passed::new();
    while passed.size_bytes() < stored.size_bytes {
        let from = passed.size_bytes();
        let mut bytes = match app.bucket.get(key, from..stored.size_bytes.min(from + WINDOW)).await {
            Ok(bytes) => bytes,
            Err(BucketError::Missing(_)) => return Ok(Seen::Nothing),
            Err(error) => return Err(error.into()),
        };
        while let Some(next) = bytes.next().await {
            let next = next?;
            if let Err(fault) = passed.update(&next) {
                return Ok(Seen::NoFilm(fault.to_string()));
            }
            if let Some(pace) = &mut pace {
                pace.took(next.len()).await;
            }
        }
        if passed.size_bytes() == from {
            return Ok(Seen::NoFilm(format!("it ends after {from} bytes of {}", stored.size_bytes)));
        }
        if let Some(writer) = writer {
            writer.renew().await?;
        }
    }
    Ok(match passed.finish() {
        Ok((sum, duration_ms)) => Seen::Film { sum, duration_ms: duration_ms.unwrap_or_default() },
        Err(fault) => Seen::NoFilm(fault.to_string()),
    })
}
