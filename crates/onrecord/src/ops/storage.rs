//! The OneDrive of each service account: how full it is, how it grows, when it will be full, and what the planned classes
//! will add. Read before class; what will not fit is told while there is time.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Serialize;

use super::{Result, alerts, integration, organizer};
use crate::app::App;
use crate::model::alert::AlertKind;
use crate::model::forecast::{self, Room, USUAL_BYTES_PER_HOUR};
use crate::model::id::ServiceAccountId;
use crate::model::integration::ServiceAccount;
use crate::store::{self, Read, delta, integrations, storage};

/// A drive is read again after this time.
const STALE: TimeDelta = TimeDelta::hours(6);

/// Before a class it is read again after this time.
const STALE_BEFORE_CLASS: TimeDelta = TimeDelta::minutes(55);

/// A class is near when it begins within this time.
const NEAR: TimeDelta = TimeDelta::hours(2);

/// What will not fit is told so long before.
const TOLD_BEFORE: TimeDelta = TimeDelta::hours(24);

/// Growth is that of so many days.
const GROWTH_DAYS: i64 = 30;

/// Planned classes count for so many days.
const PLANNED_DAYS: i64 = 30;

/// Recordings of so many days say how large an hour is.
const SIZE_DAYS: i64 = 90;

/// Somebody should act when a drive is full within so many days.
pub const SOON_DAYS: i64 = 30;

/// How a drive stands.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Outlook {
    /// The account.
    pub account_id: i64,
    /// Its address.
    pub email: String,
    /// Whether it takes new meetings at all.
    pub enabled: bool,
    /// Microsoft's word: `normal`, `nearing`, `critical` or `exceeded`; null before the first reading.
    pub state: Option<String>,
    /// Bytes in all.
    pub total_bytes: Option<i64>,
    /// Bytes in use.
    pub used_bytes: Option<i64>,
    /// When that was read.
    pub read_at: Option<DateTime<Utc>>,
    /// Growth in bytes each day over the last 30 days; null while too little is known.
    pub growth_bytes_per_day: Option<i64>,
    /// Classes of the next 30 days.
    pub planned_classes: i64,
    /// What their recordings are expected to need.
    pub planned_bytes: i64,
    /// The day on which it is full; null if that is not to be seen.
    pub full_on: Option<NaiveDate>,
}

impl Outlook {
    /// Whether nothing more fits.
    pub fn is_full(&self) -> bool {
        self.state.as_deref() == Some("exceeded")
            || self.total_bytes.zip(self.used_bytes).is_some_and(|(total, used)| total > 0 && used >= total)
    }

    /// Whether it will be full soon, or hardly anything fits.
    pub fn is_pressed(&self, today: NaiveDate) -> bool {
        matches!(self.state.as_deref(), Some("critical" | "exceeded"))
            || self.full_on.is_some_and(|day| (day - today).num_days() <= SOON_DAYS)
    }
}

/// How the drives of all accounts of the first integration stand, disabled ones included.
pub async fn outlooks(app: &App) -> Result<Vec<Outlook>> {
    let id = integration::load(app).await?.integration.id;
    let mut all = Vec::new();
    for account in integrations::accounts(&app.store, id).await? {
        all.push(outlook(&app.store, &account, app.clock.now()).await?);
    }
    Ok(all)
}

/// How the drive of one account stands.
pub(super) async fn outlook(db: &impl Read, account: &ServiceAccount, now: DateTime<Utc>) -> Result<Outlook> {
    let today = now.date_naive();
    let readings = storage::readings(db, account.id, today - TimeDelta::days(GROWTH_DAYS)).await?;
    let per_hour = per_hour(db, account, now).await?;
    let planned = storage::planned(db, account.id, (now, now + TimeDelta::days(PLANNED_DAYS))).await?;
    let by_day: Vec<(NaiveDate, i64)> = planned
        .iter()
        .map(|class| (class.ends_at.date_naive(), need(class.starts_at, class.ends_at, per_hour)))
        .collect();
    let growth = forecast::growth(&readings);
    let room = account.drive_total_bytes.zip(account.drive_used_bytes);
    let full_on = room.and_then(|(total_bytes, used_bytes)| {
        forecast::full_on(today, Room { total_bytes, used_bytes, growth }, &by_day)
    });
    Ok(Outlook {
        account_id: account.id.0,
        email: account.email.clone(),
        enabled: account.disabled_at.is_none(),
        state: account.drive_state.clone(),
        total_bytes: account.drive_total_bytes,
        used_bytes: account.drive_used_bytes,
        read_at: account.drive_read_at,
        growth_bytes_per_day: growth,
        planned_classes: planned.len() as i64,
        planned_bytes: by_day.iter().map(|(_, bytes)| *bytes).sum(),
        full_on,
    })
}

