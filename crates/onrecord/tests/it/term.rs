//! A term in school, played by the simulator: classes that are held, forgotten, cut short, cancelled or spoilt, and what
//! the product says of each in the end, compared with what really happened.
//! `ONRECORD_TERM=10000` makes it a whole term; CI plays a small one.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use msgraph_sim::{Attendee, Attendees, Delays, HoldOutcome, HoldRequest, Outcome, Person};
use onrecord::model::people::GlobalRole;
use onrecord::ops::actor::Actor;
use onrecord::ops::import::{self, Options, Source};
use onrecord::store::Read as _;
use onrecord::{params, worker};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::dice::{Dice, wished};
use crate::fates::{FATES, FULL, Fate, employ, fate};
use crate::world::World;

/// Classes of one day.
const A_DAY: usize = 200;

/// Jobs worked on at once.
const AT_ONCE: usize = 12;

/// After the last class nothing more is expected.
const TAIL: TimeDelta = TimeDelta::hours(80);

/// One class of the plan.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    /// The school's own id of class and slot.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) starts_at: DateTime<Utc>,
    pub(crate) fate: Fate,
    /// Who organizes it, where the school's files say so.
    organizer: Option<String>,
}

impl Planned {
    fn ends_at(&self) -> DateTime<Utc> {
        self.starts_at + TimeDelta::hours(1)
    }
}

/// A term under way.
pub(crate) struct Term {
    pub(crate) world: World,
    pub(crate) classes: Vec<Planned>,
    pub(crate) held: HashMap<String, HoldOutcome>,
    dice: Dice,
    _serving: JoinSet<()>,
}

/// What happens at school, besides the product's own work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Happening {
    Hold,
    SwitchOff,
    Cancel,
}

impl Term {
    /// A term of so many classes, which stand in the school's files. Nobody tells the school anything.
    pub(crate) async fn planned(classes: usize, seed: u64) -> Self {
        Self::with((classes, seed), &[]).await
    }

    /// The same for a school that Microsoft can reach.
    pub(crate) async fn listening(classes: usize, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let settings = [("ONRECORD_NOTIFICATIONS", "auto"), ("ONRECORD_NOTIFICATION_URL", url.as_str())];
        let term = Self::with((classes, seed), &settings).await;
        let serving = term.world.serve(listener);
        Self { _serving: serving, ..term }
    }

    async fn with((classes, seed): (usize, u64), settings: &[(&str, &str)]) -> Self {
        let mut dice = Dice::seeded(seed);
        let mut fates: Vec<Fate> = (0..classes).map(|_| fate(dice.below(100))).collect();
        // Where there is room every fate comes, and two of one title and hour.
        if classes > FATES.len() + 2 {
            let once = FATES.iter().map(|(_, fate)| *fate).chain([Fate::Held; 3]);
            fates.iter_mut().zip(once).for_each(|(fate, once)| *fate = once);
        }
        let accounts: Vec<String> =
            (0..=classes / 1_500).map(|number| format!("recordings{number}@contoso.example")).collect();
        let accounts_named = format!("{FULL},{}", accounts.join(","));
        let mut all = vec![("TEAMS_RECORDING_ADMIN_EMAIL", accounts_named.as_str())];
        all.extend(settings);
        let world = World::with(&all).await;
        employ(&world, &accounts, &fates);
        world.user("admin@contoso.example", Some(GlobalRole::Admin)).await;
        let monday = world.app.clock.now() + TimeDelta::days(1);
        let plan = |number: usize| Planned {
            id: format!("class-{number}"),
            title: format!("Lecture {number}"),
            starts_at: monday
                + TimeDelta::days((number / A_DAY) as i64)
                + TimeDelta::hours((number / 2 % 10) as i64),
            fate: fates[number],
            organizer: fates[number].organizer(number),
        };
        let mut classes: Vec<Planned> = (0..classes).map(plan).collect();
        // Two of one title at one hour must not swap. Where one of them leaves several files, a person has to tell.
        for pair in classes.chunks_exact_mut(2).filter(|pair| pair.iter().all(|one| one.fate == Fate::Held)) {
            pair[1].title = pair[0].title.clone();
        }
        let term = Self { world, classes, held: HashMap::new(), dice, _serving: JoinSet::new() };
        // The drives are known before the first class is planned.
        term.work_until(term.now()).await;
        term
    }

