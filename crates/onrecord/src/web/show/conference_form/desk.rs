//! What lies on the desk of somebody who fills in the form: their courses, the zones, the notice, and what is being
//! edited; and the form that is made of it.

use std::sync::LazyLock;

use chrono::{DateTime, Days, Offset as _, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::faults::Faults;
use super::meeting_id;
use super::plan::Plan;
use super::typed::{Ask, Expanded, Typed, TypedSlot};
use crate::app::App;
use crate::model::conference::{Conference, Meeting, Verdict};
use crate::model::id::{ConferenceId, CourseId};
use crate::model::people::GlobalRole;
use crate::model::schedule::{Slot, SlotText};
use crate::ops::{Error, Result, notice};
use crate::store::conference_lists::Eyes;
use crate::store::integrations;
use crate::store::pages::scheduling::{self, Course};
use crate::web::auth::Reader;
use crate::web::page::Place;
use crate::web::pages::conference_form::{ConferenceForm, SlotRow};
use crate::web::parts::{Choice, Field, FieldKind};
use crate::web::text::Text;

/// What is being edited.
#[derive(Debug)]
pub(super) struct Editing {
    pub conference: Conference,
    pub meetings: Vec<Meeting>,
}

/// Everything the form needs besides what was typed.
pub(super) struct Desk<'a> {
    pub app: &'a App,
    pub reader: &'a Reader,
    pub t: &'static Text,
    pub now: DateTime<Utc>,
    courses: Vec<Course>,
    zone: String,
    notice: String,
    editing: Option<Editing>,
}

/// What the form is called and where it leads.
struct Ways {
    heading: &'static str,
    action: String,
    back: String,
    save_words: String,
}

/// Zones that people live in, by name.
static ZONES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let inhabited = ["Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];
    let is_inhabited = |name: &&str| name.split_once('/').is_some_and(|(area, _)| inhabited.contains(&area));
    let mut names: Vec<&str> = TZ_VARIANTS.iter().map(|zone| zone.name()).filter(is_inhabited).collect();
    names.sort_unstable();
    names.push("UTC");
    names
});

impl<'a> Desk<'a> {
    /// For a new conference. `Denied` for those who may schedule nowhere.
    pub(super) async fn for_new(app: &'a App, reader: &'a Reader, course: Option<CourseId>) -> Result<Self> {
        let courses = courses(app, reader).await?;
        if courses.is_empty() && reader.viewer.role != Some(GlobalRole::Admin) {
            return Err(Error::Denied(reader.text().get("form-no-course").to_owned()));
        }
        let zone = scheduling::usual_zone(&app.store, course).await?;
        let integration = integrations::first(&app.store).await?;
        let notice = integration.map_or_else(String::new, |integration| notice::words(app, &integration));
        let zone = zone.unwrap_or_else(|| "UTC".to_owned());
        Ok(Self { app, reader, t: reader.text(), now: app.clock.now(), courses, zone, notice, editing: None })
    }

    /// For a conference that is there and that the person may edit.
    pub(super) async fn for_edit(app: &'a App, reader: &'a Reader, editing: Editing) -> Result<Self> {
        let courses = courses(app, reader).await?;
        let integration = integrations::find(&app.store, editing.conference.integration_id).await?;
        let notice = integration.map_or_else(String::new, |integration| notice::words(app, &integration));
        let zone = editing.conference.time_zone.clone();
        let editing = Some(editing);
        Ok(Self { app, reader, t: reader.text(), now: app.clock.now(), courses, zone, notice, editing })
    }

    /// An empty form: tomorrow, at nine.
    pub(super) fn blank(&self, course: Option<CourseId>) -> Typed {
        let zone: Tz = self.zone.parse().unwrap_or(Tz::UTC);
        let today = self.now.with_timezone(&zone).date_naive();
        let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
        let only = self.courses.first().filter(|_| self.courses.len() == 1).map(|course| course.id);
        let course = course.filter(|id| self.courses.iter().any(|course| course.id == *id)).or(only);
        Typed {
            course_id: course.map_or_else(String::new, |id| id.to_string()),
            time_zone: self.zone.clone(),
            published: true,
            weeks: "1".to_owned(),
            slots: vec![TypedSlot {
                date: tomorrow.format("%Y-%m-%d").to_string(),
                start: "09:00".to_owned(),
                end: "10:00".to_owned(),
                ..TypedSlot::default()
            }],
            ..Typed::default()
        }
    }

