//! What is seen of the whole: this machine, our own rows, and the tenant that the settings lead to. Everything is asked
//! here and nothing is judged: the checks do that, without a request.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use msgraph::{
    AppCredentials, Client, Drive, Error as GraphError, OpenIdConfiguration, Organization, TokenClaims,
};

use super::connection;
use crate::app::App;
use crate::config::NoNotifications;
use crate::model::finding::Trouble;
use crate::model::id::ServiceAccountId;
use crate::model::integration::{Integration, ServiceAccount};
use crate::model::permission::granted;
use crate::model::policy::{Confirmation, PolicyTopic};
use crate::model::subscription::{Subscription, SubscriptionKind};
use crate::ops::integration::{self, Settings};
use crate::ops::{Result, mail, organizer};
use crate::store::backup::{self, LastBackup};
use crate::store::{cleanup, evidence, integrations, lanes, policies, subscriptions};

/// A proxy that does not answer within this time is not there.
const PROXY_PATIENCE: Duration = Duration::from_secs(5);

/// Microsoft forgets meetings about so long after their last use.
const MEETING_LIFE: TimeDelta = TimeDelta::days(60);

/// Microsoft tells of a recording within an hour.
const TOLD_BY: TimeDelta = TimeDelta::minutes(90);

/// Everything that concerns more than one service account.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) now: DateTime<Utc>,
    pub(super) integration: Integration,
    pub(super) accounts: Vec<ServiceAccount>,
    pub(super) machine: Machine,
    pub(super) rows: Rows,
    pub(super) tenant: Tenant,
}

/// What OnRecord runs on.
#[derive(Debug)]
pub(super) struct Machine {
    /// The kind of database, or why it cannot be written.
    pub(super) database: std::result::Result<&'static str, String>,
    pub(super) archive_place: String,
    pub(super) archive: std::result::Result<(), String>,
    /// Where Microsoft would post what is new, and whether it is asked to.
    pub(super) news_address: String,
    pub(super) news: std::result::Result<(), NoNotifications>,
    /// The mail server, or the mailbox that sends through Microsoft; `None` where no mail is set up.
    pub(super) mail: Option<MailWay>,
    /// The proxy's host and port, and whether it answers.
    pub(super) proxy: Option<(String, bool)>,
    /// The certificate that signs in, or why it cannot be read.
    pub(super) certificate: Option<std::result::Result<msgraph::ClientCertificate, String>>,
    /// The first characters of the client secret, as Entra shows them.
    pub(super) secret_hint: Option<String>,
    /// The client secret looks like an id.
    pub(super) secret_is_id: bool,
}

/// How mails leave, and whether they can.
#[derive(Debug)]
pub(super) enum MailWay {
    /// Through this server, or why it does not take us.
    Smtp(String, std::result::Result<(), String>),
    /// From this mailbox at Microsoft.
    Graph(String),
}

/// What our own rows say.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) idle_since: Option<DateTime<Utc>>,
    /// Copies that are damaged, and those of them that Microsoft has no original of.
    pub(super) damaged_copies: (usize, usize),
    /// What is known of backups; `None` on PostgreSQL, whose own tools make them.
    pub(super) last_backup: Option<LastBackup>,
    pub(super) pauses: Vec<(String, DateTime<Utc>)>,
    /// People and meetings with an address where an object id belongs.
    pub(super) addresses_for_ids: (i64, i64),
    pub(super) forgotten_meetings: i64,
    /// Meetings of each account this month.
    pub(super) meetings: HashMap<ServiceAccountId, i64>,
    pub(super) confirmations: Vec<Confirmation>,
    /// Classes held without a recording since the answer about recording.
    pub(super) unrecorded_since_answer: i64,
    /// What Microsoft was asked to tell.
    pub(super) subscriptions: Vec<Subscription>,
    /// Recordings that came since Microsoft last told anything, and were not told of.
    pub(super) untold: i64,
}

impl Rows {
    pub(super) fn confirmation(&self, topic: PolicyTopic) -> Option<&Confirmation> {
        self.confirmations.iter().find(|one| one.topic == topic)
    }
}

/// How far the way to the tenant leads.
#[derive(Debug)]
pub(super) enum Tenant {
    /// The settings are not complete or not usable.
    Unset(Box<Trouble>),
    /// There is no token.
    Closed(GraphError),
    /// There is one.
    Open(Box<Open>),
}

/// A tenant that gave a token, and what it answered.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) client: Client,
    pub(super) claims: TokenClaims,
    pub(super) openid: std::result::Result<OpenIdConfiguration, GraphError>,
    pub(super) organization: std::result::Result<Option<Organization>, GraphError>,
    /// How far Microsoft's clock is ahead of ours.
    pub(super) ahead: Option<TimeDelta>,
    pub(super) extra_drive: Option<(String, std::result::Result<Drive, GraphError>)>,
    pub(super) credentials: Option<AppCredentials>,
    /// Ids of the granted permissions, whether or not the token has them already.
    pub(super) granted: Vec<String>,
}

impl Open {
    /// Whether the token may do what the permission is for.
    pub(super) fn may(&self, permission: &str) -> bool {
        granted(&self.claims.roles, permission)
    }
}

impl Site {
    /// Looks at everything but the accounts.
    pub(super) async fn look(app: &App, settings: Settings) -> Result<Self> {
        let Settings { integration, accounts } = settings;
        let now = app.clock.now();
        let machine = machine(app, &integration).await;
        let rows = rows(app, &integration, now).await?;
        let tenant = tenant(app, &integration).await;
        Ok(Self { now, integration, accounts, machine, rows, tenant })
    }