async fn per_hour(db: &impl Read, account: &ServiceAccount, now: DateTime<Utc>) -> Result<i64> {
    let since = now - TimeDelta::days(SIZE_DAYS);
    let known = storage::bytes_per_hour(db, account.integration_id, since).await?;
    Ok(known.unwrap_or(USUAL_BYTES_PER_HOUR))
}

fn need(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>, per_hour: i64) -> i64 {
    forecast::of_class((ends_at - starts_at).num_minutes(), per_hour)
}

/// The duty: reads the drives that are due, keeps the reading of the day, and tells what will not fit.
pub(crate) async fn watch(app: &App) -> Result<()> {
    let now = app.clock.now();
    for integration in integrations::list(&app.store).await? {
        for account in integrations::accounts(&app.store, integration.id).await? {
            if account.disabled_at.is_some() {
                continue;
            }
            if is_due(app, &account, now).await? {
                // One drive that cannot be read must not keep the others from being read; doctor says why.
                if let Err(error) = read(app, &account).await {
                    tracing::warn!(account = account.email, %error, "a onedrive could not be read");
                }
            }
            let Some(account) = integrations::find_account(&app.store, account.id).await? else { continue };
            keep_reading(app, &account).await?;
            tell(app, &account, now).await?;
        }
    }
    let tx = app.store.write().await?;
    storage::forget(&tx, now.date_naive() - TimeDelta::days(storage::KEPT_DAYS)).await?;
    Ok(tx.commit().await?)
}

async fn is_due(app: &App, account: &ServiceAccount, now: DateTime<Utc>) -> Result<bool> {
    let age = account.drive_read_at.map(|at| now - at);
    if age.is_none_or(|age| age >= STALE) {
        return Ok(true);
    }
    let is_old = age.is_some_and(|age| age >= STALE_BEFORE_CLASS);
    Ok(is_old && !storage::planned(&app.store, account.id, (now, now + NEAR)).await?.is_empty())
}

async fn read(app: &App, account: &ServiceAccount) -> Result<()> {
    let client = integration::client(app, account.integration_id).await?;
    let object_id = if let Some(id) = &account.entra_object_id {
        id.clone()
    } else {
        let id = client.user(&account.email).await?.id;
        organizer::keep_object_id(app, account.id, &id).await?;
        id
    };
    let drive = client.user_drive(&object_id).await?;
    let quota = drive.quota.unwrap_or_default();
    let state = quota.state.as_ref().map(|state| state.as_str().to_owned());
    let tx = app.store.write().await?;
    let owner = (account.integration_id, object_id.as_str());
    delta::put_drive(&tx, owner, &drive.id, (state, quota.total, quota.used), app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// The last reading of a day stays.
async fn keep_reading(app: &App, account: &ServiceAccount) -> Result<()> {
    let Some(read_at) = account.drive_read_at else { return Ok(()) };
    let tx = app.store.write().await?;
    let quota = (
        account.drive_state.as_deref().unwrap_or_default(),
        account.drive_total_bytes,
        account.drive_used_bytes,
    );
    storage::note(&tx, account.id, (read_at.date_naive(), read_at), quota).await?;
    Ok(tx.commit().await?)
}

/// Tells of classes that are near and whose recording will not fit, one after the other as they fill the drive.
async fn tell(app: &App, account: &ServiceAccount, now: DateTime<Utc>) -> Result<()> {
    let per_hour = per_hour(&app.store, account, now).await?;
    let near = storage::planned(&app.store, account.id, (now, now + TOLD_BEFORE)).await?;
    if near.is_empty() {
        return Ok(());
    }
    let is_exceeded = account.drive_state.as_deref() == Some("exceeded");
    let mut left = account.drive_total_bytes.zip(account.drive_used_bytes).map(|(total, used)| total - used);
    let tx = app.store.write().await?;
    for class in near {
        let need = need(class.starts_at, class.ends_at, per_hour);
        left = left.map(|left| left - need);
        let fits = !is_exceeded && left.is_none_or(|left| left >= 0);
        if fits {
            alerts::resolve(app, &tx, class.meeting_id, &[AlertKind::NoRoom]).await?;
        } else {
            alerts::raise(app, &tx, class.meeting_id, AlertKind::NoRoom, &account.email).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// How pressed an account is, for the choice of who organizes the next meeting: 0 there is room, 1 it will be full soon.
/// `None` if nothing more fits.
pub(super) async fn pressure(
    db: &impl Read,
    account: &ServiceAccount,
    now: DateTime<Utc>,
) -> Result<Option<u8>> {
    let outlook = outlook(db, account, now).await?;
    Ok((!outlook.is_full()).then(|| u8::from(outlook.is_pressed(now.date_naive()))))
}

/// Keeps an account of this id in view: whether there is one.
pub(super) async fn account(app: &App, id: ServiceAccountId) -> Result<ServiceAccount> {
    store::integrations::find_account(&app.store, id).await?.ok_or(super::Error::NotFound)
}
