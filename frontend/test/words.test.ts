import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesInWords, durationInWords, hoursAndMinutes, rateInWords, scaleBytes } from "../src/amounts";
import { cell, csv } from "../src/csv";
import { shownOnAPage } from "../src/hidden-characters";
import { localTime, relative } from "../src/local-time-words";
import { fingerprintOf, selectionOf } from "../src/selection";
import { type Shortcut, resolve } from "../src/shortcuts";
import { Words, fill, pluralForm } from "../src/texts";
import { nextTheme } from "../src/theme";

const words = new Words(
  {
    "upload.under_a_minute": "less than a minute",
    "upload.minutes": { one: "%(count)s minute", other: "%(count)s minutes" },
    "upload.hours_minutes": "%(hours)s h %(minutes)s min",
  },
  "en",
);

test("placeholders are filled, unknown ones stay to be seen", () => {
  assert.equal(fill("%(a)s of %(b)s", { a: 1 }), "1 of %(b)s");
});

test("Arabic picks among six forms", () => {
  const forms = { zero: "0", one: "1", two: "2", few: "3", many: "11", other: "100" };
  assert.deepEqual([0, 1, 2, 5, 40, 100].map((n) => pluralForm(forms, n, "ar")), ["0", "1", "2", "3", "11", "100"]);
});

test("numbers have Western digits in every language", () => {
  assert.equal(new Words({}, "ar").number(12004), "12,004");
  assert.equal(new Words({}, "en").number(12004), "12,004");
});

test("bytes never read one thousand of a unit", () => {
  assert.deepEqual(scaleBytes(999), { value: 999, unit: "B" });
  assert.deepEqual(scaleBytes(999_960), { value: 1, unit: "MB" });
  assert.equal(bytesInWords(14_200_000_000, words), "14.2 GB");
  assert.equal(rateInWords(26_500, words), "212 kbit/s");
  assert.equal(rateInWords(12_500_000, words), "100 Mbit/s");
});

test("time left is rounded up", () => {
  assert.deepEqual(hoursAndMinutes(11_341), { hours: 3, minutes: 10 });
  assert.equal(durationInWords(59, words), "less than a minute");
  assert.equal(durationInWords(61, words), "2 minutes");
  assert.equal(durationInWords(11_400, words), "3 h 10 min");
});

test("a spreadsheet finds text, never a formula", () => {
  assert.equal(cell("=cmd()"), "'=cmd()");
  for (const sign of "=+-@\t\r\n\0＝＋－＠") assert.match(cell(`${sign}1`), /^"?'/u);
  assert.equal(cell('a "b", c'), '"a ""b"", c"');
  assert.equal(csv([["path"], ["x\ny"]]), '\uFEFFpath\r\n"x\ny"\r\n');
});

test("a name that would turn a text or command a terminal shows its codes", () => {
  assert.equal(shownOnAPage("photo\u202Egpj.exe"), "photo[U+202E]gpj.exe");
  assert.equal(shownOnAPage("a\0b\u001b[2J\u0085\u2066"), "a[U+0000]b[U+001B][2J[U+0085][U+2066]");
  for (const ordinary of ["été\t1\n", "صورة\u200f", "\u2068x\u2069", "<b>&amp;", "\u{1F600}\u200D"]) {
    assert.equal(shownOnAPage(ordinary), ordinary);
  }
});

test("times are shown in the viewer's zone", () => {
  const then = new Date("2026-11-21T23:30:00Z");
  assert.equal(localTime(then, "time", "en", "Africa/Nairobi"), "02:30");
  assert.match(localTime(then, "date", "fr", "Africa/Nairobi"), /22 nov/);
  assert.equal(relative(0, 3 * 3_600_000 + 5, "en"), "3 hours ago");
  assert.equal(relative(2 * 86_400_000, 0, "en"), "in 2 days");
});

test("a choice is sorted, so that the same files get the same numbers", async () => {
  const file = (name: string): { file: File; path: string } => ({ file: new File(["x"], name), path: name });
  const one = await selectionOf([file("b"), file("a")]);
  const two = await selectionOf([file("a"), file("b")]);
  assert.deepEqual(one.chosen.map(({ path }) => path), ["a", "b"]);
  assert.equal(fingerprintOf(one.chosen), fingerprintOf(two.chosen));
  assert.notEqual(fingerprintOf(one.chosen), fingerprintOf(two.chosen.slice(1)));
});

test("a broken archive is named and loses no other file", async () => {
  const selection = await selectionOf([
    { file: new File(["x"], "a.txt"), path: "a.txt" },
    { file: new File(["not a zip"], "b.zip"), path: "b.zip" },
  ]);
  assert.deepEqual(selection.unusable, [{ path: "b.zip", code: "zip_not_an_archive" }]);
  assert.equal(selection.chosen.length, 1);
});

test("keys: one key acts, two keys need their order, shift is part of the key", () => {
  const registry: Shortcut[] = [
    { codes: ["KeyG", "KeyH"], keys: [], label: "home", group: "", href: "/" },
    { codes: ["KeyS"], keys: [], label: "stack", group: "" },
    { codes: ["KeyS"], shift: true, keys: [], label: "split", group: "" },
  ];
  assert.equal(resolve(registry, null, "KeyS", false).hit?.label, "stack");
  assert.equal(resolve(registry, null, "KeyS", true).hit?.label, "split");
  assert.deepEqual(resolve(registry, null, "KeyG", false), { hit: null, pending: true });
  assert.equal(resolve(registry, "KeyG", "KeyH", false).hit?.label, "home");
  assert.deepEqual(resolve(registry, null, "KeyH", false), { hit: null, pending: false });
});

test("the appearance goes round", () => {
  assert.deepEqual(["auto", "light", "dark", undefined].map(nextTheme), ["light", "dark", "auto", "auto"]);
});