    /// The school's files, read.
    pub(crate) async fn import(&self) {
        let report = import::run(&self.world.app, Actor::Operator, &self.files(), Options::default()).await;
        let report = report.expect("an import");
        assert!(report.applied && report.errors.is_empty(), "{:#?}", report.errors);
    }

    /// The school's files.
    pub(crate) fn files(&self) -> Source {
        let mut conferences = "id,course_id,title,description,published,time_zone\n".to_owned();
        let mut slots = "id,conference_id,date,start_time,end_time,join_url,event_id,organizer\n".to_owned();
        for class in &self.classes {
            use std::fmt::Write as _;
            writeln!(conferences, "{},c1,{},,true,UTC", class.id, class.title).expect("text");
            let (from, to) = (class.starts_at.format("%Y-%m-%d,%H:%M"), class.ends_at().format("%H:%M"));
            let organizer = class.organizer.as_deref().unwrap_or_default();
            writeln!(slots, "{0},{0},{from},{to},,,{organizer}", class.id).expect("text");
        }
        let files: [(&'static str, String); 5] = [
            ("users.csv", "id,email,name,role\nu1,instructor@contoso.example,Maya,\nu2,learner@contoso.example,Tomas,\n".to_owned()),
            ("courses.csv", "id,code,title,term,starts_on,ends_on\nc1,ALG-1,Algebra,2026,2026-09-01,\n".to_owned()),
            ("enrolments.csv", "course_id,user_id,role,section,ends_on\nc1,u1,instructor,,\nc1,u2,learner,,\n".to_owned()),
            ("conferences.csv", conferences),
            ("time_slots.csv", slots),
        ];
        Source::Contents(files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect())
    }

    /// Everything that is due until then, several jobs at once; what failed is tried again at its time.
    pub(crate) async fn work_until(&self, then: DateTime<Utc>) {
        loop {
            worker::run_side_by_side(&self.world.app, AT_ONCE).await;
            if self.now() >= then {
                return;
            }
            let again = self.next_try().await.unwrap_or(then).max(self.now() + TimeDelta::seconds(1));
            self.go_to(again.min(then));
        }
    }

    /// When the next job is due that is no recurring duty.
    async fn next_try(&self) -> Option<DateTime<Utc>> {
        let sql = "SELECT MIN(run_at) AS at FROM job WHERE dead_at IS NULL AND kind <> 'duty'";
        let row = self.world.app.store.row(sql, params![]).await.expect("a query").expect("a row");
        row.get("at").expect("a moment or none")
    }

    /// The whole term until nothing more is expected.
    pub(crate) async fn play(&mut self) {
        let mut plan = self.happenings();
        plan.reverse();
        let first = self.classes.iter().map(|class| class.starts_at).min().unwrap_or_else(|| self.now());
        let last = self.classes.iter().map(Planned::ends_at).max().unwrap_or(first);
        while self.now() < last + TAIL {
            let next = self.now() + step(self.now(), first, last);
            while let Some((at, class, what)) = plan.pop_if(|(at, ..)| *at <= next) {
                if at > self.now() {
                    self.work_until(at).await;
                }
                self.happen(&class, what).await;
            }
            self.work_until(next).await;
        }
    }

    fn happenings(&self) -> Vec<(DateTime<Utc>, Planned, Happening)> {
        let mut plan: Vec<_> = self
            .classes
            .iter()
            .flat_map(|class| {
                // The guard looks no more once a class has begun.
                let begun = class.starts_at + TimeDelta::seconds(10);
                let mut of_class = Vec::new();
                match class.fate {
                    Fate::Cancelled => of_class.push((begun - TimeDelta::hours(2), Happening::Cancel)),
                    Fate::SwitchedOff => of_class.push((begun, Happening::SwitchOff)),
                    _ => {}
                }
                if !matches!(class.fate, Fate::Cancelled | Fate::Unlicensed) {
                    of_class.push((class.ends_at(), Happening::Hold));
                }
                of_class.into_iter().map(move |(at, what)| (at, class.clone(), what))
            })
            .collect();
        plan.sort_by_key(|(at, ..)| *at);
        plan
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.world.app.clock.now()
    }

    /// Time goes on until then, if it has not come yet.
    pub(crate) fn go_to(&self, then: DateTime<Utc>) {
        let span = then - self.now();
        if span > TimeDelta::zero() {
            self.world.advance(span);
        }
    }

    async fn happen(&mut self, class: &Planned, what: Happening) {
        match what {
            Happening::Cancel => {
                let path = format!("/api/v1/conferences/{}", self.conference(class).await);
                self.world.sign_in("admin@contoso.example").await.delete(&path).await;
            }
            Happening::SwitchOff => {
                let link = self.join_url(class).await.expect("the class has its link by now");
                assert!(self.world.sim.flip_recording(&link, false), "Teams knows the meeting");
            }
            Happening::Hold => self.hold(class).await,
        }
    }

    async fn conference(&self, class: &Planned) -> i64 {
        let sql = "SELECT conference_id AS n FROM meeting WHERE external_id = $1";
        let row = self.world.app.store.row(sql, params![class.id.as_str()]).await.expect("a query");
        row.expect("the class is there").get("n").expect("a number")
    }

    pub(crate) async fn join_url(&self, class: &Planned) -> Option<String> {
        let sql = "SELECT join_url FROM meeting WHERE external_id = $1";
        let row = self.world.app.store.row(sql, params![class.id.as_str()]).await.expect("a query");
        row.expect("the class is there").get("join_url").expect("a link or none")
    }

    /// The class takes place as it must.
    pub(crate) async fn hold(&mut self, class: &Planned) {
        let link = self.join_url(class).await.unwrap_or_else(|| panic!("{} has no Teams meeting", class.id));
        let outcome = match class.fate {
            Fate::NotHeld | Fate::Unreadable => Outcome::NotHeld,
            Fate::NotRecorded => Outcome::NotRecorded,
            Fate::StoppedEarly => Outcome::StoppedEarly,
            Fate::NoTranscript => Outcome::NoTranscript,
            Fate::TranscriptOnly => Outcome::TranscriptOnly,
            Fate::FalseStart => Outcome::FalseStart,
            Fate::RecordingFailed | Fate::DriveFull => Outcome::RecordingFailed,
            Fate::NeverOffered => Outcome::NeverOffered,
            _ => Outcome::Held,
        };
        let listener = Person {
            email: Some("learner@contoso.example".to_owned()),
            role: Some("Attendee".to_owned()),
            ..Person::default()
        };
        let alone = Attendees::People(vec![Attendee::Person(listener)]);
        let mut late = || self.dice.below(2_400) as i64;
        let mut delays =
            Delays { recording: late(), transcript: late(), attendance: late(), chat: late(), files: late() };
        match class.fate {
            Fate::OfferedLate => delays.recording = 5 * 3_600,
            Fate::OrganizerLeft => {
                let late = 3_600;
                delays =
                    Delays { recording: late, transcript: late, attendance: late, chat: late, files: late };
            }
            Fate::Unreadable => self.close(class).await,
            _ => {}
        }
        let request = HoldRequest {
            join_url: Some(link),
            started_at: Some(class.starts_at),
            length_s: Some(3_600),
            parts: (class.fate == Fate::TwoParts).then_some(2),
            outcome,
            attendees: (class.fate == Fate::NobodyMayRecord).then_some(alone),
            delays,
            ..HoldRequest::default()
        };
        let held = self.world.sim.hold(&request).expect("the class can be held");
        self.held.insert(class.id.clone(), held);
        if class.fate == Fate::OrganizerLeft {
            let organizer = class.organizer.as_deref().expect("an organizer of its own");
            let gone = json!({ "users": { (organizer): null } });
            self.world.sim.patch_tenant(&gone).expect("the tenant takes it");
        }
    }

    /// Microsoft lets nobody read who came to the class and what was said.
    async fn close(&self, class: &Planned) {
        let sql = "SELECT chat_thread_id, online_meeting_id FROM meeting WHERE external_id = $1";
        let row = self.world.app.store.row(sql, params![class.id.as_str()]).await.expect("a query");
        let row = row.expect("the class is there");
        let id = |column: &str| row.get::<String>(column).expect("an id by now");
        for (path, id) in [("/chats/", id("chat_thread_id")), ("/onlineMeetings/", id("online_meeting_id"))] {
            // The id as it stands in a path, without what may be written in two ways there.
            let plain: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '*' }).collect();
            let what = if path == "/chats/" { "*" } else { "/attendance*" };
            let fault = json!({ "path": format!("*{path}{plain}{what}"), "status": 403 });
            self.world.sim.add_fault(&fault).expect("the simulator takes it");
        }
    }

    /// What the product says in the end, without ids and moments of its own: equal for equal terms.
    pub(crate) async fn end_state(&self) -> BTreeMap<String, Vec<String>> {
        let mut state: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (what, sql) in END_STATE {
            for row in self.world.app.store.rows(sql, params![]).await.expect("a query") {
                let class: Option<String> = row.get("class").expect("a class");
                let line: String = row.get("line").expect("a line");
                state
                    .entry(class.unwrap_or_else(|| "inbox".to_owned()))
                    .or_default()
                    .push(format!("{what}: {line}"));
            }
        }
        for meeting in self.meetings_in_teams().await {
            let named = format!("teams: {} {}", meeting["subject"], meeting["start"]);
            state.entry("teams".to_owned()).or_default().push(named);
        }
        for lines in state.values_mut() {
            lines.sort();
        }
        state
    }

    /// The meetings that really are in Teams.
    pub(crate) async fn meetings_in_teams(&self) -> Vec<Value> {
        let answer = reqwest::get(format!("{}/sim/meetings", self.world.sim.url())).await.expect("an answer");
        let mut all: Value = answer.json().await.expect("JSON");
        all["meetings"].as_array_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Where the product's word differs from what really happened.
    pub(crate) async fn untruths(&self) -> Vec<String> {
        let state = self.end_state().await;
        let mut wrong = Vec::new();
        for class in &self.classes {
            let none = Vec::new();
            let lines = state.get(&class.id).unwrap_or(&none);
            let said: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("verdict: ")).collect();
            let truth = self.true_verdict(class);
            let is_true = |said: &str| {
                let (verdict, rest) = said.split_once(' ').unwrap_or((said, ""));
                let cause = rest.split(' ').next().unwrap_or_default();
                verdict == truth && (truth != "missing" || class.fate.causes().contains(&cause))
            };
            if said.len() != 1 || !is_true(said[0]) {
                wrong.push(format!("{} ({:?}) is {said:?}, in truth {truth}", class.id, class.fate));
            }
            let is_readable = !matches!(class.fate, Fate::Forbidden | Fate::OrganizerLeft);
            if let Some(held) = self.held.get(&class.id).filter(|_| is_readable) {
                wrong.extend(artifacts_missing(class, held, lines));
            }
        }
        if let Some(strays) = state.get("inbox") {
            wrong.push(format!("in the inbox: {strays:?}"));
        }
        let in_teams = state.get("teams").map_or(0, Vec::len);
        let with_meeting = self.classes.iter().filter(|class| class.fate != Fate::Unlicensed).count();
        if in_teams != with_meeting {
            wrong.push(format!("{in_teams} meetings in Teams for {with_meeting} classes"));
        }
        wrong
    }

    /// The verdict by what the simulator did.
    fn true_verdict(&self, class: &Planned) -> &'static str {
        if matches!(class.fate, Fate::Unlicensed | Fate::OrganizerLeft | Fate::Unreadable) {
            return "missing";
        }
        let Some(held) = self.held.get(&class.id) else { return "cancelled" };
        if held.call_id.is_none() {
            return "not_held";
        }
        let call_ms = (held.ended_at - held.started_at).num_milliseconds() as u64;
        let covered: u64 = held.recordings.iter().map(|recording| recording.duration_ms).sum();
        if covered * 2 >= call_ms { "recorded" } else { "missing" }
    }
}

