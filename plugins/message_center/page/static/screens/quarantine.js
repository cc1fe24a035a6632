import { ask } from "../kit/api.js";
import { useLoaded } from "../kit/answer.js";
import { useFilters } from "../kit/filters.js";
import { place } from "../kit/places.js";
import { Chakra, Fragment, h, useEffect, useState } from "../kit/react.js";
import { CHANNELS, plural } from "../kit/words.js";
import { AddDialog, ReleaseDialog } from "../quarantine/dialogs.js";
import { FilterForm } from "../parts/filter_form.js";
import { Moment, To } from "../parts/marks.js";
import { Pages } from "../parts/pages.js";
import { Answered, Empty } from "../parts/states.js";
import { Silences } from "../parts/silences.js";
import { DataTable } from "../parts/table.js";
import { Tick, useSelection } from "../parts/selection.js";
import { useAccounts } from "./events.js";

const { Badge, Box, Button, Flex, Heading, Stack, Text } = Chakra;

const ANY = ["", "any"];

const fields = (accounts) => [
  { name: "part", label: "Address, or a part of it" },
  { name: "channel", label: "Channel", options: [ANY, ...Object.entries(CHANNELS)] },
  { name: "account", label: "Instance", options: [ANY, ...accounts.map((account) => [account, account])] },
];

function Why({ row }) {
  return h(
    Stack,
    { gap: 0, maxW: "60ch" },
    h(Text, null, row.message ?? "–", row.by_hand && h(Badge, { ms: 2, size: "xs" }, "by hand")),
    row.remedy && h(Text, { fontSize: "xs", color: "fg.muted" }, row.remedy),
  );
}

const columns = ({ isSelected, toggle, isAll, toggleAll }) => [
  {
    key: "tick",
    header: h(Tick, { label: "Select all on this page", checked: isAll, onChange: toggleAll }),
    cell: (row) => h(Tick, { label: `Select ${row.address}`, checked: isSelected(row.id), onChange: () => toggle(row.id) }),
  },
  { key: "address", header: "Address", cell: (row) => h(To, { to: place.events({ address: row.address }) }, row.address) },
  { key: "channel", header: "Channel", cell: (row) => CHANNELS[row.wished_channel] },
  { key: "since", header: "Since", cell: (row) => h(Moment, { time: row.quarantined_at }) },
  { key: "why", header: "Why", cell: (row) => h(Why, { row }) },
  { key: "account", header: "Instance", cell: (row) => h(To, { to: place.instance(row.account) }, row.account) },
];

function Found({ answer, filters, change, again }) {
  const { addresses, silent } = answer;
  const selection = useSelection(addresses);
  const [isReleasing, setReleasing] = useState(false);
  const chosen = addresses.filter(({ id }) => selection.isSelected(id));
  return h(
    Fragment,
    null,
    h(Silences, { silent }),
    h(Button, { size: "xs", variant: "outline", mb: 3, disabled: !chosen.length, onClick: () => setReleasing(true) }, chosen.length ? `Release ${plural(chosen.length, "address", "addresses")}` : "Release"),
    addresses.length
      ? h(DataTable, { caption: "Addresses in quarantine", columns: columns(selection), rows: addresses, keyOf: (row) => row.id, name: "address" })
      : h(Empty, { title: "No address is in quarantine" }, "Hard bounces put addresses here; nothing is sent to them."),
    h(Pages, { current: filters.place, next: answer.place, change }),
    h(ReleaseDialog, { chosen, isOpen: isReleasing, onClose: () => setReleasing(false), onDone: again }),
  );
}

export function Quarantine() {
  const [filters, change] = useFilters();
  const [isAdding, setAdding] = useState(false);
  const accounts = useAccounts();
  const { part, channel, account } = filters;
  const body = { part: part || null, channel: channel ? Number(channel) : null, accounts: account ? [account] : [], place: filters.place };
  const question = useLoaded((signal) => ask("quarantine/search", {}, { method: "POST", body, signal }), JSON.stringify(body));
  return h(
    Box,
    null,
    h(Flex, { justify: "space-between", mb: 3 }, h(Heading, { size: "lg", as: "h1" }, "Quarantine"), h(Button, { size: "sm", variant: "outline", onClick: () => setAdding(true) }, "Add addresses")),
    h(FilterForm, { label: "Search the quarantine", fields: fields(accounts), filters, onSearch: (values) => change({ ...values, place: "" }) }),
    h(Answered, { question, what: "the quarantine", told: ({ addresses }) => (addresses.length ? `${plural(addresses.length, "address", "addresses")} on this page` : "No address is in quarantine") }, (answer) => h(Found, { answer, filters, change, again: question.again })),
    h(AddDialog, { accounts, isOpen: isAdding, onClose: () => setAdding(false), onDone: question.again }),
  );
}
