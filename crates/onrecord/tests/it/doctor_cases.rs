//! One case for each misconfiguration: what a tenant, an account, the settings or our own rows have wrong, and the
//! finding that names it, with how bad it is and the real ids in its fix.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use onrecord::model::finding::{Finding, Severity};
use onrecord::model::finding_code::Code;
use onrecord::model::job::JobKind;
use onrecord::model::people::CourseRole;
use onrecord::model::words::Word as _;
use onrecord::ops::certificate;
use onrecord::ops::doctor::{self, Examination};
use onrecord::params;
use onrecord::store::{jobs, lanes};

use crate::teaching::School;
use crate::world::World;

use Severity::{Error, Info, Warning};

/// What must be in the finding; `{client}`, `{tenant}`, `{account}` and `{email}` stand for the real ones.
type Case = (Value, &'static str, Severity, &'static [&'static str]);

/// The same for settings, as environment variables.
type Settings = (Vec<(&'static str, &'static str)>, &'static str, Severity, &'static [&'static str]);

fn known(world: &World, name: &str) -> String {
    world.sim.tenant()[name].as_str().expect("the tenant has it").to_owned()
}

async fn examine(world: &World) -> Examination {
    doctor::examine(&world.app).await.expect("an examination")
}

/// The finding, which must be as bad as told, have a fix, and say the words somewhere.
#[track_caller]
fn found(world: &World, seen: &Examination, (code, severity, says): (&str, Severity, &[&str])) -> Finding {
    let finding = seen.findings.iter().find(|finding| finding.code == code);
    let finding = finding.unwrap_or_else(|| panic!("no {code} in {:#?}", seen.findings)).clone();
    assert_eq!(finding.severity, severity, "{finding:?}");
    assert!(!finding.fix.is_empty() && !finding.message.is_empty(), "{finding:?}");
    let text = format!("{finding:?}");
    let email = known(world, "service_account_email");
    let ids = onrecord_ids(world);
    for words in says {
        let words = words
            .replace("{client}", &ids.1)
            .replace("{tenant}", &ids.0)
            .replace("{account}", &known(world, "service_account_id"))
            .replace("{email}", &email);
        assert!(text.contains(&words), "{code} does not say {words:?}: {text}");
    }
    finding
}

/// The tenant and client id that OnRecord was configured with: the tenant may call itself otherwise by now.
fn onrecord_ids(world: &World) -> (String, String) {
    let teams = &world.app.config.teams;
    (teams.tenant_id.clone().unwrap_or_default(), teams.client_id.clone().unwrap_or_default())
}

async fn check(world: &World, case: (&str, Severity, &[&str])) -> Finding {
    found(world, &examine(world).await, case)
}

#[tokio::test]
async fn what_the_tenant_has_wrong_is_named() {
    let cases: Vec<Case> = vec![
        (
            json!({ "tenant_id": "00000000-1111-4222-8333-555555555555" }),
            "tenant_not_found",
            Error,
            &["{tenant}"],
        ),
        (
            json!({ "client_id": "00000000-1111-4222-8333-444444444444" }),
            "app_not_found",
            Error,
            &["{client}"],
        ),
        (json!({ "client_secret": "another~one" }), "secret_wrong", Error, &["Credentials/appId/{client}"]),
        (
            json!({ "switches": { "token_tenant_id": "00000000-1111-4222-8333-666666666666" } }),
            "tenant_mismatch",
            Error,
            &["{tenant}", "00000000-1111-4222-8333-666666666666", "Directory (tenant) ID"],
        ),
        (json!({ "secret_expired": true }), "secret_expired", Error, &["Credentials/appId/{client}"]),
        (json!({ "app_enabled": false }), "app_disabled", Error, &["{client}"]),
        (json!({ "cloud": "us_government" }), "wrong_cloud", Error, &["{tenant}", "ONRECORD_LOGIN_URL"]),
        (json!({ "conditional_access_blocks": true }), "conditional_access", Error, &["{client}"]),
        (
            json!({ "secret_expires_at": "2026-09-20T00:00:00Z" }),
            "secret_expiring",
            Warning,
            &["2026-09-20", "Credentials/appId/{client}"],
        ),
        (
            json!({ "roles": null }),
            "consent_missing",
            Error,
            &["Calendars.ReadWrite", "CallAnAPI/appId/{client}"],
        ),
        (
            json!({ "access_policy": "none" }),
            "access_policy_missing",
            Error,
            &["Grant-CsApplicationAccessPolicy", "{client}", "{account}", "{email}"],
        ),
        (
            json!({ "exchange_scope": "none" }),
            "mailbox_denied",
            Error,
            &["{client}", "-Identity \\\"{email}"],
        ),
        (
            json!({ "meeting_policy": { "transcript_api": "off" } }),
            "transcripts_disabled",
            Error,
            &["{email}"],
        ),
        (
            json!({ "switches": { "recordings_folder": "Aufzeichnungen" } }),
            "recordings_folder_localized",
            Info,
            &["Aufzeichnungen", "{email}"],
        ),
        (
            json!({ "switches": { "recordings_folder": "Films", "special_folder": "not_found" } }),
            "recordings_folder_absent",
            Info,
            &["{email}"],
        ),
    ];
    for (patch, code, severity, says) in cases {
        let world = World::new().await;
        world.sim.patch_tenant(&patch).expect("the simulator knows it");
        check(&world, (code, severity, says)).await;
    }
}

#[tokio::test]
async fn what_a_service_account_has_wrong_is_named() {
    let quota = |used: u64, state: &str| json!({ "quota": { "total": 1000, "used": used, "state": state } });
    let cases: Vec<Case> = vec![
        (json!({ "enabled": false }), "account_disabled", Error, &["{email}", "userId/{account}"]),
        (
            json!({ "enabled": false, "licences": ["exchange"] }),
            "shared_mailbox",
            Error,
            &["{email}", "{account}"],
        ),
        (json!({ "guest": true }), "account_is_a_guest", Error, &["{email}"]),
        (json!({ "licences": [] }), "licence_missing", Error, &["{email}", "userId/{account}"]),
        (json!({ "licences": ["onedrive", "exchange"] }), "licence_teams_missing", Error, &["{email}"]),
        (json!({ "licences": ["teams", "exchange"] }), "licence_onedrive_missing", Error, &["{email}"]),
        (json!({ "licences": ["teams", "onedrive"] }), "licence_exchange_missing", Error, &["{email}"]),
        (json!({ "mailbox": false }), "mailbox_missing", Error, &["{email}"]),
        (json!({ "teams_meetings_allowed": false }), "teams_provider_missing", Error, &["{email}"]),
        (json!({ "drive": false }), "onedrive_missing", Error, &["Request-SPOPersonalSite", "{email}"]),
        (json!({ "drive_readable": false }), "onedrive_denied", Error, &["{email}"]),
        (quota(1000, "exceeded"), "storage_full", Error, &["Storage full", "{email}"]),
        (quota(995, "critical"), "storage_critical", Error, &["{email}"]),
        (quota(950, "nearing"), "storage_nearing", Warning, &["{email}", "95 %"]),
    ];
    for (patch, code, severity, says) in cases {
        let world = World::new().await;
        let mut users = serde_json::Map::new();
        users.insert(known(&world, "service_account_id"), patch);
        world.sim.patch_tenant(&json!({ "users": users })).expect("the simulator knows it");
        check(&world, (code, severity, says)).await;
    }
}

#[tokio::test]
async fn what_the_settings_have_wrong_is_named() {
    let guid = "8a1f2c3d-0000-4000-8000-1234567890ab";
    let nowhere = "http://127.0.0.1:9";
    let cases: Vec<Settings> = vec![
        (vec![("TEAMS_CLIENT_SECRET", guid)], "secret_is_id", Error, &["column Value", "{client}"]),
        (
            vec![("TEAMS_CLIENT_SECRET", "")],
            "not_connected",
            Error,
            &["a client secret or certificate is missing"],
        ),
        (vec![("TEAMS_TENANT_ID", "contoso")], "tenant_malformed", Error, &["contoso"]),
        (vec![("TEAMS_TENANT_ID", "a/../b")], "setting_wrong", Error, &["tenant_id"]),
        (vec![("ONRECORD_LOGIN_URL", nowhere)], "login_unreachable", Error, &["HTTPS_PROXY"]),
        (
            vec![("ONRECORD_LOGIN_URL", nowhere), ("HTTPS_PROXY", nowhere)],
            "proxy_unreachable",
            Error,
            &["127.0.0.1:9"],
        ),
        (vec![("ONRECORD_GRAPH_URL", nowhere)], "graph_unreachable", Error, &["graph.microsoft.com"]),
        (
            vec![("TEAMS_RECORDING_ADMIN_EMAIL", "")],
            "no_service_account",
            Error,
            &["TEAMS_RECORDING_ADMIN_EMAIL"],
        ),
        (
            vec![("TEAMS_RECORDING_ADMIN_EMAIL", "nobody@contoso.example")],
            "account_not_found",
            Error,
            &["nobody@contoso.example"],
        ),
        (vec![("TEAMS_ONEDRIVE_DRIVE_ID", "b!nowhere")], "extra_drive_unreadable", Error, &["b!nowhere"]),
        (
            vec![
                ("ONRECORD_MAIL_URL", "smtp://127.0.0.1:9"),
                ("ONRECORD_MAIL_FROM", "onrecord@contoso.example"),
            ],
            "mail_unreachable",
            Warning,
            &["127.0.0.1:9", "ONRECORD_MAIL_URL"],
        ),
        (vec![], "notification_url_not_https", Info, &["http://127.0.0.1:8080"]),
        (
            vec![("TEAMS_CLIENT_SECRET", ""), ("TEAMS_CLIENT_CERTIFICATE", "-----BEGIN …")],
            "certificate_unreadable",
            Error,
            &["PKCS#8"],
        ),
    ];
    for (settings, code, severity, says) in cases {
        let world = World::with(&settings).await;
        check(&world, (code, severity, says)).await;
    }
}

/// A school that signs in with a certificate that is good for two years from this day.
async fn with_certificate(from: &str) -> World {
    let from = format!("{from}T00:00:00Z").parse().expect("a day");
    let made = certificate::make("OnRecord", 24, from).expect("a certificate");
    let pem = made.pem.expose_secret().to_owned();
    let world = World::with(&[("TEAMS_CLIENT_SECRET", ""), ("TEAMS_CLIENT_CERTIFICATE", &pem)]).await;
    world.sim.patch_tenant(&json!({ "certificates": [made.public_pem] })).expect("a patch");
    world
}

#[tokio::test]
async fn the_end_of_a_certificate_is_known_before_microsoft_refuses_it() {
    // Certificates that were good for two years from these days.
    for (from, code, severity) in [
        ("2024-08-31", "certificate_expired", Error),
        ("2024-09-25", "certificate_expiring", Warning),
        ("2026-10-01", "certificate_not_yet_valid", Error),
    ] {
        let world = with_certificate(from).await;
        check(&world, (code, severity, &["Credentials/appId/{client}"])).await;
    }
    let world = with_certificate("2026-01-01").await;
    let seen = examine(&world).await;
    assert!(seen.in_order.iter().any(|well| well.words.contains("2028-01-01")), "{:?}", seen.in_order);
}

#[tokio::test]
async fn what_microsoft_answers_in_passing_is_named() {
    let cases = [
        (json!({ "path": "*oauth2/v2.0/token", "status": 401 }), "token_denied", Error),
        (json!({ "path": "*/organization", "status": 401 }), "token_refused", Error),
        (json!({ "path": "*/users/recordings*", "status": 403 }), "directory_denied", Error),
        (json!({ "path": "*/users/recordings*", "status": 405 }), "account_unread", Error),
        (json!({ "path": "*/calendar", "status": 405 }), "mailbox_unread", Error),
        (json!({ "path": "*/drive", "status": 405 }), "onedrive_unread", Error),
        (json!({ "path": "*/onlineMeetings", "status": 503, "retry_after": 0 }), "teams_unread", Error),
        (json!({ "path": "*/calendar", "status": 429, "retry_after": 90 }), "microsoft_busy", Warning),
        (json!({ "path": "*getAllRecordings*", "status": 403 }), "recordings_denied", Error),
        (json!({ "path": "*getAllRecordings*", "status": 402 }), "payment_required", Error),
    ];
    for (fault, code, severity) in cases {
        let world = World::new().await;
        world.sim.add_fault(&fault).expect("the simulator knows it");
        check(&world, (code, severity, &[])).await;
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_named_before_it_harms() {
    let world = World::new().await;
    world.app.clock.advance(TimeDelta::minutes(2));
    check(&world, ("clock_skew", Warning, &["ahead of Microsoft"])).await;
    world.app.clock.advance(TimeDelta::minutes(10));
    check(&world, ("clock_skew", Error, &["timedatectl"])).await;
}

#[tokio::test]
async fn a_permission_granted_a_moment_ago_is_waited_for() {
    let world = World::new().await;
    let all = world.sim.tenant()["roles"].clone();
    let without: Vec<_> =
        all.as_array().expect("a list").iter().filter(|role| *role != "Chat.Read.All").collect();
    world.sim.patch_tenant(&json!({ "roles": without })).expect("roles");
    check(&world, ("permission_missing", Error, &["Chat.Read.All", "CallAnAPI/appId/{client}"])).await;
    world.sim.patch_tenant(&json!({ "roles": all, "roles_take_effect": "after_an_hour" })).expect("roles");
    world.advance(TimeDelta::minutes(10));
    let pending = check(&world, ("consent_pending", Warning, &["an hour"])).await;
    assert_eq!(pending.subject, "Chat.Read.All");
    world.advance(TimeDelta::minutes(51));
    let seen = examine(&world).await;
    assert!(seen.findings.iter().all(|finding| finding.severity == Info), "{:?}", seen.findings);
}

#[tokio::test]
async fn sending_mail_through_microsoft_needs_its_permission_and_only_then() {
    let world =
        World::with(&[("ONRECORD_MAIL_URL", "graph:"), ("ONRECORD_MAIL_FROM", "a@contoso.example")]).await;
    let all = world.sim.tenant()["roles"].clone();
    let without: Vec<_> =
        all.as_array().expect("a list").iter().filter(|role| *role != "Mail.Send").collect();
    world.sim.patch_tenant(&json!({ "roles": without })).expect("roles");
    check(&world, ("permission_missing", Warning, &["Mail.Send", "CallAnAPI/appId/{client}"])).await;
    let plain = World::new().await;
    plain.sim.patch_tenant(&json!({ "roles": without })).expect("roles");
    assert!(examine(&plain).await.findings.iter().all(|finding| finding.code != "permission_missing"));
}

#[tokio::test]
async fn what_exchange_grants_by_itself_is_no_missing_permission() {
    let world = World::new().await;
    let all = world.sim.tenant()["roles"].clone();
    let without: Vec<_> =
        all.as_array().expect("a list").iter().filter(|role| *role != "Calendars.ReadWrite").collect();
    let only = json!([known(&world, "service_account_id")]);
    world
        .sim
        .patch_tenant(
            &json!({ "roles": without, "exchange_roles": ["Calendars.ReadWrite"], "exchange_scope": only }),
        )
        .expect("roles");
    let seen = examine(&world).await;
    assert!(seen.is_ok(), "{:#?}", seen.findings);
    assert!(
        seen.in_order.iter().any(|well| well.words.starts_with("granted by Exchange")),
        "{:?}",
        seen.in_order
    );
    world.sim.patch_tenant(&json!({ "exchange_roles": [] })).expect("roles");
    check(&world, ("permission_missing", Error, &["Calendars.ReadWrite"])).await;
}

#[tokio::test]
async fn an_access_policy_for_another_user_is_told_from_none() {
    let world = World::new().await;
    let maya = "8a6be2d4-71f3-4c05-b8d9-35e0f1a2c602";
    world.sim.patch_tenant(&json!({ "access_policy": [maya] })).expect("a policy");
    check(&world, ("access_policy_missing", Error, &["{account}"])).await;
    let teacher = world.user("instructor@contoso.example", None).await;
    let course = world.course("BIO-204").await;
    world.enrol(course, teacher, CourseRole::Instructor).await;
    write(&world, "UPDATE \"user\" SET entra_object_id = $1", params![maya]).await;
    let says = &["instructor@contoso.example", "Grant-CsApplicationAccessPolicy", "{account}", "{client}"];
    check(&world, ("access_policy_other_user", Error, says)).await;
}

async fn write(world: &World, sql: &str, binds: Vec<sea_orm::Value>) {
    let tx = world.app.store.write().await.expect("a transaction");
    tx.execute(sql, binds).await.expect("written");
    tx.commit().await.expect("kept");
}

#[tokio::test]
async fn a_secret_sealed_under_a_lost_key_is_named() {
    let world = World::new().await;
    write(
        &world,
        "UPDATE integration SET client_secret_sealed = 'v1.other.AAAA', revision = revision + 1",
        params![],
    )
    .await;
    check(&world, ("secret_unreadable", Error, &["ONRECORD_SECRET_KEY"])).await;
}

#[tokio::test]
async fn an_archive_that_cannot_be_written_and_a_queue_nobody_works_on_are_named() {
    let world = World::new().await;
    let folder = world.folder().join("archive");
    std::fs::remove_dir_all(&folder).ok();
    std::fs::write(&folder, "a file in its place").expect("written");
    let due: DateTime<Utc> = world.app.clock.now() - TimeDelta::minutes(20);
    let tx = world.app.store.write().await.expect("a transaction");
    jobs::enqueue(&tx, JobKind::Sync, "meeting:1", due, due).await.expect("queued");
    tx.commit().await.expect("kept");
    let seen = examine(&world).await;
    found(&world, &seen, ("archive_unwritable", Error, &["ONRECORD_ARCHIVE_URL"]));
    found(&world, &seen, ("worker_idle", Warning, &["onrecord serve"]));
}

#[tokio::test]
async fn a_database_that_takes_nothing_more_is_named() {
    let world = World::new().await;
    let refuse: &[&str] = if world.app.config.is_postgres() {
        &[
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$",
            "CREATE TRIGGER full_disk BEFORE INSERT ON lane FOR EACH ROW EXECUTE FUNCTION refuse()",
        ]
    } else {
        &["CREATE TRIGGER full_disk BEFORE INSERT ON lane BEGIN SELECT RAISE(ABORT, 'disk full'); END"]
    };
    for sql in refuse {
        write(&world, sql, params![]).await;
    }
    check(&world, ("database_unwritable", Error, &["disk full", "free space"])).await;
}

#[tokio::test]
async fn a_damaged_copy_is_a_warning_and_an_error_once_microsoft_has_no_original() {
    let world = World::new().await;
    let sql = "INSERT INTO artifact (integration_id, kind, graph_id, archive_key, verified_at, damaged_at, damage, created_at, updated_at)
               SELECT id, 'recording', 'MSMx', 'Recordings/X/x.mp4', $1, $1, 'The file is missing.', $1, $1 FROM integration";
    write(&world, sql, params![world.app.clock.now()]).await;
    check(&world, ("archive_damaged", Warning, &["archive --verify", "Manage, Storage"])).await;
    write(&world, "UPDATE artifact SET gone_at = $1", params![world.app.clock.now()]).await;
    check(&world, ("archive_damaged", Error, &["backup of the archive"])).await;
}

#[tokio::test]
async fn a_pause_that_microsoft_asked_for_is_named() {
    let world = World::new().await;
    let tx = world.app.store.write().await.expect("a transaction");
    let until = world.app.clock.now() + TimeDelta::minutes(9);
    lanes::pause(&tx, "chat/19:meeting", until).await.expect("paused");
    tx.commit().await.expect("kept");
    check(&world, ("throttled", Warning, &["06:09:00", "chat/19:meeting"])).await;
}

#[tokio::test]
async fn meetings_of_the_month_are_counted_before_microsoft_refuses_more() {
    let school = School::new().await;
    school.class_tomorrow().await;
    school.run_jobs().await;
    for (more, code, severity) in
        [(1_600, "meeting_limit_near", Warning), (400, "meeting_limit_reached", Error)]
    {
        let copies = "INSERT INTO meeting (conference_id, starts_at, ends_at, transaction_id, service_account_id,
                 verdict, settled_at, created_at, updated_at)
             SELECT m.conference_id, m.starts_at, m.ends_at, m.transaction_id || '-' || n.n, m.service_account_id,
                 'not_held', m.created_at, m.created_at, m.created_at
             FROM (SELECT * FROM meeting ORDER BY id LIMIT 1) m, (WITH RECURSIVE c(n) AS
                 (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < $1) SELECT n FROM c) n";
        let copies = copies.replace("'-'", &format!("'-{more}-'"));
        write(&school.world, &copies, params![i64::from(more)]).await;
        check(&school.world, (code, severity, &["2000", "{email}"])).await;
    }
}

/// A class that was held and recorded yesterday, as far as our rows go; Teams knows its meeting.
async fn held_yesterday(school: &School, columns: &str) {
    school.class_tomorrow().await;
    school.run_jobs().await;
    let ended = school.world.app.clock.now() - TimeDelta::days(1);
    let sql = format!("UPDATE meeting SET starts_at = $1, ends_at = $2, {columns}");
    write(&school.world, &sql, params![ended - TimeDelta::hours(1), ended]).await;
}

#[tokio::test]
async fn attendance_and_chat_that_teams_keeps_to_itself_are_named() {
    let school = School::new().await;
    held_yesterday(&school, "verdict = 'recorded', settled_at = ends_at").await;
    check(&school.world, ("attendance_disabled", Warning, &["{account}", "AllowEngagementReport"])).await;
    school
        .world
        .sim
        .patch_tenant(
            &json!({ "chats_readable": false, "meeting_policy": { "allow_attendance_report": false },
            "switches": { "disabled_attendance_status": 403 } }),
        )
        .expect("the simulator knows it");
    let seen = examine(&school.world).await;
    found(&school.world, &seen, ("chat_forbidden", Error, &["Chat.Read.All"]));
    found(&school.world, &seen, ("attendance_disabled", Warning, &["AllowEngagementReport"]));
}

#[tokio::test]
async fn files_that_cannot_be_fetched_show_that_sharepoint_is_out_of_reach() {
    let school = School::new().await;
    let (_, meeting) = school.class_tomorrow().await;
    school.run_jobs().await;
    school.world.advance(TimeDelta::hours(28));
    let join_url = school.meeting(meeting).await.join_url;
    let held = school
        .world
        .sim
        .hold(&msgraph_sim::HoldRequest { join_url, ..Default::default() })
        .expect("the class is held");
    let recording = &held.recordings[0];
    write(
        &school.world,
        "INSERT INTO artifact (integration_id, kind, drive_id, item_id, created_at, updated_at)
         VALUES ((SELECT MIN(id) FROM integration), 'recording', $1, $2, $3, $3)",
        params![recording.drive_id, recording.item_id, school.world.app.clock.now()],
    )
    .await;
    let seen = examine(&school.world).await;
    assert!(seen.in_order.iter().any(|well| well.probe == "sharepoint"), "{:?}", seen.findings);
    school
        .world
        .sim
        .patch_tenant(&json!({ "switches": { "download_host": "127.0.0.1:9" } }))
        .expect("a switch");
    check(&school.world, ("sharepoint_unreachable", Error, &["contoso-my.sharepoint.com", "{email}"])).await;
}

#[tokio::test]
async fn classes_that_microsoft_cannot_find_any_more_are_counted() {
    let school = School::new().await;
    held_yesterday(&school, "created_at = created_at").await;
    let long_ago = school.world.app.clock.now() - TimeDelta::days(70);
    write(&school.world, "UPDATE meeting SET starts_at = $1, ends_at = $1", params![long_ago]).await;
    let expired = check(&school.world, ("meetings_expired", Warning, &["60 days"])).await;
    assert_eq!(expired.classes_harmed, 1);
}

#[tokio::test]
async fn addresses_for_object_ids_and_accounts_made_anew_are_named() {
    let school = School::new().await;
    school.class_tomorrow().await;
    school.run_jobs().await;
    write(
        &school.world,
        "UPDATE \"user\" SET entra_object_id = email WHERE email = 'learner@contoso.example'",
        params![],
    )
    .await;
    write(
        &school.world,
        "UPDATE meeting SET organizer_id = '11111111-2222-4333-8444-555555555555'",
        params![],
    )
    .await;
    let seen = examine(&school.world).await;
    found(
        &school.world,
        &seen,
        ("object_id_malformed", Warning, &["1 people and 0 classes", "entra_object_id"]),
    );
    let anew = found(&school.world, &seen, ("account_recreated", Warning, &["{account}", "{email}"]));
    assert_eq!(anew.classes_harmed, 1);
}

#[tokio::test]
async fn harm_is_counted_in_classes_to_come_and_in_those_that_went_missing_since() {
    let school = School::new().await;
    held_yesterday(&school, "verdict = 'missing', verdict_cause = 'not_enabled'").await;
    school.class_tomorrow_at("14:00", "15:00").await;
    school.run_jobs().await;
    school.world.sim.patch_tenant(&json!({ "access_policy": "none" })).expect("a patch");
    let broken = check(&school.world, ("access_policy_missing", Error, &[])).await;
    assert_eq!(broken.classes_harmed, 2, "one to come, one missing");
    school.world.sim.patch_tenant(&json!({ "access_policy": "all" })).expect("a patch");
    school.world.advance(TimeDelta::minutes(1));
    examine(&school.world).await;
    school.world.sim.patch_tenant(&json!({ "access_policy": "none" })).expect("a patch");
    school.world.advance(TimeDelta::minutes(1));
    let again = check(&school.world, ("access_policy_missing", Error, &[])).await;
    assert_eq!(again.classes_harmed, 1, "what went missing before it was well again is another matter");
}

/// Codes that no tenant, setting or row of a test can bring about.
const NOT_FROM_OUTSIDE: [Code; 2] = [
    // A database that cannot be written cannot be read here either: every look begins with a read.
    Code::DatabaseUnwritable,
    // The sign-in service hands out tokens of the tenant it was asked for.
    Code::TenantMismatch,
];

#[test]
fn every_code_has_a_case() {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let files = [
        "tests/it/doctor_cases.rs",
        "tests/it/restore.rs",
        "tests/it/doctor.rs",
        "tests/it/doctor_news.rs",
        "tests/it/doctor_policies.rs",
        "src/ops/doctor/refusal.rs",
    ];
    let text: String =
        files.iter().map(|file| std::fs::read_to_string(root.join(file)).expect("a test file")).collect();
    let untested: Vec<_> = Code::ALL
        .iter()
        .filter(|code| !NOT_FROM_OUTSIDE.contains(code) && !text.contains(&format!("\"{code}\"")))
        .collect();
    assert!(untested.is_empty(), "without a case: {untested:?}");
    assert!(Code::ALL.len() >= 60);
}
