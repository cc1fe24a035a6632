import { ask } from "../kit/api.js";
import { useAnswer, useLoaded } from "../kit/answer.js";
import { useFilters } from "../kit/filters.js";
import { place } from "../kit/places.js";
import { Chakra, Fragment, h } from "../kit/react.js";
import { CHANNELS, plural } from "../kit/words.js";
import { accountsOf, fields, wanted } from "../events/filter.js";
import { Acts } from "../events/acts.js";
import { FilterForm } from "../parts/filter_form.js";
import { Moment, Status, To } from "../parts/marks.js";
import { Pages } from "../parts/pages.js";
import { Tick, useSelection } from "../parts/selection.js";
import { Silences } from "../parts/silences.js";
import { Answered, Empty } from "../parts/states.js";
import { DataTable } from "../parts/table.js";

const { Badge, Box, Heading, Stack, Text } = Chakra;

function Id({ event: { id, account, replay_of: old } }) {
  return h(
    Stack,
    // Apart enough for a finger.
    { gap: 2, align: "start" },
    h(To, { to: place.event(id, account) }, id),
    old && h(Text, { fontSize: "xs", color: "fg.muted" }, "a replay of ", h(To, { to: place.event(old, account) }, old)),
  );
}

function Why({ event }) {
  return h(
    Stack,
    { gap: 0 },
    h(Box, null, h(Status, { status: event.status })),
    event.status === "Pending" && event.process_requested_on && h(Text, { fontSize: "xs", color: "fg.muted" }, "for ", h(Moment, { time: event.process_requested_on })),
    event.status_reason && h(Text, { fontSize: "xs", color: "fg.muted", maxW: "32ch" }, event.status_reason),
  );
}

function Template({ event }) {
  if (!event.template) return h(Text, { color: "fg.muted" }, "–");
  return h(Fragment, null, h(To, { to: place.template(event.template) }, event.template), ` ${event.template_version}`);
}

const columns = ({ isSelected, toggle, isAll, toggleAll }) => [
  {
    key: "tick",
    header: h(Tick, { label: "Select all on this page", checked: isAll, onChange: toggleAll }),
    cell: (row) => h(Tick, { label: `Select event ${row.id}`, checked: isSelected(row.id), onChange: () => toggle(row.id) }),
  },
  { key: "id", header: "Event", cell: (row) => h(Id, { event: row }) },
  { key: "created", header: "Pushed", cell: (row) => h(Box, { whiteSpace: "nowrap" }, h(Moment, { time: row.created_at })) },
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

function Found({ answer, filters, accounts, change, again }) {
  const { events, silent, archive } = answer;
  const filter = wanted(filters);
  const targets = Object.keys(filter).length ? accounts.filter((account) => !silent[account]).map((account) => ({ account, filter })) : [];
  const selection = useSelection(events);
  return h(
    Fragment,
    null,
    h(Silences, { silent, more: archive ? [["The archive", archive]] : [], note: "Here is what the others have." }),
    h(Acts, { selected: events.filter(({ id }) => selection.isSelected(id)), all: targets, onDone: again }),
    events.length
      ? h(DataTable, { caption: "Events", columns: columns(selection), rows: events, keyOf: (row) => row.id, name: "id" })
      : h(Empty, { title: "No event matches" }, "Look whether the filter is too narrow. What is older than the archive keeps is gone."),
    h(Pages, { current: filters.place, next: answer.place, change }),
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
    h(Answered, { question, what: "the events", told: ({ events }) => (events.length ? `${plural(events.length, "event")} on this page` : "No event matches") }, (answer) => h(Found, { answer, filters, accounts: searched, change, again: question.again })),
  );
}
