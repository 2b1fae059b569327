//! Works on jobs: claims one by lease, runs its operation, settles it. Several workers may run beside each other, in
//! one process or many; a killed one's work is taken up when its lease ends. The timetable puts recurring duties
//! into the same queue.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::App;
use crate::clock::Clock;
use crate::model::id::{ArtifactId, CourseId, MeetingId, RehearsalId, UserId, WithdrawalId};
use crate::model::job::{Duty, Job, JobKind};
use crate::model::words::Word as _;
use crate::ops::turn::Turn;
use crate::ops::{self, audit, drift, duties, keep, mail, provision, rehearsal, rehome, roster, sync, tell};
use crate::store::{Tx, jobs, lanes};

/// A job is taken for this long; longer ones are renewed while they run. A killed worker's jobs go on elsewhere when
/// their lease has ended, which people wait for: well within a minute.
const LEASE: TimeDelta = TimeDelta::seconds(40);

/// Renewed well before the lease ends.
const RENEW_EVERY: Duration = Duration::from_secs(12);

/// Other processes put work into the queue without ringing; this is how long it may wait.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The lane of online meetings, which nearly all work asks.
const TEAMS: &str = "meetings";

/// The kinds of work that ask it.
const ASKS_TEAMS: [JobKind; 3] = [JobKind::Provision, JobKind::Sync, JobKind::Delta];

/// How long running work may go on after the signal to stop.
const GRACE: Duration = Duration::from_secs(20);

/// After so many failed tries a job is given up and waits for a person.
const MOST_ATTEMPTS: i64 = 12;

/// What recurs, and how often. Looking for work of a sync is cheap and asks Microsoft for nothing; how often
/// Microsoft is asked stands in the rows.
const TIMETABLE: &[(Duty, TimeDelta)] = &[
    (Duty::ClassStart, TimeDelta::seconds(30)),
    (Duty::CatchUp, TimeDelta::minutes(10)),
    (Duty::PlanSync, TimeDelta::seconds(3)),
    (Duty::PlanGuard, TimeDelta::seconds(10)),
    (Duty::Drafts, TimeDelta::hours(1)),
    (Duty::Verdicts, TimeDelta::seconds(20)),
    (Duty::Subscriptions, TimeDelta::seconds(60)),
    (Duty::Expiry, TimeDelta::minutes(15)),
    (Duty::Storage, TimeDelta::minutes(15)),
    (Duty::Examine, TimeDelta::hours(1)),
    (Duty::Mail, TimeDelta::seconds(20)),
    (Duty::Alive, TimeDelta::minutes(5)),
    (Duty::Retention, TimeDelta::hours(6)),
    (Duty::Purge, TimeDelta::minutes(10)),
];

/// Works on jobs until `stop`, then lets running ones finish for a while.
pub async fn run(app: Arc<App>, stop: CancellationToken) {
    tokio::join!(work(&app, &stop), seal(&app, &stop));
}

/// Works until nothing is due any more, without waiting for anything to become due. For tests and short commands.
pub async fn run_until_idle(app: &Arc<App>) {
    let worker = Uuid::new_v4().to_string();
    if let Err(error) = keep_timetable(app).await {
        tracing::error!(%error, "the timetable could not be kept");
    }
    loop {
        match claim(app, &worker, &[]).await {
            Ok(Some(job)) => run_claimed(app, &worker, job).await,
            Ok(None) => break,
            Err(error) => {
                tracing::error!(%error, "no job could be claimed");
                break;
            }
        }
    }
    if let Err(error) = audit::seal(app).await {
        tracing::error!(%error, "the audit could not be sealed");
    }
}

/// The same with several jobs at once.
pub async fn run_side_by_side(app: &Arc<App>, at_once: usize) {
    let worker = Uuid::new_v4().to_string();
    if let Err(error) = keep_timetable(app).await {
        cannot(&error);
    }
    let (mut running, mut shares) = (JoinSet::new(), Shares::default());
    loop {
        take_up(app, &worker, (&mut running, &mut shares), at_once).await;
        match running.join_next().await {
            Some(ended) => note_panic(ended),
            None => break,
        }
    }
    if let Err(error) = audit::seal(app).await {
        tracing::error!(%error, "the audit could not be sealed");
    }
}

