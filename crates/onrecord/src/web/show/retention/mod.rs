//! The pages of keeping, for administrators and officers: what they share.

pub mod access;
pub mod bin;
pub mod holds;
pub mod policies;
pub mod requests;

use crate::model::access::{Decision, GlobalAct, Viewer, decide_global};
use crate::web::parts::{Tab, Tabs};
use crate::web::text::Text;

/// The tabs of keeping, with the present one marked by its address.
pub(super) fn tabs(t: &'static Text, here: &str) -> Tabs {
    let tab = |href: &str, words| Tab { href: href.to_owned(), words, count: None, current: href == here };
    Tabs {
        label: t.get("nav-keeping").to_owned(),
        tabs: vec![
            tab("/admin/retention", t.get("retention-tab")),
            tab("/admin/holds", t.get("holds-title")),
            tab("/admin/bin", t.get("bin-title")),
            tab("/admin/requests", t.get("requests-title")),
            tab("/admin/cases", t.get("cases-title")),
            tab("/admin/notices", t.get("notices-title")),
            tab("/admin/privacy", t.get("privacy-title")),
        ],
    }
}

/// Whether the viewer may change what these pages show.
pub(super) fn may_change(viewer: &Viewer) -> bool {
    decide_global(viewer, GlobalAct::Retain) == Decision::Allowed
}
