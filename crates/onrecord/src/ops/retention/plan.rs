//! What a run of the policies would do now. Dry run, real run and the preview of a policy are made by this one function,
//! and each act is asked for again by [`fate`] in the transaction that does it.

use chrono::{DateTime, Utc};

use super::pages::{Pages, Which};
use super::words;
use crate::app::App;
use crate::model::id::RetentionPolicyId;
use crate::model::retention::{
    self as rules, Because, ItemState, Kept, Nature, Policy, RetentionAct, Ruling,
};
use crate::ops::Result;
use crate::store::retention::runs::Item;
use crate::store::retention::things::Placed;
use crate::store::{Read, holds};
use crate::text;

/// What is to become of a thing at a moment.
#[derive(Debug, Clone)]
pub(super) enum Fate {
    /// Something is done with it.
    Do {
        /// What.
        act: RetentionAct,
        /// By which policy; `None` for what a person binned.
        policy: Option<RetentionPolicyId>,
        /// Since when it is due.
        due: DateTime<Utc>,
        /// Why, as a sentence.
        why: String,
    },
    /// It stays, for this reason.
    Leave(String),
}

/// What is to become of a thing. Asks for holds only where something would be removed.
pub(super) async fn fate(
    db: &impl Read,
    placed: &Placed,
    policies: &[Policy],
    now: DateTime<Utc>,
) -> Result<Fate> {
    let t = text::english();
    if placed.purged_at.is_some() {
        return Ok(Fate::Leave(t.get("keeping-purged").to_owned()));
    }
    if placed.facts.is_binned() {
        return purge(db, placed, policies, now).await;
    }
    let ruling = rules::judge(&placed.thing, policies, None, now);
    if let Ruling::Kept(..) = ruling {
        return Ok(Fate::Leave(words::sentence(t, &ruling, policies)));
    }
    let hold = holds::on(db, placed.target(), now).await?;
    let ruling = rules::judge(&placed.thing, policies, hold.as_ref(), now);
    let why = words::sentence(t, &ruling, policies);
    let (act, policy, due) = match ruling {
        Ruling::Kept(..) => return Ok(Fate::Leave(why)),
        Ruling::CopyFirst(policy, due) => (RetentionAct::Copy, policy, due),
        Ruling::Due(policy, due) if placed.artifact.is_some() => (RetentionAct::Bin, policy, due),
        Ruling::Due(policy, due) => (RetentionAct::Remove, policy, due),
    };
    Ok(Fate::Do { act, policy: Some(policy), due, why })
}

/// Whether something in the bin is purged: its time there is over, nothing keeps it, and a policy that binned it would
/// still do so.
async fn purge(db: &impl Read, placed: &Placed, policies: &[Policy], now: DateTime<Utc>) -> Result<Fate> {
    let t = text::english();
    let Some(due) = placed.purge_at.filter(|due| *due <= now) else {
        return Ok(Fate::Leave(t.get("keeping-in-bin").to_owned()));
    };
    let leave = |ruling: &Ruling| Ok(Fate::Leave(words::sentence(t, ruling, policies)));
    if let Some(hold) = holds::on(db, placed.target(), now).await? {
        return leave(&Ruling::Kept(hold.ends_at, Because::Hold(hold.id, hold.reason)));
    }
    if let Some((policy, until)) = rules::legal(policies, &placed.thing, now) {
        return leave(&Ruling::Kept(until, Because::Legal(policy.id)));
    }
    if placed.bin_policy.is_some() {
        let ruling = rules::judge(&placed.thing, policies, None, now);
        if let Ruling::Kept(..) = ruling {
            return leave(&ruling);
        }
    }
    let why = t.get("keeping-bin-over").to_owned();
    Ok(Fate::Do { act: RetentionAct::Purge, policy: placed.bin_policy, due, why })
}

/// Everything that would be done now by these policies, in the order in which it would be done.
pub(super) async fn plan(app: &App, policies: &[Policy]) -> Result<Vec<Item>> {
    let now = app.clock.now();
    let mut items = Vec::new();
    let by_policy = [Which::Artifacts, Which::OfClasses(Kept::Attendance), Which::OfClasses(Kept::Chat)];
    let removes = policies.iter().any(|policy| policy.nature == Nature::Removal);
    for which in by_policy.into_iter().filter(|_| removes).chain([Which::OverdueInBin]) {
        let mut pages = Pages::of(app, which, now);
        while let Some(found) = pages.next().await? {
            collect(app, &found, (policies, now), &mut items).await?;
        }
    }
    items.sort_by_key(|item| (item.kind.to_string(), item.subject_id, item.act.to_string()));
    Ok(items)
}

async fn collect(
    app: &App,
    found: &[Placed],
    (policies, now): (&[Policy], DateTime<Utc>),
    items: &mut Vec<Item>,
) -> Result<()> {
    for placed in found {
        if let Fate::Do { act, policy, due, why } = fate(&app.store, placed, policies, now).await? {
            items.push(Item {
                act,
                kind: placed.thing.kind,
                subject_id: placed.subject_id(),
                title: format!("{} - {}", placed.title, placed.starts_at.format("%Y-%m-%d")),
                course_code: placed.course_code.clone(),
                policy,
                due_at: Some(due),
                why,
                state: ItemState::Planned,
                said: String::new(),
            });
        }
    }
    Ok(())
}
