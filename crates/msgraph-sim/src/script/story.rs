//! Who came and what was said: the human side of a simulated class.
//! Plain and harmless by intent; no real names of real people.

use serde_json::{Value, json};

use super::{Attendee, Attendees, HoldRequest, Person};
use crate::tenant::{User, UserKind};
use crate::world::{Cue, Meeting, World};

/// One person in the class, in seconds after its start.
#[derive(Debug, Clone)]
pub(crate) struct Present {
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) role: String,
    /// Join and leave; two pairs for whoever dropped out between.
    pub(crate) stays: Vec<(i64, i64)>,
}

impl Present {
    pub(crate) fn seconds(&self) -> i64 {
        self.stays.iter().map(|(from, to)| to - from).sum()
    }

    /// As Graph names a sender.
    pub(crate) fn identity(&self, tenant_id: &str) -> Value {
        json!({
            "@odata.type": "#microsoft.graph.teamworkUserIdentity", "id": self.id, "displayName": self.name,
            "userIdentityType": if self.id.is_some() { "aadUser" } else { "anonymousGuest" },
            "tenantId": self.id.as_ref().map(|_| tenant_id),
        })
    }
}

/// How many come when nobody says how many.
const USUAL: usize = 8;
const FEWEST: usize = 3;

/// Everybody who came: those named, or the invited and some students.
pub(crate) fn present(world: &World, meeting: &Meeting, request: &HoldRequest, length: i64) -> Vec<Present> {
    let people: Vec<Person> = match &request.attendees {
        Some(Attendees::People(list)) => list
            .iter()
            .map(|one| match one {
                Attendee::Email(email) => Person { email: Some(email.clone()), ..Person::default() },
                Attendee::Person(person) => person.clone(),
            })
            .collect(),
        Some(Attendees::Count(count)) => with_guests(usual(world, meeting, *count as usize), *count as usize),
        None => with_guests(usual(world, meeting, USUAL), FEWEST),
    };
    people
        .into_iter()
        .enumerate()
        .map(|(index, person)| seat(world, meeting, &person, (index as i64, length)))
        .collect()
}

/// The invited first, then a teacher and students of the tenant, up to `count`.
fn usual(world: &World, meeting: &Meeting, count: usize) -> Vec<Person> {
    let invited = meeting.props["participants"]["attendees"].as_array().into_iter().flatten();
    let mut emails: Vec<String> =
        invited.filter_map(|one| one["upn"].as_str()).map(str::to_lowercase).collect();
    if !emails.iter().any(|email| world.tenant.user(email).is_some_and(|user| user.kind == UserKind::Teacher))
    {
        let teacher = world.tenant.users.iter().find(|user| user.kind == UserKind::Teacher);
        emails.extend(teacher.map(|user| user.email.clone()));
    }
    let students = world.tenant.users.iter().filter(|user| user.kind == UserKind::Student && user.enabled);
    for student in students {
        if emails.len() >= count.max(FEWEST) {
            break;
        }
        if !emails.iter().any(|email| student.is_called(email)) {
            emails.push(student.email.clone());
        }
    }
    let mut people: Vec<Person> =
        emails.into_iter().map(|email| Person { email: Some(email), ..Person::default() }).collect();
    people.truncate(count.max(1));
    people
}

/// Guests without an account fill the seats that are left.
fn with_guests(mut people: Vec<Person>, count: usize) -> Vec<Person> {
    for number in people.len()..count {
        people.push(Person { name: Some(format!("Guest {}", number + 1)), ..Person::default() });
    }
    people
}

