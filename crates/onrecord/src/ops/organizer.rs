//! Which service account organizes a meeting, and the object id under which Microsoft knows an organizer. The
//! organizer decides whose OneDrive gets the recording and never changes.

use chrono::{DateTime, Datelike as _, TimeZone as _, Utc};

use super::{Result, storage};
use crate::app::App;
use crate::model::id::{IntegrationId, ServiceAccountId};
use crate::store::integrations;
use crate::store::{Read, Tx};

/// Meetings that Microsoft allows a user in a month.
pub(super) const MONTHLY_LIMIT: i64 = 2_000;

/// From here on an account is nearing the limit.
pub(super) const MONTHLY_WARNING: i64 = 1_600;

/// The first moment of the month, in UTC.
pub(super) fn month_of(now: DateTime<Utc>) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(now.year(), now.month(), 1, 0, 0, 0).single().unwrap_or(now)
}

/// The accounts for `count` new meetings: each the one with room for longest, and of these the one with the fewest
/// meetings this month. `None` where no account has room, or there is none.
pub async fn choose(
    db: &impl Read,
    integration: IntegrationId,
    count: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Option<ServiceAccountId>>> {
    choose_other(db, integration, count, (now, None)).await
}

/// The same, without one account.
pub async fn choose_other(
    db: &impl Read,
    integration: IntegrationId,
    count: usize,
    (now, without): (DateTime<Utc>, Option<ServiceAccountId>),
) -> Result<Vec<Option<ServiceAccountId>>> {
    let loads = integrations::loads(db, integration, month_of(now)).await?;
    let mut candidates = Vec::new();
    for load in loads.iter().filter(|load| Some(load.account.id) != without) {
        if let Some(pressure) = storage::pressure(db, &load.account, now).await? {
            candidates.push(Candidate { pressure, meetings: load.meetings, id: load.account.id });
        }
    }
    for load in loads.iter().filter(|load| load.meetings >= MONTHLY_WARNING) {
        tracing::warn!(
            account = %load.account.id,
            meetings = load.meetings,
            "a service account nears Microsoft's limit of {MONTHLY_LIMIT} meetings a month: add another one"
        );
    }
    Ok(spread(candidates, count))
}

/// An account that may take a meeting.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    /// How soon its drive is full.
    pressure: u8,
    /// Meetings it was given this month.
    meetings: i64,
    id: ServiceAccountId,
}

/// Gives each of `count` meetings to the account with the fewest; accounts whose drive will be full soon come last.
fn spread(mut tally: Vec<Candidate>, count: usize) -> Vec<Option<ServiceAccountId>> {
    let mut next = || {
        let room = tally.iter_mut().filter(|one| one.meetings < MONTHLY_LIMIT);
        let chosen = room.min_by_key(|one| (one.pressure, one.meetings))?;
        chosen.meetings += 1;
        Some(chosen.id)
    };
    (0..count).map(|_| next()).collect()
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

    fn one(id: i64, meetings: i64, pressure: u8) -> Candidate {
        Candidate { pressure, meetings, id: ServiceAccountId(id) }
    }

    #[test]
    fn meetings_go_to_the_account_with_the_fewest_also_within_one_request() {
        let chosen = spread(vec![one(1, 3, 0), one(2, 1, 0)], 6);
        let of = |id| chosen.iter().filter(|account| **account == Some(ServiceAccountId(id))).count();
        assert_eq!((of(1), of(2)), (2, 4));
    }

    #[test]
    fn a_drive_that_fills_comes_last_and_the_monthly_limit_ends_it() {
        assert_eq!(spread(vec![one(1, 0, 1), one(2, 50, 0)], 1), [Some(ServiceAccountId(2))]);
        assert_eq!(spread(vec![one(1, 0, 1)], 1), [Some(ServiceAccountId(1))]);
        assert_eq!(spread(vec![one(1, 1_999, 0)], 2), [Some(ServiceAccountId(1)), None]);
        assert_eq!(spread(Vec::new(), 2), [None, None]);
    }
}
