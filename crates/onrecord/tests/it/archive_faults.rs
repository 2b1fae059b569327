//! Hundreds of copies, each with something going wrong on the way: at Microsoft, in the network, in the archive, with the
//! process. Every one ends verified with the true bytes, or not verified; nothing half is ever seen under its name.
//! `ONRECORD_TRIALS=500` makes them many; CI does with few.

use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use onrecord::bucket::Bucket;
use onrecord::model::id::ArtifactId;
use onrecord::ops::keep;
use onrecord::params;
use onrecord::store::artifacts;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::archive::{SMALL_PARTS, recorded};
use crate::dice::{Dice, wished};
use crate::flaky::{Flaky, HARMS};
use crate::school::School;
use crate::world::World;

/// Tries after which a copy must have come to an end: nothing goes wrong any more in the last ones.
const TRIES: usize = 12;

/// One recording that is copied over and over.
struct Stage {
    school: School,
    id: ArtifactId,
    whole: Vec<u8>,
}

impl Stage {
    async fn set(school: School) -> Self {
        let (_, id, whole) = recorded(&school, "Cells", 420_000).await;
        Self { school, id, whole }
    }

    /// As if it had never been copied.
    async fn reset(&self) {
        let app = &self.school.world.app;
        let row = artifacts::find(&app.store, self.id).await.unwrap().unwrap();
        if let Some(key) = row.archive_key {
            app.bucket.delete(&key).await.unwrap();
        }
        let tx = app.store.write().await.unwrap();
        for sql in [
            "UPDATE artifact SET archive_key = NULL, verified_at = NULL, damaged_at = NULL, sha256 = NULL WHERE id = $1",
            "DELETE FROM archive_sidecar WHERE artifact_id = $1",
        ] {
            tx.execute(sql, params![self.id]).await.unwrap();
        }
        tx.execute("DELETE FROM archive_draft", params![]).await.unwrap();
        tx.commit().await.unwrap();
        self.school.world.sim.clear_faults();
    }

    /// Microsoft or the network does something; what it was, for the one who reads a failure.
    fn trouble_upstream(&self, dice: &mut Dice) -> String {
        let after = dice.below(3);
        let at = 1 + dice.below(419_999);
        let fault = match dice.below(8) {
            0 => json!({ "path": "/download/", "cut_after": at, "times": 1 + dice.below(7) }),
            1 => json!({ "path": "/download/", "wrong_bytes": true, "times": 1 }),
            2 => json!({ "path": "/download/", "html": true, "status": 200, "times": 1 }),
            3 => json!({ "path": "/download/", "status": 403, "times": 1 + dice.below(5) }),
            4 => json!({ "path": "/items/", "wrong_hash": true, "times": 1, "after": after }),
            5 => json!({ "path": "/items/", "status": 429, "retry_after": 300, "times": 1, "after": after }),
            6 => json!({ "path": "/download/", "ignore_range": true, "times": 3 }),
            _ => json!({ "path": "/download/", "empty": true, "times": 1 }),
        };
        self.school.world.sim.add_fault(&fault).unwrap();
        fault.to_string()
    }

    /// One try, which may be killed on its way. True if it came to its end.
    #[expect(clippy::disallowed_methods, reason = "a task that can be killed plays the process")]
    async fn attempt(&self, world: &World, dice: &mut Dice, deadly: bool) -> bool {
        let (app, id) = (Arc::clone(&world.app), self.id);
        let mut copying = tokio::spawn(async move { keep::copy(&app, id).await });
        if deadly && dice.below(3) == 0 {
            let patience = std::time::Duration::from_micros(200 + dice.below(60_000));
            if tokio::time::timeout(patience, &mut copying).await.is_err() {
                copying.abort();
                let _ = copying.await;
                return false;
            }
            return true;
        }
        copying.await.expect("it does not panic").is_ok()
    }

    async fn is_verified(&self) -> bool {
        let row = artifacts::find(&self.school.world.app.store, self.id).await.unwrap().unwrap();
        if !row.facts().is_verified() {
            return false;
        }
        let bytes = self.school.world.app.bucket.read(row.archive_key.as_deref().unwrap()).await.unwrap();
        assert!(bytes == self.whole, "verified wrongly");
        let sha256 = onrecord::model::hex::hex(&Sha256::digest(&self.whole));
        assert_eq!(row.sha256, Some(sha256), "the recorded hash is another");
        assert_eq!(row.size_bytes, Some(self.whole.len() as i64));
        true
    }
}