fn seat(world: &World, meeting: &Meeting, person: &Person, (index, length): (i64, i64)) -> Present {
    let user = person.email.as_ref().and_then(|email| world.tenant.user(email));
    let late = (index * 17 % 97).min(length / 10);
    let early = (index * 23 % 61).min(length / 10);
    let joined = person.joined_s.map_or(late, |seconds| (seconds as i64).min(length));
    let left = person.left_s.map_or(length - early, |seconds| (seconds as i64).min(length)).max(joined);
    let chosen = person.joined_s.is_some() || person.left_s.is_some();
    let gap = length / 20;
    // Every fourth person loses the connection once.
    let stays = if index % 4 == 3 && !chosen && gap > 0 {
        let middle = i64::midpoint(joined, left);
        vec![(joined, middle - gap), (middle, left)]
    } else {
        vec![(joined, left)]
    };
    Present {
        id: user.map(|user| user.id.clone()),
        name: person.name.clone().or_else(|| user.map(|user| user.display_name.clone())).unwrap_or_else(
            || {
                person
                    .email
                    .as_deref()
                    .and_then(|email| email.split('@').next())
                    .unwrap_or("Guest")
                    .to_owned()
            },
        ),
        email: user.map(|user| user.address().to_owned()).or_else(|| person.email.clone()),
        role: person.role.clone().unwrap_or_else(|| role(meeting, user).to_owned()),
        stays,
    }
}

fn role(meeting: &Meeting, user: Option<&User>) -> &'static str {
    let Some(user) = user else { return "Attendee" };
    if user.id == meeting.organizer {
        return "Organizer";
    }
    let invited = meeting.props["participants"]["attendees"].as_array().into_iter().flatten();
    let leading = invited
        .filter(|one| one["identity"]["user"]["id"] == user.id.as_str())
        .any(|one| one["role"] != "attendee");
    if leading || user.kind != UserKind::Student { "Presenter" } else { "Attendee" }
}

/// What a teacher and the class say, in turns.
const LINES: [&str; 18] = [
    "Good morning, everybody. Can you all hear me?",
    "Yes, we can hear you.",
    "This class is recorded, so you can watch it again later.",
    "Today we continue where we stopped last week.",
    "Please open your books on page forty-two.",
    "Let us look at the first example together.",
    "Could you explain that step once more?",
    "Of course. We write both sides first, then we compare them.",
    "So the order does not matter here?",
    "Exactly, and that is the whole trick.",
    "Take five minutes and try the second exercise on your own.",
    "I have put the sheet into the chat.",
    "Who would like to show the solution?",
    "I got twelve, is that right?",
    "Very good. How did you get there?",
    "I drew it first, then it was easy.",
    "For next time, please finish the sheet.",
    "Thank you all, see you next week.",
];
/// Lines a student says, by index.
const BY_STUDENTS: [usize; 5] = [1, 6, 8, 13, 15];
const MOST_CUES: i64 = 90;

/// Cues over the whole length: one each few seconds at first, then evenly spread.
pub(crate) fn cues(people: &[Present], subject: &str, length_ms: i64, start_ms: i64) -> Vec<Cue> {
    let step = (length_ms / MOST_CUES).max(5000);
    let count = (length_ms / step).max(1);
    let teacher = people.iter().find(|one| one.role != "Attendee").or_else(|| people.first());
    let students: Vec<&Present> = people.iter().filter(|one| one.role == "Attendee").collect();
    (0..count)
        .map(|turn| {
            let line = turn as usize % LINES.len();
            let asks = BY_STUDENTS.contains(&line);
            let speaker = if asks && !students.is_empty() {
                Some(students[turn as usize % students.len()])
            } else {
                teacher
            };
            let from = start_ms + turn * step;
            let text =
                if turn == 3 { format!("Our subject today is {subject}.") } else { LINES[line].to_owned() };
            Cue {
                start_ms: from,
                end_ms: (from + (step - 300).min(4700)).min(length_ms.max(from + 100)),
                speaker: speaker.map_or_else(|| "Speaker 1".to_owned(), |one| one.name.clone()),
                text,
            }
        })
        .collect()
}

/// The usual chat: who writes (index among those present) and what.
pub(crate) const CHAT: [(usize, &str); 4] = [
    (0, "Good morning! We start in a minute."),
    (1, "Is the homework due today or next week?"),
    (0, "Next week. The sheet for today is here:"),
    (2, "Thank you, that was very clear."),
];
/// The chat line the shared file hangs on.
pub(crate) const FILE_LINE: usize = 2;
