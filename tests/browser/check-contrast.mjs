// node check-contrast.mjs: every pair of tokens.css that meets on a page, in every theme. Exits 1 below the floor.
import { readFileSync } from "node:fs";
const css = readFileSync(new URL("../../crates/onrecord/static/tokens.css", import.meta.url), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
const vars = body => Object.fromEntries([...body.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6})/g)].map(m => [m[1].slice(2), m[2]]));
const blocks = [...css.matchAll(/([^{}]+)\{([^{}]*)\}/g)].map(m => [m[1].trim(), vars(m[2])]);
const pick = (sel, n = 0) => blocks.filter(b => b[0] === sel)[n][1];
const light = { ...pick(":root", 0), ...pick(":root", 1) };
const [darkM, contrastM, contrastDarkM] = [0, 1, 2].map(n => pick(":root:not([data-theme])", n));
const dark = { ...light, ...pick('[data-theme="dark"]') }, contrast = { ...light, ...pick('[data-theme="contrast"]') };
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
let bad = 0;
if (!same(darkM, pick('[data-theme="dark"]')) || !same(contrastM, pick('[data-theme="contrast"]'))) { console.log("the two copies of a theme differ"); bad++; }
const lum = h => { const c = [1, 3, 5].map(i => parseInt(h.slice(i, i + 2), 16) / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]; };
const ratio = (a, b) => { const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const verdicts = ["recorded", "waiting", "missing", "not-held", "cancelled", "exempted"];
const surfaces = ["paper", "sheet", "well"];
const pairs = [];
for (const s of surfaces) {
  for (const t of ["ink", "ink-soft", "accent", "accent-strong", ...verdicts]) pairs.push([t, s, 4.5]);
  pairs.push(["edge", s, 3]);
}
for (const v of verdicts) pairs.push([v, v + "-tint", 4.5], ["ink", v + "-tint", 4.5], ["ink-soft", v + "-tint", 4.5]);
for (const t of ["ink", "ink-soft", "accent", "accent-strong"]) pairs.push([t, "accent-tint", 4.5]);
pairs.push(["on-accent", "accent", 4.5], ["on-accent", "accent-strong", 4.5], ["edge", "accent-tint", 3], ["sheet", "missing", 4.5]);
for (const s of ["stage", "stage-raised"]) pairs.push(["on-stage", s, 4.5], ["on-stage-soft", s, 4.5], ["stage-accent", s, 4.5], ["stage-edge", s, 3]);
for (const [name, t] of Object.entries({ light, dark, contrast, "contrast dark": { ...dark, ...contrastM, ...contrastDarkM } })) {
  const rows = pairs.map(([f, b, min]) => ({ f, b, min, r: ratio(t[f], t[b]) }));
  const low = rows.filter(r => r.r < r.min);
  const least = min => rows.filter(r => r.min === min).sort((a, b) => a.r - b.r)[0];
  const say = r => `${r.r.toFixed(2)} (${r.f} on ${r.b})`;
  console.log(`${name}: ${rows.length} pairs, lowest text ${say(least(4.5))}, lowest part ${say(least(3))}`);
  for (const r of low) { console.log("  BELOW " + r.min + ": " + say(r)); bad++; }
}
process.exit(bad ? 1 : 0);
