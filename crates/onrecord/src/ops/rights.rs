//! Asks `model/access.rs` for a viewer and a thing, and turns the answer into an error. Refusals of signed-in
//! people are audited once per thing and hour.

use super::{Error, Result, audit, say};
use crate::app::App;
use crate::model::access::{self, Act, Decision, Facts, GlobalAct, Standing, Viewer};
use crate::model::id::ConferenceId;
use crate::store::conferences::{self, Placed};

/// A conference that a viewer may do something with.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The conference and its course.
    pub placed: Placed,
    /// How the viewer stands to it.
    pub standing: Standing,
    /// What about it decides further questions.
    pub facts: Facts,
}

impl Seen {
    /// Whether `viewer` may also do `act`, to show or leave out a part of a page.
    pub fn may(&self, viewer: &Viewer, act: Act) -> bool {
        access::decide(self.standing, viewer.scope, act, self.facts) == Decision::Allowed
    }
}

/// How `viewer` stands to a conference that was read for them.
pub fn see(app: &App, viewer: &Viewer, placed: Placed) -> Seen {
    let standing = access::standing(viewer.role, placed.membership, app.clock.now());
    let facts = Facts {
        published: placed.conference.published,
        hidden: false,
        learners_see_chat: placed.learners_see_chat,
        learners_see_files: placed.learners_see_files,
        of_minors: placed.of_minors,
    };
    Seen { placed, standing, facts }
}

/// The conference, if `viewer` may do `act` with it; else `NotFound` or `Denied`.
pub async fn conference(app: &App, viewer: &Viewer, id: ConferenceId, act: Act) -> Result<Seen> {
    let placed = conferences::find_placed(&app.store, id, viewer.user_id).await?;
    let Some(placed) = placed else {
        return Err(Error::NotFound);
    };
    let seen = see(app, viewer, placed);
    let decision = access::decide(seen.standing, viewer.scope, act, seen.facts);
    settle(app, viewer, &format!("conference:{id}"), decision).await?;
    Ok(seen)
}

/// Succeeds if `viewer` may do `act` to the installation; else `NotFound` or `Denied`.
pub async fn global(app: &App, viewer: &Viewer, act: GlobalAct) -> Result<()> {
    settle(app, viewer, "installation:0", access::decide_global(viewer, act)).await
}

/// Turns a decision about `subject` into an error, and audits a refusal.
pub async fn settle(app: &App, viewer: &Viewer, subject: &str, decision: Decision) -> Result<()> {
    match decision {
        Decision::Allowed => Ok(()),
        Decision::NotFound => {
            audit::refused(app, viewer, subject).await?;
            Err(Error::NotFound)
        }
        Decision::Forbidden => {
            audit::refused(app, viewer, subject).await?;
            Err(Error::Denied(say("op-may-not")))
        }
    }
}
