import { address } from "../kit/api.js";
import { useAnswer } from "../kit/answer.js";
import { useFilters } from "../kit/filters.js";
import { Chakra, h } from "../kit/react.js";
import { CHANNELS } from "../kit/words.js";
import { FilterForm } from "../parts/filter_form.js";
import { Answered, Empty } from "../parts/states.js";
import { asked, defaults } from "../reports/period.js";
import { View, VIEWS } from "../reports/views.js";
import { useAccounts } from "./events.js";

const { Box, Button, Flex, Heading, HStack, Text } = Chakra;

const ANY = ["", "any"];
const same = (...words) => words.map((word) => [word, word]);

const fields = (accounts) => [
  { name: "since", label: "Pushed since (UTC)", type: "date", width: "10rem" },
  { name: "until", label: "and before (UTC)", type: "date", width: "10rem" },
  { name: "step", label: "By", options: same("hour", "day", "week", "month"), width: "7rem" },
  { name: "by", label: "Groups of the history", options: same("type", "account", "channel", "queue"), width: "9rem" },
  { name: "account", label: "Instance", options: [ANY, ...accounts.map((account) => [account, account])] },
  { name: "type", label: "Event type", width: "12rem" },
  { name: "channel", label: "Channel", options: [ANY, ...Object.entries(CHANNELS)], width: "8rem" },
  { name: "queue", label: "Queue", options: [ANY, ["rt", "real time"], ["batch", "batch"]], width: "8rem" },
  { name: "within_seconds", label: "In time: seconds", type: "number", width: "8rem" },
];

function Choice({ chosen, onChange }) {
  return h(
    HStack,
    { role: "group", "aria-label": "Report", wrap: "wrap" },
    Object.entries(VIEWS).map(([name, { words }]) =>
      h(Button, { key: name, size: "sm", variant: name === chosen ? "solid" : "outline", "aria-pressed": name === chosen, onClick: () => onChange(name) }, words),
    ),
  );
}

// Of many events, times come from histograms.
const rounded = (view, rows) =>
  view !== "history" && rows.some((row) => row.is_rounded)
    ? h(Text, { fontSize: "sm", color: "fg.muted", mt: 3 }, "Of so many events, times are rounded, by 12 % at most, and with them what was in time; the counts are exact.")
    : null;

export function Reports() {
  const [filters, change] = useFilters(defaults());
  const accounts = useAccounts();
  const view = VIEWS[filters.view] ? filters.view : "service";
  const params = asked(filters, VIEWS[view]);
  const question = useAnswer("reports/events", params);
  const file = h(Button, { size: "sm", variant: "outline", asChild: true }, h("a", { href: address("reports/events.csv", params), download: true }, "CSV"));
  const none = h(Empty, { title: "There are no events of this period in the archive" }, "Events come into it with each archiving, by the hour.");
  return h(
    Box,
    null,
    h(Heading, { size: "lg", as: "h1", mb: 3 }, "Reports"),
    h(FilterForm, { label: "What the report is about", fields: fields(accounts), filters, onSearch: change }),
    h(Flex, { justify: "space-between", mb: 4, gap: 3, wrap: "wrap" }, h(Choice, { chosen: view, onChange: (name) => change({ view: name }) }), file),
    h(Answered, { question, what: "the report", told: (rows) => (rows.length ? "Loaded the report." : "There are no events of this period in the archive") }, (rows) => (rows.length ? h(Box, null, h(View, { name: view, rows, filters }), rounded(view, rows)) : none)),
  );
}
