import { useAnswer } from "../kit/answer.js";
import { MANAGE_CALLERS } from "../kit/dags.js";
import { place } from "../kit/places.js";
import { Chakra, h } from "../kit/react.js";
import { moment, number } from "../kit/words.js";
import { Mark, Moment, To } from "../parts/marks.js";
import { Section } from "../parts/section.js";
import { Answered, Empty } from "../parts/states.js";
import { DataTable } from "../parts/table.js";

const { Box, HStack, Text } = Chakra;
const REFRESH_SECONDS = 30;

function standing({ name, may_enter: mayEnter, keys }) {
  if (name === null) return ["ok", "by SQL, or in files"];
  if (!mayEnter) return ["warning", "is shut out"];
  if (!keys.length) return ["warning", "has no secret that is good"];
  const ends = keys.map((key) => key.good_until);
  if (!ends.includes(null)) return ["warning", `its last secret ends ${moment(ends.sort().at(-1))}`];
  return ["ok", keys.length > 1 ? `${keys.length} secrets take turns` : "may enter"];
}

function scope(row) {
  if (!row.may_enter) return "–";
  const parts = [row.may, row.event_types, row.queues].filter(Boolean).map((each) => each.join(", "));
  return [...parts, row.max_events_per_second && `${number(row.max_events_per_second)} events/s`].filter(Boolean).join("; ");
}

const COLUMNS = [
  { key: "name", header: "Caller", cell: (row) => row.name ?? "no caller" },
  { key: "state", header: "State", cell: (row) => h(HStack, { align: "start" }, h(Mark, { state: standing(row)[0] }), h(Text, { maxW: "40ch" }, standing(row)[1])) },
  { key: "scope", header: "May", cell: (row) => h(Text, { maxW: "50ch", fontSize: "sm" }, scope(row)) },
  { key: "keys", header: "Secrets", cell: (row) => row.keys.map((key) => h(Text, { key: key.id, fontSize: "sm" }, key.good_until ? `${key.id}, until ${moment(key.good_until)}` : key.id)) },
  { key: "events", header: "Pushed", align: "end", cell: (row) => number(row.events) },
  { key: "last", header: "Last push", cell: (row) => h(Moment, { time: row.last_push_at, fallback: "not among these" }) },
];

function Found({ answer }) {
  if (!answer.callers.length) return h(Empty, { title: "Nobody may enter through the doors yet" }, `Trigger ${MANAGE_CALLERS}.`);
  return h(DataTable, { caption: "Callers", columns: COLUMNS, rows: answer.callers, keyOf: (row) => row.name ?? "" });
}

/** Who may enter through the doors, what each may do, and when it last pushed. */
export function Callers({ account }) {
  const question = useAnswer(`instances/${encodeURIComponent(account)}/callers`, {}, REFRESH_SECONDS);
  const beside = h(
    Box,
    { fontSize: "sm", color: "fg.muted" },
    question.answer && `pushes among the last ${number(question.answer.recent)} events; `,
    h(To, { to: place.dag(MANAGE_CALLERS) }, "let in or shut out"),
  );
  return h(Section, { title: "Callers", beside }, h(Answered, { question, what: "the callers" }, (answer) => h(Found, { answer })));
}
