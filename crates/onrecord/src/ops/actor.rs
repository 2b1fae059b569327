//! Who makes an operation happen: a signed-in person with their rights, or the operator at the command line, who has
//! the machine and with it every right.

use super::{Result, rights};
use crate::app::App;
use crate::model::access::{GlobalAct, Viewer};
use crate::model::id::UserId;

/// Who acts.
#[derive(Debug, Clone, Copy)]
pub enum Actor<'a> {
    /// The command line.
    Operator,
    /// A signed-in person or their token.
    Viewer(&'a Viewer),
}

impl Actor<'_> {
    /// The person for the audit; `None` for the operator.
    pub fn id(self) -> Option<UserId> {
        match self {
            Self::Operator => None,
            Self::Viewer(viewer) => Some(viewer.user_id),
        }
    }

    /// Succeeds if they may do `act` to the installation.
    pub async fn must(self, app: &App, act: GlobalAct) -> Result<()> {
        match self {
            Self::Operator => Ok(()),
            Self::Viewer(viewer) => rights::global(app, viewer, act).await,
        }
    }
}