/// Whatever lies under the name of a recording is whole.
fn nothing_half_is_seen(folder: &Path, whole: usize) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            nothing_half_is_seen(&path, whole);
        } else if path.extension().is_some_and(|ending| ending == "mp4") {
            let size = std::fs::metadata(&path).map_or(whole as u64, |meta| meta.len());
            assert_eq!(size, whole as u64, "a half copy is visible: {}", path.display());
        }
    }
}

/// Whoever writes unfinished parts next finds no room.
#[cfg(unix)]
fn fill_the_disk(folder: &Path) -> Vec<std::path::PathBuf> {
    let unfinished = folder.join("archive/.unfinished");
    let Ok(entries) = std::fs::read_dir(&unfinished) else { return Vec::new() };
    let files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    for file in &files {
        std::fs::rename(file, file.with_extension("aside")).unwrap();
        std::os::unix::fs::symlink("/dev/full", file).unwrap();
    }
    files
}

#[cfg(unix)]
fn make_room(files: &[std::path::PathBuf]) {
    for file in files {
        std::fs::remove_file(file).unwrap();
        std::fs::rename(file.with_extension("aside"), file).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_on_the_way_into_a_folder_is_detected_or_survived() {
    let (trials, seed) = (wished("ONRECORD_TRIALS", 24), wished("ONRECORD_SEED", 1));
    let stage = Stage::set(School::with(&[SMALL_PARTS]).await).await;
    let folder = stage.school.world.folder().to_owned();
    let mut survived = 0;
    for trial in 0..trials {
        let mut dice = Dice::seeded(seed + trial);
        stage.reset().await;
        let mut story: Vec<String> = (0..=dice.below(3)).map(|_| stage.trouble_upstream(&mut dice)).collect();
        let deadly = dice.below(2) == 0;
        let mut world = stage.school.world.restarted();
        for attempt in 0..TRIES {
            let is_calm = attempt + 3 >= TRIES;
            if is_calm {
                stage.school.world.sim.clear_faults();
            }
            let full = if !is_calm && dice.below(6) == 0 { fill_the_disk(&folder) } else { Vec::new() };
            let ended = stage.attempt(&world, &mut dice, deadly && !is_calm).await;
            make_room(&full);
            story.push(format!("try {attempt}: ended {ended}, full disk {}", !full.is_empty()));
            nothing_half_is_seen(&folder.join("archive/Recordings"), stage.whole.len());
            if stage.is_verified().await {
                break;
            }
            // The dead one's hold ends; another process goes on.
            world = stage.school.world.restarted();
            stage.school.wait(TimeDelta::minutes(2));
        }
        assert!(stage.is_verified().await, "trial {trial}, seed {}: {story:#?}", seed + trial);
        survived += 1;
    }
    assert_eq!(survived, trials);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_on_the_way_into_object_storage_is_detected_or_survived() {
    let (trials, seed) = (wished("ONRECORD_TRIALS", 24), wished("ONRECORD_SEED", 1));
    let flaky = Flaky::default();
    let bucket = Bucket::over(Arc::new(flaky.clone()), Arc::new(flaky.clone()), "memory://flaky");
    let stage = Stage::set(School::of(World::over(&[SMALL_PARTS], bucket).await).await).await;
    for trial in 0..trials {
        let mut dice = Dice::seeded(seed + 10_000 + trial);
        flaky.heal();
        stage.reset().await;
        let mut story = Vec::new();
        for _ in 0..=dice.below(3) {
            if dice.below(2) == 0 {
                story.push(stage.trouble_upstream(&mut dice));
            }
            let harm = HARMS[dice.below(HARMS.len() as u64) as usize];
            let after = dice.below(4);
            flaky.harm(after, harm);
            story.push(format!("{harm:?} after {after}"));
        }
        let deadly = dice.below(2) == 0;
        let mut world = stage.school.world.restarted();
        for attempt in 0..TRIES {
            let is_calm = attempt + 3 >= TRIES;
            if is_calm {
                stage.school.world.sim.clear_faults();
                flaky.heal();
            }
            let ended = stage.attempt(&world, &mut dice, deadly && !is_calm).await;
            story.push(format!("try {attempt}: ended {ended}"));
            let row = artifacts::find(&world.app.store, stage.id).await.unwrap().unwrap();
            if row.facts().is_verified() {
                break;
            }
            world = stage.school.world.restarted();
            stage.school.wait(TimeDelta::minutes(2));
        }
        flaky.heal();
        assert!(stage.is_verified().await, "trial {trial}, seed {}: {story:#?}", seed + trial);
    }
}
