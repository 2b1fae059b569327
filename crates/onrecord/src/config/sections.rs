//! Every setting of OnRecord, with its documentation. There is deliberately no setting that turns recording off.

use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;

use super::table::settings;
use super::telling::{Address, AliveUrl, QuietHours, TimeOfDay};
use super::values::{
    Addresses, ArchiveUrl, CopyPolicy, DatabaseUrl, LobbyScope, LogFormat, MailUrl, Notifications, Origin,
    Proxies, ProxyUrl, Whole, Wording,
};
use crate::model::integration::{Acknowledge, InstructorRole, LawfulBasis};

settings! {
    /// Files of this installation.
    "data" => Data {
        /// The data directory DIR: it holds onrecord.toml, and by default the database, the key file and the archive.
        /// `--data-dir` overrides it.
        ["ONRECORD_DATA_DIR"] dir: PathBuf, Default("\"./data\"");
    }
}

settings! {
    /// How browsers, apps and Microsoft reach OnRecord.
    "http" => Http {
        /// The address and port to listen on.
        ["ONRECORD_LISTEN"] listen: SocketAddr, Default("\"127.0.0.1:8080\"");
        /// The address people use. It makes absolute links and Secure cookies; the Host header never does.
        /// Without it OnRecord must listen on this machine only. Plain http is allowed on this machine only.
        ["ONRECORD_PUBLIC_URL"] public_url: Option<Origin>, Example("\"https://onrecord.example.edu\"");
        /// The address at which Microsoft reaches OnRecord to say that something is new, if it is another than
        /// `public_url`. Only `/graph/notifications` and `/graph/lifecycle` are asked for there.
        ["ONRECORD_NOTIFICATION_URL"] notification_url: Option<Origin>, Example("\"https://hooks.example.edu\"");
        /// `auto`: Microsoft is asked to say at once when something is new, where it can reach us: at an https
        /// address. `off`: OnRecord only looks from time to time. Everything works either way, sooner with `auto`.
        ["ONRECORD_NOTIFICATIONS"] notifications: Notifications, Default("\"auto\"");
        /// Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses or networks.
        ["ONRECORD_TRUSTED_PROXIES"] trusted_proxies: Proxies, Example("[\"127.0.0.1\", \"10.0.0.0/8\"]");
        /// A PEM file with the certificate chain, to serve https without a proxy. Needs `tls_key`.
        ["ONRECORD_TLS_CERT"] tls_cert: Option<PathBuf>, Example("\"/etc/onrecord/fullchain.pem\"");
        /// The PEM file with the private key of `tls_cert`.
        ["ONRECORD_TLS_KEY"] tls_key: Option<PathBuf>, Example("\"/etc/onrecord/privkey.pem\"");
    }
}

settings! {
    /// Where rows are kept.
    "database" => Database {
        /// SQLite by default, in `DIR/onrecord.db`. With PostgreSQL, run `onrecord migrate` after each update.
        ["ONRECORD_DATABASE_URL"] url: Option<DatabaseUrl>, Example("\"postgres://onrecord@db.example.edu/onrecord\"");
    }
}

settings! {
    /// The key that seals what must not be readable in the database.
    "secrets" => Secrets {
        /// 32 random bytes in base64 (`openssl rand -base64 32`). Several are separated by commas: the first seals,
        /// all open. With SQLite the default is the file `DIR/secret.key`, made at the first start; with PostgreSQL
        /// the key must be set, the same for every process.
        ["ONRECORD_SECRET_KEY"] key: Option<SecretString>, Example("\"…\"");
    }
}

