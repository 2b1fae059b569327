//! Random schools, and everything that somebody sees in a list compared, item by item, with what `model/access.rs` says
//! about each thing by itself. The lists filter in SQL; this is what keeps the SQL and the rule the same.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use onrecord::model::access::{self, Act, Decision, Facts, Membership, Scope, Standing};
use onrecord::model::id::{ArtifactId, ConferenceId, CourseId, MeetingId, UserId};
use onrecord::model::people::{CourseRole, GlobalRole};
use onrecord::store::Tx;
use onrecord::store::conference_lists::Eyes;
use onrecord::store::pages::{home, scheduling};
use onrecord::{ops, params};
use serde_json::Value;

use crate::world::{Answer, Client, World};

/// Schools that are tried. The same number is always the same school.
const SCHOOLS: u64 = 150;

/// People in each; their parts change from school to school.
const PEOPLE: usize = 5;

/// Numbers that look random and are the same each time (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// True once in `times`.
    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

#[derive(Debug)]
struct Course {
    id: CourseId,
    sees_chat: bool,
    sees_files: bool,
    members: HashMap<UserId, Membership>,
}

#[derive(Debug)]
struct Conference {
    id: ConferenceId,
    /// Place of its course.
    course: usize,
    published: bool,
}

#[derive(Debug)]
struct Meeting {
    id: MeetingId,
    /// Place of its conference.
    conference: usize,
    starts_at: DateTime<Utc>,
    /// Who attended, and how many messages were not deleted.
    attended: BTreeSet<UserId>,
    messages: usize,
}

#[derive(Debug)]
struct Artifact {
    id: ArtifactId,
    kind: &'static str,
    /// Place of its meeting; `None` in the inbox.
    meeting: Option<usize>,
    withheld: bool,
    binned: bool,
    dismissed: bool,
}

/// One school as it was rolled.
#[derive(Debug, Default)]
struct School {
    roles: HashMap<UserId, Option<GlobalRole>>,
    courses: Vec<Course>,
    conferences: Vec<Conference>,
    meetings: Vec<Meeting>,
    artifacts: Vec<Artifact>,
}

impl School {
    /// Empties the database of the school before, and writes another.
    async fn roll(world: &World, people: &[UserId], seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut school = Self::default();
        let tx = world.app.store.write().await.expect("a transaction");
        for table in
            ["chat_message", "attendance_record", "artifact", "meeting", "conference", "enrolment", "course"]
        {
            tx.execute(&format!("DELETE FROM {table}"), params![]).await.expect("the old school goes");
        }
        let now = world.app.clock.now();
        school.people(&tx, &mut dice, people).await;
        school.teaching(&tx, &mut dice, (people, now)).await;
        school.classes(&tx, &mut dice, now).await;
        school.leavings(&tx, &mut dice, (people, now)).await;
        tx.commit().await.expect("the school is written");
        school
    }

    async fn people(&mut self, tx: &Tx, dice: &mut Dice, people: &[UserId]) {
        for person in people {
            let role = match dice.below(6) {
                0 => Some(GlobalRole::Admin),
                1 => Some(GlobalRole::Officer),
                _ => None,
            };
            let sql = "UPDATE \"user\" SET role = $2 WHERE id = $1";
            tx.execute(sql, params![person, role]).await.expect("a role");
            self.roles.insert(*person, role);
        }
    }

    async fn teaching(&mut self, tx: &Tx, dice: &mut Dice, (people, now): (&[UserId], DateTime<Utc>)) {
        let today = now.date_naive();
        let days = [None, None, today.pred_opt(), Some(today), today.succ_opt()];
        for place in 0..=dice.below(3) {
            let (sees_chat, sees_files) = (dice.once_in(2), dice.once_in(2));
            let sql = "INSERT INTO course (code, title, learners_see_chat, learners_see_files, created_at, updated_at)
                       VALUES ($1, $1, $2, $3, $4, $4) RETURNING id";
            let id = tx.insert(sql, params![format!("C-{place}"), sees_chat, sees_files, now]).await;
            let id: CourseId = id.expect("a course");
            let mut members = HashMap::new();
            for person in people {
                if dice.once_in(2) {
                    continue;
                }
                let role = dice.one_of(&[CourseRole::Learner, CourseRole::Learner, CourseRole::Instructor]);
                let ends_on: Option<NaiveDate> = dice.one_of(&days);
                let sql = "INSERT INTO enrolment (course_id, user_id, role, ends_on, created_at)
                           VALUES ($1, $2, $3, $4, $5)";
                tx.execute(sql, params![id, person, role, ends_on, now]).await.expect("an enrolment");
                members.insert(*person, Membership { role, ends_on });
            }
            self.courses.push(Course { id, sees_chat, sees_files, members });
        }
    }

