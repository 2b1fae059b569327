//! Everything the simulated tenant knows, in one value behind one lock.
//! What is to come waits in `pending` and lands when the clock says so; `settle` is the only door it comes through.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::blobs::Blobs;
use crate::drive::{Drive, Item};
use crate::media::Content;
use crate::meetings::{Events, Meetings};
use crate::pending::Pendings;
use crate::random::Random;
use crate::script::Live;
use crate::subscription::{Subscription, Topic};
use crate::tenant::Tenant;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) tenant: Tenant,
    pub(crate) clock_offset_ms: i64,
    pub(crate) random: Random,
    pub(crate) signing_key: String,
    /// Grows with every change; delta tokens are positions in it.
    pub(crate) sequence: u64,
    pub(crate) events: Events,
    pub(crate) meetings: Meetings,
    pub(crate) chats: BTreeMap<String, Chat>,
    pub(crate) drives: BTreeMap<String, Drive>,
    pub(crate) uploads: BTreeMap<String, Upload>,
    pub(crate) copies: BTreeMap<String, String>,
    pub(crate) pending: Pendings,
    pub(crate) subscriptions: BTreeMap<String, Subscription>,
    pub(crate) mails: Vec<Value>,
    /// The permissions before the last change, and when that was.
    #[serde(default)]
    pub(crate) roles_before: Option<(DateTime<Utc>, Option<Vec<String>>)>,
    /// Uploaded bytes.
    #[serde(skip)]
    pub(crate) blobs: Blobs,
    /// Where downloads are served: port, and host when it is not the one asked.
    #[serde(skip)]
    pub(crate) download_port: u16,
    #[serde(skip)]
    pub(crate) download_host: Option<String>,
    /// News for subscribers, taken by the delivery worker.
    #[serde(skip)]
    pub(crate) news: Vec<News>,
    /// Word of subscriptions' own lives, with where it goes; taken by the delivery worker.
    #[serde(skip)]
    pub(crate) lifecycle: Vec<(String, Value)>,
    /// The minute in which expiry was last looked at.
    #[serde(skip)]
    pub(crate) expiry_minute: i64,
    /// Counts changes, so that saving knows whether there is anything to save.
    #[serde(skip)]
    pub(crate) revision: u64,
}

/// A calendar event; `props` is what the client wrote, times are kept apart in UTC.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) props: Map<String, Value>,
    pub(crate) start: DateTime<Utc>,
    pub(crate) end: DateTime<Utc>,
    pub(crate) start_zone: String,
    pub(crate) end_zone: String,
    pub(crate) transaction_id: Option<String>,
    pub(crate) meeting_id: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) modified_at: DateTime<Utc>,
    pub(crate) version: u64,
    pub(crate) cancelled: bool,
    pub(crate) uid: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Meeting {
    pub(crate) id: String,
    pub(crate) organizer: String,
    /// `None` for meetings without a calendar event.
    pub(crate) event_id: Option<String>,
    pub(crate) calendar_backed: bool,
    pub(crate) external_id: Option<String>,
    pub(crate) join_url: String,
    pub(crate) thread_id: String,
    /// Settings and participants as Graph shows them.
    pub(crate) props: Map<String, Value>,
    pub(crate) subject: String,
    pub(crate) start: DateTime<Utc>,
    pub(crate) end: DateTime<Utc>,
    pub(crate) created_at: DateTime<Utc>,
    /// Each use or change moves the expiry.
    pub(crate) used_at: DateTime<Utc>,
    pub(crate) recordings: Vec<Recording>,
    pub(crate) transcripts: Vec<Transcript>,
    pub(crate) reports: Vec<Report>,
    /// Times the class was held, as from and to.
    pub(crate) held: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    /// The class that is on now, if one was begun and not ended.
    #[serde(default)]
    pub(crate) live: Option<Live>,
}

impl Meeting {
    /// Meetings are forgotten 60 days after their end, last use or last change.
    pub(crate) fn expired(&self, now: DateTime<Utc>) -> bool {
        now > self.end.max(self.used_at) + TimeDelta::days(60)
    }

