// The player: transcript in step with the video, search, speed, keys, and going on where one stopped.
// The browser's own controls do the rest; without this file the page is complete, only plainer.
(() => {
  "use strict";
  const root = document.querySelector("[data-watch]");
  const video = document.getElementById("video");
  const list = document.querySelector("[data-cues]");
  const cues = list ? [...list.querySelectorAll(".cue")].map((link) => ({
    link,
    start: Number(link.dataset.start) / 1000,
    end: Number(link.dataset.end) / 1000,
    words: link.querySelector(".cue__words"),
  })) : [];
  if (!root) return;
  const store = {
    get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* private window: nothing is kept */ } },
    remove: (key) => { try { localStorage.removeItem(key); } catch { /* likewise */ } },
  };
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  const clock = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const two = (n) => String(n).padStart(2, "0");
    return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  };

  // -- search ---------------------------------------------------------------------------------------------------
  const form = document.querySelector("[data-find]");
  const found = document.querySelector("[data-found]");
  const steps = document.querySelector("[data-found-steps]");
  let hits = [];
  let at = -1;
  const plain = cues.map((cue) => cue.words.textContent);
  const search = (query) => {
    const wanted = query.trim().toLocaleLowerCase();
    hits = [];
    at = -1;
    cues.forEach((cue, index) => {
      const text = plain[index];
      const lower = text.toLocaleLowerCase();
      const parts = [];
      let from = 0;
      // Where lower case changes the length, places would not fit: the cue is found but not marked.
      for (let place; wanted && (place = lower.indexOf(wanted, from)) >= 0; from = place + wanted.length) {
        if (!hits.includes(cue)) hits.push(cue);
        if (lower.length !== text.length) break;
        const mark = document.createElement("mark");
        mark.textContent = text.slice(place, place + wanted.length);
        parts.push(text.slice(from, place), mark);
      }
      parts.push(lower.length === text.length ? text.slice(from) : text);
      cue.words.replaceChildren(...parts);
    });
    if (found) {
      found.textContent = !wanted ? "" : hits.length ? found.dataset.words.replace("{n}", String(hits.length)) : found.dataset.none;
    }
    if (steps) steps.hidden = hits.length === 0;
  };
  const step = (by) => {
    if (!hits.length) return;
    at = (at + by + hits.length) % hits.length;
    cues.forEach((cue) => cue.link.classList.toggle("is-found", cue === hits[at]));
    hits[at].link.scrollIntoView({ block: "center", behavior: calm });
    hits[at].link.focus({ preventScroll: true });
    found.textContent = `${at + 1} / ${hits.length}`;
  };
  const field = form?.querySelector("input");
  field?.addEventListener("input", () => search(field.value));
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    search(field.value);
    step(1);
  });
  steps?.addEventListener("click", (event) => {
    const button = event.target.closest("[data-found-step]");
    if (button) step(Number(button.dataset.foundStep));
  });
  if (field?.value) search(field.value);
  if (!video) return;

  // -- the video ------------------------------------------------------------------------------------------------
  const source = video.querySelector("source");
  const failed = document.querySelector("[data-video-failed]");
  const showFailed = () => { if (failed) failed.hidden = false; };
  source?.addEventListener("error", showFailed);
  video.addEventListener("error", showFailed);
  const seek = (seconds) => {
    video.currentTime = Math.max(0, Math.min(seconds, Number.isFinite(video.duration) ? video.duration : seconds));
  };
  root.addEventListener("click", (event) => {
    const cue = event.target.closest(".cue");
    if (cue && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      event.preventDefault();
      seek(Number(cue.dataset.start) / 1000);
      video.play().catch(() => { /* the browser wants a click on the video first */ });
    }
    const jump = event.target.closest("[data-seek]");
    if (jump) seek(video.currentTime + Number(jump.dataset.seek));
    const link = event.target.closest("[data-copy-link]");
    if (link) {
      const address = new URL(location.href);
      address.hash = "";
      address.search = `?t=${Math.floor(video.currentTime)}`;
      window.onrecordCopy?.(link, address.href);
    }
  });

  // The reader leads: the list follows the video until it is scrolled, and again when the reader returns to the cue.
  let following = true;
  list?.addEventListener("wheel", () => { following = false; }, { passive: true });
  list?.addEventListener("touchmove", () => { following = false; }, { passive: true });
  list?.addEventListener("keydown", () => { following = false; });
  let current = null;
  const follow = () => {
    const now = video.currentTime;
    let low = 0;
    let high = cues.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cues[middle].start <= now) low = middle + 1; else high = middle;
    }
    const cue = cues[low - 1] ?? null;
    if (cue === current) return;
    current?.link.removeAttribute("aria-current");
    current = cue;
    if (!cue) return;
    cue.link.setAttribute("aria-current", "true");
    const box = list.getBoundingClientRect();
    const line = cue.link.getBoundingClientRect();
    const visible = line.top >= box.top && line.bottom <= box.bottom;
    if (visible) following = true;
    if (following && list.scrollHeight > list.clientHeight) {
      list.scrollTo({ top: list.scrollTop + line.top - box.top - list.clientHeight / 3, behavior: calm });
    }
  };
  video.addEventListener("timeupdate", follow);
  video.addEventListener("seeked", () => { following = true; follow(); });

  // -- speed, kept for the next time ----------------------------------------------------------------------------
  const speed = document.querySelector("[data-speed]");
  const setSpeed = (value) => {
    video.playbackRate = value;
    video.defaultPlaybackRate = value;
    if (speed) speed.value = String(value);
    store.set("onrecord-speed", String(value));
  };
  const kept = Number(store.get("onrecord-speed"));
  if (kept >= 0.5 && kept <= 3) setSpeed(kept);
  speed?.addEventListener("change", () => setSpeed(Number(speed.value)));

  // -- going on where one stopped -------------------------------------------------------------------------------
  const key = `onrecord-at-${root.dataset.watch}`;
  const resume = document.querySelector("[data-resume]");
  const params = new URLSearchParams(location.search);
  video.addEventListener("loadedmetadata", () => {
    if (params.has("t")) return seek(Number(params.get("t")) || 0);
    const last = Number(store.get(key));
    if (!(last > 15) || last > video.duration - 15) return;
    seek(last);
    if (resume) {
      resume.hidden = false;
      resume.querySelector("[data-resume-at]").textContent = clock(last);
    }
  }, { once: true });
  if (video.readyState >= 1) video.dispatchEvent(new Event("loadedmetadata"));
  resume?.querySelector("[data-resume-start]").addEventListener("click", () => {
    seek(0);
    resume.hidden = true;
    video.play().catch(() => { /* as above */ });
  });
  let written = 0;
  const remember = () => {
    if (video.ended || video.currentTime > video.duration - 10) return store.remove(key);
    if (video.currentTime > 5) store.set(key, String(Math.floor(video.currentTime)));
  };
  video.addEventListener("timeupdate", () => {
    if (Math.abs(video.currentTime - written) < 5) return;
    written = video.currentTime;
    remember();
  });
  addEventListener("pagehide", remember);

  // -- keys -----------------------------------------------------------------------------------------------------
  const speeds = [0.75, 1, 1.25, 1.5, 1.75, 2];
  const change = (by) => {
    const index = speeds.indexOf(video.playbackRate);
    setSpeed(speeds[Math.max(0, Math.min(speeds.length - 1, (index < 0 ? 1 : index) + by))]);
  };
  const captions = () => {
    const track = video.textTracks[0];
    if (track) track.mode = track.mode === "showing" ? "hidden" : "showing";
  };
  const full = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (video.requestFullscreen) video.requestFullscreen();
    else video.webkitEnterFullscreen?.();
  };
  const keys = {
    k: () => (video.paused ? video.play().catch(() => {}) : video.pause()),
    j: () => seek(video.currentTime - 10),
    l: () => seek(video.currentTime + 10),
    "<": () => change(-1),
    ">": () => change(1),
    c: captions,
    f: full,
    m: () => { video.muted = !video.muted; },
    "/": () => field?.focus(),
    "?": () => document.getElementById("keys")?.togglePopover(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