    async fn classes(&mut self, tx: &Tx, dice: &mut Dice, now: DateTime<Utc>) {
        for place in 0..=dice.below(4) {
            let course = dice.below(self.courses.len() as u64) as usize;
            let published = !dice.once_in(3);
            let cancelled = dice.once_in(5).then_some(now);
            let hours: Vec<i64> = (0..=dice.below(2)).map(|_| dice.below(200) as i64 - 100).collect();
            let start = |hours: &i64| now + TimeDelta::hours(*hours);
            let (first, last) = (hours.iter().min().map(start), hours.iter().max().map(start));
            let sql = "INSERT INTO conference (course_id, integration_id, title, time_zone, published, first_starts_at,
                           last_ends_at, cancelled_at, created_at, updated_at)
                       VALUES ($1, (SELECT MIN(id) FROM integration), $2, 'Europe/Berlin', $3, $4, $5, $6, $7, $7)
                       RETURNING id";
            let ends = last.map(|last| last + TimeDelta::hours(1));
            let binds = params![
                self.courses[course].id,
                format!("Class {place}"),
                published,
                first,
                ends,
                cancelled,
                now
            ];
            let id: ConferenceId = tx.insert(sql, binds).await.expect("a conference");
            self.conferences.push(Conference { id, course, published });
            for (slot, hours) in hours.iter().enumerate() {
                let starts_at = start(hours);
                let sql = "INSERT INTO meeting (conference_id, starts_at, ends_at, transaction_id, verdict, cancelled_at,
                               created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id";
                let verdict = dice.one_of(&["upcoming", "recorded", "missing", "not_held"]);
                let ends_at = starts_at + TimeDelta::hours(1);
                let key = format!("{id}-{slot}");
                let binds = params![id, starts_at, ends_at, key, verdict, cancelled, now];
                let id = tx.insert(sql, binds).await.expect("a meeting");
                let conference = self.conferences.len() - 1;
                self.meetings.push(Meeting {
                    id,
                    conference,
                    starts_at,
                    attended: BTreeSet::new(),
                    messages: 0,
                });
            }
        }
    }

    async fn leavings(&mut self, tx: &Tx, dice: &mut Dice, (people, now): (&[UserId], DateTime<Utc>)) {
        for place in 0..self.meetings.len() {
            for person in people {
                if dice.once_in(3) {
                    let meeting = &mut self.meetings[place];
                    let sql =
                        "INSERT INTO attendance_record (meeting_id, report_id, graph_id, user_id, joined_at,
                                   left_at, attended_s) VALUES ($1, 'r', $2, $3, $4, $4, 60)";
                    let binds = params![meeting.id, person.to_string(), person, now];
                    tx.execute(sql, binds).await.expect("somebody attended");
                    meeting.attended.insert(*person);
                }
            }
            for number in 0..dice.below(3) {
                let meeting = &mut self.meetings[place];
                let deleted = dice.once_in(3).then_some(now);
                let sql = "INSERT INTO chat_message (meeting_id, graph_id, sent_at, deleted_at, text)
                           VALUES ($1, $2, $3, $4, 'Hello')";
                let binds = params![meeting.id, number.to_string(), now, deleted];
                tx.execute(sql, binds).await.expect("a message");
                meeting.messages += usize::from(deleted.is_none());
            }
        }
        for _ in 0..dice.below(8) {
            let meeting = (!dice.once_in(4)).then(|| dice.below(self.meetings.len() as u64) as usize);
            self.artifact(tx, dice, (meeting, now)).await;
        }
    }

    async fn artifact(&mut self, tx: &Tx, dice: &mut Dice, (meeting, now): (Option<usize>, DateTime<Utc>)) {
        let kind = dice.one_of(&["recording", "recording", "transcript", "file"]);
        let confidence = dice.one_of(&["certain", "certain", "likely", "none"]);
        let hidden = dice.once_in(4).then_some(now);
        let binned = dice.once_in(5).then_some(now);
        let restored = binned.filter(|_| dice.once_in(2));
        let dismissed = (meeting.is_none() && dice.once_in(3)).then_some(now);
        let sql = "INSERT INTO artifact (integration_id, meeting_id, kind, name, confidence, hidden_at, binned_at,
                       restored_at, dismissed_at, created_at, updated_at)
                   VALUES ((SELECT MIN(id) FROM integration), $1, $2, 'a.mp4', $3, $4, $5, $6, $7, $8, $8) RETURNING id";
        let of = meeting.map(|place| self.meetings[place].id);
        let binds = params![of, kind, confidence, hidden, binned, restored, dismissed, now];
        let id = tx.insert(sql, binds).await.expect("something that a class left behind");
        self.artifacts.push(Artifact {
            id,
            kind,
            meeting,
            withheld: hidden.is_some() || confidence != "certain",
            binned: binned.is_some() && restored.is_none(),
            dismissed: dismissed.is_some(),
        });
    }
}

