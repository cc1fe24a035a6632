// Numbers and times in words.
const NUMBER = new Intl.NumberFormat("en");
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const STEPS = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
];

export const number = (value) => (value === null || value === undefined ? "–" : NUMBER.format(value));

export const compact = (value) => (value === null || value === undefined ? "–" : COMPACT.format(value));

/** How many there are, where counting ends at a bound. */
export const counted = (value, bound) => (value >= bound ? `${number(bound)}+` : number(value));

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** A length of time as people say it: 42 s, 3 min, 2 h 5 min. */
export function span(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return seconds < 0.001 ? "0 s" : `${Math.round(seconds * 1000)} ms`;
  const at = STEPS.findIndex(([size]) => seconds >= size);
  const [size, unit] = STEPS[at];
  const whole = Math.floor(seconds / size);
  const next = STEPS[at + 1];
  const rest = next ? Math.floor((seconds - whole * size) / next[0]) : 0;
  return whole < 10 && rest ? `${whole} ${unit} ${rest} ${next[1]}` : `${whole} ${unit}`;
}

export const ago = (time, now) => (time ? `${span(Math.max(0, (new Date(now) - new Date(time)) / 1000))} ago` : "never");

/** A moment in the reader's own time, to the second. */
export const moment = (time) =>
  time ? new Date(time).toLocaleString("sv-SE", { timeZoneName: "short" }).replace(",", "") : "–";

/** What colour a status has; the word itself is always beside it. */
export const STATUS_COLOURS = {
  Pending: "gray",
  "Pending delivery": "blue",
  Sent: "green",
  "Ignored by the delivery": "yellow",
  "Delivery failed": "red",
  "Event not taken into account": "orange",
  Expired: "orange",
};

export const CHANNELS = { 0: "e-mail", 1: "SMS", 41: "iOS push", 42: "Android push" };
