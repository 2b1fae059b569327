//! The form of the route table: each route says, beside its handler, who may reach it. The rights matrix of the
//! tests is generated from the same lines, so that a new route cannot be forgotten.

use crate::model::access::{Act, GlobalAct};

/// Who may reach a route. The handler enforces it; the matrix holds handlers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Anyone, signed in or not.
    Public,
    /// Anyone signed in; what is shown depends on them.
    SignedIn,
    /// Admins and whoever teaches a course.
    Teaching,
    /// `{id}` is a conference.
    Conference(Act),
    /// `{id}` is a meeting.
    Meeting(Act),
    /// `{id}` is a recording.
    Recording(Act),
    /// `{id}` is a shared file.
    File(Act),
    /// `{id}` is a course.
    Course(Act),
    /// `{id}` is a sync run; the right is one to its conference.
    SyncRun(Act),
    /// `{id}` is something that waits in the inbox.
    Inbox(GlobalAct),
    /// About the installation.
    Installation(GlobalAct),
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// Lower-case method.
    pub method: &'static str,
    /// Path with `{placeholders}`.
    pub path: &'static str,
    /// Who may reach it.
    pub reach: Reach,
}

/// Builds the router and the list of [`Route`]s from the same lines.
macro_rules! routes {
    ($($method:ident $path:literal => $handler:path, $reach:expr;)*) => {
        /// Every route of the product.
        pub const ROUTES: &[$crate::web::routes::Route] = &[
            $($crate::web::routes::Route { method: stringify!($method), path: $path, reach: $reach }),*
        ];

        fn table() -> axum::Router<std::sync::Arc<$crate::app::App>> {
            axum::Router::new()$(.route($path, axum::routing::$method($handler)))*
        }
    };
}

pub(super) use routes;