/// One person in one school, and what the rule says about each thing.
struct Eye<'s> {
    school: &'s School,
    person: UserId,
    now: DateTime<Utc>,
}

impl Eye<'_> {
    fn standing(&self, course: &Course) -> Standing {
        let role = self.school.roles[&self.person];
        access::standing(role, course.members.get(&self.person).copied(), self.now)
    }

    fn decide(&self, conference: &Conference, act: Act, hidden: bool) -> Decision {
        let course = &self.school.courses[conference.course];
        let facts = Facts {
            published: conference.published,
            hidden,
            learners_see_chat: course.sees_chat,
            learners_see_files: course.sees_files,
            of_minors: false,
        };
        access::decide(self.standing(course), Scope::Admin, act, facts)
    }

    fn sees_course(&self, course: &Course) -> bool {
        let open = Facts { published: true, ..Facts::default() };
        access::decide(self.standing(course), Scope::Admin, Act::See, open) == Decision::Allowed
    }

    fn conferences(&self) -> BTreeSet<i64> {
        let all = self.school.conferences.iter();
        let seen = all.filter(|conference| self.decide(conference, Act::See, false) == Decision::Allowed);
        seen.map(|conference| conference.id.0).collect()
    }

    fn courses(&self) -> BTreeSet<i64> {
        let all = self.school.courses.iter();
        all.filter(|course| self.sees_course(course)).map(|course| course.id.0).collect()
    }

    /// The artifacts of this kind in this conference that `act` may be done with.
    fn artifacts(&self, place: usize, kind: &str, act: Act) -> BTreeSet<i64> {
        let conference = &self.school.conferences[place];
        let here = |artifact: &&Artifact| {
            artifact.meeting.is_some_and(|meeting| self.school.meetings[meeting].conference == place)
                && artifact.kind == kind
                && !artifact.binned
                && self.decide(conference, act, artifact.withheld) == Decision::Allowed
        };
        self.school.artifacts.iter().filter(here).map(|artifact| artifact.id.0).collect()
    }
}

/// What differs, to be shown all at once.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, listed: &T, ruled: &T) {
        if listed != ruled {
            self.0.push(format!("{what}: the list says {listed:?}, the rule {ruled:?}"));
        }
    }
}

/// The numbers of one field of all items; the test fails if one stands twice.
#[track_caller]
fn ids(answer: &Answer, field: &str) -> BTreeSet<i64> {
    let list = answer.json();
    let items = list["items"].as_array().unwrap_or_else(|| panic!("no list: {list}"));
    let ids: BTreeSet<i64> = items.iter().filter_map(|item| item[field].as_i64()).collect();
    assert_eq!(ids.len(), items.len(), "something stands twice in {list}");
    ids
}

/// The numbers of the things of this sort that a page links to.
fn linked(page: &Answer, sort: &str) -> BTreeSet<i64> {
    let text = page.text();
    let mark = format!("href=\"/{sort}/");
    let parts = text.split(&mark).skip(1);
    let number =
        |part: &str| part.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok());
    parts.filter_map(number).collect()
}

/// What a decision looks like from outside.
fn status(decision: Decision) -> u16 {
    match decision {
        Decision::Allowed => 200,
        Decision::NotFound => 404,
        Decision::Forbidden => 403,
    }
}

