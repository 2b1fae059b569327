//! What every page shares: the layout's data (language, theme, navigation, account, messages) and how a page is sent.

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};

use crate::web::{
    assets::{self, Addresses},
    parts::Mark,
    text::Text,
};

/// The layout's data. Every page struct has one, called `page`.
#[derive(Debug)]
pub struct Page {
    pub t: &'static Text,
    /// Stands in the tab before the product name.
    pub title: String,
    pub here: Place,
    /// `None` on pages of people who have not signed in.
    pub account: Option<Account>,
    /// `None`: the device decides.
    pub theme: Option<Theme>,
    pub flash: Option<Flash>,
}

impl Page {
    /// A page with nothing chosen yet: the device's theme, no message.
    pub fn new(t: &'static Text, title: impl Into<String>, here: Place) -> Self {
        Self { t, title: title.into(), here, account: None, theme: None, flash: None }
    }

    /// The same page for a person who has signed in.
    #[must_use]
    pub fn seen_by(mut self, account: Account) -> Self {
        self.theme = account.theme;
        self.account = Some(account);
        self
    }

    /// The same page with a message of what has just been done.
    #[must_use]
    pub fn telling(mut self, flash: Flash) -> Self {
        self.flash = Some(flash);
        self
    }

    /// Where the assets of this build are.
    pub fn assets(&self) -> &'static Addresses {
        assets::addresses()
    }

    /// The navigation of this account, with the present place marked.
    pub fn nav(&self) -> Vec<NavItem> {
        self.account.as_ref().map_or_else(Vec::new, |account| nav_items(self.t, account.standing, self.here))
    }

    /// The places inside "Manage"; empty elsewhere.
    pub fn manage(&self) -> Vec<NavItem> {
        match &self.account {
            Some(account) if self.here.is_management() => manage_items(self.t, account.standing, self.here),
            _ => Vec::new(),
        }
    }
}

/// Where one is; marks the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Home,
    Conferences,
    Courses,
    Monitor,
    Ledger,
    Inbox,
    Retention,
    Users,
    Teams,
    Reports,
    Mail,
    Audit,
    Storage,
    /// A page that is in no navigation (sign-in, account, errors).
    Elsewhere,
}

impl Place {
    const fn is_management(self) -> bool {
        matches!(
            self,
            Self::Monitor
                | Self::Ledger
                | Self::Reports
                | Self::Inbox
                | Self::Retention
                | Self::Users
                | Self::Teams
                | Self::Mail
                | Self::Audit
                | Self::Storage
        )
    }
}

/// What a person is here, as far as the navigation needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Admin,
    Officer,
    /// Teaches at least one course.
    Instructor,
    Learner,
}

/// The signed-in person, as the layout shows them.
#[derive(Clone, Debug)]
pub struct Account {
    pub name: String,
    pub standing: Standing,
    pub theme: Option<Theme>,
}

impl Account {
    /// At most two letters for the round mark: first and last word of the name.
    pub fn initials(&self) -> String {
        let mut words = self.name.split_whitespace().filter(|word| !word.ends_with('.'));
        let first = words.next().and_then(|word| word.chars().next());
        let last = words.next_back().and_then(|word| word.chars().next());
        first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
    }
}

/// A theme that a person has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
    Contrast,
}

impl Theme {
    /// The value of `data-theme`, of the form field and of what is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Contrast => "contrast",
        }
    }

    /// `None` for anything that is not a theme: the device decides.
    pub fn parse(value: &str) -> Option<Self> {
        match value {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            "contrast" => Some(Self::Contrast),
            _ => None,
        }
    }
}

/// A message of what has just been done, shown once.
#[derive(Clone, Debug)]
pub struct Flash {
    pub mark: Mark,
    pub words: String,
}

/// One place of the navigation.
#[derive(Debug)]
pub struct NavItem {
    pub href: &'static str,
    pub icon: &'static str,
    pub words: &'static str,
    pub current: bool,
}

fn nav_items(t: &'static Text, standing: Standing, here: Place) -> Vec<NavItem> {
    let mut items = vec![
        NavItem { href: "/", icon: "home", words: t.get("nav-home"), current: here == Place::Home },
        NavItem {
            href: "/conferences",
            icon: "conferences",
            words: t.get("nav-conferences"),
            current: here == Place::Conferences,
        },
        NavItem {
            href: "/courses",
            icon: "courses",
            words: t.get("nav-courses"),
            current: here == Place::Courses,
        },
    ];
    if matches!(standing, Standing::Admin | Standing::Officer) {
        items.push(NavItem {
            href: "/admin/monitor",
            icon: "settings",
            words: t.get("nav-manage"),
            current: here.is_management(),
        });
    }
    items
}

fn manage_items(t: &'static Text, standing: Standing, here: Place) -> Vec<NavItem> {
    let item = |href, icon, words, place| NavItem { href, icon, words, current: here == place };
    let monitor = item("/admin/monitor", "health", t.get("nav-monitor"), Place::Monitor);
    let ledger = item("/admin/ledger", "ledger", t.get("nav-ledger"), Place::Ledger);
    let reports = item("/admin/reports", "conferences", t.get("nav-reports"), Place::Reports);
    let audit = item("/admin/audit", "safe", t.get("nav-audit"), Place::Audit);
    let storage = item("/admin/storage", "cloud", t.get("nav-storage"), Place::Storage);
    let inbox = item("/admin/inbox", "inbox", t.get("nav-inbox"), Place::Inbox);
    let keeping = item("/admin/retention", "trash", t.get("nav-keeping"), Place::Retention);
    match standing {
        Standing::Admin => vec![
            monitor,
            ledger,
            reports,
            inbox,
            storage,
            keeping,
            item("/admin/users", "people", t.get("nav-people"), Place::Users),
            item("/settings/integrations/teams", "settings", t.get("nav-teams"), Place::Teams),
            item("/admin/mail", "mail", t.get("nav-mail"), Place::Mail),
            audit,
        ],
        Standing::Officer => vec![monitor, ledger, reports, inbox, storage, keeping, audit],
        Standing::Instructor | Standing::Learner => Vec::new(),
    }
}

/// A page as a response. A template that cannot be rendered is logged and answered with 500.
pub fn html(status: StatusCode, template: &impl Template) -> Response<Body> {
    let mut response = match template.render() {
        Ok(text) => Response::new(Body::from(text)),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return response;
        }
    };
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_leave_titles_out() {
        let account =
            |name: &str| Account { name: name.to_owned(), standing: Standing::Learner, theme: None };
        assert_eq!(account("Dr. Ngozi Adeyemi").initials(), "NA");
        assert_eq!(account("Θεοδώρα Παπαδοπούλου").initials(), "ΘΠ");
        assert_eq!(account("Cher").initials(), "C");
        assert_eq!(account("").initials(), "");
    }
}
