//! The tenant an administrator would see: app registration, people, licences, policies, and the simulator's switches.
//! Everything here is set through `PATCH /sim/tenant`; unknown names are refused, so that a misspelt switch is noticed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::people::People;

/// Every application permission the simulator knows, all granted by default.
pub(crate) const ALL_ROLES: [&str; 17] = [
    "Application.Read.All",
    "Calendars.ReadWrite",
    "Chat.Read.All",
    "ChatMember.Read.All",
    "Files.Read.All",
    "Files.ReadWrite.All",
    "LicenseAssignment.Read.All",
    "Mail.Send",
    "MailboxSettings.Read",
    "OnlineMeetingArtifact.Read.All",
    "OnlineMeetingRecording.Read.All",
    "OnlineMeetingTranscript.Read.All",
    "OnlineMeetings.ReadWrite.All",
    "Organization.Read.All",
    "Reports.Read.All",
    "Sites.ReadWrite.All",
    "User.Read.All",
];

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are those of `/sim/tenant` and of Entra")]
pub(crate) struct Tenant {
    pub(crate) tenant_id: String,
    pub(crate) display_name: String,
    pub(crate) domain: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) secret_expired: bool,
    /// Tokens issued before this are refused with a claims challenge (continuous access evaluation).
    pub(crate) tokens_revoked_at: Option<i64>,
    /// When the client secret ends, by the simulator's clock; the app registration tells it.
    #[serde(default = "far_away")]
    pub(crate) secret_expires_at: DateTime<Utc>,
    pub(crate) app_enabled: bool,
    /// Which of Microsoft's clouds the tenant lives in; the global login refuses the others.
    #[serde(default)]
    pub(crate) cloud: Cloud,
    /// Conditional Access keeps the app out.
    #[serde(default)]
    pub(crate) conditional_access_blocks: bool,
    /// Certificates registered for the app, PEM.
    pub(crate) certificates: Vec<String>,
    pub(crate) token_lifetime_s: i64,
    /// `null` issues tokens without `roles`, as before anybody consented.
    pub(crate) roles: Option<Vec<String>>,
    pub(crate) roles_take_effect: RolesTakeEffect,
    pub(crate) access_policy: AccessPolicy,
    /// Mailboxes that Exchange lets the app into.
    #[serde(default = "everyone")]
    pub(crate) exchange_scope: AccessPolicy,
    /// Permissions that Exchange grants for those mailboxes by itself; no token carries them.
    #[serde(default)]
    pub(crate) exchange_roles: Vec<String>,
    /// Whether Microsoft lets the app read chats beyond the permission.
    #[serde(default = "yes")]
    pub(crate) chats_readable: bool,
    /// Online meetings that one user may make in a calendar month.
    #[serde(default = "monthly_meetings")]
    pub(crate) monthly_meeting_limit: usize,
    /// Mail recipients of one mailbox in a day.
    #[serde(default = "daily_recipients")]
    pub(crate) recipients_per_day: usize,
    pub(crate) service_account_id: String,
    pub(crate) meeting_policy: MeetingPolicy,
    /// Quota of every drive that has none of its own.
    pub(crate) quota: Quota,
    pub(crate) users: People,
    pub(crate) switches: Switches,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RolesTakeEffect {
    Now,
    WithNewToken,
    /// New tokens go on carrying the old permissions for an hour.
    AfterAnHour,
}

/// Clouds whose tenants do not sign in elsewhere.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cloud {
    #[default]
    Global,
    UsGovernment,
    China,
}

fn far_away() -> DateTime<Utc> {
    DateTime::from_timestamp(1_830_297_600, 0).unwrap_or_default()
}

fn everyone() -> AccessPolicy {
    AccessPolicy::Everyone(Coverage::All)
}

fn yes() -> bool {
    true
}

fn monthly_meetings() -> usize {
    2_000
}

fn daily_recipients() -> usize {
    10_000
}

/// Whom the application access policy covers: `"all"`, `"none"` or a list of object ids.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub(crate) enum AccessPolicy {
    Everyone(Coverage),
    Only(Vec<String>),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Coverage {
    All,
    None,
}

