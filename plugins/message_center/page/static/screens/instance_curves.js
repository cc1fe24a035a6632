import { useAnswer } from "../kit/answer.js";
import { useFilters } from "../kit/filters.js";
import { Chakra, h } from "../kit/react.js";
import { Curve } from "../parts/curve.js";
import { Section } from "../parts/section.js";
import { Answered, Empty } from "../parts/states.js";

const { Button, HStack, Wrap } = Chakra;
const REFRESH_SECONDS = 60;
const LENGTHS = { "6h": "6 hours", "24h": "24 hours", "7d": "7 days", "30d": "30 days" };

const CURVES = [
  { title: "Events", lines: { events_in: ["in", "blue.solid"], sent: ["sent", "green.solid"] }, perHour: true, unit: "/h" },
  { title: "Errors", lines: { routing_errors: ["not taken into account", "orange.solid"], delivery_errors: ["delivery failed", "red.solid"], ignored: ["ignored", "yellow.solid"], expired: ["expired", "purple.solid"] } },
  { title: "Times, on average", lines: { queue_seconds: ["in queue", "blue.solid"], sending_seconds: ["sending", "green.solid"], processing_seconds: ["processing", "purple.solid"] }, unit: " s", isMean: true },
  { title: "Pending, at most", lines: { pending_most: ["pending", "orange.solid"] } },
];

// Where nothing was noted nothing was done: a count is 0 there, and a mean is none.
function grid({ since, until, step_seconds: seconds, steps }) {
  const noted = new Map(steps.map((step) => [new Date(step.at).getTime(), step]));
  const [first] = noted.keys();
  const length = seconds * 1000;
  const begin = first - Math.floor((first - new Date(since).getTime()) / length) * length;
  const times = [];
  for (let time = begin; time < new Date(until).getTime(); time += length) times.push(time);
  // The last step is not over yet: its counts would look like a fall.
  if (times.length > 2) times.pop();
  return { times, at: times.map((time) => noted.get(time)) };
}

function drawn({ lines, perHour, isMean, ...rest }, answer) {
  const { times, at } = grid(answer);
  const factor = perHour ? 3600 / answer.step_seconds : 1;
  const value = (step, key) => (step?.[key] == null ? (isMean ? null : 0) : Number(step[key]) * factor);
  const series = Object.entries(lines).map(([key, [name, colour]]) => ({ name, colour, values: at.map((step) => value(step, key)) }));
  return { times, series, ...rest };
}

function Length({ length, onChange }) {
  return h(
    HStack,
    { role: "group", "aria-label": "Period", wrap: "wrap" },
    Object.entries(LENGTHS).map(([value, words]) =>
      h(Button, { key: value, size: "xs", variant: value === length ? "solid" : "outline", "aria-pressed": value === length, onClick: () => onChange(value) }, words),
    ),
  );
}

/** What an instance did over a period. */
export function Curves({ account }) {
  const [{ length }, change] = useFilters({ length: "24h" });
  const question = useAnswer(`instances/${encodeURIComponent(account)}/curves`, { length }, REFRESH_SECONDS);
  return h(
    Section,
    { title: "Curves", beside: h(Length, { length, onChange: (value) => change({ length: value }) }) },
    h(Answered, { question, what: "the curves" }, (answer) =>
      answer.steps.length
        ? h(Wrap, { gap: 6 }, CURVES.map((curve) => h(Curve, { key: curve.title, ...drawn(curve, answer) })))
        : h(Empty, { title: "Nothing was noted in this period" }),
    ),
  );
}
