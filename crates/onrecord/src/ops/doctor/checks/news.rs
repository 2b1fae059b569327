//! Whether Microsoft can tell us what is new. A call from outside cannot be tried from inside: what is known is what
//! Microsoft said when it was asked for a subscription, and when it last told something. Nothing here is an error,
//! because OnRecord looks by itself all the same.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::Look;
use super::super::site::{Site, silent_since};
use crate::config::NoNotifications;
use crate::model::finding::Trouble;
use crate::model::finding_code::Code;
use crate::model::subscription::Subscription;
use crate::ops::subscriptions::{LIFE, NEWS};

/// A subscription that ended is made anew within minutes; one that is not has a reason.
const MADE_ANEW: TimeDelta = TimeDelta::minutes(10);

/// So many recordings that nobody told of are no accident.
const NO_ACCIDENT: i64 = 3;

/// What it costs that Microsoft does not tell.
const SLOWER: &str = "Nothing is lost, but recordings arrive minutes later, and a class that is not being recorded is noticed up to ten minutes later.";

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// Whether there is an address at which Microsoft may call.
pub(super) fn address(site: &Site) -> Option<Look> {
    site.open()?;
    let url = &site.machine.news_address;
    Some(match site.machine.news {
        Ok(()) => Ok(format!("Microsoft is asked to tell {url} what is new")),
        Err(NoNotifications::SwitchedOff) if url.starts_with("https://") => {
            Ok("Change notifications are switched off (ONRECORD_NOTIFICATIONS); OnRecord looks by itself"
                .to_owned())
        }
        Err(_) => Err(Trouble::info(
            Code::NotificationUrlNotHttps,
            format!("Microsoft sends change notifications to https addresses only, and OnRecord's is {url}."),
            "Nobody need act: OnRecord looks by itself. For recordings within seconds, set ONRECORD_PUBLIC_URL to an https address that Microsoft can reach.",
        )),
    })
}

/// Whether Microsoft reached that address, as far as it can be known.
pub(super) fn reached(site: &Site) -> Option<Look> {
    site.open()?;
    site.machine.news.ok()?;
    let all = &site.rows.subscriptions;
    if let Some(since) = all.iter().filter_map(|one| one.unreachable_at).min() {
        return Some(Err(unanswered(site, since)));
    }
    let silent = silent_since(all, site.now)?;
    if site.rows.untold >= NO_ACCIDENT {
        return Some(Err(silence(site, silent)));
    }
    let made = all.iter().filter_map(|one| one.made_at).max().map(moment).unwrap_or_default();
    let heard = all.iter().filter_map(|one| one.heard_at).max();
    let heard = heard.map_or("has had nothing to tell since".to_owned(), |at| {
        format!("last told something on {}", moment(at))
    });
    Some(Ok(format!("Microsoft reached {} on {made} and {heard}", site.machine.news_address)))
}

fn unanswered(site: &Site, since: DateTime<Utc>) -> Box<Trouble> {
    let url = &site.machine.news_address;
    Trouble::warning(
        Code::NotificationUrlUnreachable,
        format!(
            "Microsoft cannot reach {url}{NEWS}: since {} its own test call, which it makes before each subscription, had no answer.",
            moment(since)
        ),
        format!(
            "Let POST {NEWS} and {LIFE} through to OnRecord from the internet: name in public DNS, port 443, a certificate that browsers trust, no sign-in or filter in front. If outside and inside differ, set ONRECORD_NOTIFICATION_URL. If Microsoft is not to reach you at all, set ONRECORD_NOTIFICATIONS to off. OnRecord tries again by itself."
        ),
    )
    .consequence(SLOWER)
    .command(format!("curl -i -X POST \"{url}{NEWS}?validationToken=hello\"   # from outside your network; right is 200 and the word hello"))
}

fn silence(site: &Site, since: DateTime<Utc>) -> Box<Trouble> {
    let url = &site.machine.news_address;
    Trouble::warning(
        Code::NotificationUrlUnreachable,
        format!(
            "Microsoft made its subscriptions and so has reached {url} once, but has told nothing since {}, although {} recordings came meanwhile.",
            moment(since),
            site.rows.untold
        ),
        format!(
            "Look in the log of the proxy or firewall for POST {NEWS} that were refused or answered late: Microsoft drops what is not answered within three seconds. Whether a call comes through cannot be tried from inside."
        ),
    )
    .consequence(SLOWER)
    .command(format!("curl -i -X POST \"{url}{NEWS}?validationToken=hello\"   # from outside your network; right is 200 and the word hello"))
}

/// Whether what was subscribed to still is.
pub(super) fn subscriptions(site: &Site) -> Option<Look> {
    site.open()?;
    site.machine.news.ok()?;
    let all = &site.rows.subscriptions;
    let live = all.iter().filter(|one| one.is_live(site.now)).count();
    let ended: Vec<&Subscription> = all.iter().filter(|one| has_ended(one, site.now)).collect();
    if ended.is_empty() {
        return Some(Ok(format!("{live} of {} subscriptions are live", all.len())));
    }
    let since = ended.iter().filter_map(|one| one.expires_at).filter(|at| *at <= site.now).min();
    let since = since.map_or(String::new(), |at| format!(", the first on {}", moment(at)));
    let why = ended.iter().find_map(|one| one.error.as_deref());
    let fix = match why {
        Some(why) => format!("They cannot be made anew: {why} OnRecord tries again by itself."),
        None => "Nobody renewed them: start `onrecord serve`, or `onrecord worker` beside `onrecord serve --no-worker`. They are made anew by themselves.".to_owned(),
    };
    Some(Err(Trouble::warning(
        Code::SubscriptionExpired,
        format!("{} of {} subscriptions to change notifications have ended{since}.", ended.len(), all.len()),
        fix,
    )
    .consequence(SLOWER)))
}

/// Whether it was live once, is not now, and should have been made anew by now.
fn has_ended(one: &Subscription, now: DateTime<Utc>) -> bool {
    one.made_at.is_some() && !one.is_live(now) && (one.error.is_some() || one.due_at + MADE_ANEW < now)
}