settings! {
    /// Where verified copies and transcripts are kept.
    "archive" => Archive {
        /// A folder or a bucket; by default the folder `DIR/archive`. Nothing outside it is ever read or written.
        ["ONRECORD_ARCHIVE_URL"] url: Option<ArchiveUrl>, Example("\"s3://school-archive/onrecord\"");
        /// S3: the access key. Without one the machine's own role is used.
        ["AWS_ACCESS_KEY_ID"] aws_access_key_id: Option<String>, Example("\"AKIA…\"");
        /// S3: the secret of the access key.
        ["AWS_SECRET_ACCESS_KEY"] aws_secret_access_key: Option<SecretString>, Example("\"…\"");
        /// S3: the region.
        ["AWS_REGION"] aws_region: Option<String>, Example("\"eu-central-1\"");
        /// S3: the endpoint of a compatible service.
        ["AWS_ENDPOINT_URL"] aws_endpoint_url: Option<String>, Example("\"https://s3.example.edu\"");
        /// Azure Blob: the storage account.
        ["AZURE_STORAGE_ACCOUNT_NAME"] azure_account_name: Option<String>, Example("\"schoolarchive\"");
        /// Azure Blob: its access key. Without one the machine's managed identity is used.
        ["AZURE_STORAGE_ACCOUNT_KEY"] azure_account_key: Option<SecretString>, Example("\"…\"");
        /// Google Cloud Storage: the JSON of a service account key. Without one the machine's own identity is used.
        ["GOOGLE_SERVICE_ACCOUNT_KEY"] google_service_account_key: Option<SecretString>, Example("\"…\"");
        /// Azure Blob: another endpoint than Microsoft's, such as a national cloud's.
        ["AZURE_STORAGE_ENDPOINT"] azure_endpoint: Option<String>, Example("\"https://schoolarchive.blob.core.windows.net\"");
        /// When recordings are copied by themselves: `in_time`, before Microsoft is expected to delete them; `at_once`,
        /// as soon as they are there; or `asked`, only by the button and `onrecord cleanup --archive`.
        ["ONRECORD_ARCHIVE_COPY"] copy: CopyPolicy, Default("\"in_time\"");
        /// With `in_time`: so many days before Microsoft is expected to delete it, a recording is copied.
        ["ONRECORD_ARCHIVE_DAYS_BEFORE_EXPIRY"] days_before_expiry: Whole<3, 3650>, Default("35");
        /// Remove a recording from OneDrive so many days after its copy was verified. Without it nothing is ever removed.
        /// It needs the permission Files.ReadWrite.All.
        ["ONRECORD_ARCHIVE_REMOVE_ORIGINALS_AFTER_DAYS"] remove_originals_after_days: Option<Whole<1, 36500>>, Example("30");
        /// How fast `onrecord archive --verify` reads, in MiB per second.
        ["ONRECORD_ARCHIVE_VERIFY_MIB_PER_SECOND"] verify_mib_per_second: Whole<1, 100_000>, Default("50");
        /// The size of the parts in which a copy is written, in KiB. At most one part is lost when a copy breaks off, and
        /// three are held in memory. S3 and its kin demand at least 5120.
        ["ONRECORD_ARCHIVE_PART_KIB"] part_kib: Whole<16, 65536>, Default("8192");
    }
}

settings! {
    /// How OnRecord reaches Microsoft Graph.
    "graph" => Graph {
        /// Microsoft Graph, without the version. National clouds have their own address.
        ["ONRECORD_GRAPH_URL"] url: Origin, Default("\"https://graph.microsoft.com\"");
        /// Where tokens come from.
        ["ONRECORD_LOGIN_URL"] login_url: Origin, Default("\"https://login.microsoftonline.com\"");
        /// A PEM file with certificate authorities to trust besides the usual ones, for an inspecting proxy.
        ["ONRECORD_CA_FILE"] ca_file: Option<PathBuf>, Example("\"/etc/ssl/certs/school-ca.pem\"");
        /// The proxy for requests to Microsoft.
        ["HTTPS_PROXY"] https_proxy: Option<ProxyUrl>, Example("\"http://proxy.example.edu:3128\"");
    }
}

