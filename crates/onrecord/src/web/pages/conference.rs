//! The class page (`/conferences/{id}?meeting=&tab=`): record line, tabs, and the three answers.
//! What a learner may not see is not in the struct: the template hides nothing.

use askama::{Template, filters::HtmlSafe};

use crate::web::{
    page::Page,
    parts::{self, Answer, Badge, Crumb, Empty, Link, Note, Pager, PartLine, Recline, Step, Tabs},
    text::Text,
    when::{self, Moment},
};

/// `GET /conferences/{id}`.
#[derive(Debug, Template)]
#[template(path = "pages/conference.html")]
pub struct Conference {
    pub page: Page,
    pub id: i64,
    pub crumbs: Vec<Crumb>,
    pub title: String,
    /// Instructors, rhythm, platform.
    pub lead: String,
    pub description: String,
    pub badges: Vec<Badge>,
    pub staff: Option<StaffActions>,
    /// Empty when there is one class only.
    pub recline: Recline,
    pub tabs: Tabs,
    /// The class shown below, said for those who do not see the record line.
    pub class_heading: String,
    pub body: Body,
    /// Seconds until the page asks again by itself; `None` when nothing is on its way.
    pub refresh_seconds: Option<u32>,
    /// This page's own address, for asking again.
    pub href: String,
}

/// What staff may do. Sync Data posts to `/conferences/{id}/sync/`.
#[derive(Debug)]
pub struct StaffActions {
    /// A run that is under way, in words.
    pub syncing: Option<String>,
    pub edit_href: Option<String>,
    pub cancel_href: Option<String>,
    /// Cancels only the class that is shown; in a series, while it is to come.
    pub cancel_class_href: Option<String>,
    /// Posted to `/conferences/{id}/publish` as `published` = `yes` | `no`.
    pub publish: Publish,
}

/// Which of the two is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publish {
    Offer,
    Withdraw,
}

/// The tab that is open.
#[derive(Debug)]
pub enum Body {
    Overview(Box<Overview>),
    Recordings(Recordings),
    Attendance(Attendance),
    Chat(Chat),
    Files(Files),
}

/// Overview: the three answers, what happened, the last Sync Data, who sees it, the notice.
#[derive(Debug, Template)]
#[template(path = "conference/overview.html")]
pub struct Overview {
    pub t: &'static Text,
    /// What is wrong with this class, with its fix.
    pub notes: Vec<Note>,
    /// The question to whoever teaches a class that is on, where its chat cannot be read.
    pub check: Option<RecordingCheck>,
    pub join: Option<Join>,
    pub answers: Vec<Answer>,
    /// "Times in Europe/Amsterdam (CET)".
    pub zone_words: String,
    pub timeline: Vec<Step>,
    /// Staff only.
    pub last_sync: Option<LastSync>,
    pub seen_by: String,
    pub notice: String,
    /// What can be done about the recording of this class besides.
    pub cases: Vec<Link>,
}

impl HtmlSafe for Overview {}

/// "Is Teams recording?", posted as `recording` = `yes` | `no`.
#[derive(Debug)]
pub struct RecordingCheck {
    pub action: String,
}

/// The way into the class.
#[derive(Debug)]
pub struct Join {
    pub href: String,
    pub words: String,
    pub detail: String,
}

/// The parts of the last Sync Data.
#[derive(Debug)]
pub struct LastSync {
    pub at: Moment,
    /// "partly done: 4 of 5".
    pub words: String,
    pub parts: Vec<PartLine>,
}

/// The Recordings tab.
#[derive(Debug, Template)]
#[template(path = "conference/recordings.html")]
pub struct Recordings {
    pub t: &'static Text,
    pub heading: String,
    /// "2 parts, 1 h 24 min, 401 MB".
    pub sum: String,
    pub rows: Vec<RecordingRow>,
    /// Before arrival: when it is usually there, when we look next. Afterwards: gaps, what is missing.
    pub notes: Vec<Note>,
    pub empty: Option<Empty>,
    /// Files that are probably of this class; for whoever may say so.
    pub likely: Vec<LikelyRow>,
    /// Where staff bring the recording of a class held elsewhere; `None` while there is nothing to bring, or not
    /// by this reader. `POST {by_hand}/link` (`onedrive_url`, `reason`) or `/upload` (`reason`, `file`).
    pub by_hand: Option<String>,
    /// Whether the column of counts and the staff actions are there.
    pub for_staff: bool,
}