    /// The conference that is edited, as it is.
    pub(super) fn as_it_is(&self) -> Typed {
        let Some(Editing { conference, meetings }) = &self.editing else {
            return self.blank(None);
        };
        let zone: Tz = conference.time_zone.parse().unwrap_or(Tz::UTC);
        let slot = |meeting: &Meeting| {
            let wall = wall(meeting, zone);
            TypedSlot {
                id: meeting.id.to_string(),
                date: wall.date,
                start: wall.start_time,
                end: wall.end_time,
                remove: false,
            }
        };
        Typed {
            title: conference.title.clone(),
            course_id: conference.course_id.to_string(),
            description: conference.description.clone(),
            time_zone: conference.time_zone.clone(),
            published: conference.published,
            weeks: String::new(),
            slots: meetings.iter().filter(|meeting| meeting.cancelled_at.is_none()).map(slot).collect(),
            ask: Ask::Save,
        }
    }

    /// The conference that is edited.
    pub(super) fn conference_id(&self) -> Option<ConferenceId> {
        self.editing.as_ref().map(|editing| editing.conference.id)
    }

    fn meeting(&self, id: &str) -> Option<&Meeting> {
        let id = meeting_id(id)?;
        self.editing.as_ref()?.meetings.iter().find(|meeting| meeting.id == id)
    }

    /// Whether the slot stands where its meeting stands now.
    pub(super) fn is_unchanged(&self, slot: &Slot) -> bool {
        let meetings = self.editing.as_ref().map_or(&[][..], |editing| &editing.meetings);
        let mut same = meetings.iter().filter(|meeting| Some(meeting.id) == slot.id);
        same.any(|meeting| (meeting.starts_at, meeting.ends_at) == (slot.starts_at, slot.ends_at))
    }

    fn has_begun(&self, slot: &SlotText) -> bool {
        let meetings = self.editing.as_ref().map_or(&[][..], |editing| &editing.meetings);
        meetings.iter().any(|meeting| Some(meeting.id) == slot.id && meeting.has_started(self.now))
    }

    /// The slots whose time can still be chosen: what has begun is history, in whatever zone it is shown.
    pub(super) fn open_slots(&self, expanded: Expanded) -> Expanded {
        let (slots, origins) = expanded
            .slots
            .into_iter()
            .zip(expanded.origins)
            .filter(|(slot, _)| !self.has_begun(slot))
            .unzip();
        Expanded { slots, origins }
    }

    /// What is sent to be changed: the open slots; or what has begun, when everything else is cancelled.
    pub(super) fn changed_slots(&self, typed: &Typed, expanded: Expanded) -> Expanded {
        let open = self.open_slots(expanded);
        if !open.slots.is_empty() || !typed.removes_any() {
            return open;
        }
        let zone: Tz = typed.time_zone.trim().parse().unwrap_or(Tz::UTC);
        let begun = typed.slots.iter().enumerate().filter_map(|(row, slot)| {
            let meeting = self.meeting(&slot.id).filter(|meeting| meeting.has_started(self.now))?;
            Some((wall(meeting, zone), (row, 0)))
        });
        let (slots, origins) = begun.unzip();
        Expanded { slots, origins }
    }

    /// The classes that would be cancelled.
    pub(super) fn removed(&self, typed: &Typed) -> Vec<&Meeting> {
        let removed = typed.slots.iter().filter(|slot| slot.remove);
        removed
            .filter_map(|slot| self.meeting(&slot.id))
            .filter(|meeting| !meeting.has_started(self.now))
            .collect()
    }

    /// The form with what was typed and what is wrong with it.
    pub(super) async fn form(&self, typed: &Typed, mut faults: Faults) -> Result<ConferenceForm> {
        let t = self.t;
        let plan = Plan::of(self, typed).await?;
        if typed.ask == Ask::Preview && faults.is_empty() {
            faults = plan.faults.clone();
        }
        let slots =
            typed.slots.iter().enumerate().map(|(row, slot)| self.row(row, slot, &mut faults)).collect();
        let ways = self.ways(plan.count);
        Ok(ConferenceForm {
            page: self.reader.page(ways.heading, Place::Conferences),
            heading: ways.heading.to_owned(),
            action: ways.action,
            back: ways.back,
            save_words: ways.save_words,
            title: Field::new("title", t.get("column-title"), FieldKind::Text)
                .hint(t.get("form-title-hint"))
                .value(&typed.title)
                .error(faults.of_field("title"))
                .required(),
            course: self.course_field(typed, &faults),
            description: Field::new("description", t.get("form-description"), FieldKind::Area)
                .value(&typed.description)
                .error(faults.of_field("description")),
            zone: self.zone_field(typed, &faults),
            slots,
            weeks: self.editing.is_none().then(|| {
                Field::new("weeks", t.get("form-weeks"), FieldKind::Number)
                    .hint(t.get("form-weeks-hint"))
                    .value(&typed.weeks)
                    .error(faults.of_field("weeks"))
            }),
            published: published(t, typed.published),
            problem: faults.problem,
            plan_sum: plan.sum,
            plan: plan.lines,
            notice: self.notice.clone(),
        })
    }