async fn work(app: &Arc<App>, stop: &CancellationToken) {
    let worker = Uuid::new_v4().to_string();
    let at_once = app.config.sync.jobs_at_once.get() as usize;
    let mut running = JoinSet::new();
    let mut shares = Shares::default();
    let mut is_timetable_kept = false;
    while !stop.is_cancelled() {
        if !is_timetable_kept {
            is_timetable_kept = keep_timetable(app).await.inspect_err(cannot).is_ok();
        }
        take_up(app, &worker, (&mut running, &mut shares), at_once).await;
        tokio::select! {
            () = stop.cancelled() => {}
            () = app.work.notified() => {}
            Some(ended) = running.join_next() => note_panic(ended),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    let finishing = async {
        while let Some(ended) = running.join_next().await {
            note_panic(ended);
        }
    };
    if tokio::time::timeout(GRACE, finishing).await.is_err() {
        running.shutdown().await;
    }
    if let Err(error) = give_back(app, &worker).await {
        tracing::warn!(%error, "unfinished jobs are taken up when their lease ends");
    }
}

/// Begins jobs that are due until so many run at once.
async fn take_up(app: &Arc<App>, worker: &str, under_way: (&mut JoinSet<()>, &mut Shares), at_once: usize) {
    let (running, shares) = under_way;
    while running.len() < at_once {
        match claim(app, worker, &shares.taken(at_once)).await {
            Ok(Some(job)) => {
                let (app, worker, share) = (Arc::clone(app), worker.to_owned(), shares.take(job.kind));
                running.spawn(async move {
                    run_claimed(&app, &worker, job).await;
                    drop(share);
                });
            }
            Ok(None) => break,
            Err(error) => {
                cannot(&error);
                break;
            }
        }
    }
}

fn cannot(error: &ops::Error) {
    tracing::error!(%error, "the queue cannot be worked on at present");
}

/// A job that panicked keeps its lease; when that ends it is taken again, and its attempts are counted.
fn note_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a job broke off");
    }
}

