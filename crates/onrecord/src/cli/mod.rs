//! The command line: one variant and one file per command. Results go to stdout, log lines to stderr.
//! Exit code 0: all well; 1: something failed; 2: wrong usage or configuration.

pub mod archive;
pub mod audit;
pub mod backup;
pub mod certificate;
pub mod cleanup;
pub mod config;
pub mod db;
pub mod demo;
pub mod doctor;
pub mod enforce;
pub mod hold;
pub mod import;
pub mod jobs;
mod manual;
pub mod migrate;
pub mod monitor;
pub mod openapi;
mod out;
mod progress;
pub mod restore;
pub mod retention;
pub mod serve;
pub mod setup;
pub mod sync;
pub mod token;
pub mod user;
pub mod verify;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

pub use manual::manual;

use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, ConfigError, Sources};
use crate::ops;
use crate::telemetry;

/// Every class on the record: scheduled, recorded, proved, kept, and seen only by those it belongs to.
#[derive(Debug, Parser)]
#[command(name = "onrecord", version, about, arg_required_else_help = true, propagate_version = true)]
pub struct Cli {
    /// The data directory [default: ./data].
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The configuration file [default: DIR/onrecord.toml].
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show how OnRecord is or can be configured.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Prove, export and shorten the audit.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    Archive(archive::ArchiveArgs),
    Backup(backup::BackupArgs),
    Cleanup(cleanup::CleanupArgs),
    /// Work on the certificate that signs in to Microsoft.
    #[command(subcommand)]
    Certificate(certificate::CertificateCommand),
    /// Work on the database as a whole.
    #[command(subcommand)]
    Db(db::DbCommand),
    Enforce(enforce::EnforceArgs),
    /// Look at the queue and put dead jobs back.
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    Doctor(doctor::DoctorArgs),
    /// Place and release holds: nothing they are on is removed.
    #[command(subcommand)]
    Hold(hold::HoldCommand),
    Import(import::ImportArgs),
    Restore(restore::RestoreArgs),
    /// Apply the retention policies, and look after what they removed.
    #[command(subcommand)]
    Retention(retention::RetentionCommand),
    Demo(demo::DemoArgs),
    Migrate(migrate::MigrateArgs),
    Monitor(monitor::MonitorArgs),
    /// Print the `OpenAPI` document of the API.
    Openapi,
    Serve(serve::ServeArgs),
    /// Prepare Microsoft 365.
    #[command(subcommand)]
    Setup(setup::SetupCommand),
    /// Work on API tokens.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Work on people.
    #[command(subcommand)]
    User(user::UserCommand),
    Sync(sync::SyncArgs),
    Verify(verify::VerifyArgs),
    Worker(serve::WorkerArgs),
}