    /// Heading, addresses and button of the form.
    fn ways(&self, planned: usize) -> Ways {
        let t = self.t;
        if let Some(id) = self.conference_id() {
            let back = format!("/conferences/{id}");
            let action = format!("{back}/edit");
            let save_words = t.get("form-save").to_owned();
            return Ways { heading: t.get("edit-conference"), action, back, save_words };
        }
        Ways {
            heading: t.get("new-conference"),
            action: "/conferences/new".to_owned(),
            back: "/conferences".to_owned(),
            save_words: match planned {
                0 => t.get("form-schedule").to_owned(),
                n => t.with("form-schedule-n", &[("n", n.into())]),
            },
        }
    }

    fn row(&self, row: usize, slot: &TypedSlot, faults: &mut Faults) -> SlotRow {
        let t = self.t;
        let meeting = self.meeting(&slot.id);
        let id = meeting.map(|meeting| meeting.id.0);
        if let Some(begun) = meeting.filter(|meeting| meeting.has_started(self.now)) {
            faults.lift(row);
            let wall = wall(begun, self.zone.parse().unwrap_or(Tz::UTC));
            let mut shown = SlotRow::new(t, row, id, [&wall.date, &wall.start_time, &wall.end_time]);
            shown.settled = Some(settled(t, begun).to_owned());
            return shown;
        }
        let mut shown = SlotRow::new(t, row, id, [&slot.date, &slot.start, &slot.end]);
        shown.date = shown.date.error(faults.of_field(&format!("slot-{row}-date")));
        shown.start = shown.start.error(faults.of_field(&format!("slot-{row}-start")));
        shown.end = shown.end.error(faults.of_field(&format!("slot-{row}-end")));
        shown
    }

    fn course_field(&self, typed: &Typed, faults: &Faults) -> Field {
        let present = typed.course_id.trim();
        let choice = |course: &Course| {
            Choice::new(course.id.to_string(), format!("{} {}", course.code, course.title), present)
        };
        let mut choices: Vec<Choice> = self.courses.iter().map(choice).collect();
        if !choices.iter().any(|choice| choice.chosen) {
            choices.insert(0, Choice::new("", self.t.get("form-choose-course"), ""));
        }
        Field::new("course_id", self.t.get("form-course"), FieldKind::Select(choices))
            .error(faults.of_field("course_id"))
            .required()
    }

    fn zone_field(&self, typed: &Typed, faults: &Faults) -> Field {
        let present = typed.time_zone.trim();
        let mut choices: Vec<Choice> = ZONES.iter().map(|name| self.zone_choice(name, present)).collect();
        if !choices.iter().any(|choice| choice.chosen) {
            choices.insert(0, Choice::new(present, present, present));
        }
        Field::new("time_zone", self.t.get("form-zone"), FieldKind::Select(choices))
            .error(faults.of_field("time_zone"))
            .required()
    }

    fn zone_choice(&self, name: &str, present: &str) -> Choice {
        let zone: Tz = name.parse().unwrap_or(Tz::UTC);
        let minutes = self.now.with_timezone(&zone).offset().fix().local_minus_utc() / 60;
        let sign = if minutes < 0 { '−' } else { '+' };
        let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
        let offset = if rest == 0 { format!("{sign}{hours}") } else { format!("{sign}{hours}:{rest:02}") };
        let words = self.t.with("form-zone-now", &[("zone", name.into()), ("offset", offset.into())]);
        Choice::new(name, words, present)
    }
}

async fn courses(app: &App, reader: &Reader) -> Result<Vec<Course>> {
    let eyes = match reader.viewer.role {
        Some(GlobalRole::Admin) => Eyes::All,
        _ => Eyes::Member(reader.viewer.user_id, app.clock.now().date_naive()),
    };
    Ok(scheduling::courses(&app.store, eyes).await?)
}

/// When a meeting is, as one reads it on the wall.
fn wall(meeting: &Meeting, zone: Tz) -> SlotText {
    let (start, end) = (meeting.starts_at.with_timezone(&zone), meeting.ends_at.with_timezone(&zone));
    SlotText {
        id: Some(meeting.id),
        date: start.format("%Y-%m-%d").to_string(),
        start_time: start.format("%H:%M").to_string(),
        end_time: end.format("%H:%M").to_string(),
    }
}

fn settled(t: &'static Text, meeting: &Meeting) -> &'static str {
    match meeting.verdict {
        Verdict::Recorded => t.get("slot-recorded"),
        Verdict::NotHeld => t.get("slot-not-held"),
        _ => t.get("slot-begun"),
    }
}

fn published(t: &'static Text, published: bool) -> Vec<Choice> {
    let present = if published { "yes" } else { "no" };
    vec![
        Choice::new("yes", t.get("form-published-yes"), present),
        Choice::new("no", t.get("form-published-no"), present),
    ]
}
