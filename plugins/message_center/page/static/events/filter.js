// The filter of a search: as the address has it, and as our API reads it.
import { CHANNELS, STATUS_COLOURS } from "../kit/words.js";

const ANY = ["", "any"];

export const fields = (accounts) => [
  { name: "id", label: "Event id" },
  { name: "external_id", label: "External id" },
  { name: "address", label: "Address" },
  { name: "type", label: "Event type" },
  { name: "status", label: "Status", options: [ANY, ...Object.keys(STATUS_COLOURS).map((status) => [status, status])], width: "15rem" },
  { name: "template", label: "Template" },
  { name: "account", label: "Instance", options: [ANY, ...accounts.map((account) => [account, account])] },
  { name: "queue", label: "Queue", options: [ANY, ["rt", "real time"], ["batch", "batch"]], width: "8rem" },
  { name: "channel", label: "Channel", options: [ANY, ...Object.entries(CHANNELS)], width: "8rem" },
  { name: "since", label: "Pushed since (UTC)", type: "datetime-local" },
  { name: "until", label: "and before (UTC)", type: "datetime-local" },
];

const list = (value) => (value ? value.split(",").map((each) => each.trim()).filter(Boolean) : []);

function withoutEmpty(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== "" && value.length !== 0));
}

/** What is meant, as our API reads it; commas separate several ids, types, statuses or templates. */
export function wanted(filters) {
  const { id, external_id, address, type, status, template, queue, channel, since, until } = filters;
  return withoutEmpty({
    ids: list(id),
    external_id,
    address,
    types: list(type),
    statuses: list(status),
    templates: list(template),
    queue,
    channel: channel ? Number(channel) : undefined,
    since,
    until,
  });
}

/** The accounts that a search goes to; none for all of them. */
export const accountsOf = (filters) => list(filters.account);
