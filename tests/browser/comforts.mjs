// What script adds to the pages, and that the pages are whole without it; on the sample pages of the style guide.
//   ONRECORD_URL=http://127.0.0.1:8090 node comforts.mjs
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const base = (process.env.ONRECORD_URL ?? "http://127.0.0.1:8080").replace(/\/$/, "");
const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const tries = [];
const it = (words, work, options = {}) => tries.push({ words, work, options });

it("adds a time slot a week later, with names of its own", async (page) => {
  await page.goto(`${base}/styleguide/conference-new`);
  await page.click("[data-add-slot]");
  assert.equal(await page.inputValue("#slot-1-date"), "2026-12-02");
  assert.equal(await page.inputValue("#slot-1-start"), "14:00");
  assert.equal(await page.locator("[data-slot]").nth(1).locator("legend").textContent(), "Time slot 2");
  assert.equal(await page.locator("label[for=slot-1-end]").count(), 1);
});

it("leaves faults of the last slot behind when it adds one", async (page) => {
  await page.goto(`${base}/styleguide/conference-new-errors`);
  assert.equal(await page.evaluate(() => document.activeElement.id), "problems");
  await page.click("[data-add-slot]");
  assert.equal(await page.locator("#slot-1-end[aria-invalid]").count(), 0);
  assert.equal(await page.locator("[data-slot]").nth(1).locator(".field__error").count(), 0);
});

it("closes a menu with Escape and gives the focus back", async (page) => {
  await page.goto(`${base}/styleguide/class-overview`);
  await page.click(".top details.menu > summary");
  assert.equal(await page.locator(".top details.menu[open]").count(), 1);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".top details.menu[open]").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "SUMMARY");
});

it("opens the dialog that hides a recording, and closes it with Escape", async (page) => {
  await page.goto(`${base}/styleguide/recordings`);
  await page.click("table details.menu > summary >> nth=0");
  await page.click("[popovertarget=hide-1] >> nth=0");
  assert.ok(await page.locator("#hide-1").isVisible());
  assert.equal(await page.evaluate(() => document.activeElement.id), "hide-1-reason");
  await page.keyboard.press("Escape");
  assert.ok(!(await page.locator("#hide-1").isVisible()));
});

it("searches the transcript while one types, and steps through", async (page) => {
  await page.goto(`${base}/styleguide/player`);
  await page.keyboard.press("/");
  await page.keyboard.type("GRADIENT");
  assert.equal(await page.locator("[data-cues] mark").count(), 2);
  assert.equal(await page.textContent("[data-found]"), "2 places");
  await page.keyboard.press("Enter");
  assert.equal(await page.textContent("[data-found]"), "1 / 2");
  assert.equal(await page.evaluate(() => document.activeElement.id), "c2");
  await page.fill("#find", "nowhere");
  assert.equal(await page.textContent("[data-found]"), "Not found in this transcript");
});

it("keeps the speed for the next time", async (page) => {
  await page.goto(`${base}/styleguide/player`);
  await page.selectOption("[data-speed]", "1.5");
  await page.reload();
  assert.equal(await page.inputValue("[data-speed]"), "1.5");
});

it("copies a command", async (page) => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`${base}/styleguide/teams`);
  await page.click("[data-copy]");
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^Grant-CsApplicationAccessPolicy/);
  assert.equal(await page.textContent("[data-copy] span"), "Copied");
});

it("shows the whole page without script, and nothing that would need it", async (page) => {
  await page.goto(`${base}/styleguide/player-found`);
  assert.equal(await page.locator("mark").count(), 2);
  assert.ok(await page.locator("video[controls]").isVisible());
  assert.ok(!(await page.locator(".player__bar").isVisible()));
  assert.match(await page.getAttribute("#c2", "href"), /^\?t=3#c2$/);
  await page.goto(`${base}/styleguide/conference-new`);
  assert.ok(await page.locator("button[value=preview]").isVisible());
  await page.goto(`${base}/styleguide/recordings`);
  await page.click("table details.menu > summary >> nth=0");
  await page.click("[popovertarget=hide-1] >> nth=0");
  assert.ok(await page.locator("#hide-1").isVisible());
}, { javaScriptEnabled: false });

let failed = 0;
for (const { words, work, options } of tries) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  try {
    await work(await context.newPage());
    console.log(`ok      ${words}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${words}\n        ${String(error.message).split("\n").join("\n        ")}`);
  }
  await context.close();
}
await browser.close();
console.log(`${tries.length} tried, ${failed} failed`);
process.exit(failed ? 1 : 0);
