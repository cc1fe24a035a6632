import { Chakra, h, useState } from "../kit/react.js";
import { compact, moment } from "../kit/words.js";
import { Mark } from "../parts/marks.js";
import { Section } from "../parts/section.js";
import { DataTable } from "../parts/table.js";
import { ThresholdDialog } from "../parts/threshold_dialog.js";

const { Button, HStack, Text } = Chakra;

const NAMES = {
  pending: ["Pending in the queue"],
  error_rate: ["Error rate", "%"],
  queue_seconds: ["Mean time in the queue", "s"],
  sending_seconds: ["Mean sending time", "s"],
  processing_seconds: ["Mean processing time", "s"],
  pending_most: ["Greatest queue"],
  pending_least: ["Least queue"],
  pending_mean: ["Mean queue"],
  outgoing_per_hour: ["Messages sent an hour, while some wait"],
  oldest_pending_seconds_most: ["Greatest age of a pending event", "s"],
  quarantine_rate: ["Put in quarantine, of an hour's messages", "%"],
};

const EXACT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

function valued(value, unit) {
  if (value === null || value === undefined) return "nothing to measure";
  const text = value >= 1000 ? compact(value) : EXACT.format(value);
  return unit ? `${text} ${unit}` : text;
}

const columns = (onSet) => [
  { key: "name", header: "Indicator, over the last five minutes", cell: (row) => row.name },
  { key: "now", header: "Now", align: "end", cell: (row) => valued(row.now, row.unit) },
  {
    key: "level",
    header: "At the last look",
    cell: (row) => (row.level ? h(HStack, null, h(Mark, { state: row.level.level }), h(Text, null, valued(row.level.value, row.unit))) : h(Text, { color: "fg.muted" }, "not looked at")),
  },
  { key: "since", header: "Since", cell: (row) => (row.level && row.level.level !== "ok" ? moment(row.level.since) : "–") },
  { key: "warning", header: "Warning from", align: "end", cell: (row) => (row.level ? valued(row.level.warning, row.unit) : "–") },
  { key: "alert", header: "Alert from", align: "end", cell: (row) => (row.level ? valued(row.level.alert, row.unit) : "–") },
  { key: "set", header: "Acts", isQuiet: true, align: "end", cell: (row) => h(Button, { size: "2xs", variant: "ghost", onClick: () => onSet(row), "aria-label": `Set the threshold: ${row.name}` }, "Set") },
];

/** The indicators of an instance, beside their thresholds. */
export function Indicators({ instance, again }) {
  const [chosen, choose] = useState(null);
  const close = () => choose(null);
  const levels = new Map(instance.levels.filter(({ subject }) => subject === "all" || subject === "").map((level) => [level.indicator, level]));
  const rows = Object.entries(NAMES).map(([key, [name, unit]]) => ({ key, name, unit, now: instance.indicators?.[key], level: levels.get(key) }));
  const done = () => {
    close();
    again();
  };
  return h(
    Section,
    { title: "Indicators" },
    h(DataTable, { caption: "Indicators", columns: columns(choose), rows, keyOf: (row) => row.key }),
    h(ThresholdDialog, { row: chosen, account: instance.account, onClose: close, onDone: done }),
  );
}