/// What was offered and is not there exactly once, or is there and was never offered.
fn artifacts_missing(class: &Planned, held: &HoldOutcome, lines: &[String]) -> Vec<String> {
    let mut offered: Vec<String> = held
        .recordings
        .iter()
        .map(|it| format!("recording: {} {} {}", it.name, it.size_bytes, it.duration_ms))
        .chain(held.files.iter().map(|file| format!("file: {}", file.name)))
        .collect();
    offered.sort();
    let is_kind = |line: &&String| line.starts_with("recording: ") || line.starts_with("file: ");
    let kept: Vec<String> = lines.iter().filter(is_kind).cloned().collect();
    let mut wrong = Vec::new();
    if kept != offered {
        wrong.push(format!("{} ({:?}) keeps {kept:?}, offered were {offered:?}", class.id, class.fate));
    }
    let kinds = [("transcript: ", held.transcript_ids.len()), ("attended: ", held.attendees.len())];
    for (kind, expected) in kinds {
        let kept = lines.iter().filter(|line| line.starts_with(kind)).count();
        if kept != expected {
            wrong.push(format!("{} ({:?}) has {kept} × {kind}{expected} expected", class.id, class.fate));
        }
    }
    wrong
}

/// What belongs to the end state: the class's own id (none: the inbox) and a line.
const END_STATE: [(&str, &str); 6] = [
    (
        "verdict",
        "SELECT external_id AS class, verdict || ' ' || verdict_cause || ' ' || auto_recording_status
             || CASE WHEN settled_at IS NULL AND cancelled_at IS NULL THEN ' unsettled' ELSE ' settled' END
             || CASE WHEN online_meeting_id IS NULL THEN ' nameless' ELSE '' END AS line FROM meeting",
    ),
    (
        "recording",
        "SELECT m.external_id AS class, a.name || ' ' || CAST(COALESCE(a.size_bytes, -1) AS TEXT) || ' '
             || CAST(COALESCE(a.duration_ms, -1) AS TEXT)
             || CASE WHEN a.gone_at IS NULL THEN '' ELSE ' gone' END
             || CASE WHEN a.confidence = 'certain' THEN '' ELSE ' uncertain' END AS line
         FROM artifact a LEFT JOIN meeting m ON m.id = a.meeting_id WHERE a.kind = 'recording'",
    ),
    (
        "transcript",
        "SELECT m.external_id AS class, CAST(a.part AS TEXT) || ' of '
             || CAST((SELECT COUNT(*) FROM transcript_cue c WHERE c.artifact_id = a.id) AS TEXT) || ' cues' AS line
         FROM artifact a LEFT JOIN meeting m ON m.id = a.meeting_id WHERE a.kind = 'transcript'",
    ),
    (
        "file",
        "SELECT m.external_id AS class, a.name || CASE WHEN a.item_id IS NULL THEN ' nowhere' ELSE '' END AS line
         FROM artifact a LEFT JOIN meeting m ON m.id = a.meeting_id WHERE a.kind = 'file'",
    ),
    (
        "attended",
        "SELECT m.external_id AS class, r.name || ' ' || CAST(r.attended_s AS TEXT) AS line
         FROM attendance_record r JOIN meeting m ON m.id = r.meeting_id",
    ),
    (
        "said",
        "SELECT m.external_id AS class, c.sender || ': ' || c.text AS line
         FROM chat_message c JOIN meeting m ON m.id = c.meeting_id",
    ),
];