/// The sealer: gives new audit entries their place in the chain, each second.
async fn seal(app: &Arc<App>, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = audit::seal(app).await {
            tracing::error!(%error, "the audit could not be sealed");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    if let Err(error) = audit::seal(app).await {
        tracing::warn!(%error, "the audit is sealed at the next start");
    }
}

/// Leases are compared by the database's time, unless a person moves the clock by hand.
async fn lease_time(app: &App) -> ops::Result<DateTime<Utc>> {
    match &app.clock {
        Clock::System => Ok(app.store.database_now(app.clock.now()).await?),
        Clock::Manual(_) => Ok(app.clock.now()),
    }
}

async fn claim(app: &App, worker: &str, without: &[JobKind]) -> ops::Result<Option<Job>> {
    let now = lease_time(app).await?;
    if !jobs::any_due(&app.store, now).await? {
        return Ok(None);
    }
    let mut without = without.to_vec();
    // While Teams asks for silence its work would only be begun and put back.
    if lanes::paused_until(&app.store, TEAMS).await?.is_some_and(|until| until > now) {
        without.extend(ASKS_TEAMS);
    }
    Ok(jobs::claim_except(&app.store, worker, (now, LEASE), &without).await?)
}

/// How much of this process works on what: thousands of meetings to create leave room for what a class left behind,
/// and the other way round.
#[derive(Default)]
struct Shares(Vec<(JobKind, Arc<()>)>);

impl Shares {
    /// The kinds that have their share of `at_once` places: all but one.
    fn taken(&mut self, at_once: usize) -> Vec<JobKind> {
        let most = at_once.saturating_sub(1).max(1);
        let full = |held: &Arc<()>| Arc::strong_count(held) > most;
        if at_once < 2 {
            return Vec::new();
        }
        self.0.iter().filter(|(_, held)| full(held)).map(|(kind, _)| *kind).collect()
    }

    /// A place for one more job of this kind, given back when dropped.
    fn take(&mut self, kind: JobKind) -> Arc<()> {
        if let Some((_, held)) = self.0.iter().find(|(of, _)| *of == kind) {
            return Arc::clone(held);
        }
        let held = Arc::default();
        self.0.push((kind, Arc::clone(&held)));
        held
    }
}

/// Every duty waits in the queue. Repeating this changes nothing.
async fn keep_timetable(app: &App) -> ops::Result<()> {
    let now = app.clock.now();
    let subjects: Vec<String> = TIMETABLE.iter().map(|(duty, _)| duty_subject(*duty)).collect();
    let tx = app.store.write().await?;
    jobs::enqueue_missing(&tx, JobKind::Duty, &subjects, now, now).await?;
    tx.commit().await?;
    Ok(())
}

fn duty_subject(duty: Duty) -> String {
    format!("duty:{duty}")
}

/// Runs a claimed job and settles it. Its lease is renewed while it goes on, not in its pauses: renewing may have to
/// wait for a transaction that the job has open, and would wait for ever if the job stood still meanwhile.
async fn run_claimed(app: &Arc<App>, worker: &str, job: Job) {
    let outcome = tokio::select! {
        outcome = perform(app, &job) => outcome,
        never = keep_lease(app, worker, &job) => match never {},
    };
    if let Err(error) = settle(app, worker, &job, outcome).await {
        tracing::error!(job = %job.id, %error, "a job could not be settled; it is taken again when its lease ends");
    }
}

/// Renews a job's lease for as long as it is polled.
async fn keep_lease(app: &App, worker: &str, job: &Job) -> Infallible {
    loop {
        app.clock.passed(RENEW_EVERY).await;
        renew(app, worker, job).await;
    }
}

async fn renew(app: &App, worker: &str, job: &Job) {
    let renewed = async {
        let until = lease_time(app).await? + LEASE;
        let tx = app.store.write().await?;
        let is_ours = jobs::renew(&tx, job.id, worker, until).await?;
        tx.commit().await?;
        ops::Result::Ok(is_ours)
    };
    match renewed.await {
        Ok(true) => {}
        Ok(false) => {
            tracing::warn!(job = %job.id, "another worker took this job; both may do it, which does no harm");
        }
        Err(error) => tracing::warn!(job = %job.id, %error, "a lease could not be renewed"),
    }
}

/// The operation of a job. The list is closed: a new kind does not compile without its arm.
async fn perform(app: &Arc<App>, job: &Job) -> ops::Result<Turn> {
    match job.kind {
        JobKind::Provision => {
            provision::provision(app, subject(job, "meeting").map(MeetingId)?, job.attempts).await
        }
        JobKind::Update => tell::update(app, subject(job, "meeting").map(MeetingId)?, job.attempts).await,
        JobKind::Verify => drift::verify(app, subject(job, "meeting").map(MeetingId)?, job.attempts).await,
        JobKind::Watch => {
            sync::watch(app, subject(job, "meeting").map(MeetingId)?).await?;
            Ok(Turn::Done)
        }
        JobKind::Roster => {
            roster::changed(app, subject(job, "course").map(CourseId)?).await?;
            Ok(Turn::Done)
        }
        JobKind::Rehearse => rehearsal::run(app, subject(job, "rehearsal").map(RehearsalId)?).await,
        JobKind::Mail => mail::send(app, subject(job, "user").map(UserId)?, job.attempts).await,
        JobKind::Duty => recur(app, job).await,
        JobKind::Sync => Box::pin(sync::sync_meeting(app, subject(job, "meeting").map(MeetingId)?)).await,
        JobKind::Delta => sync::delta_round(app, &job.subject).await,
        JobKind::Withdraw => rehome::withdraw(app, subject(job, "withdrawal").map(WithdrawalId)?).await,
        JobKind::Copy => Box::pin(keep::copy(app, subject(job, "artifact").map(ArtifactId)?)).await,
    }
}

/// Does a duty; whatever comes of it, it is done again at its next time.
async fn recur(app: &App, job: &Job) -> ops::Result<Turn> {
    let name = job.subject.strip_prefix("duty:").unwrap_or_default();
    let Some((duty, every)) = Duty::parse(name).and_then(|duty| TIMETABLE.iter().find(|(of, _)| *of == duty))
    else {
        return Ok(Turn::Done);
    };
    let failed = match duties::perform(app, *duty).await {
        Ok(()) => String::new(),
        Err(error) => {
            tracing::error!(%duty, %error, "a recurring duty failed; it is tried again at its next time");
            error.to_string()
        }
    };
    Ok(Turn::Again(app.clock.now() + interval(app, *duty, *every), failed))
}

/// Where Microsoft is asked more often than usual, work is looked for as often.
fn interval(app: &App, duty: Duty, usual: TimeDelta) -> TimeDelta {
    match duty {
        Duty::PlanSync => usual.min(TimeDelta::seconds(i64::from(app.config.sync.poll_seconds.get()))),
        _ => usual,
    }
}

/// The number in a job's subject.
fn subject(job: &Job, word: &str) -> ops::Result<i64> {
    let number = job.subject.strip_prefix(word).and_then(|rest| rest.strip_prefix(':'));
    number.and_then(|number| number.parse().ok()).ok_or_else(|| unknown(job))
}

fn unknown(job: &Job) -> ops::Error {
    ops::Error::Conflict(format!("this version does not know how to do {} on {}", job.kind, job.subject))
}

async fn settle(app: &App, worker: &str, job: &Job, outcome: ops::Result<Turn>) -> ops::Result<()> {
    let now = app.clock.now();
    let tx = app.store.write().await?;
    match outcome {
        // When what the job was about is gone, there is nothing left to do.
        Ok(Turn::Done) | Err(ops::Error::NotFound) => jobs::finish(&tx, job.id, worker).await?,
        Ok(Turn::Again(at, because)) => jobs::retry(&tx, job.id, worker, at, &because).await?,
        Err(error) => settle_failed(&tx, worker, job, (&error, now)).await?,
    }
    tx.commit().await?;
    Ok(())
}

async fn settle_failed(
    tx: &Tx,
    worker: &str,
    job: &Job,
    failure: (&ops::Error, DateTime<Utc>),
) -> ops::Result<()> {
    let (error, now) = failure;
    let (id, subject) = (job.id, &job.subject);
    if let Some(wait) = judge(error, job.attempts) {
        tracing::warn!(job = %id, kind = %job.kind, subject, %error, "a job is tried again");
        jobs::retry(tx, id, worker, now + wait, &error.to_string()).await?;
    } else {
        tracing::error!(job = %id, kind = %job.kind, subject, %error, "a job is given up");
        jobs::bury(tx, id, worker, &error.to_string(), now).await?;
    }
    Ok(())
}

/// How long a failed job waits; `None` when it is given up. Microsoft's own `Retry-After` wins.
fn judge(error: &ops::Error, attempts: i64) -> Option<TimeDelta> {
    let asked = match error {
        ops::Error::Graph(error) => {
            let asked = error.retry_after().and_then(|wait| TimeDelta::from_std(wait).ok());
            if asked.is_none() && !error.is_retryable() && attempts >= 3 {
                return None;
            }
            asked
        }
        ops::Error::Denied(_) | ops::Error::Invalid(_) | ops::Error::Conflict(_) => return None,
        _ => None,
    };
    if asked.is_none() && attempts >= MOST_ATTEMPTS {
        return None;
    }
    let doublings = u32::try_from(attempts.clamp(1, 8) - 1).unwrap_or_default();
    let own = TimeDelta::seconds(15 * (1_i64 << doublings)).min(TimeDelta::hours(1));
    Some(asked.map_or(own, |asked| asked.max(TimeDelta::seconds(1))))
}

async fn give_back(app: &App, worker: &str) -> ops::Result<()> {
    let tx = app.store.write().await?;
    jobs::give_back(&tx, worker, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_wait_longer_each_time_and_are_given_up_at_last() {
        let broken = ops::Error::NotReady("not yet".into());
        let waits: Vec<_> = [1, 2, 3, 9].map(|n| judge(&broken, n).map(|wait| wait.num_seconds())).into();
        assert_eq!(waits, [Some(15), Some(30), Some(60), Some(1_920)]);
        assert_eq!(judge(&broken, MOST_ATTEMPTS), None);
        assert_eq!(judge(&ops::Error::Conflict("no".into()), 1), None);
    }

    #[test]
    fn one_kind_of_work_never_takes_every_place() {
        let mut shares = Shares::default();
        assert!(shares.taken(4).is_empty());
        let mut held: Vec<_> = (0..3).map(|_| shares.take(JobKind::Provision)).collect();
        assert_eq!(shares.taken(4), [JobKind::Provision]);
        held.pop();
        assert!(shares.taken(4).is_empty());
        assert!(shares.taken(1).is_empty(), "a single place takes whatever comes");
    }

    #[test]
    fn microsofts_own_word_about_waiting_wins_and_counts_for_no_giving_up() {
        let error = msgraph::Error::Throttled { retry_after: Duration::from_secs(77), ids: Box::default() };
        assert_eq!(judge(&error.into(), 50), Some(TimeDelta::seconds(77)));
    }
}
