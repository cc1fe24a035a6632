import { useAnswer } from "../kit/answer.js";
import { place } from "../kit/places.js";
import { Chakra, Fragment, h } from "../kit/react.js";
import { number } from "../kit/words.js";
import { Status, To } from "../parts/marks.js";
import { Section } from "../parts/section.js";
import { Answered, Empty } from "../parts/states.js";
import { DataTable } from "../parts/table.js";

const { Text } = Chakra;
const REFRESH_SECONDS = 30;

// The delivery logs' codes.
const REASONS = { 1: "unknown user", 2: "invalid domain", 3: "unreachable", 4: "disabled", 5: "inbox full", 20: "refused" };

const count = (key, header) => ({ key, header, align: "end", cell: (row) => number(row[key]) });

const DELIVERIES = [
  { key: "template", header: "Template", cell: (row) => (row.internal_name ? h(To, { to: place.template(row.internal_name) }, row.internal_name) : "none") },
  { key: "version", header: "Version", align: "end", cell: (row) => row.version ?? "–" },
  { key: "queue", header: "Queue", cell: (row) => (row.queue === "rt" ? "real time" : (row.queue ?? "–")) },
  { key: "month", header: "Month", cell: (row) => row.month?.slice(0, 7) ?? "–" },
  count("messages", "Messages"),
  count("sent", "Sent"),
  count("failed", "Failed"),
  count("ignored", "Ignored"),
  count("pending", "In delivery"),
];

const ERRORS = [
  { key: "message", header: "Why", cell: (row) => h(Text, { maxW: "70ch" }, row.message) },
  { key: "status", header: "Became", cell: (row) => h(Status, { status: row.status }) },
  { key: "type", header: "Kind", cell: (row) => [row.failure_type, REASONS[row.failure_reason]].filter(Boolean).join(", ") },
  count("messages", "Messages"),
];

function Found({ answer }) {
  const { deliveries, errors, recent } = answer;
  const among = h(Text, { color: "fg.muted", fontSize: "sm" }, `among the last ${number(recent)} messages`);
  return h(
    Fragment,
    null,
    h(
      Section,
      { title: "Errors", beside: among },
      errors.length
        ? h(DataTable, { caption: "Errors", columns: ERRORS, rows: errors, keyOf: (row) => `${row.status} ${row.message}` })
        : h(Empty, { title: "None of them failed" }),
    ),
    h(
      Section,
      { title: "Deliveries", beside: among },
      deliveries.length
        ? h(DataTable, { caption: "Deliveries", columns: DELIVERIES, rows: deliveries, keyOf: (row) => row.id ?? "none" })
        : h(Empty, { title: "Nothing has been delivered yet" }),
    ),
  );
}

/** What an instance has delivered lately, and why it has not. */
export function Deliveries({ account }) {
  const question = useAnswer(`instances/${encodeURIComponent(account)}/deliveries`, {}, REFRESH_SECONDS);
  return h(Answered, { question, what: "the deliveries" }, (answer) => h(Found, { answer }));
}