/// How far time goes at once: the guard and the sweeps look often around classes, and long after the last little is due.
fn step(now: DateTime<Utc>, first: DateTime<Utc>, last: DateTime<Utc>) -> TimeDelta {
    let near = first - TimeDelta::hours(2)..last + TimeDelta::hours(2);
    if near.contains(&now) {
        TimeDelta::minutes(10)
    } else if now < last + TimeDelta::hours(9) {
        TimeDelta::hours(1)
    } else {
        TimeDelta::hours(6)
    }
}

/// What goes wrong on the way in a usual term: a tenth of the calls fail, and most notifications never come.
fn weather(world: &World, seed: u64) {
    for (number, mut fault) in [
        json!({ "path": "/v1.0/", "probability": 0.048, "status": 503 }),
        json!({ "path": "/v1.0/", "probability": 0.002, "status": 429, "retry_after": 1 }),
        json!({ "path": "/v1.0/", "probability": 0.02, "status": 500 }),
        json!({ "path": "/v1.0/", "probability": 0.01, "malformed": true }),
        json!({ "path": "/v1.0/", "probability": 0.01, "html": true }),
        json!({ "path": "/v1.0/", "probability": 0.01, "cut_after": 20 }),
        json!({ "path": "", "probability": 0.6, "notification": "lost" }),
        json!({ "path": "", "probability": 0.1, "notification": "doubled" }),
        json!({ "path": "", "probability": 0.1, "notification": "reordered" }),
    ]
    .into_iter()
    .enumerate()
    {
        fault["seed"] = json!(seed + number as u64);
        world.sim.add_fault(&fault).expect("the simulator takes it");
    }
}

