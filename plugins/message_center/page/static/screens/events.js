import { ask } from "../kit/api.js";
import { useAnswer, useLoaded } from "../kit/answer.js";
import { useFilters } from "../kit/filters.js";
import { place } from "../kit/places.js";
import { Chakra, Fragment, h, useEffect, useState } from "../kit/react.js";
import { CHANNELS } from "../kit/words.js";
import { accountsOf, fields, wanted } from "../events/filter.js";
import { Acts } from "../events/selection.js";
import { FilterForm } from "../parts/filter_form.js";
import { Moment, Status, To } from "../parts/marks.js";
import { Answered, Empty } from "../parts/states.js";
import { DataTable } from "../parts/table.js";

const { Alert, Badge, Box, Button, Checkbox, Heading, HStack, Stack, Text } = Chakra;

function Tick({ label, checked, onChange }) {
  return h(
    Checkbox.Root,
    { size: "sm", checked, onCheckedChange: (details) => onChange(Boolean(details.checked)) },
    h(Checkbox.HiddenInput, { "aria-label": label }),
    h(Checkbox.Control),
  );
}

function Why({ event }) {
  return h(
    Stack,
    { gap: 0 },
    h(Status, { status: event.status }),
    event.status_reason && h(Text, { fontSize: "xs", color: "fg.muted", maxW: "32ch" }, event.status_reason),
  );
}

function Template({ event }) {
  if (!event.template) return h(Text, { color: "fg.muted" }, "–");
  return h(Fragment, null, h(To, { to: place.template(event.template) }, event.template), ` ${event.template_version}`);
}

const columns = (selected, toggle, toggleAll, events) => [
  {
    key: "tick",
    header: h(Tick, { label: "Select all on this page", checked: events.length > 0 && events.every(({ id }) => selected.has(id)), onChange: toggleAll }),
    cell: (row) => h(Tick, { label: `Select event ${row.id}`, checked: selected.has(row.id), onChange: () => toggle(row.id) }),
  },
  { key: "id", header: "Event", cell: (row) => h(To, { to: place.event(row.id, row.account) }, row.id) },
  { key: "created", header: "Pushed", cell: (row) => h(Moment, { time: row.created_at }) },
  { key: "type", header: "Type", cell: (row) => row.type },
  { key: "address", header: "Address", cell: (row) => h(Stack, { gap: 0 }, row.address, h(Text, { fontSize: "xs", color: "fg.muted" }, CHANNELS[row.wished_channel])) },
  { key: "status", header: "Status", cell: (row) => h(Why, { event: row }) },
  { key: "template", header: "Template", cell: (row) => h(Template, { event: row }) },
  { key: "external", header: "External id", cell: (row) => row.external_id ?? "–" },
  {
    key: "account",
    header: "Instance",
    cell: (row) => h(Stack, { gap: 0 }, h(To, { to: place.instance(row.account) }, row.account), !row.is_live && h(Badge, { size: "xs" }, "from the archive")),
  },
];

function Silences({ silent, archive }) {
  const silences = Object.entries(silent).map(([account, each]) => [account, `${each.detail} Here is what the archive has of it.`]);
  if (archive) silences.push(["The archive", archive.detail]);
  if (!silences.length) return null;
  return h(
    Alert.Root,
    { status: "warning", role: "status", mb: 3 },
    h(Alert.Indicator),
    h(Alert.Content, null, silences.map(([who, why]) => h(Text, { key: who }, `${who}: ${why}`))),
  );
}

function Found({ answer, filters, accounts, change, again }) {
  const { events, place: next, silent } = answer;
  const filter = wanted(filters);
  const targets = Object.keys(filter).length ? accounts.filter((account) => !silent[account]).map((account) => ({ account, filter })) : [];
  const [selected, setSelected] = useState(new Set());
  useEffect(() => setSelected(new Set()), [answer]);
  const toggle = (id) =>
    setSelected((old) => {
      const ids = new Set(old);
      if (!ids.delete(id)) ids.add(id);
      return ids;
    });
  const toggleAll = (isAll) => setSelected(new Set(isAll ? events.map(({ id }) => id) : []));
  const none = h(Empty, { title: "No event matches" }, "Look whether the filter is too narrow. What is older than the archive keeps is gone.");
  return h(
    Fragment,
    null,
    h(Silences, answer),
    h(Acts, { selected: events.filter(({ id }) => selected.has(id)), all: targets, onDone: again }),
    events.length ? h(DataTable, { caption: "Events", columns: columns(selected, toggle, toggleAll, events), rows: events, keyOf: (row) => row.id, name: "id" }) : none,
    h(
      HStack,
      { as: "nav", "aria-label": "Pages", mt: 3 },
      filters.place && h(Button, { size: "sm", variant: "outline", onClick: () => change({ place: "" }) }, "Newest"),
      next && h(Button, { size: "sm", variant: "outline", onClick: () => change({ place: next }) }, "Older"),
    ),
  );
}

/** The names of all accounts: for choices. */
export const useAccounts = () => useAnswer("accounts").answer ?? [];

export function Events() {
  const [filters, change] = useFilters();
  const accounts = useAccounts();
  const body = { ...wanted(filters), accounts: accountsOf(filters), place: filters.place };
  const question = useLoaded((signal) => ask("events/search", {}, { method: "POST", body, signal }), JSON.stringify(body));
  const searched = accountsOf(filters).length ? accountsOf(filters) : accounts;
  return h(
    Box,
    null,
    h(Heading, { size: "lg", as: "h1", mb: 3 }, "Events"),
    h(FilterForm, { label: "Search for events", fields: fields(accounts), filters, onSearch: (values) => change({ ...values, place: "" }) }),
    h(Answered, { question, what: "the events" }, (answer) => h(Found, { answer, filters, accounts: searched, change, again: question.again })),
  );
}
