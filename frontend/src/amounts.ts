// Amounts of bytes, time and speed, in words.
import type { Words } from "./texts";

const STEPS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Splits bytes into a value below 1,000 and its unit (powers of 1,000, as on the box of a drive). */
export function scaleBytes(bytes: number): { value: number; unit: (typeof STEPS)[number] } {
  let value = bytes;
  let step = 0;
  // 999.95 would be printed as 1,000.0 with one decimal.
  while (step < STEPS.length - 1 && value >= 999.95) {
    value /= 1000;
    step += 1;
  }
  return { value: step === 0 ? value : Math.round(value * 10) / 10, unit: STEPS[step] ?? "B" };
}

export function bytesInWords(bytes: number, words: Words): string {
  const { value, unit } = scaleBytes(bytes);
  return `${words.number(value)} ${unit}`;
}

/** Bits per second, as links are sold. */
export function rateInWords(bytesPerSecond: number, words: Words): string {
  const bits = bytesPerSecond * 8;
  if (bits < 999_950) return `${words.number(Math.round(bits / 1000))} kbit/s`;
  return `${words.number(Math.round(bits / 100_000) / 10)} Mbit/s`;
}

/** Whole hours and minutes, rounded up: a promise that is kept early is no harm. */
export function hoursAndMinutes(seconds: number): { hours: number; minutes: number } {
  const minutes = Math.ceil(seconds / 60);
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60 };
}

export function durationInWords(seconds: number, words: Words): string {
  if (seconds <= 60) return words.say("upload.under_a_minute");
  const { hours, minutes } = hoursAndMinutes(seconds);
  if (hours === 0) return words.count("upload.minutes", minutes);
  return words.say("upload.hours_minutes", { hours: words.number(hours), minutes: words.number(minutes) });
}