/// Every class of a term has exactly one verdict and it is true, every artifact is there exactly once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_term_ends_in_the_truth() {
    let (classes, seed) = (wished("ONRECORD_TERM", 24) as usize, wished("ONRECORD_SEED", 1));
    let mut term = Term::listening(classes, seed).await;
    term.import().await;
    weather(&term.world, seed);
    term.play().await;
    let told = "SELECT COUNT(*) AS n FROM subscription WHERE heard_at IS NOT NULL";
    let told = term.world.app.store.row(told, params![]).await.expect("a query").expect("a row");
    assert!(told.get::<i64>("n").expect("a number") > 0, "some notifications come through");
    let wrong = term.untruths().await;
    assert!(
        wrong.is_empty(),
        "seed {seed}: {} untruths, of which {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(30)]
    );
    let unsettled = "SELECT COUNT(*) AS n FROM meeting WHERE settled_at IS NULL AND cancelled_at IS NULL";
    let row = term.world.app.store.row(unsettled, params![]).await.expect("a query").expect("a row");
    assert_eq!(row.get::<i64>("n").expect("a number"), 0, "every class is settled");
}

/// Whatever fails on the way, and however often, the end is the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_change_nothing_in_the_end() {
    let (classes, seed) = (wished("ONRECORD_FAULT_CLASSES", 8) as usize, wished("ONRECORD_SEED", 1));
    let mut fair = Term::planned(classes, seed).await;
    fair.import().await;
    fair.play().await;
    let expected = fair.end_state().await;
    assert!(fair.untruths().await.is_empty(), "{:#?}", fair.untruths().await);
    for round in 0..wished("ONRECORD_FAULT_ROUNDS", 1) {
        let mut foul = Term::listening(classes, seed).await;
        foul.import().await;
        let faults = storm(&foul.world, seed + round);
        foul.play().await;
        let state = foul.end_state().await;
        assert_eq!(state, expected, "seed {}: {faults:#?}", seed + round);
        let struck = foul.world.sim.requests().iter().filter(|request| !request.faults.is_empty()).count();
        assert!(struck > classes, "only {struck} requests met a fault");
    }
}