impl HtmlSafe for Recordings {}

/// One recording.
#[derive(Debug)]
pub struct RecordingRow {
    pub id: i64,
    pub title: String,
    pub when: Moment,
    /// "to 14:43, transcript in English".
    pub detail: String,
    pub duration: String,
    pub size: String,
    pub kept: Vec<Badge>,
    pub download_count: i64,
    /// `None` while it cannot be watched (still copying, gone).
    pub watch: Option<Watch>,
    /// Staff only: the file in `OneDrive`.
    pub onedrive_href: Option<String>,
    pub hiding: Hiding,
    /// Staff only, while Microsoft has it.
    pub keeping: Option<Keeping>,
    /// Until when it is kept and why; for staff.
    pub kept_until: String,
    /// Whether the reader may put it into the bin.
    pub may_remove: bool,
}

/// How long Microsoft keeps a recording, and whether it can be copied. `POST /recordings/{id}/archive`, `…/expiry`.
#[derive(Clone, Debug)]
pub struct Keeping {
    /// "Microsoft is expected to delete it on 3 March 2027, in 87 days (estimate)".
    pub words: String,
    /// The day, as a form has it; empty if none is known.
    pub day: String,
    /// Whether there is no verified copy yet.
    pub may_copy: bool,
}

/// A file that is probably of this class. `POST {action}/confirm` or `/refuse`.
#[derive(Debug)]
pub struct LikelyRow {
    pub name: String,
    pub when: Moment,
    /// Duration, size.
    pub detail: String,
    /// What speaks for it.
    pub reasons: String,
    pub action: String,
}

/// Where a recording is watched and downloaded.
#[derive(Debug)]
pub struct Watch {
    pub view_href: String,
    /// `None` for those who may only watch.
    pub download_href: Option<String>,
    /// "Download Part 1, 203 MB", for a screen reader.
    pub download_label: String,
}

/// Whether learners see it and what staff may do about that.
#[derive(Debug)]
pub enum Hiding {
    /// The viewer may not change it.
    NotOffered,
    /// Shown; staff may hide it: `POST /recordings/{id}/hide` with `reason`.
    MayHide,
    /// Hidden, by whom and why; `POST /recordings/{id}/show` shows it again.
    Hidden { words: String },
}

/// The Attendance tab.
#[derive(Debug, Template)]
#[template(path = "conference/attendance.html")]
pub struct Attendance {
    pub t: &'static Text,
    pub heading: String,
    pub sum: String,
    pub rows: Vec<AttendanceRow>,
    pub notes: Vec<Note>,
    pub empty: Option<Empty>,
}

impl HtmlSafe for Attendance {}

/// One person who attended.
#[derive(Debug)]
pub struct AttendanceRow {
    pub name: String,
    pub email: String,
    pub joined: Moment,
    pub left: Moment,
    pub duration: String,
    /// "came and went 3 times", or empty.
    pub detail: String,
    pub unknown: Option<Badge>,
}

/// The Chat tab.
#[derive(Debug, Template)]
#[template(path = "conference/chat.html")]
pub struct Chat {
    pub t: &'static Text,
    pub heading: String,
    pub sum: String,
    pub messages: Vec<ChatLine>,
    pub notes: Vec<Note>,
    pub empty: Option<Empty>,
    pub pager: Option<Pager>,
}

impl HtmlSafe for Chat {}

/// One message.
#[derive(Debug)]
pub struct ChatLine {
    pub sender: String,
    pub at: Moment,
    /// Plain text.
    pub text: String,
}

/// The Files tab.
#[derive(Debug, Template)]
#[template(path = "conference/files.html")]
pub struct Files {
    pub t: &'static Text,
    pub heading: String,
    pub sum: String,
    pub rows: Vec<FileRow>,
    pub notes: Vec<Note>,
    pub empty: Option<Empty>,
}

impl HtmlSafe for Files {}

/// One shared file.
#[derive(Debug)]
pub struct FileRow {
    pub name: String,
    pub shared_by: String,
    pub at: Option<Moment>,
    pub size: String,
    /// `None` while it is not here.
    pub download_href: Option<String>,
}
