//! Keeping the world between starts: one JSON file, written beside and moved into place.
//! A crash loses at most the last moments, never the file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::server::Shared;
use crate::world::World;

const FILE: &str = "world.json";
const CALM: Duration = Duration::from_millis(500);

/// Where uploads lie beside the state.
pub(crate) fn blob_directory(directory: &Path) -> PathBuf {
    directory.join("blobs")
}

/// The saved world, if there is one.
pub(crate) fn load(directory: &Path) -> anyhow::Result<Option<World>> {
    let path = directory.join(FILE);
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    let world = serde_json::from_slice(&text).with_context(|| {
        format!(
            "{} cannot be read; it may be from another version, remove it to start afresh",
            path.display()
        )
    })?;
    Ok(Some(world))
}

/// Writes `text` so that either the old or the new file is there, whole.
fn write(directory: &Path, text: &[u8]) -> anyhow::Result<()> {
    std::fs::create_dir_all(directory).with_context(|| format!("creating {}", directory.display()))?;
    let draft = directory.join("world.json.new");
    let file = std::fs::File::create(&draft).with_context(|| format!("creating {}", draft.display()))?;
    std::io::Write::write_all(&mut &file, text).context("writing the state")?;
    file.sync_all().context("writing the state to disk")?;
    std::fs::rename(&draft, directory.join(FILE)).context("moving the state into place")
}

/// Saves now.
pub(crate) async fn save(shared: &Shared, directory: &Path) -> anyhow::Result<u64> {
    let (text, revision) = {
        let mut world = shared.world();
        world.clock_offset_ms = shared.clock.offset_ms();
        (serde_json::to_vec(&*world).context("describing the state")?, world.revision)
    };
    let directory = directory.to_owned();
    tokio::task::spawn_blocking(move || write(&directory, &text))
        .await
        .context("saving was interrupted")??;
    Ok(revision)
}

/// Saves after changes, in calm moments, until the simulator stops; saving never takes more than a small part of the time.
pub(crate) async fn run(shared: Arc<Shared>, directory: PathBuf) {
    let mut saved = shared.world().revision;
    let mut pause = CALM;
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        if shared.world().revision == saved {
            continue;
        }
        let began = Instant::now();
        match save(&shared, &directory).await {
            Ok(revision) => saved = revision,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the state could not be saved");
            }
        }
        pause = CALM.max(began.elapsed() * 20);
    }
}
