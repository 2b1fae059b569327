//! Sample pages for administrators and officers: Microsoft Teams, monitor, ledger, audit, inbox.

use axum::{
    body::Body,
    http::{Response, StatusCode},
};

use super::{Build, sample};
use crate::web::{
    page::{Place, Standing, html},
    pages::{
        audit::{Audit, AuditRow},
        inbox::{Decided, Inbox, InboxItem, SuggestedClass},
        integration::{Finding, Integration, NoticeSettings, Policy, RehearsalPart},
        ledger::{Ledger, LedgerRow},
        monitor::{DeadJob, JobRow, Monitor, StatusRow},
        trouble,
    },
    parts::{Badge, Chip, Choice, Command, Empty, Field, FieldKind, Link, Locked, Mark, Note, PartLine},
    text::Text,
};

pub(super) const SAMPLES: &[(&str, Build)] = &[
    ("teams", |t| html(StatusCode::OK, &integration(t))),
    ("teams-first", integration_first),
    ("monitor", monitor),
    ("ledger", ledger),
    ("audit", audit),
    ("inbox", inbox),
    ("inbox-empty", inbox_empty),
];

fn findings(t: &'static Text) -> Vec<Finding> {
    vec![
        Finding {
            mark: Mark::Missing,
            severity: "Does not work",
            title: "Recording cannot be switched on for meetings of recordings-03".to_owned(),
            text: "The account has no application access policy, so Teams lets OnRecord create the meeting but not change it. In the log: Failed to enable auto-recording.".to_owned(),
            facts: vec![
                ("Harmed", "6 classes until Friday; the first today at 15:00".to_owned()),
                ("Since", "Monday 16 November, 08:02 CET. It has never worked for this account.".to_owned()),
                ("Who", "A Teams administrator, in PowerShell".to_owned()),
            ],
            fix: "Grant the policy to the account. It takes effect within 30 minutes.".to_owned(),
            command: Some(Command {
                t,
                label: "PowerShell command".into(),
                text: "Grant-CsApplicationAccessPolicy -PolicyName OnRecord `\n  -Identity 6f1d0c8e-52b7-4a6c-9f0e-1b2f7a30c9d4".to_owned(),
            }),
            link: None,
        },
        Finding {
            mark: Mark::Waiting,
            severity: "Soon",
            title: "The client secret expires in 19 days".to_owned(),
            text: "On 7 December 2026. From then on nothing is recorded or fetched.".to_owned(),
            facts: vec![("Harmed", "Nothing yet".to_owned())],
            fix: "Make a new secret or, better, a certificate, and save it below.".to_owned(),
            command: None,
            link: Some(Link::new("https://entra.microsoft.com/", "Open in Entra")),
        },
    ]
}

fn connection(t: &'static Text) -> Vec<Field> {
    vec![
        Field::new("tenant_id", "Directory (tenant) id", FieldKind::Text)
            .value("8e0a1f52-0c64-4c5d-8f2e-64f9b1a7d310")
            .locked(Some(Locked { t, variable: "TEAMS_TENANT_ID".to_owned() })),
        Field::new("client_id", "Application (client) id", FieldKind::Text)
            .value("c2a95f0d-7e11-4f3b-a0f6-0f6f1d8a2be7"),
        Field::new("client_secret", "New client secret", FieldKind::NewPassword).hint(
            "The present one ends in “…x7Q”. Leave empty to keep it. It is sealed and never shown again.",
        ),
    ]
}

