//! What an installation can be told: environment over `onrecord.toml` over defaults, read once at the start.
//! The only place that reads the environment. Unknown keys and wrong values stop the start with one sentence.

mod manual;
mod reader;
mod sections;
mod table;
mod telling;
mod values;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

pub use manual::template;
pub use sections::{
    Archive, Data, Database, Graph, Http, Limits, Log, Mail, Notice, Retention, Secrets, Sync, Teaching,
    Teams,
};
pub use table::{Setting, Text};
pub use telling::{Address, AliveUrl, QuietHours, TimeOfDay};
pub use values::{
    Addresses, ArchiveUrl, CopyPolicy, DatabaseUrl, LobbyScope, LogFormat, MailUrl, Notifications, Origin,
    Proxies, ProxyUrl, Whole, Wording,
};

use reader::{FileValues, Reader};
use table::Section as _;
use values::{Raw, Value as _};

/// One sentence: which key, where it stands, and what to write. Exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub(crate) String);

/// Where settings are looked for. Tests fill it by hand; the program takes [`Sources::of_process`].
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--config`; without it `DIR/onrecord.toml`, if it exists.
    pub config_file: Option<PathBuf>,
    /// The environment variables.
    pub environment: BTreeMap<String, String>,
}

impl Sources {
    /// The flags given and the environment of this process.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn of_process(data_dir: Option<PathBuf>, config_file: Option<PathBuf>) -> Self {
        let readable = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let environment = std::env::vars_os().filter_map(readable).collect();
        Self { data_dir, config_file, environment }
    }

    /// A variable's value; an empty one counts as unset, as in most container files.
    fn variable(&self, name: &str) -> Option<String> {
        self.environment.get(name).filter(|text| !text.trim().is_empty()).cloned()
    }

    fn flag(&self, key: &str) -> Option<(&'static str, String)> {
        let dir = self.data_dir.as_ref().filter(|_| key == "data.dir")?;
        Some(("--data-dir", dir.display().to_string()))
    }

    fn file(&self) -> Result<FileValues, ConfigError> {
        if let Some(path) = &self.config_file {
            return FileValues::read(path);
        }
        let dir = self.data_dir.clone().or_else(|| self.variable("ONRECORD_DATA_DIR").map(PathBuf::from));
        let path = dir.unwrap_or_else(|| PathBuf::from("./data")).join("onrecord.toml");
        if path.exists() { FileValues::read(&path) } else { Ok(FileValues::none()) }
    }
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A command line option.
    Flag(&'static str),
    /// An environment variable (its name, with `_FILE` if it was that one).
    Variable(String),
    /// The configuration file.
    File(PathBuf),
    /// Nobody set it.
    Default,
}

impl Source {
    /// The name to show beside a field that cannot be changed on a page because it is set here; `None` for defaults.
    pub fn locked_by(&self) -> Option<String> {
        match self {
            Self::Flag(flag) => Some((*flag).to_owned()),
            Self::Variable(name) => Some(name.clone()),
            Self::File(path) => Some(path.display().to_string()),
            Self::Default => None,
        }
    }

    fn place(&self, key: &str) -> String {
        match self {
            Self::Flag(flag) => format!("{flag} ({key})"),
            Self::Variable(name) => format!("{name} ({key})"),
            Self::File(path) => format!("{}: `{key}`", path.display()),
            Self::Default => format!("`{key}`"),
        }
    }
}

/// A setting as it is in force.
#[derive(Debug, Clone)]
pub struct Effective {
    /// The setting.
    pub setting: &'static Setting,
    /// Where its value came from.
    pub source: Source,
    /// The value as people may see it; empty when there is none.
    pub shown: String,
}

/// All settings of this process.
#[derive(Debug, Clone)]
pub struct Config {
    /// Files of this installation.
    pub data: Data,
    /// How browsers, apps and Microsoft reach OnRecord.
    pub http: Http,
    /// Where rows are kept.
    pub database: Database,
    /// The key that seals.
    pub secrets: Secrets,
    /// Where copies are kept.
    pub archive: Archive,
    /// How OnRecord reaches Microsoft.
    pub graph: Graph,
    /// The first integration.
    pub teams: Teams,
    /// When OnRecord looks.
    pub sync: Sync,
    /// How people enter a class.
    pub teaching: Teaching,
    /// `[retention]`.
    pub retention: Retention,
    /// The recording notice.
    pub notice: Notice,
    /// How people are told.
    pub mail: Mail,
    /// What one caller may ask for.
    pub limits: Limits,
    /// What OnRecord writes about itself.
    pub log: Log,
    effective: Vec<Effective>,
    warnings: Vec<String>,
}

impl Config {
    /// Reads and judges every setting. Touches no file but the configuration and the `…_FILE` ones.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(sources, sources.file()?);
        let r = &mut reader;
        let mut config = Self {
            data: Data::read(r)?,
            http: Http::read(r)?,
            database: Database::read(r)?,
            secrets: Secrets::read(r)?,
            archive: Archive::read(r)?,
            graph: Graph::read(r)?,
            teams: Teams::read(r)?,
            sync: Sync::read(r)?,
            teaching: Teaching::read(r)?,
            retention: Retention::read(r)?,
            notice: Notice::read(r)?,
            mail: Mail::read(r)?,
            limits: Limits::read(r)?,
            log: Log::read(r)?,
            effective: Vec::new(),
            warnings: Vec::new(),
        };
        config.effective = reader.finish()?;
        config.warnings = unknown_variables(sources);
        config.check()?;
        Ok(config)
    }

    /// The data directory DIR.
    pub fn data_dir(&self) -> &Path {
        &self.data.dir
    }

    /// The database: as set, or SQLite in `DIR/onrecord.db`.
    pub fn database_url(&self) -> DatabaseUrl {
        let default =
            || DatabaseUrl::made(format!("sqlite://{}", self.data.dir.join("onrecord.db").display()));
        self.database.url.clone().unwrap_or_else(default)
    }

    /// Whether the rows are in PostgreSQL, which several processes and machines may share.
    pub fn is_postgres(&self) -> bool {
        self.database_url().scheme() != "sqlite"
    }

    /// The archive: as set, or the folder `DIR/archive`.
    pub fn archive_url(&self) -> ArchiveUrl {
        let default = || {
            let folder = self.data.dir.join("archive");
            let folder = std::path::absolute(&folder).unwrap_or(folder);
            let url = url::Url::from_directory_path(folder).expect("an absolute path is a file URL");
            ArchiveUrl::made(url.to_string())
        };
        self.archive.url.clone().unwrap_or_else(default)
    }

    /// What opens the archive besides its URL, in the words of the `object_store` crate.
    pub fn archive_credentials(&self) -> Vec<(&'static str, String)> {
        let plain = |text: &Option<String>| text.clone();
        let secret = |text: &Option<SecretString>| text.as_ref().map(|text| text.expose_secret().to_owned());
        let archive = &self.archive;
        let pairs = [
            ("aws_access_key_id", plain(&archive.aws_access_key_id)),
            ("aws_secret_access_key", secret(&archive.aws_secret_access_key)),
            ("aws_region", plain(&archive.aws_region)),
            ("aws_endpoint", plain(&archive.aws_endpoint_url)),
            ("azure_storage_account_name", plain(&archive.azure_account_name)),
            ("azure_storage_account_key", secret(&archive.azure_account_key)),
            ("azure_storage_endpoint", plain(&archive.azure_endpoint)),
            ("google_service_account_key", secret(&archive.google_service_account_key)),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// The address people use: as set, or the listening address of this machine.
    pub fn public_url(&self) -> Origin {
        let scheme = if self.http.tls_cert.is_some() { "https" } else { "http" };
        let default = || Origin::read(Raw::Text(format!("{scheme}://{}", self.http.listen)));
        let set = self.http.public_url.clone();
        set.or_else(default).expect("check() demands a public URL unless the listening address is loopback")
    }

    /// Where Microsoft can tell us that something is new, or why it cannot. An address of this machine is of use only
    /// to a Microsoft 365 that is simulated on it.
    pub fn notification_url(&self) -> Result<Origin, NoNotifications> {
        if self.http.notifications == Notifications::Off {
            return Err(NoNotifications::SwitchedOff);
        }
        let url = self.http.notification_url.clone().unwrap_or_else(|| self.public_url());
        match (url.is_loopback(), self.graph.url.is_loopback()) {
            (true, false) => Err(NoNotifications::Unreachable),
            (false, _) if !url.is_https() => Err(NoNotifications::Unreachable),
            _ => Ok(url),
        }
    }

    /// Where the key file lies when no key is configured.
    pub fn key_file(&self) -> PathBuf {
        self.data.dir.join("secret.key")
    }

    /// Every setting as in force, in the order of the manual.
    pub fn effective(&self) -> &[Effective] {
        &self.effective
    }

    /// Where the value of `key` (for example `teams.tenant_id`) came from.
    pub fn source_of(&self, key: &str) -> &Source {
        let found = self.effective.iter().find(|effective| effective.setting.key == key);
        found.map_or(&Source::Default, |effective| &effective.source)
    }

    /// Things that look like mistakes but need not stop the start: log them.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The sections in the order of the manual: name, documentation, settings.
    pub(crate) fn sections() -> [(&'static str, &'static str, &'static [Setting]); 14] {
        [
            manual::row::<Data>(),
            manual::row::<Http>(),
            manual::row::<Database>(),
            manual::row::<Secrets>(),
            manual::row::<Archive>(),
            manual::row::<Graph>(),
            manual::row::<Teams>(),
            manual::row::<Sync>(),
            manual::row::<Teaching>(),
            manual::row::<Retention>(),
            manual::row::<Notice>(),
            manual::row::<Mail>(),
            manual::row::<Limits>(),
            manual::row::<Log>(),
        ]
    }

    /// What no single setting can judge.
    fn check(&self) -> Result<(), ConfigError> {
        let fail = |text: &str| Err(ConfigError(text.to_owned()));
        if self.http.tls_cert.is_some() != self.http.tls_key.is_some() {
            return fail(
                "ONRECORD_TLS_CERT (http.tls_cert) and ONRECORD_TLS_KEY (http.tls_key) go together: set both or neither",
            );
        }
        if self.http.public_url.is_none() && !self.http.listen.ip().is_loopback() {
            return fail(
                "ONRECORD_PUBLIC_URL (http.public_url) is missing: OnRecord listens for other machines, so write the https:// address people use",
            );
        }
        if self.teams.client_secret.is_some() && self.teams.client_certificate.is_some() {
            return fail(
                "TEAMS_CLIENT_SECRET (teams.client_secret) and TEAMS_CLIENT_CERTIFICATE (teams.client_certificate) are both set: keep one of them",
            );
        }
        if self.mail.url.is_some() && self.mail.from.is_none() {
            return fail(
                "ONRECORD_MAIL_FROM (mail.from) is missing: write the address that mails come from, such as onrecord@school.example",
            );
        }
        if self.sync.waiting_hours.get() > self.sync.looking_hours.get() {
            return fail(
                "ONRECORD_SYNC_WAITING_HOURS (sync.waiting_hours) is longer than sync.looking_hours: write a smaller number, or raise the other",
            );
        }
        Ok(())
    }
}

/// Why Microsoft cannot say when something is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoNotifications {
    /// The setting says so.
    SwitchedOff,
    /// There is no address at which Microsoft reaches us.
    Unreachable,
}

/// A value as people may see it, secrets masked.
pub fn shown(value: &impl values::Value) -> String {
    value.show()
}

/// Variables that look like ours and are not: most likely misspelt.
fn unknown_variables(sources: &Sources) -> Vec<String> {
    let known = |name: &str| {
        Config::sections().iter().flat_map(|section| section.2).any(|setting| {
            name == setting.variable
                || (setting.secret && name.strip_suffix("_FILE") == Some(setting.variable))
        })
    };
    let ours = |name: &&String| {
        let prefix = name.starts_with("ONRECORD_") || name.starts_with("TEAMS_");
        prefix && !name.starts_with("ONRECORD_TEST_")
    };
    let strangers = sources.environment.keys().filter(ours).filter(|name| !known(name));
    strangers.map(|name| format!("the environment variable {name} is not a setting and is ignored")).collect()
}

#[cfg(test)]
mod tests;
