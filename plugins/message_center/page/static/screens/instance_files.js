import { useAnswer } from "../kit/answer.js";
import { place } from "../kit/places.js";
import { Chakra, h } from "../kit/react.js";
import { moment, number } from "../kit/words.js";
import { Mark, Moment, To } from "../parts/marks.js";
import { Section } from "../parts/section.js";
import { Answered, Empty } from "../parts/states.js";
import { DataTable } from "../parts/table.js";

const { Box, HStack, Stack, Text } = Chakra;
const REFRESH_SECONDS = 10;

const count = (key, header) => ({ key, header, align: "end", cell: (row) => number(row[key]) });
const path = (url) => h(Text, { maxW: "60ch", fontSize: "sm", wordBreak: "break-all" }, url);

function standing(row) {
  if (!row.finished_at) return ["warning", "is open: under way, or its last run says what is wrong with it"];
  return row.rejected ? ["warning", `done ${moment(row.finished_at)}`] : ["ok", `done ${moment(row.finished_at)}`];
}

const COLUMNS = [
  { key: "file", header: "File", cell: (row) => path(row.file) },
  { key: "state", header: "State", cell: (row) => h(HStack, { align: "start" }, h(Mark, { state: standing(row)[0] }), h(Text, { maxW: "30ch" }, standing(row)[1])) },
  { key: "begun", header: "Begun", cell: (row) => h(Moment, { time: row.begun_at }) },
  count("accepted", "Accepted"),
  count("rejected", "Rejected"),
  { key: "where", header: "What was rejected is in", cell: (row) => (row.rejected_in ? path(row.rejected_in) : "–") },
];

function Importing({ importing }) {
  const { dag_id: dagId, is_paused: isPaused, path: folder, last_error: error, last_error_at: at } = importing;
  return h(
    Box,
    { fontSize: "sm" },
    h(HStack, null, isPaused && h(Mark, { state: "warning" }), h(To, { to: place.dag(dagId) }, dagId), h(Text, null, `${isPaused ? "is paused, and looks into no folder" : "looks into"} ${isPaused ? "" : folder}`)),
    error && h(Text, { color: "fg.error" }, `${moment(at)}: ${error}`),
  );
}

function Found({ answer }) {
  if (!answer.files.length) return h(Empty, { title: "No file has been taken in yet" });
  return h(DataTable, { caption: "Files", columns: COLUMNS, rows: answer.files, keyOf: (row) => `${row.file} ${row.begun_at}` });
}

/** The files that events are imported from: what is under way, what is done, and where its rejected records are. */
export function Files({ account, importing }) {
  const question = useAnswer(`instances/${encodeURIComponent(account)}/files`, {}, REFRESH_SECONDS);
  return h(
    Section,
    { title: "Files" },
    h(Stack, null, h(Importing, { importing }), h(Answered, { question, what: "the files" }, (answer) => h(Found, { answer }))),
  );
}
