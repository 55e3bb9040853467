// Times in words, apart from the element that shows them.

export type TimeForm = "datetime" | "date" | "time" | "relative";

const STEPS: ReadonlyArray<readonly [Intl.RelativeTimeFormatUnit, number]> = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** "3 hours ago", "in 2 days", counted in whole units towards zero. */
export function relative(then: number, now: number, language: string): string {
  const seconds = (then - now) / 1000;
  const format = new Intl.RelativeTimeFormat(`${language}-u-nu-latn`, { numeric: "auto" });
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  }
  return format.format(0, "minute");
}

export function localTime(then: Date, form: Exclude<TimeForm, "relative">, language: string, zone?: string): string {
  const day: Intl.DateTimeFormatOptions = { year: "numeric", month: "short", day: "numeric" };
  const hour: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const options = form === "date" ? day : form === "time" ? hour : { ...day, ...hour };
  return new Intl.DateTimeFormat(`${language}-u-nu-latn`, zone ? { ...options, timeZone: zone } : options).format(then);
}
