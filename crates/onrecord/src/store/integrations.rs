//! Tables `integration` and `service_account`: a tenant's connection and the mailboxes that organize meetings.

use chrono::{DateTime, Utc};

use super::{Dialect, Read, Result, Row, Tx};
use crate::model::id::{IntegrationId, ServiceAccountId};
use crate::model::integration::{Integration, ServiceAccount, SyncKind};
use crate::model::words::Word as _;
use crate::params;

const COLUMNS: &str =
    "i.id, i.name, i.tenant_id, i.client_id, i.client_secret_sealed, i.client_certificate_sealed, i.extra_drive_id, i.kinds_off,
     i.instructor_role, i.lobby_scope, i.lawful_basis, i.notice_contact, i.notice_storage, i.notice_retention,
     i.notice_wording, i.recording_expiry_days, i.verified_at, i.revision";

fn integration(row: &Row) -> Result<Integration> {
    let kinds: Vec<String> = row.json("kinds_off")?;
    Ok(Integration {
        id: row.id("id")?,
        name: row.get("name")?,
        tenant_id: row.get("tenant_id")?,
        client_id: row.get("client_id")?,
        client_secret_sealed: row.get("client_secret_sealed")?,
        client_certificate_sealed: row.get("client_certificate_sealed")?,
        extra_drive_id: row.get("extra_drive_id")?,
        kinds_off: kinds.iter().filter_map(|kind| SyncKind::parse(kind)).collect(),
        instructor_role: row.get("instructor_role")?,
        lobby_scope: row.get("lobby_scope")?,
        lawful_basis: row.get("lawful_basis")?,
        notice_contact: row.get("notice_contact")?,
        notice_storage: row.get("notice_storage")?,
        notice_retention: row.get("notice_retention")?,
        notice_wording: row.get("notice_wording")?,
        recording_expiry_days: row.get("recording_expiry_days")?,
        verified_at: row.get("verified_at")?,
        revision: row.get("revision")?,
    })
}

/// The integration, if there is one.
pub async fn find(db: &impl Read, id: IntegrationId) -> Result<Option<Integration>> {
    let sql = format!("SELECT {COLUMNS} FROM integration i WHERE i.id = $1");
    db.row(&sql, params![id]).await?.as_ref().map(integration).transpose()
}

/// All integrations, the first one first.
pub async fn list(db: &impl Read) -> Result<Vec<Integration>> {
    let sql = format!("SELECT {COLUMNS} FROM integration i ORDER BY i.id");
    db.rows(&sql, params![]).await?.iter().map(integration).collect()
}

/// The first integration: the one that the environment describes and new conferences get.
pub async fn first(db: &impl Read) -> Result<Option<Integration>> {
    let sql = format!("SELECT {COLUMNS} FROM integration i ORDER BY i.id LIMIT 1");
    db.row(&sql, params![]).await?.as_ref().map(integration).transpose()
}

/// Lets one process at a time change integrations until the transaction ends. SQLite has locked everything already.
pub async fn lock_all(tx: &Tx) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        tx.execute("LOCK TABLE integration IN SHARE ROW EXCLUSIVE MODE", params![]).await?;
    }
    Ok(())
}

/// Writes an integration that knows nothing yet but its name, and returns its id.
pub async fn insert(tx: &Tx, name: &str, at: DateTime<Utc>) -> Result<IntegrationId> {
    let sql = "INSERT INTO integration (name, created_at, updated_at) VALUES ($1, $2, $2) RETURNING id";
    tx.insert(sql, params![name, at]).await
}

/// Writes every setting of the integration and raises its revision, so that clients are built anew. What
/// *Verify* found is kept; use [`set_verified`] for that.
pub async fn update(tx: &Tx, new: &Integration, at: DateTime<Utc>) -> Result<()> {
    let kinds: Vec<&str> = new.kinds_off.iter().map(|kind| kind.as_str()).collect();
    let kinds = serde_json::json!(kinds).to_string();
    tx.execute(
        "UPDATE integration SET name = $2, tenant_id = $3, client_id = $4, client_secret_sealed = $5,
             extra_drive_id = $6, kinds_off = $7, instructor_role = $8, lobby_scope = $9, lawful_basis = $10,
             notice_contact = $11, notice_storage = $12, notice_retention = $13, notice_wording = $14,
             revision = revision + 1, updated_at = $15, client_certificate_sealed = $16,
             recording_expiry_days = $17
         WHERE id = $1",
        params![
            new.id,
            new.name,
            new.tenant_id,
            new.client_id,
            new.client_secret_sealed,
            new.extra_drive_id,
            kinds,
            new.instructor_role,
            new.lobby_scope,
            new.lawful_basis,
            new.notice_contact,
            new.notice_storage,
            new.notice_retention,
            new.notice_wording,
            at,
            new.client_certificate_sealed,
            new.recording_expiry_days
        ],
    )
    .await?;
    Ok(())
}