    pub(crate) fn running(&self, now: DateTime<Utc>) -> bool {
        self.live.is_some() || self.held.iter().any(|(from, to)| *from <= now && now < *to)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.props.get(name).and_then(Value::as_bool).unwrap_or_default()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Recording {
    pub(crate) id: String,
    pub(crate) call_id: String,
    pub(crate) correlation_id: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) ended_at: DateTime<Utc>,
    pub(crate) content: Content,
    /// Whether getAllRecordings and its delta know it.
    pub(crate) exported: bool,
    pub(crate) sequence: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Transcript {
    pub(crate) id: String,
    pub(crate) call_id: String,
    pub(crate) correlation_id: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) ended_at: DateTime<Utc>,
    pub(crate) cues: Vec<Cue>,
    pub(crate) sequence: u64,
}

/// Offsets count from the recording's start and may be negative.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Cue {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    pub(crate) speaker: String,
    pub(crate) text: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) id: String,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) ended_at: DateTime<Utc>,
    pub(crate) records: Vec<Value>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Chat {
    pub(crate) messages: Vec<Message>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) modified_at: DateTime<Utc>,
    /// The message as Graph shows it, with its true `messageType`.
    pub(crate) body: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) drive_id: String,
    pub(crate) parent_id: String,
    pub(crate) name: String,
    pub(crate) behaviour: String,
    pub(crate) item: Value,
    pub(crate) received: u64,
    pub(crate) total: Option<u64>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Something that lands when its time has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Arrival {
    File { drive_id: String, item: Box<Item> },
    Recording { meeting_id: String, recording: Box<Recording> },
    Transcript { meeting_id: String, transcript: Box<Transcript> },
    Report { meeting_id: String, report: Box<Report> },
    Message { thread_id: String, message: Box<Message> },
}

/// One change that subscribers may want to hear of.
#[derive(Debug, Clone)]
pub(crate) struct News {
    pub(crate) topic: Topic,
    pub(crate) change: &'static str,
    pub(crate) id: String,
    pub(crate) resource: String,
}

impl World {
    pub(crate) fn new(tenant: Tenant, seed: u64) -> Self {
        let mut random = Random::seeded(seed);
        let signing_key = random.base64(32);
        let mut world = Self {
            tenant,
            clock_offset_ms: 0,
            random,
            signing_key,
            sequence: 0,
            events: Events::default(),
            meetings: Meetings::default(),
            chats: BTreeMap::new(),
            drives: BTreeMap::new(),
            uploads: BTreeMap::new(),
            copies: BTreeMap::new(),
            pending: Pendings::default(),
            subscriptions: BTreeMap::new(),
            mails: Vec::new(),
            roles_before: None,
            blobs: Blobs::default(),
            download_port: 0,
            download_host: None,
            news: Vec::new(),
            lifecycle: Vec::new(),
            expiry_minute: 0,
            revision: 0,
        };
        world.provision_drives();
        world
    }

    /// Gives every licensed person a drive, as soon as they are known.
    pub(crate) fn provision_drives(&mut self) {
        let owners: Vec<String> = self.tenant.users.iter().map(|user| user.id.clone()).collect();
        for owner in owners {
            self.provision_drive(&owner);
        }
    }

    /// Gives one person a drive, if there is none.
    pub(crate) fn provision_drive(&mut self, owner: &str) {
        let id = crate::drive::drive_id(owner);
        if !self.drives.contains_key(&id) {
            let epoch = DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default();
            let folder = self.tenant.switches.recordings_folder.clone();
            let sequence = self.next_sequence();
            let drive = Drive::new(owner, &folder, sequence, epoch);
            self.drives.insert(id, drive);
        }
    }