fn integration(t: &'static Text) -> Integration {
    let kind = |value: &str, words: &str, chosen| Choice {
        value: value.to_owned(),
        words: words.to_owned(),
        chosen,
    };
    let basis = |value: &str, words: &str| Choice::new(value, words, "legitimate_interest");
    Integration {
        page: sample::page(t, t.get("teams-title"), Place::Teams, Standing::Admin),
        lead: "Connected to Westerdam University. Classes are being recorded. One thing does not work, and one will stop working soon.".to_owned(),
        checked: "Checked 4 minutes ago, 17 of 19 in order".to_owned(),
        findings: findings(t),
        all_well: None,
        connection: connection(t),
        accounts: Field::new("service_accounts", "Service accounts", FieldKind::Area)
            .value("recordings-01@westerdam.example\nrecordings-02@westerdam.example\nrecordings-03@westerdam.example")
            .hint("One a line. All meetings belong to them."),
        kinds: vec![
            kind("transcripts", "Transcripts", true),
            kind("attendance", "Attendance", true),
            kind("chat", "Chat", true),
            kind("files", "Shared files", false),
        ],
        in_order: vec![
            PartLine::new(Mark::Recorded, "Sign-in", "Token in 180 ms"),
            PartLine::new(Mark::Recorded, "Mailboxes", "3 of 3 found"),
            PartLine::new(Mark::Recorded, "Licences", "3 of 3 accounts"),
        ],
        news: vec![PartLine::new(Mark::Recorded, t.get("news-line"), t.with("news-sum", &[("live", 3.into()), ("wanted", 3.into())]))],
        room: sample::meters(),
        room_words: "New classes go to the account with the most room.".to_owned(),
        policies: policies(t),
        rehearsal: RehearsalPart {
            steps: vec![
                PartLine::new(Mark::Recorded, t.get("rehearsal-create"), "The event is in the calendar"),
                PartLine::new(Mark::Waiting, t.get("rehearsal-join-url"), t.get("rehearsal-step-running")),
                PartLine::new(Mark::Upcoming, t.get("rehearsal-lookup"), t.get("rehearsal-step-next")),
            ],
            words: t.get("rehearsal-running").to_owned(),
            refresh: None,
        },
        notice: NoticeSettings {
            basis: vec![
                basis("consent", "Consent"),
                basis("public_task", "Public task"),
                basis("legitimate_interest", "Legitimate interest"),
                basis("legal_obligation", "Legal obligation"),
            ],
            fields: vec![
                Field::new("contact", "Whom to ask", FieldKind::Email).value("privacy@westerdam.example"),
                Field::new("wording", "Other wording", FieldKind::Area).hint("Leave empty for the wording below."),
            ],
            preview: sample::notice(),
            version: "Version 4, in force since 1 September".to_owned(),
        },
    }
}

fn policies(t: &'static Text) -> Vec<Policy> {
    vec![
        Policy {
            topic: "recording",
            mark: Mark::Recorded,
            wish: t.get("policy-recording"),
            answered: "Yes, said Ines Sommer on 2 November 2026".to_owned(),
            lost: String::new(),
            command: None,
        },
        Policy {
            topic: "attendance",
            mark: Mark::Waiting,
            wish: t.get("policy-attendance"),
            answered: t.get("policy-unanswered").to_owned(),
            lost: "There is no attendance, and a class that was not held cannot be told from one that was not recorded.".to_owned(),
            command: Some(Command {
                t,
                label: t.get("finding-command").into(),
                text: "Get-CsTeamsMeetingPolicy | Format-Table Identity, AllowEngagementReport".to_owned(),
            }),
        },
    ]
}

fn integration_first(t: &'static Text) -> Response<Body> {
    let page = Integration {
        lead: "Not connected yet. Until it is, classes cannot be scheduled in Teams.".to_owned(),
        checked: String::new(),
        findings: Vec::new(),
        all_well: Some(
            Note::new(None, "Nothing has been checked yet")
                .line("Fill in the connection below, then save and verify."),
        ),
        in_order: Vec::new(),
        news: vec![PartLine::new(Mark::Upcoming, t.get("news-line"), t.get("news-unreachable"))],
        room: Vec::new(),
        ..integration(t)
    };
    html(StatusCode::OK, &page)
}