/// Notes when *Verify* last found no error; `None` when it found one.
pub async fn set_verified(tx: &Tx, id: IntegrationId, at: Option<DateTime<Utc>>) -> Result<()> {
    tx.execute("UPDATE integration SET verified_at = $2 WHERE id = $1", params![id, at]).await?;
    Ok(())
}

const ACCOUNT: &str = "a.id, a.integration_id, a.email, a.entra_object_id, a.drive_id, a.drive_state,
     a.drive_total_bytes, a.drive_used_bytes, a.drive_read_at, a.disabled_at";

fn account(row: &Row) -> Result<ServiceAccount> {
    Ok(ServiceAccount {
        id: row.id("id")?,
        integration_id: row.id("integration_id")?,
        email: row.get("email")?,
        entra_object_id: row.get("entra_object_id")?,
        drive_id: row.get("drive_id")?,
        drive_state: row.get("drive_state")?,
        drive_total_bytes: row.get("drive_total_bytes")?,
        drive_used_bytes: row.get("drive_used_bytes")?,
        drive_read_at: row.get("drive_read_at")?,
        disabled_at: row.get("disabled_at")?,
    })
}

/// The service accounts of an integration, disabled ones included, in the order in which they were added.
pub async fn accounts(db: &impl Read, id: IntegrationId) -> Result<Vec<ServiceAccount>> {
    let sql = format!("SELECT {ACCOUNT} FROM service_account a WHERE a.integration_id = $1 ORDER BY a.id");
    db.rows(&sql, params![id]).await?.iter().map(account).collect()
}

/// The service account, if there is one.
pub async fn find_account(db: &impl Read, id: ServiceAccountId) -> Result<Option<ServiceAccount>> {
    let sql = format!("SELECT {ACCOUNT} FROM service_account a WHERE a.id = $1");
    db.row(&sql, params![id]).await?.as_ref().map(account).transpose()
}

/// Writes a service account, or enables again one that was there under this address. `email` is normal.
pub async fn add_account(
    tx: &Tx,
    integration: IntegrationId,
    email: &str,
    at: DateTime<Utc>,
) -> Result<ServiceAccountId> {
    tx.insert(
        "INSERT INTO service_account (integration_id, email, created_at) VALUES ($1, $2, $3)
         ON CONFLICT (integration_id, email) DO UPDATE SET disabled_at = NULL RETURNING id",
        params![integration, email, at],
    )
    .await
}

/// Takes a service account out of use for new meetings; what it organizes already stays with it.
pub async fn disable_account(tx: &Tx, id: ServiceAccountId, at: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE service_account SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL";
    tx.execute(sql, params![id, at]).await?;
    Ok(())
}

/// Keeps the object id under which Microsoft knows the account.
pub async fn set_account_object_id(tx: &Tx, id: ServiceAccountId, object_id: &str) -> Result<()> {
    let sql = "UPDATE service_account SET entra_object_id = $2 WHERE id = $1";
    tx.execute(sql, params![id, object_id]).await?;
    Ok(())
}

/// Keeps what was last read about the account's OneDrive.
pub async fn set_account_drive(tx: &Tx, account: &ServiceAccount) -> Result<()> {
    tx.execute(
        "UPDATE service_account SET drive_id = $2, drive_state = $3, drive_total_bytes = $4,
             drive_used_bytes = $5, drive_read_at = $6 WHERE id = $1",
        params![
            account.id,
            account.drive_id,
            account.drive_state,
            account.drive_total_bytes,
            account.drive_used_bytes,
            account.drive_read_at
        ],
    )
    .await?;
    Ok(())
}

/// An account that may take new meetings, and how many it was given since the beginning of the month.
#[derive(Debug, Clone)]
pub struct Load {
    /// The account.
    pub account: ServiceAccount,
    /// Meetings given to it since then.
    pub meetings: i64,
}

/// The enabled accounts with the meetings each was given since `since`, the first added first.
pub async fn loads(db: &impl Read, id: IntegrationId, since: DateTime<Utc>) -> Result<Vec<Load>> {
    let sql = format!(
        "SELECT {ACCOUNT}, (SELECT COUNT(*) FROM meeting m WHERE m.service_account_id = a.id
             AND m.created_at >= $2) AS meetings
         FROM service_account a WHERE a.integration_id = $1 AND a.disabled_at IS NULL ORDER BY a.id"
    );
    let rows = db.rows(&sql, params![id, since]).await?;
    rows.iter().map(|row| Ok(Load { account: account(row)?, meetings: row.get("meetings")? })).collect()
}