settings! {
    /// The first integration: the school's tenant. What is set here is shown locked on the settings page;
    /// what is not can be entered there.
    "teams" => Teams {
        /// The tenant: its id or a verified domain.
        ["TEAMS_TENANT_ID"] tenant_id: Option<String>, Example("\"11111111-2222-3333-4444-555555555555\"");
        /// The application (client) id of the app registration.
        ["TEAMS_CLIENT_ID"] client_id: Option<String>, Example("\"66666666-7777-8888-9999-000000000000\"");
        /// The client secret's value (not its id). Either this or `client_certificate`.
        ["TEAMS_CLIENT_SECRET"] client_secret: Option<SecretString>, Example("\"…\"");
        /// PEM text with the certificate and its PKCS#8 private key, instead of a client secret.
        ["TEAMS_CLIENT_CERTIFICATE"] client_certificate: Option<SecretString>, Example("\"…\"");
        /// The service accounts: licensed mailboxes that organize every meeting, so that their OneDrive receives
        /// every recording. Several are separated by commas.
        ["TEAMS_RECORDING_ADMIN_EMAIL"] service_accounts: Addresses, Example("[\"classes@school.example\"]");
        /// The id of a drive that is read besides the organizers' own.
        ["TEAMS_ONEDRIVE_DRIVE_ID"] drive_id: Option<String>, Example("\"b!…\"");
        /// Days after which Microsoft deletes a new recording, as the Teams meeting policy says
        /// (`NewMeetingRecordingExpirationDays`; free A1 licences at most 30); 0 if it never does. No program can read it.
        ["TEAMS_RECORDING_EXPIRY_DAYS"] recording_expiry_days: Whole<0, 99999>, Default("120");
    }
}

settings! {
    /// When OnRecord looks for what a class left behind.
    "sync" => Sync {
        /// Hours after its end during which a class without a recording is `waiting`, not `missing`.
        ["ONRECORD_SYNC_WAITING_HOURS"] waiting_hours: Whole<1, 168>, Default("4");
        /// Hours after its end during which OnRecord goes on looking by itself.
        ["ONRECORD_SYNC_LOOKING_HOURS"] looking_hours: Whole<1, 720>, Default("72");
        /// Seconds between two looks while a class is due.
        ["ONRECORD_SYNC_POLL_SECONDS"] poll_seconds: Whole<1, 3600>, Default("60");
        /// Seconds between two looks at an organizer none of whose classes is due.
        ["ONRECORD_SYNC_IDLE_SECONDS"] idle_seconds: Whole<1, 86400>, Default("3600");
        /// Jobs that one process works on at once.
        ["ONRECORD_SYNC_JOBS_AT_ONCE"] jobs_at_once: Whole<1, 64>, Default("4");
    }
}

settings! {
    /// How instructors and learners enter a class in Teams. Recording is mandatory and has no setting.
    "teaching" => Teaching {
        /// What an instructor is in the Teams meeting: `presenter` or `coorganizer`.
        ["ONRECORD_INSTRUCTOR_ROLE"] instructor_role: InstructorRole, Default("\"presenter\"");
        /// Who enters without waiting in the lobby: `organizer`, `organization`,
        /// `organizationAndFederated`, `organizationExcludingGuests`, `invited` or `everyone`.
        ["ONRECORD_LOBBY_SCOPE"] lobby_scope: LobbyScope, Default("\"organization\"");
    }
}

settings! {
    /// The recording notice in every invitation and on every class page. Ask your privacy officer.
    "notice" => Notice {
        /// Why the school may record: `consent`, `public_task`, `legitimate_interest` or `legal_obligation`.
        /// Only `consent` says "By joining, you consent to being recorded".
        ["ONRECORD_NOTICE_LAWFUL_BASIS"] lawful_basis: LawfulBasis, Default("\"public_task\"");
        /// Whom to ask about recordings: a name, address or page.
        ["ONRECORD_NOTICE_CONTACT"] contact: Option<String>, Example("\"privacy@school.example\"");
        /// Where recordings are stored, as it completes "The recording is stored in …".
        ["ONRECORD_NOTICE_STORAGE"] storage: String, Default("\"the school's Microsoft 365\"");
        /// Who may see a recording, as it completes "… may watch it".
        ["ONRECORD_NOTICE_VIEWERS"] viewers: String, Default("\"the people of this course\"");
        /// How long recordings are kept, as it completes "It is kept …".
        ["ONRECORD_NOTICE_KEPT"] kept: String, Default("\"as long as the school's retention policy says\"");
        /// The institution's own wording by language, instead of OnRecord's.
        ["ONRECORD_NOTICE_WORDING"] wording: Wording, Example("{ en = \"This class is recorded …\" }");
        /// Whether people say that they have read the notice before OnRecord shows them the way to a class: `none`, `ask`
        /// (they may go on without) or `required`. A new wording is asked anew. Whoever is invited in Teams gets the link
        /// from Microsoft, too.
        ["ONRECORD_ACKNOWLEDGE"] acknowledge: Acknowledge, Default("\"none\"");
    }
}

