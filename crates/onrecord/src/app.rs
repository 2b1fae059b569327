//! What an operation is handed: settings, database, archive, secrets, clock and the way to Microsoft.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::bucket::{Bucket, BucketError};
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::Delivery;
use crate::graph::GraphClients;
use crate::lanes::DatabaseLanes;
use crate::model::attempts::Attempts;
use crate::post::Smtp;
use crate::secrets::{KeyHome, SecretKeys, SecretsError};
use crate::store::{self, Store};

/// Everything an operation may use. One per process, shared by its doors.
#[derive(Debug)]
pub struct App {
    /// The settings.
    pub config: Arc<Config>,
    /// The database.
    pub store: Store,
    /// The archive.
    pub bucket: Bucket,
    /// What seals and opens secrets.
    pub secrets: SecretKeys,
    /// What time it is.
    pub clock: Clock,
    /// Clients of Microsoft Graph, one per integration.
    pub graph: GraphClients,
    /// The way to the mail server, where letters go to one.
    pub smtp: Option<Smtp>,
    /// What this process remembers of deliveries under way.
    pub delivery: Delivery,
    /// Rung when work was put into the queue, so that this process's worker looks at once.
    pub work: Notify,
    /// Failed sign-ins of the last minute.
    pub sign_ins: Mutex<Attempts>,
}

/// Why the program cannot start. Each text names what to change.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A folder or file of the data directory.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The archive.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// The secret keys.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The way to the mail server.
    #[error("{0}")]
    Mail(String),
}

impl App {
    /// Opens everything the settings name. On SQLite the schema is brought to this version, after a backup copy
    /// of the file; on PostgreSQL another schema is refused until `onrecord migrate` ran.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, OpenError> {
        make_folder(config.data_dir())?;
        let store = open_store(&config).await?;
        if config.is_postgres() {
            store.require_current_schema().await?;
        } else {
            migrate(&config, &store).await?;
        }
        Self::assemble(config, store, clock)
    }

    /// Puts an `App` together around a database whose schema is this version's.
    pub fn assemble(config: Config, store: Store, clock: Clock) -> Result<Self, OpenError> {
        let key_file = config.key_file();
        let home = if config.is_postgres() { KeyHome::Configured } else { KeyHome::File(&key_file) };
        let configured = config.secrets.key.as_ref().map(secrecy::ExposeSecret::expose_secret);
        let secrets = SecretKeys::load(configured, home)?;
        let bucket = Bucket::open(config.archive_url().expose(), &config.archive_credentials())?;
        let smtp = smtp(&config).map_err(OpenError::Mail)?;
        let lanes = DatabaseLanes::new(store.clone(), clock.clone());
        Ok(Self {
            config: Arc::new(config),
            store,
            bucket,
            secrets,
            graph: GraphClients::with_lanes(Arc::new(lanes), clock.clone()),
            clock,
            smtp,
            delivery: Delivery::default(),
            work: Notify::new(),
            sign_ins: Mutex::default(),
        })
    }
}

/// Opens the database that the settings name, without touching its schema.
pub async fn open_store(config: &Config) -> Result<Store, OpenError> {
    let url = config.database_url();
    if let Some(folder) = store::sqlite_file(url.expose()).as_deref().and_then(Path::parent) {
        make_folder(folder)?;
    }
    Ok(Store::open(url.expose()).await?)
}

/// Brings the schema to this version and returns what was applied. A SQLite file that holds rows is copied to
/// `onrecord.db.before-…` first.
pub async fn migrate(config: &Config, store: &Store) -> Result<Vec<String>, OpenError> {
    let pending = store.pending_migrations().await?;
    if pending.is_empty() {
        return Ok(pending);
    }
    if let Some(file) = store::sqlite_file(config.database_url().expose())
        && store.has_schema().await?
    {
        let copy = PathBuf::from(format!("{}.before-{}", file.display(), pending[0]));
        store.copy_to(&copy).await?;
    }
    store.migrate().await?;
    Ok(pending)
}

/// The way to the mail server, if the settings name one.
fn smtp(config: &Config) -> Result<Option<Smtp>, String> {
    let (Some(url), Some(from)) = (&config.mail.url, &config.mail.from) else { return Ok(None) };
    if url.scheme() == "graph" {
        return Ok(None);
    }
    let site = config.public_url();
    let site = site.url().host_str().unwrap_or("localhost");
    Smtp::new(url.expose(), &from.0, site, config.graph.ca_file.as_deref()).map(Some)
}

/// Makes a folder that only its owner may read; an existing one is left as it is.
fn make_folder(path: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::DirBuilderExt as _;
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| OpenError::File {
        path: path.display().to_string(),
        reason: format!("the folder cannot be made: {error}; make it, or name another with --data-dir"),
    })
}
