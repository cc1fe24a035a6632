// The period of a report, from the address or the last week.
const DAY = 86_400_000;

const dayOf = (time) => new Date(time).toISOString().slice(0, 10);

export function defaults(now = Date.now()) {
  return { since: dayOf(now - 6 * DAY), until: dayOf(now + DAY), step: "day", by: "type", view: "service", within_seconds: "20" };
}

/** What our API is asked. */
export function asked({ since, until, step, by, account, type, channel, queue, within_seconds }, { by: by_what = by, times = true }) {
  return { since, until, step, by: by_what, accounts: account, types: type, channel, queue, within_seconds, times };
}

/** A period in words: a day, or a moment of it. */
export function told(period, step) {
  const date = new Date(period);
  if (Number.isNaN(date.getTime())) return "–";
  const text = date.toISOString();
  if (step === "hour") return text.slice(0, 16).replace("T", " ");
  return step === "month" ? text.slice(0, 7) : text.slice(0, 10);
}