/// The lists of everything that somebody may see.
async fn overall(world: &World, client: &Client<'_>, eye: &Eye<'_>, wrong: &mut Differences) {
    let conferences = eye.conferences();
    let listed = client.get("/api/v1/conferences?limit=200").await.expect(200);
    wrong.compare("conferences over the API", &ids(&listed, "id"), &conferences);
    let page = client.get("/conferences").await.expect(200);
    wrong.compare("the page of conferences", &linked(&page, "conferences"), &conferences);
    let listed = client.get("/api/v1/courses").await.expect(200);
    wrong.compare("courses over the API", &ids(&listed, "id"), &eye.courses());
    let page = client.get("/courses").await.expect(200);
    wrong.compare("the page of courses", &linked(&page, "courses"), &eye.courses());
    let home = client.get("/").await.expect(200);
    let beyond: BTreeSet<i64> = linked(&home, "conferences").difference(&conferences).copied().collect();
    wrong.compare("classes on the home page that are not theirs", &beyond, &BTreeSet::new());
    let recordings: BTreeSet<i64> = (0..eye.school.conferences.len())
        .flat_map(|place| eye.artifacts(place, "recording", Act::Watch))
        .collect();
    let beyond: BTreeSet<i64> = linked(&home, "recordings").difference(&recordings).copied().collect();
    wrong.compare("recordings on the home page that are not theirs", &beyond, &BTreeSet::new());
    let inbox = client.get("/api/v1/inbox").await;
    let role = eye.school.roles[&eye.person];
    wrong.compare("the inbox", &inbox.status.as_u16(), &if role.is_some() { 200 } else { 404 });
    if role.is_some() {
        let waiting = eye.school.artifacts.iter().filter(|a| a.meeting.is_none() && !a.dismissed);
        wrong.compare("what waits in the inbox", &ids(&inbox, "id"), &waiting.map(|a| a.id.0).collect());
    }
    of_pages(world, eye, wrong).await;
}

/// What pages read with SQL of their own and show only in part.
async fn of_pages(world: &World, eye: &Eye<'_>, wrong: &mut Differences) {
    let (store, today) = (&world.app.store, eye.now.date_naive());
    let eyes = match eye.school.roles[&eye.person] {
        Some(_) => Eyes::All,
        None => Eyes::Member(eye.person, today),
    };
    let span = (eye.now - TimeDelta::hours(60), eye.now + TimeDelta::hours(60));
    let listed = home::classes(store, eyes, span, 1_000).await.expect("a query");
    let listed: BTreeSet<i64> = listed.iter().map(|class| class.meeting_id.0).collect();
    let near = |meeting: &&Meeting| {
        meeting.starts_at >= span.0
            && meeting.starts_at < span.1
            && eye.decide(&eye.school.conferences[meeting.conference], Act::See, false) == Decision::Allowed
    };
    let ruled: BTreeSet<i64> = eye.school.meetings.iter().filter(near).map(|meeting| meeting.id.0).collect();
    wrong.compare("classes near the present", &listed, &ruled);
    if eye.school.roles[&eye.person] != Some(GlobalRole::Officer) {
        let listed = scheduling::courses(store, eyes).await.expect("a query");
        let teaches =
            |course: &&Course| matches!(eye.standing(course), Standing::Admin | Standing::Instructor);
        let ruled: BTreeSet<i64> =
            eye.school.courses.iter().filter(teaches).map(|course| course.id.0).collect();
        wrong.compare("courses to schedule in", &listed.iter().map(|course| course.id.0).collect(), &ruled);
    }
}