/// A mix of faults that together strike three calls in ten, and as many notifications.
fn storm(world: &World, seed: u64) -> Vec<Value> {
    let kinds = [
        json!({ "status": 429, "retry_after": 1 }),
        json!({ "status": 503 }),
        json!({ "status": 503, "retry_after": 1 }),
        json!({ "status": 500 }),
        json!({ "status": 504 }),
        json!({ "malformed": true }),
        json!({ "html": true }),
        json!({ "empty": true }),
        json!({ "cut_after": 30 }),
        json!({ "path": "delta", "gone": true }),
        json!({ "slow_ms": 40 }),
    ];
    let mut dice = Dice::seeded(seed);
    let mut chosen = Vec::new();
    while chosen.len() < 5 {
        let kind = kinds[dice.below(kinds.len() as u64) as usize].clone();
        if chosen.iter().all(|(other, _)| *other != kind) {
            chosen.push((kind, dice.below(1 << 40)));
        }
    }
    for how in ["lost", "doubled", "late", "reordered"] {
        chosen.push((json!({ "path": "", "notification": how }), dice.below(1 << 40)));
    }
    let faults = chosen.into_iter().map(|(mut fault, seed)| {
        if fault.get("path").is_none() {
            fault["path"] = json!("/v1.0/");
        }
        fault["probability"] = if fault.get("notification").is_some() { json!(0.1) } else { json!(0.065) };
        fault["seed"] = json!(seed);
        world.sim.add_fault(&fault).expect("the simulator takes it");
        fault
    });
    faults.collect()
}