impl AccessPolicy {
    pub(crate) fn covers(&self, user_id: &str) -> bool {
        match self {
            Self::Everyone(coverage) => *coverage == Coverage::All,
            Self::Only(ids) => ids.iter().any(|id| id.eq_ignore_ascii_case(user_id)),
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct User {
    pub(crate) id: String,
    /// The sign-in name; also the address unless `mail` says otherwise.
    pub(crate) email: String,
    pub(crate) mail: Option<String>,
    pub(crate) display_name: String,
    pub(crate) kind: UserKind,
    pub(crate) enabled: bool,
    pub(crate) licences: Vec<Licence>,
    pub(crate) drive: bool,
    pub(crate) mailbox: bool,
    /// Whether Exchange may make Teams meetings in this mailbox.
    pub(crate) teams_meetings_allowed: bool,
    /// A guest of the tenant.
    pub(crate) guest: bool,
    /// Whether SharePoint lets apps read the drive: a lock or a policy of the site may forbid it.
    pub(crate) drive_readable: bool,
    pub(crate) quota: Option<Quota>,
}

impl Default for User {
    fn default() -> Self {
        Self {
            id: String::new(),
            email: String::new(),
            mail: None,
            display_name: String::new(),
            kind: UserKind::Student,
            enabled: true,
            licences: vec![Licence::Teams, Licence::Onedrive, Licence::Exchange],
            drive: true,
            mailbox: true,
            teams_meetings_allowed: true,
            guest: false,
            drive_readable: true,
            quota: None,
        }
    }
}

impl User {
    pub(crate) fn address(&self) -> &str {
        self.mail.as_deref().unwrap_or(&self.email)
    }

    /// Whether an event in this mailbox can get a Teams meeting.
    pub(crate) fn may_meet(&self) -> bool {
        self.teams_meetings_allowed && self.licences.contains(&Licence::Teams)
    }

    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.id.eq_ignore_ascii_case(name)
            || self.email.eq_ignore_ascii_case(name)
            || self.address().eq_ignore_ascii_case(name)
    }
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UserKind {
    Service,
    Teacher,
    Student,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Licence {
    Teams,
    Onedrive,
    Exchange,
}

/// `used: null` counts the real files.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quota {
    pub(crate) total: u64,
    #[serde(default)]
    pub(crate) used: Option<u64>,
    #[serde(default)]
    pub(crate) deleted: Option<u64>,
    /// Overrides the state that follows from the numbers.
    #[serde(default)]
    pub(crate) state: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeetingPolicy {
    pub(crate) allow_cloud_recording: bool,
    pub(crate) auto_recording: bool,
    pub(crate) allow_transcription: bool,
    pub(crate) allow_attendance_report: bool,
    /// Days until a recording file goes to the bin; -1 never.
    pub(crate) recording_expiration_days: i64,
    pub(crate) transcript_api: TranscriptApi,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TranscriptApi {
    On,
    Off,
    WithoutSpeakers,
}

/// Where real tenants differ, or nobody knows which way Microsoft answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switches {
    /// 409 or 400.
    pub(crate) duplicate_transaction_status: u16,
    pub(crate) duplicate_transaction_names_event: bool,
    /// Tokens name this tenant instead of the one that was asked.
    pub(crate) token_tenant_id: Option<String>,
    pub(crate) join_links: LinkHost,
    pub(crate) join_link_form: LinkForm,
    /// Seconds until `onlineMeeting.joinUrl` shows up in the event.
    pub(crate) late_join_url_s: i64,
    /// Seconds until the onlineMeeting is found by its link.
    pub(crate) late_lookup_s: i64,
    /// Status for a join link nobody knows: 200 (empty), 400 or 404.
    pub(crate) unknown_join_url_status: u16,
    pub(crate) recordings_folder: String,
    pub(crate) special_folder: SpecialFolder,
    /// Largest page of any list; null lets the caller choose.
    pub(crate) page_size: Option<usize>,
    pub(crate) delta_duplicates: bool,
    /// getAllRecordings leaves out what was recorded without transcription (known issue 22933).
    pub(crate) export_needs_transcription: bool,
    /// Artifact deltas repeat older rows (known issue 22934).
    pub(crate) artifact_delta_repeats: bool,
    /// The first cues of a transcript begin before the recording.
    pub(crate) negative_cues: bool,
    pub(crate) recording_content: RecordingContent,
    /// Seconds after arrival until SharePoint fills in `video` and the hash.
    pub(crate) video_facet_delay_s: i64,
    pub(crate) hash_delay_s: i64,
    pub(crate) download_lifetime_s: i64,
    /// `host:port` that download links lead to in place of the simulator's own.
    #[serde(default)]
    pub(crate) download_host: Option<String>,
    /// Sprinkle properties no client knows into answers.
    pub(crate) unknown_fields: bool,
    /// Accept `http://127.0.0.1` notification URLs.
    pub(crate) http_notifications: bool,
    /// Notifications that are due for one endpoint come in one request.
    pub(crate) notifications_together: bool,
    pub(crate) deleted_event_keeps_meeting: bool,
    /// Whether Microsoft's published limits are counted and enforced.
    #[serde(default)]
    pub(crate) throttling: Throttling,
    pub(crate) missing_drive_status: u16,
    pub(crate) disabled_attendance_status: u16,
    pub(crate) standalone_artifacts_status: u16,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LinkHost {
    /// Join links lead to the simulator's own page.
    Local,
    /// Join links look like Microsoft's.
    Teams,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LinkForm {
    Classic,
    Short,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Throttling {
    #[default]
    /// As much as anybody likes.
    Off,
    /// 429 with `Retry-After`, `RateLimit-…` of files.
    Published,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SpecialFolder {
    Known,
    NotFound,
    Forbidden,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RecordingContent {
    /// 200 with the whole file, ranges ignored.
    Direct,
    /// 302 to a pre-authenticated download.
    Redirect,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            duplicate_transaction_status: 409,
            duplicate_transaction_names_event: false,
            token_tenant_id: None,
            join_links: LinkHost::Local,
            join_link_form: LinkForm::Classic,
            late_join_url_s: 0,
            late_lookup_s: 0,
            unknown_join_url_status: 200,
            recordings_folder: "Recordings".to_owned(),
            special_folder: SpecialFolder::Known,
            page_size: None,
            delta_duplicates: false,
            export_needs_transcription: true,
            artifact_delta_repeats: false,
            negative_cues: false,
            recording_content: RecordingContent::Direct,
            video_facet_delay_s: 0,
            hash_delay_s: 0,
            download_lifetime_s: 3600,
            download_host: None,
            unknown_fields: false,
            http_notifications: true,
            notifications_together: false,
            deleted_event_keeps_meeting: true,
            throttling: Throttling::Off,
            missing_drive_status: 404,
            disabled_attendance_status: 200,
            standalone_artifacts_status: 400,
        }
    }
}

impl Tenant {
    /// Finds a person by object id, sign-in name or address.
    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        self.users.get(self.users.position(name)?)
    }

    /// The healthy tenant every scenario begins with.
    pub(crate) fn healthy() -> Self {
        let users = PEOPLE
            .iter()
            .map(|(id, email, name, kind)| User {
                id: (*id).to_owned(),
                email: format!("{email}@contoso.example"),
                display_name: (*name).to_owned(),
                kind: *kind,
                ..User::default()
            })
            .collect();
        Self {
            tenant_id: "7d3f1c52-6a04-4c1e-9a54-0f6f0c8e2b11".to_owned(),
            display_name: "Contoso School".to_owned(),
            domain: "contoso.example".to_owned(),
            client_id: "2b9c47a8-53e1-4f7d-8d0e-91a6c4f0d3e2".to_owned(),
            client_secret: "sim~secret.of+contoso".to_owned(),
            secret_expired: false,
            tokens_revoked_at: None,
            secret_expires_at: far_away(),
            app_enabled: true,
            cloud: Cloud::Global,
            conditional_access_blocks: false,
            certificates: Vec::new(),
            token_lifetime_s: 3599,
            roles: Some(ALL_ROLES.map(str::to_owned).to_vec()),
            roles_take_effect: RolesTakeEffect::Now,
            access_policy: everyone(),
            exchange_scope: everyone(),
            exchange_roles: Vec::new(),
            chats_readable: true,
            monthly_meeting_limit: monthly_meetings(),
            recipients_per_day: daily_recipients(),
            service_account_id: PEOPLE[0].0.to_owned(),
            meeting_policy: MeetingPolicy {
                allow_cloud_recording: true,
                auto_recording: true,
                allow_transcription: true,
                allow_attendance_report: true,
                recording_expiration_days: 120,
                transcript_api: TranscriptApi::On,
            },
            quota: Quota { total: 1 << 40, used: None, deleted: None, state: None },
            users,
            switches: Switches::default(),
        }
    }

    /// What `GET /sim/tenant` shows.
    pub(crate) fn shown(&self) -> Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(map) = value.as_object_mut() {
            let email = self.user(&self.service_account_id).map(|user| user.email.clone());
            map.insert("service_account_email".to_owned(), email.into());
        }
        value
    }

    /// A copy with `patch` merged in; the text says which name or value is wrong.
    pub(crate) fn patched(&self, patch: &Map<String, Value>, new_id: &str) -> Result<Self, String> {
        let mut patch = patch.clone();
        let people = patch.remove("users");
        let service_email = patch.remove("service_account_email");
        let mut value = serde_json::to_value(self).map_err(|error| error.to_string())?;
        for (name, given) in &mut patch {
            match (name.as_str(), &*given) {
                ("access_policy", Value::Bool(true)) => *given = "all".into(),
                ("access_policy", Value::Bool(false)) => *given = "none".into(),
                _ => {}
            }
        }
        merge(&mut value, Value::Object(patch));
        let mut tenant: Self = serde_json::from_value(value).map_err(|error| error.to_string())?;
        match people {
            None => {}
            Some(Value::Object(by_name)) => {
                for (index, (name, given)) in by_name.into_iter().enumerate() {
                    tenant.patch_user(&name, given, &numbered(new_id, index))?;
                }
            }
            Some(Value::Array(list)) => {
                for (index, given) in list.into_iter().enumerate() {
                    let name = ["id", "email"]
                        .iter()
                        .find_map(|key| given.get(*key)?.as_str())
                        .ok_or("users: each entry needs an id or an email")?
                        .to_owned();
                    tenant.patch_user(&name, given, &numbered(new_id, index))?;
                }
            }
            Some(_) => return Err("users: give an object by id or email, or a list".to_owned()),
        }
        if let Some(email) = service_email {
            let email = email.as_str().ok_or("service_account_email: must be text")?;
            tenant.service_account_id = tenant
                .user(email)
                .ok_or_else(|| {
                    format!("service_account_email: nobody is called {email}; add the user first")
                })?
                .id
                .clone();
        }
        Ok(tenant)
    }

    fn patch_user(&mut self, name: &str, given: Value, new_id: &str) -> Result<(), String> {
        let known = self.users.position(name);
        if given.is_null() {
            if let Some(index) = known {
                self.users.remove(index);
            }
            return Ok(());
        }
        let user = known.map_or_else(
            || User {
                id: new_id.to_owned(),
                email: name.to_lowercase(),
                display_name: name.split('@').next().unwrap_or(name).to_owned(),
                ..User::default()
            },
            |index| self.users[index].clone(),
        );
        let mut value = serde_json::to_value(user).map_err(|error| error.to_string())?;
        merge(&mut value, given);
        let user: User = serde_json::from_value(value).map_err(|error| format!("users.{name}: {error}"))?;
        match known {
            Some(index) => self.users.replace(index, user),
            None => self.users.push(user),
        }
        Ok(())
    }
}

/// The id of one of several new people.
fn numbered(id: &str, index: usize) -> String {
    format!("{}{index:04x}", &id[..32])
}

/// Deep merge; lists and `null` replace.
fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(target.entry(name).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch,
    }
}

const PEOPLE: [(&str, &str, &str, UserKind); 7] = [
    ("5f0a1c9e-3d27-4b8e-9f61-20c4d7e8a901", "recordings", "Class Recordings", UserKind::Service),
    ("8a6be2d4-71f3-4c05-b8d9-35e0f1a2c602", "instructor", "Maya Lindqvist", UserKind::Teacher),
    ("1c7d90f2-0b5e-4d63-a47c-6e8f9b0d1303", "learner", "Tomas Rivera", UserKind::Student),
    ("9d2e4f60-8c1a-4e97-b5d3-7f0a1b2c3d04", "aisha.khan", "Aisha Khan", UserKind::Student),
    ("3e8f5a71-9d2b-4fa8-86e4-801b2c3d4e05", "jonas.weber", "Jonas Weber", UserKind::Student),
    ("b4905b82-ae3c-40b9-97f5-912c3d4e5f06", "priya.nair", "Priya Nair", UserKind::Student),
    ("c5a16c93-bf4d-41ca-a806-a23d4e5f6007", "chen.wei", "Chen Wei", UserKind::Student),
];