    pub(crate) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.revision += 1;
        self.sequence
    }

    /// Says that something changed which has no sequence of its own.
    pub(crate) fn touch(&mut self) {
        self.revision += 1;
    }

    /// Puts something into the future, or lands it at once when it is due.
    pub(crate) fn schedule(&mut self, due: DateTime<Utc>, now: DateTime<Utc>, arrival: Arrival) {
        if due <= now {
            self.land(arrival);
        } else {
            self.pending.add(due, arrival);
            self.touch();
        }
    }

    /// Lands all that is due, in the order of its time.
    pub(crate) fn settle(&mut self, now: DateTime<Utc>) {
        while let Some(arrival) = self.pending.take(now) {
            self.land(arrival);
        }
        let minute = now.timestamp() / 60;
        if minute != self.expiry_minute {
            self.expiry_minute = minute;
            self.expire_recordings(now);
            self.subscriptions.retain(|_, subscription| subscription.expires_at > now);
        }
    }

    fn land(&mut self, arrival: Arrival) {
        let sequence = self.next_sequence();
        match arrival {
            Arrival::File { drive_id, item } => {
                if let Some(drive) = self.drives.get_mut(&drive_id) {
                    drive.place(*item, sequence);
                    self.announce_drive(&drive_id);
                }
            }
            Arrival::Recording { meeting_id, mut recording } => {
                recording.sequence = sequence;
                self.announce_artifact(Topic::Recordings, &meeting_id, &recording.id);
                self.meetings.keep_recording(&meeting_id, *recording);
            }
            Arrival::Transcript { meeting_id, mut transcript } => {
                transcript.sequence = sequence;
                self.announce_artifact(Topic::Transcripts, &meeting_id, &transcript.id);
                self.meetings.keep_transcript(&meeting_id, *transcript);
            }
            Arrival::Report { meeting_id, report } => {
                if let Some(meeting) = self.meetings.get_mut(&meeting_id) {
                    meeting.reports.push(*report);
                }
            }
            Arrival::Message { thread_id, message } => {
                let id = message.body["id"].as_str().unwrap_or_default().to_owned();
                self.news.push(News {
                    topic: Topic::Chat { thread_id: thread_id.clone() },
                    change: "created",
                    resource: format!("chats('{thread_id}')/messages('{id}')"),
                    id,
                });
                self.chats.entry(thread_id).or_default().messages.push(*message);
            }
        }
    }

    /// Tells subscribers of a drive that something in it changed.
    pub(crate) fn announce_drive(&mut self, drive_id: &str) {
        self.news.push(News {
            topic: Topic::Drive { drive_id: drive_id.to_owned() },
            change: "updated",
            id: String::new(),
            resource: format!("drives/{drive_id}/root"),
        });
    }

    fn announce_artifact(&mut self, kind: fn(String, String) -> Topic, meeting_id: &str, artifact_id: &str) {
        let Some(meeting) = self.meetings.get(meeting_id).filter(|meeting| meeting.calendar_backed) else {
            return;
        };
        let topic = kind(meeting_id.to_owned(), meeting.organizer.clone());
        let collection = topic.collection();
        self.news.push(News {
            topic,
            change: "created",
            id: artifact_id.to_owned(),
            resource: format!("communications/onlineMeetings('{meeting_id}')/{collection}('{artifact_id}')"),
        });
    }

    /// Moves recordings past their policy days into the bin.
    fn expire_recordings(&mut self, now: DateTime<Utc>) {
        let mut emptied = Vec::new();
        let mut sequence = self.sequence;
        for (drive_id, drive) in &mut self.drives {
            if drive.expire(now, &mut sequence) {
                emptied.push(drive_id.clone());
            }
        }
        if sequence != self.sequence {
            self.sequence = sequence;
            self.touch();
        }
        for drive_id in emptied {
            self.announce_drive(&drive_id);
        }
    }

    /// Finds a meeting by its join link as stored, or by the thread its link names.
    pub(crate) fn meeting_by_link(&self, link: &str) -> Option<&Meeting> {
        self.meetings.of_link(link).or_else(|| {
            let decoded = crate::http::decode(link).to_lowercase();
            self.meetings.values().find(|meeting| {
                decoded.contains(&meeting.thread_id.to_lowercase())
                    || crate::http::decode(&meeting.join_url).eq_ignore_ascii_case(&decoded)
            })
        })
    }
}
