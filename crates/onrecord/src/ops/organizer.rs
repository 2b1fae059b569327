//! Which service account organizes a meeting, and the object id under which Microsoft knows an organizer. The
//! organizer decides whose OneDrive gets the recording and never changes.

use chrono::{DateTime, Datelike as _, TimeZone as _, Utc};

use super::Result;
use crate::app::App;
use crate::model::id::{IntegrationId, ServiceAccountId};
use crate::model::integration::ServiceAccount;
use crate::store::integrations::{self, Load};
use crate::store::{Read, Tx};

/// Meetings that Microsoft allows a user in a month.
pub(super) const MONTHLY_LIMIT: i64 = 2_000;

/// From here on an account is nearing the limit.
pub(super) const MONTHLY_WARNING: i64 = 1_600;

/// The first moment of the month, in UTC.
pub(super) fn month_of(now: DateTime<Utc>) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(now.year(), now.month(), 1, 0, 0, 0).single().unwrap_or(now)
}

/// The accounts for `count` new meetings: each the one with the fewest meetings this month and with room. `None`
/// where no account has room, or there is none.
pub async fn choose(
    db: &impl Read,
    integration: IntegrationId,
    count: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Option<ServiceAccountId>>> {
    let loads = integrations::loads(db, integration, month_of(now)).await?;
    let chosen = spread(&loads, count);
    for load in loads.iter().filter(|load| load.meetings >= MONTHLY_WARNING) {
        tracing::warn!(
            account = %load.account.id,
            meetings = load.meetings,
            "a service account nears Microsoft's limit of {MONTHLY_LIMIT} meetings a month: add another one"
        );
    }
    Ok(chosen)
}

/// Gives each of `count` meetings to the account with the fewest; accounts whose drive is full come last.
fn spread(loads: &[Load], count: usize) -> Vec<Option<ServiceAccountId>> {
    let mut tally: Vec<_> =
        loads.iter().map(|load| (is_full(&load.account), load.meetings, load.account.id)).collect();
    let mut next = || {
        let room = tally.iter_mut().filter(|(_, meetings, _)| *meetings < MONTHLY_LIMIT);
        let (_, meetings, id) = room.min_by_key(|(full, meetings, _)| (*full, *meetings))?;
        *meetings += 1;
        Some(*id)
    };
    (0..count).map(|_| next()).collect()
}

/// Whether nothing more fits into the account's OneDrive, as far as is known.
fn is_full(account: &ServiceAccount) -> bool {
    matches!(account.drive_state.as_deref(), Some("exceeded" | "critical"))
}

/// Keeps the object id of an account, read from the directory.
pub async fn keep_object_id(app: &App, account: ServiceAccountId, object_id: &str) -> Result<()> {
    let tx: Tx = app.store.write().await?;
    integrations::set_account_object_id(&tx, account, object_id).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(id: i64, meetings: i64, drive_state: Option<&str>) -> Load {
        let account = ServiceAccount {
            id: ServiceAccountId(id),
            integration_id: IntegrationId(1),
            email: format!("rec{id}@school.example"),
            entra_object_id: None,
            drive_id: None,
            drive_state: drive_state.map(str::to_owned),
            drive_total_bytes: None,
            drive_used_bytes: None,
            drive_read_at: None,
            disabled_at: None,
        };
        Load { account, meetings }
    }

    #[test]
    fn meetings_go_to_the_account_with_the_fewest_also_within_one_request() {
        let chosen = spread(&[load(1, 3, None), load(2, 1, None)], 6);
        let of = |id| chosen.iter().filter(|account| **account == Some(ServiceAccountId(id))).count();
        assert_eq!((of(1), of(2)), (2, 4));
    }

    #[test]
    fn a_full_drive_comes_last_and_the_monthly_limit_ends_it() {
        let loads = [load(1, 0, Some("exceeded")), load(2, 50, Some("nearing"))];
        assert_eq!(spread(&loads, 1), [Some(ServiceAccountId(2))]);
        assert_eq!(spread(&[load(1, 1_999, None)], 2), [Some(ServiceAccountId(1)), None]);
        assert_eq!(spread(&[], 2), [None, None]);
    }
}