    /// The tenant, if it gave a token.
    pub(super) fn open(&self) -> Option<&Open> {
        match &self.tenant {
            Tenant::Open(open) => Some(open),
            Tenant::Unset(_) | Tenant::Closed(_) => None,
        }
    }
}

async fn machine(app: &App, integration: &Integration) -> Machine {
    let written = async {
        let tx = app.store.write().await?;
        lanes::probe(&tx).await?;
        tx.commit().await
    };
    let kind = if app.config.is_postgres() { "PostgreSQL" } else { "SQLite" };
    let secret = integration::secret(app, integration);
    let secret = secret.as_ref().map(secrecy::ExposeSecret::expose_secret);
    let certificate =
        integration::certificate(app, integration).map_err(|error| error.to_string()).transpose();
    Machine {
        database: written.await.map(|()| kind).map_err(|error| error.to_string()),
        archive_place: app.bucket.place().to_owned(),
        archive: app.bucket.probe().await.map_err(|error| error.to_string()),
        news_address: news_address(app),
        news: app.config.notification_url().map(|_| ()),
        mail: mail_way(app).await,
        proxy: proxy(app).await,
        certificate,
        secret_hint: secret.map(|secret| secret.chars().take(3).collect()),
        secret_is_id: secret.is_some_and(integration::is_guid),
    }
}

fn news_address(app: &App) -> String {
    let own = app.config.http.notification_url.clone();
    own.unwrap_or_else(|| app.config.public_url()).base().to_owned()
}

async fn mail_way(app: &App) -> Option<MailWay> {
    match mail::way(app) {
        mail::Way::Off => None,
        mail::Way::Graph(mailbox) => Some(MailWay::Graph(mailbox)),
        mail::Way::Smtp(place) => {
            let probed = match &app.smtp {
                Some(smtp) => smtp.probe().await,
                None => Ok(()),
            };
            Some(MailWay::Smtp(place, probed))
        }
    }
}

/// Whether somebody listens where the proxy should be. Its name and password are not looked at.
async fn proxy(app: &App) -> Option<(String, bool)> {
    let url: url::Url = app.config.graph.https_proxy.as_ref()?.expose().parse().ok()?;
    let place = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
    let connected = tokio::time::timeout(PROXY_PATIENCE, tokio::net::TcpStream::connect(&place)).await;
    Some((place, matches!(connected, Ok(Ok(_)))))
}

async fn rows(app: &App, integration: &Integration, now: DateTime<Utc>) -> Result<Rows> {
    let (db, id) = (&app.store, integration.id);
    let confirmations = policies::newest(db, id).await?;
    let answered = confirmations.iter().find(|one| one.topic == PolicyTopic::Recording).map(|one| one.at);
    let since = answered.unwrap_or(now).max(now - TimeDelta::days(30));
    let loads = integrations::loads(db, id, organizer::month_of(now)).await?;
    let damaged = cleanup::damaged(db, 10_000).await?;
    let lost = damaged.iter().filter(|copy| !copy.has_original).count();
    let subscriptions = subscriptions::of_integration(db, id).await?;
    let silent_since = silent_since(&subscriptions, now);
    let untold = match silent_since {
        Some(since) => evidence::recordings_between(db, id, (since, now - TOLD_BY)).await?,
        None => 0,
    };
    Ok(Rows {
        damaged_copies: (damaged.len(), lost),
        idle_since: evidence::idle_since(db, now).await?,
        last_backup: if app.config.is_postgres() { None } else { Some(backup::last(db).await?) },
        pauses: evidence::pauses(db, now).await?,
        addresses_for_ids: evidence::addresses_for_ids(db, now).await?,
        forgotten_meetings: evidence::unsettled_before(db, id, now - MEETING_LIFE).await?,
        meetings: loads.into_iter().map(|load| (load.account.id, load.meetings)).collect(),
        unrecorded_since_answer: evidence::held_unrecorded(db, id, since).await?,
        confirmations,
        subscriptions,
        untold,
    })
}

/// Since when nothing was told although it could have been: the last word of any subscription, or the beginning of
/// those that are live.
pub(super) fn silent_since(all: &[Subscription], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let live = all.iter().filter(|one| one.is_live(now) && one.kind == SubscriptionKind::Recordings);
    let begun = live.filter_map(|one| one.made_at).max()?;
    let heard = all.iter().filter_map(|one| one.heard_at).max();
    Some(heard.map_or(begun, |heard| heard.max(begun)))
}

async fn tenant(app: &App, integration: &Integration) -> Tenant {
    let client = match connection::client(app, integration) {
        Ok(client) => client,
        Err(trouble) => return Tenant::Unset(trouble),
    };
    // What was granted meanwhile shows only in a new token.
    client.forget_token().await;
    let claims = match client.token_claims().await {
        Ok(claims) => claims,
        Err(error) => return Tenant::Closed(error),
    };
    let may = |permission: &str| granted(&claims.roles, permission);
    let id = &integration.client_id;
    let (mut credentials, mut granted_ids) = (None, Vec::new());
    if may("Application.Read.All") {
        credentials = client.app_credentials(id).await.ok();
        granted_ids = client.granted_role_ids(id).await.unwrap_or_default();
    }
    let mut extra_drive = None;
    if let Some(drive) = integration.extra_drive_id.clone().filter(|drive| !drive.is_empty())
        && may("Files.Read.All")
    {
        let read = client.drive(&drive).await;
        extra_drive = Some((drive, read));
    }
    let openid = client.openid_configuration().await;
    let organization = client.organization().await;
    let theirs = client.server_time().await.ok().flatten();
    let ahead = theirs.map(|theirs| theirs - app.clock.now());
    let open =
        Open { claims, openid, organization, ahead, extra_drive, credentials, granted: granted_ids, client };
    Tenant::Open(Box::new(open))
}
