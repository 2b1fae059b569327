// Every page, at both widths and in both themes: axe, no error in the console, no violation of the content policy,
// nothing wider than the phone; and on the desktop the whole page by keyboard.
//
//   ONRECORD_URL=http://127.0.0.1:8080 node pages.mjs             the demo, signed in as each of its people
//   ONRECORD_URL=http://127.0.0.1:8090 node pages.mjs styleguide  every sample page, no sign-in
//
// CHROMIUM: the browser (default /usr/bin/chromium). SHOTS: a directory to put a picture of each page in.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { password, people } from "./places.mjs";

const base = (process.env.ONRECORD_URL ?? "http://127.0.0.1:8080").replace(/\/$/, "");
const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const shots = process.env.SHOTS;
const only = process.env.ONLY;
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const looks = [
  { name: "desktop-light", viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  { name: "desktop-dark", viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  { name: "phone-light", viewport: { width: 390, height: 844 }, colorScheme: "light" },
  { name: "phone-dark", viewport: { width: 390, height: 844 }, colorScheme: "dark" },
];
const faults = [];
let visited = 0;

if (shots) mkdirSync(shots, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  if (process.argv[2] === "styleguide") await styleguide();
  else await demo();
} finally {
  await browser.close();
}
console.log(`${visited} views of pages visited, ${faults.length} faults`);
for (const fault of faults) console.log(`  ${fault}`);
process.exit(faults.length ? 1 : 0);

async function styleguide() {
  for (const look of looks) {
    await within(look, async (page) => {
      await page.goto(`${base}/styleguide`);
      const samples = await links(page, /^\/styleguide\/[\w-]+$/);
      if (samples.length < 20) fault(look, "/styleguide", "lists too few sample pages");
      for (const path of ["/styleguide", ...new Set(samples)]) {
        if (!only || path.includes(only)) await visit(page, look, path, "");
      }
    });
  }
}

async function demo() {
  for (const look of looks) {
    await within(look, async (page) => {
      for (const path of ["/login", "/welcome/not-a-link", "/styleguide"]) await visit(page, look, path, "anyone");
    });
    for (const person of people) {
      await within(look, async (page) => {
        await signIn(page, person.email);
        for (const path of await placesOf(page, person)) await visit(page, look, path, person.email.split("@")[0]);
      });
    }
  }
}

async function placesOf(page, person) {
  const paths = [...person.pages];
  for (const { path, follow, then } of person.follow) {
    await page.goto(base + path);
    const [first] = await links(page, follow);
    if (!first) { faults.push(`${person.email}: ${path} has no link ${follow}`); continue; }
    paths.push(first, ...(first.startsWith("/conferences/") ? person.tabs.map((tab) => `${first}?tab=${tab}`) : []));
    if (!then) continue;
    await page.goto(base + first + then.suffix);
    const [second] = await links(page, then.follow);
    if (second) paths.push(second);
    else faults.push(`${person.email}: ${first}${then.suffix} has no link ${then.follow}`);
  }
  return [...new Set(paths)];
}

async function signIn(page, email) {
  await page.goto(`${base}/login`);
  await page.fill("#email", email);
  await page.fill("#password", password);
  await Promise.all([page.waitForURL((url) => url.pathname !== "/login"), page.click("main button[type=submit]")]);
}

async function within(look, work) {
  const context = await browser.newContext({ viewport: look.viewport, colorScheme: look.colorScheme, reducedMotion: "reduce" });
  try {
    await work(await context.newPage());
  } finally {
    await context.close();
  }
}

async function visit(page, look, path, who) {
  const said = [];
  const hear = (message) => { if (message.type() === "error" && !excused(message)) said.push(message.text()); };
  const broken = (error) => said.push(String(error));
  page.on("console", hear);
  page.on("pageerror", broken);
  try {
    const answer = await page.goto(base + path);
    await page.waitForLoadState("load");
    visited += 1;
    if (!answer || (answer.status() >= 500 && !path.endsWith("/error-500"))) fault(look, path, `answered ${answer?.status()}`);
    await page.evaluate(axeSource);
    const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    for (const one of found.violations) fault(look, path, `axe ${one.id}: ${one.help}: ${one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(" | ")}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) fault(look, path, `is ${wide} px wider than the screen: ${await page.evaluate(widest)}`);
    if (look.name === "desktop-light") await byKeyboard(page, look, path);
    for (const text of said) fault(look, path, `console: ${text}`);
    if (shots) await page.screenshot({ path: `${shots}/${`${who}${path}`.replace(/\W+/g, "_")}-${look.name}.png`, fullPage: true });
  } finally {
    page.off("console", hear);
    page.off("pageerror", broken);
  }
}

// The browser itself says so when a page answers 404, and when the style guide's player has no film.
function excused(message) {
  const url = message.location().url ?? "";
  return /\/styleguide\/no-/.test(url) || (/status of (4\d\d|500)/.test(message.text()) && url.split("?")[0] === new URL(message.page().url()).href.split("?")[0]);
}

// Tab reaches everything that can be operated, in order, and always shows where it is.
async function byKeyboard(page, look, path) {
  // Start at the top, wherever the page has put the focus.
  await page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    scrollTo(0, 0);
  });
  const expected = await page.evaluate(() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter((one) => !one.disabled && one.checkVisibility({ visibilityProperty: true }) && one.tabIndex >= 0)
    .filter((one) => one.type !== "radio" || one.checked || !document.querySelector(`input[name="${CSS.escape(one.name)}"]:checked`)).length);
  const seen = new Set();
  let hidden = "";
  // A date or a time is several steps of Tab.
  for (let step = 0; step < expected * 4 + 40; step += 1) {
    await page.keyboard.press("Tab");
    const now = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return null;
      globalThis.onTheWay ??= new WeakMap();
      if (!globalThis.onTheWay.has(one)) globalThis.onTheWay.set(one, (globalThis.steps = (globalThis.steps ?? 0) + 1));
      const style = getComputedStyle(one.matches(".chip input") ? one.parentElement : one);
      const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
      const operated = one.matches("a[href], button, input, select, textarea, summary");
      return { id: globalThis.onTheWay.get(one), operated, shown: shown || one.matches("video, input[type=date], input[type=time]"), name: one.outerHTML.slice(0, 90) };
    });
    if (!now) break;
    if (now.operated) seen.add(now.id);
    if (!now.shown && !hidden) hidden = now.name;
  }
  if (hidden) fault(look, path, `no focus ring on ${hidden}`);
  if (seen.size < expected) fault(look, path, `the keyboard reaches ${seen.size} of ${expected}`);
}

async function links(page, pattern) {
  const all = await page.evaluate(() => [...document.querySelectorAll("main a[href]")].map((one) => one.getAttribute("href")));
  return all.filter((href) => pattern.test(href));
}

function widest() {
  const over = [...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1);
  return over.slice(-2).map((one) => one.outerHTML.slice(0, 80)).join(" … ");
}

function fault(look, path, words) {
  faults.push(`${look.name} ${path}: ${words}`);
}
