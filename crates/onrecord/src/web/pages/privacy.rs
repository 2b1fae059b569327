//! The pages of people's data: requests (`/admin/requests`), what is kept of who watches (`/admin/privacy`), one's own
//! (`/account/data`), and saying why one watches (`/recordings/{id}/reason`).

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Empty, Field, Pill, Problem, Tabs},
    when::Moment,
};

/// `GET /admin/requests`. Posts: `/admin/requests` (`email`, `reason`, `step` is `export` or `erase`).
#[derive(Debug, Template)]
#[template(path = "pages/requests.html")]
pub struct Requests {
    pub page: Page,
    pub tabs: Tabs,
    pub fields: Vec<Field>,
    pub rows: Vec<RequestRow>,
    pub empty: Option<Empty>,
    pub may_change: bool,
}

impl Requests {
    fn problems(&self) -> Vec<Problem> {
        parts::problems(&self.fields)
    }
}

/// One request.
#[derive(Debug)]
pub struct RequestRow {
    pub name: String,
    pub when: Moment,
    pub reason: String,
    pub state: Pill,
    /// What blocks it, or what was done and what stays.
    pub lines: Vec<String>,
}

/// `GET /admin/privacy`, `POST` with the fields.
#[derive(Debug, Template)]
#[template(path = "pages/privacy.html")]
pub struct Privacy {
    pub page: Page,
    pub tabs: Tabs,
    pub fields: Vec<Field>,
    pub may_change: bool,
}

impl Privacy {
    fn problems(&self) -> Vec<Problem> {
        parts::problems(&self.fields)
    }
}

/// `GET /account/data`.
#[derive(Debug, Template)]
#[template(path = "pages/own_data.html")]
pub struct OwnData {
    pub page: Page,
    pub lead: String,
    pub visits: Vec<(String, String, Moment)>,
    pub empty: Option<Empty>,
}

/// `GET /recordings/{id}/reason`, `POST` with `reason`.
#[derive(Debug, Template)]
#[template(path = "pages/reason.html")]
pub struct Reason {
    pub page: Page,
    pub action: String,
    pub field: Field,
}
