import { useLoaded } from "../kit/answer.js";
import { ask } from "../kit/api.js";
import { place } from "../kit/places.js";
import { Chakra, Fragment, h, useEffect, useRef } from "../kit/react.js";
import { compact, counted, number, plural, span } from "../kit/words.js";
import { Mark, To } from "../parts/marks.js";
import { Sparkline } from "../parts/sparkline.js";
import { Answered, Empty, Trouble } from "../parts/states.js";
import { DataTable } from "../parts/table.js";
import { Workflows } from "../parts/workflows.js";

const { Box, Flex, Heading, HStack, Stack, Text } = Chakra;
const REFRESH_SECONDS = 10;
// The page is there at once, without those that think; then they are waited for.
const PATIENT_SECONDS = 5;

export const ORDER = ["alert", "warning", "ok"];

/** What needs somebody first. */
export const byState = (one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state) || String(one.account).localeCompare(other.account);

/** All instances; asked again at once, and with patience, if some have not answered yet. */
export function useInstances() {
  const seconds = useRef(undefined);
  const question = useLoaded((signal) => ask("instances", { seconds: seconds.current }, { signal }), "instances", REFRESH_SECONDS);
  const isWaiting = question.answer?.instances.some((each) => each.silence?.is_waited_for);
  useEffect(() => {
    if (!isWaiting) return;
    seconds.current = PATIENT_SECONDS;
    question.again();
  }, [isWaiting]);
  return question;
}

function Name({ instance }) {
  const seen = instance.seen_at && `as of ${span((Date.now() - new Date(instance.seen_at)) / 1000)} ago`;
  return h(
    Stack,
    { gap: 0 },
    h(HStack, null, h(Mark, { state: instance.enabled ? instance.state : "unknown" }), h(To, { to: place.instance(instance.account), fontWeight: "medium" }, instance.account)),
    h(Text, { color: "fg.muted", fontSize: "xs" }, instance.enabled ? (seen ?? `instance ${instance.instance_identifier ?? "–"}`) : "disabled"),
  );
}

function Queue({ instance, name, bound }) {
  const queue = instance.queues?.[name];
  if (!queue) return h(Text, { color: "fg.muted" }, "–");
  const to = place.events({ account: instance.account, queue: name, status: "Pending" });
  return h(
    Stack,
    { gap: 0, align: "end" },
    h(To, { to }, number(queue.pending)),
    queue.postponed > 0 && h(Text, { fontSize: "xs", color: "fg.muted", whiteSpace: "nowrap" }, `${counted(queue.postponed, bound)} for later`),
  );
}

function oldest(instance) {
  const ages = Object.values(instance.queues ?? {}).map((queue) => queue.oldest_seconds ?? 0);
  return instance.queues ? (Math.max(...ages) ? span(Math.max(...ages)) : "nothing waits") : "–";
}

function Hour({ instance }) {
  if (!instance.hour) return h(Text, { color: "fg.muted" }, "–");
  const sums = { in: 0, out: 0 };
  for (const step of instance.hour) {
    sums.in += step.in;
    sums.out += step.out;
  }
  const words = `${compact(sums.in)} in, ${compact(sums.out)} out`;
  return h(
    Stack,
    { gap: 0, align: "start" },
    h(Text, { whiteSpace: "nowrap" }, words),
    // The first and the last step are not whole: they would look like a rise and a fall.
    instance.hour.length > 3 && h(Sparkline, { values: instance.hour.slice(1, -1).map((step) => step.in), label: `In the last hour ${words}` }),
  );
}

function Findings({ instance }) {
  if (!instance.enabled) return null;
  if (!instance.findings.length) return h(Text, { color: "fg.muted" }, "in order");
  const shown = instance.findings.slice(0, 2);
  const more = instance.findings.length - shown.length;
  return h(
    Stack,
    { gap: 1, maxW: "44ch" },
    shown.map(({ state, problem, remedy }) =>
      h(HStack, { key: problem, align: "start", title: `${remedy}.` }, h(Mark, { state }), h(Text, { fontSize: "sm", lineClamp: 3 }, problem)),
    ),
    more > 0 && h(To, { to: place.instance(instance.account), fontSize: "xs" }, `and ${plural(more, "other")}`),
  );
}

const columns = (bound) => [
  { key: "account", header: "Instance", cell: (row) => h(Name, { instance: row }) },
  { key: "findings", header: "State", cell: (row) => h(Findings, { instance: row }) },
  { key: "rt", header: "Real time", align: "end", cell: (row) => h(Queue, { instance: row, name: "rt", bound }) },
  { key: "batch", header: "Batch", align: "end", cell: (row) => h(Queue, { instance: row, name: "batch", bound }) },
  { key: "oldest", header: "Oldest pending", align: "end", cell: oldest },
  {
    key: "delivery",
    header: "In delivery",
    align: "end",
    cell: (row) => (row.pending_delivery != null ? h(To, { to: place.events({ account: row.account, status: "Pending delivery" }) }, counted(row.pending_delivery, bound)) : "–"),
  },
  { key: "hour", header: "Last hour", cell: (row) => h(Hour, { instance: row }) },
  { key: "workflows", header: "Workflows", cell: (row) => h(Workflows, { workflows: row.workflows }) },
  { key: "archive", header: "Archived", align: "end", cell: (row) => (row.archive_lag_seconds == null ? "never" : `${span(row.archive_lag_seconds)} ago`) },
  {
    key: "templates",
    header: "Templates",
    align: "end",
    cell: (row) => (row.templates ? h(To, { to: place.templates() }, plural(Object.keys(row.templates).length, "live", "live")) : "–"),
  },
];

function Found({ answer }) {
  const { instances, control, errors, findings, counted: bound } = answer;
  return h(
    Fragment,
    null,
    control && h(Trouble, { failure: control }),
    errors.map((error) => h(Trouble, { key: error, failure: { message: error } })),
    findings.map(({ problem, remedy }) => h(Trouble, { key: problem, failure: { message: problem, remedy: `${remedy}.` } })),
    instances.length
      ? h(DataTable, { caption: "Execution instances", columns: columns(bound), rows: [...instances].sort(byState), keyOf: (row) => row.account })
      : h(Empty, { title: "There is no execution instance yet" }, "Create a connection of type Message Center execution instance in Admin > Connections: its workflows are made from it within half a minute."),
  );
}

export function Instances() {
  const question = useInstances();
  const count = question.answer?.instances.length;
  return h(
    Box,
    null,
    h(Flex, { justify: "space-between", align: "baseline", mb: 3 }, h(Heading, { size: "lg", as: "h1" }, "Instances"), count > 0 && h(Text, { color: "fg.muted" }, plural(count, "instance"))),
    h(Answered, { question, what: "the instances" }, (answer) => h(Found, { answer })),
  );
}