/// How a command ended that could do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    AllWell,
    /// Part of the work failed and was reported. Exit code 1.
    SomethingFailed,
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Wrong usage or configuration. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Anything else, with its causes. Exit code 1.
    #[error(transparent)]
    Work(#[from] anyhow::Error),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// What was typed is wrong usage; what could not be done is a failure.
impl From<ops::Error> for Failure {
    fn from(error: ops::Error) -> Self {
        match error {
            ops::Error::Invalid(_) => Self::Usage(error.to_string()),
            other => Self::Work(other.into()),
        }
    }
}

impl From<telemetry::TelemetryError> for Failure {
    fn from(error: telemetry::TelemetryError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// What every command is handed: where its settings are.
#[derive(Debug)]
pub struct Context {
    sources: Sources,
}

impl Context {
    /// The data directory named on the command line, or the default one.
    pub fn data_dir(&self) -> PathBuf {
        self.sources.data_dir.clone().unwrap_or_else(|| PathBuf::from("./data"))
    }

    /// The settings, without starting to log.
    pub fn config(&self) -> Result<Config, Failure> {
        Ok(Config::load(&self.sources)?)
    }

    /// The settings, with logging started and what looks like a mistake logged.
    pub fn config_and_log(&self) -> Result<Config, Failure> {
        let config = self.config()?;
        telemetry::start(&config.log)?;
        for warning in config.warnings() {
            tracing::warn!("{warning}");
        }
        Ok(config)
    }
}

/// Runs the command in `arguments` (the first is the program's name) to its end.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // The reader may have closed the pipe; there is nobody left to tell.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    // Err means that a provider is installed already, which is what matters.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let context = Context { sources: Sources::of_process(cli.data_dir, cli.config) };
    match dispatch(&context, &cli.command) {
        Ok(Outcome::AllWell) => ExitCode::SUCCESS,
        Ok(Outcome::SomethingFailed) => ExitCode::from(1),
        Err(failure) => report(&failure),
    }
}

fn dispatch(context: &Context, command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Config(command) => return config::run(context, command),
        Command::Certificate(command) => return certificate::run(context, command),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("starting the runtime")?;
    runtime.block_on(work(context, command))
}

async fn work(context: &Context, command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Config(command) => config::run(context, command),
        Command::Certificate(command) => certificate::run(context, command),
        Command::Openapi => Ok(openapi::run()),
        Command::Archive(args) => archive::run(context, args).await,
        Command::Backup(args) => backup::run(context, args).await,
        Command::Restore(args) => restore::run(context, args).await,
        Command::Verify(args) => verify::run(context, args).await,
        Command::Cleanup(args) => cleanup::run(context, args).await,
        Command::Audit(command) => audit::run(context, command).await,
        Command::Db(command) => db::run(context, command).await,
        Command::Hold(command) => hold::run(context, command).await,
        Command::Retention(command) => retention::run(context, command).await,
        Command::Import(args) => import::run(context, args).await,
        Command::Enforce(args) => enforce::run(context, args).await,
        Command::Jobs(command) => jobs::run(context, command).await,
        Command::Doctor(args) => doctor::run(context, args).await,
        Command::Demo(args) => demo::run(context, args).await,
        Command::Setup(command) => setup::run(context, command).await,
        Command::Migrate(args) => migrate::run(context, args).await,
        Command::Token(command) => token::run(context, command).await,
        Command::User(command) => user::run(context, command).await,
        Command::Monitor(args) => monitor::run(context, args).await,
        Command::Sync(args) => sync::run(context, args).await,
        Command::Serve(args) => serve::serve(context, args).await,
        Command::Worker(args) => serve::work(context, args).await,
    }
}

/// Opens everything the settings name. What cannot be opened is a matter of configuration: exit code 2.
async fn open(config: Config, clock: Clock) -> Result<Arc<App>, Failure> {
    let app = App::open(config, clock).await.map_err(|error| Failure::Usage(error.to_string()))?;
    crate::ops::integration::apply_config(&app).await.context("writing the settings into the integration")?;
    Ok(Arc::new(app))
}

fn report(failure: &Failure) -> ExitCode {
    match failure {
        Failure::Usage(text) => {
            out::complain(&format!("onrecord: {text}"));
            ExitCode::from(2)
        }
        Failure::Work(error) => {
            out::complain(&format!("onrecord: {error:#}"));
            ExitCode::from(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_tree_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn wrong_usage_is_2_and_help_is_0() {
        let run = |words: &[&str]| run(words.iter().map(OsString::from));
        assert_eq!(run(&["onrecord", "--version"]), ExitCode::SUCCESS);
        for wrong in [
            &["onrecord"][..],
            &["onrecord", "nonsense"],
            &["onrecord", "config"],
            &["onrecord", "config", "show", "--what"],
        ] {
            assert_eq!(run(wrong), ExitCode::from(2), "{wrong:?}");
        }
        assert_eq!(run(&["onrecord", "config", "show", "--config", "/nowhere/x.toml"]), ExitCode::from(2));
    }
}
