// What a report shows: the service level, how long it took, or how many there were.
import { useAnswer } from "../kit/answer.js";
import { place } from "../kit/places.js";
import { Chakra, Fragment, h } from "../kit/react.js";
import { number } from "../kit/words.js";
import { Curve } from "../parts/curve.js";
import { To } from "../parts/marks.js";
import { DataTable } from "../parts/table.js";
import { told } from "./period.js";

const { Box } = Chakra;

const SHARES = ["50 %", "95 %", "99 %"];
const COLOURS = ["green.solid", "blue.solid", "purple.solid"];
const LINES = { warning: "orange.solid", alert: "red.solid" };

/** The thresholds of the mean processing time as lines: those of an instance, else of all. */
function lines(thresholds, account) {
  const own = thresholds.filter(({ indicator }) => indicator === "processing_seconds");
  const set = own.find((each) => account && each.account === account) ?? own.find((each) => !each.account);
  return Object.entries(LINES).flatMap(([name, colour]) => (set?.[name] == null ? [] : [{ name: `${name}, of the mean`, value: set[name], colour }]));
}

const percent = (share) => (share === null ? "–" : `${(100 * share).toFixed(2)} %`);
const seconds = (value) => (value === null || value === undefined ? "–" : `${value < 10 ? value.toFixed(2) : Math.round(value)} s`);
const count = (key, header) => ({ key, header, align: "end", cell: (row) => number(row[key]) });
const time = (rows) => rows.map(({ period }) => new Date(period).getTime());

// A curve needs two points.
const Drawn = ({ rows, ...curve }) => (rows.length > 1 ? h(Box, { maxW: "45rem", mb: 4 }, h(Curve, { times: time(rows), ...curve })) : null);

const first = (filters) => ({ key: "period", header: "Period (UTC)", cell: (row) => told(row.period, filters.step) });

function Service({ rows, filters }) {
  const series = [{ name: "service level", colour: "green.solid", values: rows.map((row) => (row.service_level === null ? null : 100 * row.service_level)) }];
  const columns = [
    first(filters),
    count("events", "Events"),
    count("sent", "Sent"),
    count("in_time", `Within ${filters.within_seconds} s`),
    { key: "level", header: "Service level", align: "end", cell: (row) => percent(row.service_level) },
    count("failed", "Failed"),
    count("not_taken_into_account", "Not taken into account"),
    count("expired", "Expired"),
    count("ignored", "Ignored"),
    count("pending", "Pending"),
  ];
  return h(Fragment, null, h(Drawn, { rows, title: "Service level", series, unit: " %" }), h(DataTable, { caption: "Service level", columns, rows, keyOf: (row) => row.period }));
}

function Times({ rows, filters }) {
  const thresholds = useAnswer("thresholds").answer ?? [];
  const series = SHARES.map((name, at) => ({ name, colour: COLOURS[at], values: rows.map((row) => row.processing_seconds?.[at] ?? null) }));
  const shares = (key, words) => SHARES.slice(0, 2).map((share, at) => ({ key: key + at, header: `${words}, ${share}`, align: "end", cell: (row) => seconds(row[key]?.[at]) }));
  const columns = [first(filters), count("sent", "Sent"), ...shares("queue_seconds", "In queue"), ...shares("sending_seconds", "Sending"), ...shares("processing_seconds", "Processing")];
  return h(
    Fragment,
    null,
    h(Drawn, { rows, title: "Processing time: what so many did not exceed", series, unit: " s", thresholds: lines(thresholds, filters.account) }),
    h(DataTable, { caption: "Processing time", columns, rows, keyOf: (row) => row.period }),
  );
}

// A row for each group, a column for each period.
function History({ rows, filters }) {
  const periods = [...new Set(rows.map((row) => row.period))];
  const groups = new Map();
  for (const row of rows) groups.set(row.name, { ...groups.get(row.name), [row.period]: row });
  const pivoted = [...groups].map(([name, cells]) => ({ name, cells, events: Object.values(cells).reduce((sum, row) => sum + row.events, 0) }));
  pivoted.sort((one, other) => other.events - one.events);
  const link = (name) => (filters.by === "type" && name ? h(To, { to: place.events({ type: name }) }, name) : (name ?? "all"));
  const columns = [
    { key: "name", header: "Group", cell: (row) => link(row.name) },
    { key: "events", header: "Sum", align: "end", cell: (row) => number(row.events) },
    ...periods.map((period) => ({ key: period, header: told(period, filters.step), align: "end", cell: (row) => number(row.cells[period]?.events ?? 0) })),
  ];
  return h(DataTable, { caption: "History", columns, rows: pivoted, keyOf: (row) => row.name ?? "" });
}

export const VIEWS = {
  service: { words: "Service level", by: "nothing", Shown: Service },
  times: { words: "Processing time", by: "nothing", Shown: Times },
  history: { words: "History", times: false, Shown: History },
};

export const View = ({ name, rows, filters }) => h(Box, null, h(VIEWS[name].Shown, { rows, filters }));
