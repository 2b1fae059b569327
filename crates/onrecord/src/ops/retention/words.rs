//! Why something is kept or goes, as a sentence: "Kept until 2027-03-01 because …".

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::id::RetentionPolicyId;
use crate::model::retention::{Because, CountedFrom, Policy, Ruling};
use crate::text::Text;

/// The sentence of a ruling. `policies` are those it was made by.
pub fn sentence(t: &Text, ruling: &Ruling, policies: &[Policy]) -> String {
    match ruling {
        Ruling::Kept(until, because) => kept(t, *until, because, policies),
        Ruling::CopyFirst(policy, since) => by(t, "keeping-copy-first", (*policy, Some(*since)), policies),
        Ruling::Due(policy, since) => by(t, "keeping-due", (*policy, Some(*since)), policies),
    }
}

fn kept(t: &Text, until: Option<DateTime<Utc>>, because: &Because, policies: &[Policy]) -> String {
    let day = |until: DateTime<Utc>| until.format("%Y-%m-%d").to_string();
    match because {
        Because::Hold(_, reason) => match until {
            Some(until) => t.with(
                "keeping-hold-until",
                &[("date", day(until - TimeDelta::seconds(1)).into()), ("reason", reason.as_str().into())],
            ),
            None => t.with("keeping-hold", &[("reason", reason.as_str().into())]),
        },
        Because::Legal(policy) if until.is_none() => by(t, "keeping-legal-open", (*policy, None), policies),
        Because::Legal(policy) => by(t, "keeping-legal", (*policy, until), policies),
        Because::Policy(policy) => by(t, "keeping-policy", (*policy, until), policies),
        Because::NoTermEnd(policy) => by(t, "keeping-no-term-end", (*policy, None), policies),
        Because::Restored => {
            t.with("keeping-restored", &[("date", until.map(day).unwrap_or_default().into())])
        }
        Because::NoPolicy => t.get("keeping-no-policy").to_owned(),
    }
}

fn by(
    t: &Text,
    key: &str,
    (policy, date): (RetentionPolicyId, Option<DateTime<Utc>>),
    policies: &[Policy],
) -> String {
    let found = policies.iter().find(|one| one.id == policy);
    let name = found.map_or_else(|| policy.to_string(), |policy| policy.name.clone());
    let rule = found.map_or_else(String::new, |policy| rule(t, policy));
    let date = date.map(|date| date.format("%Y-%m-%d").to_string()).unwrap_or_default();
    t.with(key, &[("date", date.into()), ("name", name.into()), ("rule", rule.into())])
}

/// What a policy says, in a few words: "365 days after the class", "30 days after the class, for classes with minors".
pub fn rule(t: &Text, policy: &Policy) -> String {
    let rule = time(t, policy);
    if policy.of_minors { t.with("keeping-rule-minors", &[("rule", rule.into())]) } else { rule }
}

fn time(t: &Text, policy: &Policy) -> String {
    match policy.counted_from {
        CountedFrom::Class => t.with("keeping-rule-class", &[("days", policy.days.into())]),
        CountedFrom::Term => t.with("keeping-rule-term", &[("days", policy.days.into())]),
        CountedFrom::Date => {
            let day = policy.until.map(|day| day.to_string()).unwrap_or_default();
            t.with("keeping-rule-date", &[("date", day.into())])
        }
    }
}
