//! What the program says about itself: log lines on stderr, metrics, health. Never on stdout, which belongs to results,
//! and never a query string, a token or a pre-authenticated URL.

pub mod metrics;
pub mod requests;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry};

use crate::config::{Log, LogFormat};

/// Why log lines cannot be written. A matter of configuration: exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The level is not one.
    #[error(
        "ONRECORD_LOG (log.level) has a wrong value: write error, warn, info, debug or trace, or parts such as `info,onrecord::ops=debug`: {0}"
    )]
    Level(String),
    /// The log file cannot be opened.
    #[error("ONRECORD_LOG_FILE (log.file): {path} cannot be opened: {reason}")]
    File {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
}

/// Starts logging for this process. A second call changes nothing, so that tests may call it freely.
pub fn start(log: &Log) -> Result<(), TelemetryError> {
    let mut layers = vec![layer(log.format, std::io::stderr)];
    if let Some(path) = &log.file {
        layers.push(layer(log.format, Arc::new(open(path)?)));
    }
    // Err means that a subscriber is installed already: logging works.
    let _ = tracing_subscriber::registry().with(layers).with(filter(&log.level)?).try_init();
    Ok(())
}

fn filter(level: &str) -> Result<EnvFilter, TelemetryError> {
    // PostgreSQL says "already exists, skipping" at INFO at every start.
    let text = format!("sqlx::postgres::notice=warn,{level}");
    let words_are_levels = level.split(',').all(|part| match part.rsplit_once('=') {
        Some((_, level)) => is_level(level),
        None => is_level(part),
    });
    if !words_are_levels {
        return Err(TelemetryError::Level(format!("`{level}` is none of these")));
    }
    EnvFilter::builder().parse(text).map_err(|error| TelemetryError::Level(error.to_string()))
}

fn is_level(word: &str) -> bool {
    matches!(word.trim().to_ascii_lowercase().as_str(), "off" | "error" | "warn" | "info" | "debug" | "trace")
}

fn open(path: &Path) -> Result<File, TelemetryError> {
    let opened = File::options().create(true).append(true).open(path);
    opened
        .map_err(|error| TelemetryError::File { path: path.display().to_string(), reason: error.to_string() })
}

fn layer<W>(format: LogFormat, writer: W) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    match format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => {
            layer.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_judged() {
        for good in ["info", "WARN", "info,onrecord::ops=debug", "off"] {
            assert!(filter(good).is_ok(), "{good}");
        }
        for bad in ["loud", "info,onrecord=loud", ""] {
            assert!(matches!(filter(bad), Err(TelemetryError::Level(_))), "{bad}");
        }
    }

    #[test]
    fn a_log_file_that_cannot_be_opened_names_the_setting() {
        let error = open(Path::new("/nowhere/onrecord.log")).unwrap_err().to_string();
        assert!(error.contains("ONRECORD_LOG_FILE") && error.contains("/nowhere/onrecord.log"), "{error}");
    }

    #[test]
    fn lines_reach_the_file_as_json() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("onrecord.log");
        let layer = layer(LogFormat::Json, Arc::new(open(&path).unwrap()));
        let subscriber = tracing_subscriber::registry().with(vec![layer]).with(filter("info").unwrap());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(meeting_id = 7, "recording arrived in onedrive");
            tracing::debug!("not this one");
        });
        let text = std::fs::read_to_string(path).unwrap();
        let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!(
            (line["message"].as_str(), line["meeting_id"].as_i64()),
            (Some("recording arrived in onedrive"), Some(7))
        );
    }
}