fn monitor(t: &'static Text) -> Response<Body> {
    let status = |mark, words: &str, code: &str, count| StatusRow {
        mark,
        words: words.to_owned(),
        code: code.to_owned(),
        count,
        href: Some("/styleguide/conferences".to_owned()),
    };
    let job = |kind: &str, waiting, dead| JobRow {
        kind: kind.to_owned(),
        waiting,
        running: 1,
        dead,
        oldest: "4 s".to_owned(),
    };
    let page = Monitor {
        page: sample::page(t, t.get("nav-monitor"), Place::Monitor, Standing::Admin),
        headline: "Recording works. One account is nearly full.".to_owned(),
        lead: "Checked a minute ago.".to_owned(),
        wrong: vec![trouble::storage_full(t, "recordings-03@westerdam.example")],
        health: vec![
            PartLine::new(Mark::Recorded, "Microsoft", "Answers in 180 ms"),
            PartLine::new(Mark::Recorded, "Database", "SQLite, 214 MB"),
            PartLine::new(Mark::Recorded, "Sync", "Last run 40 seconds ago"),
            PartLine::new(Mark::Waiting, "OneDrive", "recordings-03 at 97 %"),
        ],
        statuses: vec![
            status(Mark::Recorded, "Recording is on", "enabled", 1033),
            status(Mark::Waiting, "Not concluded yet", "pending", 7),
            status(Mark::Missing, "Access policy missing", "failed_access_policy", 6),
        ],
        recordings: vec![status(Mark::Recorded, "Recording is on", "enabled", 1215)],
        verdicts: vec![
            status(Mark::Recorded, "Recorded", "recorded", 1012),
            status(Mark::Missing, "Missing", "missing", 21),
        ],
        stored: vec![
            status(Mark::Recorded, "In OneDrive", "stored_in_onedrive = true", 1204),
            status(Mark::NotHeld, "No longer or not yet in OneDrive", "stored_in_onedrive = false", 11),
        ],
        jobs: vec![job("provision", 12, 0), job("sync", 3, 1)],
        dead: vec![DeadJob {
            id: 9,
            kind: "sync".to_owned(),
            subject: "Practical group B, 17 November".to_owned(),
            subject_href: Some("/styleguide/class-overview".to_owned()),
            error: "Download failed: Microsoft answered 403 accessDenied".to_owned(),
            at: sample::when(t).day_time(sample::at(17, 15, 3)),
            attempts: 8,
        }],
        may_retry: true,
    };
    html(StatusCode::OK, &page)
}

fn ledger(t: &'static Text) -> Response<Body> {
    let row = |title: &str, (day, hour), mark: Mark| LedgerRow {
        href: "/styleguide/class-overview".to_owned(),
        title: title.to_owned(),
        course: "BIO-204".to_owned(),
        teachers: "Dr. Ngozi Adeyemi and Łukasz Wójcik".to_owned(),
        course_href: "/styleguide/course-staff".to_owned(),
        when: sample::when(t).day_time(sample::at(day, hour, 0)),
        verdict: mark.pill(t),
        cause: String::new(),
        basis: String::new(),
        fix: String::new(),
        who: String::new(),
    };
    let chip = |mark: Mark, count| Chip {
        href: "/styleguide/ledger".to_owned(),
        mark: Some(mark),
        words: mark.word(t).to_owned().into(),
        count: Some(count),
        current: mark == Mark::Missing,
    };
    let missing = LedgerRow {
        cause: t.get("missing-policy-off").to_owned(),
        basis: t.get("basis-inferred").to_owned(),
        fix: t.get("missing-policy-off-fix").to_owned(),
        who: t.get("owner-admin").to_owned(),
        ..row("Practical group B", (17, 14), Mark::Missing)
    };
    let page = Ledger {
        page: sample::page(t, t.get("ledger-title"), Place::Ledger, Standing::Officer),
        export_href: "/styleguide/ledger".to_owned(),
        filters: vec![
            Field::new("from", t.get("audit-from"), FieldKind::Date),
            Field::new("to", t.get("audit-to"), FieldKind::Date),
        ],
        verdict: String::new(),
        course_id: String::new(),
        only_course: None,
        chips: vec![chip(Mark::Missing, 21), chip(Mark::Recorded, 1012), chip(Mark::NotHeld, 14)],
        rows: vec![
            missing,
            row("The living cell", (16, 10), Mark::Recorded),
            row("Practical group B", (10, 14), Mark::NotHeld),
        ],
        empty: None,
        pager: None,
    };
    html(StatusCode::OK, &page)
}