settings! {
    /// How people are told by mail. Without `url` nobody is, and the pages say so.
    "mail" => Mail {
        /// `smtp://user:password@host:587` (over TLS, except on this machine), `smtps://user:password@host` or `graph:`,
        /// which sends from the mailbox `from` through Microsoft Graph and needs the permission Mail.Send.
        ["ONRECORD_MAIL_URL"] url: Option<MailUrl>, Example("\"smtp://onrecord:…@mail.school.example:587\"");
        /// The address that mails come from; with `graph:` the mailbox that sends them.
        ["ONRECORD_MAIL_FROM"] from: Option<Address>, Example("\"onrecord@school.example\"");
        /// The school's time zone: for quiet hours, digests and reports.
        ["ONRECORD_MAIL_TIME_ZONE"] time_zone: chrono_tz::Tz, Default("\"UTC\"");
        /// No mail is sent in these hours, except about a class that begins before they end; or `off`.
        ["ONRECORD_MAIL_QUIET_HOURS"] quiet_hours: QuietHours, Default("\"21:00-07:00\"");
        /// When those who want one mail a day get it.
        ["ONRECORD_MAIL_DIGEST_AT"] digest_at: TimeOfDay, Default("\"17:00\"");
        /// Called every five minutes while all is well, for a service that raises the alarm when the calls stop.
        ["ONRECORD_ALIVE_URL"] alive_url: Option<AliveUrl>, Example("\"https://hc-ping.com/…\"");
    }
}

settings! {
    /// How long what was removed can be had back.
    "retention" => Retention {
        /// Days that something lies in the bin before its bytes are deleted; what was taken out of it is left alone as
        /// long. What is removed, and when, is written as policies under Manage, Keeping.
        ["ONRECORD_BIN_DAYS"] bin_days: Whole<1, 3650>, Default("30");
        /// Cut off the beginning of the audit after so many days. What remains still proves whole: a signed checkpoint says
        /// from where it goes on. Without it the audit is kept for ever.
        ["ONRECORD_AUDIT_DAYS"] audit_days: Option<Whole<365, 36500>>, Example("3650");
    }
}

settings! {
    /// What one caller may ask for.
    "limits" => Limits {
        /// Failed sign-ins per minute for one address or account before further ones are refused.
        ["ONRECORD_LIMIT_SIGN_INS"] sign_ins_per_minute: Whole<1, 1000>, Default("10");
        /// The largest form or JSON body in KiB.
        ["ONRECORD_LIMIT_BODY_KIB"] body_kib: Whole<16, 65536>, Default("1024");
        /// The largest CSV upload in MiB.
        ["ONRECORD_LIMIT_UPLOAD_MIB"] upload_mib: Whole<1, 1024>, Default("64");
        /// The largest recording in MiB that staff may upload by hand.
        ["ONRECORD_LIMIT_RECORDING_MIB"] recording_mib: Whole<1, 1_048_576>, Default("8192");
    }
}

settings! {
    /// What OnRecord writes about itself. Log lines go to stderr.
    "log" => Log {
        /// error, warn, info, debug or trace; parts of the program can differ, as in `info,onrecord::ops=debug`.
        ["ONRECORD_LOG"] level: String, Default("\"info\"");
        /// text for people, json for collectors.
        ["ONRECORD_LOG_FORMAT"] format: LogFormat, Default("\"text\"");
        /// A file that receives the same lines besides stderr. It is appended to; rotate it with copytruncate.
        ["ONRECORD_LOG_FILE"] file: Option<PathBuf>, Example("\"/var/log/onrecord.log\"");
    }
}
