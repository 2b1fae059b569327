//! What becomes of the classes of a term, how often, and the people whom that needs in the tenant.

use serde_json::{Value, json};

use crate::world::World;

/// What becomes of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Held,
    TwoParts,
    OfferedLate,
    FalseStart,
    NotHeld,
    NotRecorded,
    NobodyMayRecord,
    RecordingFailed,
    NeverOffered,
    StoppedEarly,
    NoTranscript,
    TranscriptOnly,
    SwitchedOff,
    Cancelled,
    /// The access policy does not cover its organizer.
    Forbidden,
    /// Its organizer may not use Teams.
    Unlicensed,
    /// Its organizer's OneDrive is full.
    DriveFull,
    /// Its organizer is gone before anything was offered.
    OrganizerLeft,
    /// Nobody came, and neither chat nor attendance may be read.
    Unreadable,
}

impl Fate {
    /// The causes that a class without recording may be given. Several stand where Graph cannot tell them apart.
    pub(crate) fn causes(self) -> &'static [&'static str] {
        match self {
            Self::NobodyMayRecord => &["nobody_may_record"],
            Self::RecordingFailed => &["recording_failed"],
            Self::NeverOffered => &["never_offered"],
            Self::StoppedEarly => &["stopped_early"],
            Self::SwitchedOff => &["switched_off"],
            Self::Forbidden => &["permission"],
            Self::Unlicensed => &["licence"],
            Self::DriveFull => &["storage_full"],
            Self::OrganizerLeft => &["organizer_gone"],
            Self::Unreadable => &["cannot_tell"],
            _ => &["policy_off", "not_recorded"],
        }
    }

    /// Who organizes the class, where that is not a service account that OnRecord chooses.
    pub(crate) fn organizer(self, number: usize) -> Option<String> {
        match self {
            Self::Forbidden => Some("dean@contoso.example".to_owned()),
            Self::Unlicensed => Some("visitor@contoso.example".to_owned()),
            Self::DriveFull => Some(FULL.to_owned()),
            Self::OrganizerLeft => Some(format!("leaver{number}@contoso.example")),
            _ => None,
        }
    }
}

/// A service account whose OneDrive is full from the start.
pub(crate) const FULL: &str = "full@contoso.example";

/// How often each fate comes, in a hundred.
pub(crate) const FATES: [(u64, Fate); 19] = [
    (28, Fate::Held),
    (9, Fate::TwoParts),
    (9, Fate::OfferedLate),
    (6, Fate::FalseStart),
    (8, Fate::NotHeld),
    (6, Fate::NotRecorded),
    (2, Fate::NobodyMayRecord),
    (2, Fate::RecordingFailed),
    (2, Fate::NeverOffered),
    (5, Fate::StoppedEarly),
    (4, Fate::NoTranscript),
    (3, Fate::TranscriptOnly),
    (3, Fate::SwitchedOff),
    (3, Fate::Cancelled),
    (2, Fate::Forbidden),
    (2, Fate::Unlicensed),
    (2, Fate::DriveFull),
    (2, Fate::OrganizerLeft),
    (2, Fate::Unreadable),
];

/// The fate that a throw below a hundred means.
pub(crate) fn fate(thrown: u64) -> Fate {
    let mut sum = 0;
    for (share, fate) in FATES {
        sum += share;
        if thrown < sum {
            return fate;
        }
    }
    Fate::Held
}

/// The people of the tenant: service accounts, and those who organize a class of their own.
pub(crate) fn employ(world: &World, accounts: &[String], fates: &[Fate]) {
    let mut people = serde_json::Map::new();
    for email in accounts {
        people.insert(email.clone(), json!({ "kind": "service" }));
    }
    people.insert(
        FULL.to_owned(),
        json!({ "kind": "service", "quota": { "total": 1_u64 << 40, "state": "exceeded" } }),
    );
    for (number, fate) in fates.iter().enumerate().filter(|(_, fate)| **fate != Fate::DriveFull) {
        if let Some(email) = fate.organizer(number) {
            let licences = if *fate == Fate::Unlicensed {
                json!(["exchange"])
            } else {
                json!(["teams", "onedrive", "exchange"])
            };
            people.insert(email, json!({ "kind": "teacher", "licences": licences }));
        }
    }
    // Hours pass here within a second; a token that ended so quickly would be asked for too often.
    let tenant = json!({ "users": people, "token_lifetime_s": 100_000_000 });
    let tenant = world.sim.patch_tenant(&tenant).expect("the tenant takes it");
    let covered = |user: &&Value| user["email"] != "dean@contoso.example";
    let users = tenant["users"].as_array().expect("users").iter().filter(covered);
    let covered: Vec<&Value> = users.map(|user| &user["id"]).collect();
    world.sim.patch_tenant(&json!({ "access_policy": covered })).expect("the tenant takes it");
}