fn audit(t: &'static Text) -> Response<Body> {
    let entry = |seq, minute, who: &str, what: &str, action: &str, detail: &str| AuditRow {
        seq,
        at: sample::when(t).day_time(sample::at(18, 10, minute)),
        who: who.to_owned(),
        what: what.to_owned(),
        action: action.to_owned(),
        about: "Practical group B, Tue 10 Nov, 14:00".to_owned(),
        subject: "meeting:11".to_owned(),
        subject_href: Some("/styleguide/class-overview".to_owned()),
        detail: detail.to_owned(),
    };
    let page = Audit {
        page: sample::page(t, t.get("audit-title"), Place::Audit, Standing::Officer),
        chain: Note::new(Some(Mark::Recorded), "The chain holds")
            .line("48,211 entries, compared a minute ago."),
        filters: vec![
            Field::new("who", t.get("column-who"), FieldKind::Search),
            Field::new(
                "action",
                t.get("column-what"),
                FieldKind::Select(vec![Choice::new("", "Everything", "")]),
            ),
            Field::new("from", "From", FieldKind::Date),
            Field::new("to", "To", FieldKind::Date),
        ],
        carried: Vec::new(),
        only: Some((t.with("audit-only", &[("name", "Cell Biology".into())]), "#".to_owned())),
        exports: vec![("CSV", "#".to_owned()), ("JSON Lines", "#".to_owned())],
        entries: vec![
            entry(None, 41, "Θεοδώρα Παπαδοπούλου", "Recording downloaded", "recording.downloaded", ""),
            entry(
                Some(48_211),
                30,
                "Łukasz Wójcik",
                "Attempt to disable recording",
                "recording.disable_refused",
                "Asked by the API; recording stays on.",
            ),
            entry(
                Some(48_210),
                2,
                "OnRecord",
                "Recording switched on again in Teams",
                "recording.drift_repaired",
                "Found off 40 seconds earlier.",
            ),
        ],
        empty: None,
        pager: Some(sample::pager(t)),
    };
    html(StatusCode::OK, &page)
}

fn inbox_page(t: &'static Text, headline: &str) -> Inbox {
    Inbox {
        page: sample::page(t, t.get("nav-inbox"), Place::Inbox, Standing::Admin),
        headline: headline.to_owned(),
        items: Vec::new(),
        no_class_reasons: vec![Choice::new("private", t.get("no-class-private"), "")],
        empty: None,
        pager: None,
        decided: vec![Decided {
            id: 4,
            name: "Meeting-20261116_090002UTC-Meeting Recording.mp4".to_owned(),
            words: "belongs to no class: a test, decided by Amina Berg".to_owned(),
            at: sample::when(t).relative(sample::at(17, 13, 2)),
        }],
        may_decide: true,
    }
}

fn inbox(t: &'static Text) -> Response<Body> {
    let item = InboxItem {
        id: 5,
        name: "Practical group B-20261117_140211-Meeting Recording.mp4".to_owned(),
        kind: Badge::new("play", "Recording"),
        at: Some(sample::when(t).day_time(sample::at(17, 13, 2))),
        detail: "1 h 12 min, 388 MB, in the OneDrive of recordings-02".to_owned(),
        reason: "Two classes of this title took place at that time, and Microsoft does not say which call it is from.".to_owned(),
        watch_href: Some("/recordings/5".to_owned()),
        suggestions: vec![SuggestedClass {
            meeting_id: 41,
            words: "BIO-204 Practical group B, Tue 17 Nov, 14:00".to_owned(),
            reasons: "same name, same time, same organizer, no recording yet".to_owned(),
            first: true,
        }],
        searched: None,
        candidates: vec![
            Choice::new("41", "BIO-204 Practical group B, Tue 17 Nov, 14:00", "41"),
            Choice::new("42", "BIO-204 Practical group A, Tue 17 Nov, 14:00", "41"),
        ],
    };
    let orphan = InboxItem {
        id: 6,
        candidates: Vec::new(),
        suggestions: Vec::new(),
        name: "Meeting.mp4".to_owned(),
        reason: "No class of ours was held at that time.".to_owned(),
        ..item.clone()
    };
    html(
        StatusCode::OK,
        &Inbox { items: vec![item, orphan], ..inbox_page(t, "Two recordings belong to no class yet") },
    )
}

fn inbox_empty(t: &'static Text) -> Response<Body> {
    let empty = Empty {
        icon: "inbox",
        title: "Nothing to decide".into(),
        text: "Everything Microsoft shows belongs to a class.".into(),
        action: None,
    };
    html(StatusCode::OK, &Inbox { empty: Some(empty), ..inbox_page(t, "The inbox is empty") })
}