/// The lists of one conference and of its course.
async fn inside(client: &Client<'_>, eye: &Eye<'_>, place: usize, wrong: &mut Differences) {
    let conference = &eye.school.conferences[place];
    let api = format!("/api/v1/conferences/{}", conference.id);
    let meetings = || eye.school.meetings.iter().filter(|meeting| meeting.conference == place);
    let recordings = client.get(&format!("{api}/recordings")).await;
    let may = status(eye.decide(conference, Act::See, false));
    wrong.compare("recordings", &recordings.status.as_u16(), &may);
    if may == 200 {
        let ruled = eye.artifacts(place, "recording", Act::Watch);
        wrong.compare("recordings of a class", &ids(&recordings, "id"), &ruled);
        let page = client.get(&format!("/conferences/{}?tab=recordings", conference.id)).await.expect(200);
        let beyond: BTreeSet<i64> = linked(&page, "recordings").difference(&ruled).copied().collect();
        wrong.compare("recordings on the class page that are not theirs", &beyond, &BTreeSet::new());
    }
    let files = client.get(&format!("{api}/files")).await;
    let may = status(eye.decide(conference, Act::SeeFiles, false));
    wrong.compare("files", &files.status.as_u16(), &may);
    if may == 200 {
        let ruled = eye.artifacts(place, "file", Act::SeeFiles);
        wrong.compare("files of a class", &ids(&files, "id"), &ruled);
        let page = client.get(&format!("/conferences/{}?tab=files", conference.id)).await.expect(200);
        let beyond: BTreeSet<i64> = linked(&page, "files").difference(&ruled).copied().collect();
        wrong.compare("files on the class page that are not theirs", &beyond, &BTreeSet::new());
    }
    let chat = client.get(&format!("{api}/chat")).await;
    let may = status(eye.decide(conference, Act::SeeChat, false));
    wrong.compare("chat", &chat.status.as_u16(), &may);
    if may == 200 {
        let written: usize = meetings().map(|meeting| meeting.messages).sum();
        wrong.compare("messages of a class", &ids(&chat, "id").len(), &written);
    }
    let attendance = client.get(&format!("{api}/attendance")).await;
    let may = status(eye.decide(conference, Act::SeeOwnAttendance, false));
    wrong.compare("attendance", &attendance.status.as_u16(), &may);
    if may == 200 {
        let all = eye.decide(conference, Act::SeeAttendance, false) == Decision::Allowed;
        let rows =
            meetings().flat_map(|meeting| meeting.attended.iter().map(move |who| (meeting.id.0, who.0)));
        let ruled: BTreeSet<_> = rows.filter(|(_, who)| all || *who == eye.person.0).collect();
        wrong.compare("who attended", &attended(&attendance.json()), &ruled);
    }
}

fn attended(list: &Value) -> BTreeSet<(i64, i64)> {
    let rows = list["items"].as_array().into_iter().flatten();
    rows.filter_map(|row| Some((row["meeting_id"].as_i64()?, row["user_id"].as_i64()?))).collect()
}

/// Each thing by itself, and each course with its conferences.
async fn singly(client: &Client<'_>, eye: &Eye<'_>, dice: &mut Dice, wrong: &mut Differences) {
    let course = &eye.school.courses[dice.below(eye.school.courses.len() as u64) as usize];
    let page = client.get(&format!("/courses/{}", course.id)).await;
    let may = if eye.sees_course(course) { 200 } else { 404 };
    wrong.compare("a course", &page.status.as_u16(), &may);
    if may == 200 {
        let of = |place: &&Conference| eye.school.courses[place.course].id == course.id;
        let seen = eye.conferences();
        let ruled = eye.school.conferences.iter().filter(of).map(|c| c.id.0).filter(|id| seen.contains(id));
        wrong.compare("conferences of a course", &linked(&page, "conferences"), &ruled.collect());
    }
    for artifact in eye.school.artifacts.iter().filter(|artifact| artifact.kind == "recording") {
        let Some(meeting) = artifact.meeting else { continue };
        let conference = &eye.school.conferences[eye.school.meetings[meeting].conference];
        let decision = eye.decide(conference, Act::Watch, artifact.withheld);
        let may = if artifact.binned { 404 } else { status(decision) };
        let answer = client.get(&format!("/api/v1/recordings/{}", artifact.id)).await;
        wrong.compare("one recording", &answer.status.as_u16(), &may);
    }
}

#[tokio::test]
async fn every_list_shows_what_the_rule_allows_and_nothing_else() {
    let world = World::new().await;
    ops::integration::load(&world.app).await.expect("an integration");
    let mut people = Vec::new();
    let mut clients = Vec::new();
    for number in 0..PEOPLE {
        let email = format!("person{number}@school.example");
        people.push(world.user(&email, None).await);
        clients.push(world.sign_in(&email).await);
    }
    let mut found = Vec::new();
    for seed in 0..SCHOOLS {
        let school = School::roll(&world, &people, seed).await;
        let mut dice = Dice(!seed);
        // Two of the people each time: over all schools everybody is everything.
        for _ in 0..2 {
            let place = dice.below(PEOPLE as u64) as usize;
            let eye = Eye { school: &school, person: people[place], now: world.app.clock.now() };
            let mut wrong = Differences::default();
            overall(&world, &clients[place], &eye, &mut wrong).await;
            let inner = dice.below(school.conferences.len() as u64) as usize;
            inside(&clients[place], &eye, inner, &mut wrong).await;
            singly(&clients[place], &eye, &mut dice, &mut wrong).await;
            let role = school.roles[&people[place]];
            found.extend(
                wrong.0.into_iter().map(|line| format!("school {seed}, person {place} ({role:?}): {line}")),
            );
        }
        assert!(found.is_empty(), "{found:#?}");
    }
}
