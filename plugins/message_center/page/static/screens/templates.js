import { useAnswer } from "../kit/answer.js";
import { place } from "../kit/places.js";
import { Chakra, Fragment, h, useState } from "../kit/react.js";
import { CHANNELS } from "../kit/words.js";
import { Mark, Moment, To } from "../parts/marks.js";
import { Section } from "../parts/section.js";
import { Silences } from "../parts/silences.js";
import { Answered, Empty } from "../parts/states.js";
import { DataTable } from "../parts/table.js";
import { PublishDialog } from "../templates/dialogs.js";

const { Box, Button, Flex, Heading, HStack, Stack, Text } = Chakra;

const ACTIONS = { publish: "published", unpublish: "taken back", rollback: "rolled back" };

export function Who({ row }) {
  return h(
    Stack,
    { gap: 0 },
    h(Text, null, `${ACTIONS[row.action] ?? row.action} by ${row.requested_by}`),
    row.comment && h(Text, { fontSize: "xs", color: "fg.muted" }, row.comment),
    row.override_reason && h(Text, { fontSize: "xs", color: "fg.warning" }, `although something was missing: ${row.override_reason}`),
  );
}

function Where({ row }) {
  const behind = new Set(row.behind);
  const state = behind.size ? "alert" : "ok";
  const accounts = Object.entries(row.live);
  if (!accounts.length) return h(Text, { color: "fg.muted" }, "nowhere");
  return h(
    HStack,
    { align: "start" },
    h(Mark, { state, word: behind.size ? "not everywhere" : "everywhere" }),
    h(
      Stack,
      { gap: 0 },
      behind.size === 0
        ? `on all ${accounts.length === 1 ? "instances (1)" : `${accounts.length} instances`}`
        : accounts.filter(([account]) => behind.has(account)).map(([account, version]) => h(Text, { key: account }, `${account} has ${version ? `version ${version}` : "none"}`)),
    ),
  );
}

function Stopped({ stopped }) {
  const accounts = Object.entries(stopped);
  if (!accounts.length) return null;
  return h(HStack, { title: accounts.map(([account, reason]) => `${account}: ${reason}`).join("\n") }, h(Mark, { state: "warning" }), h(Text, { fontSize: "sm" }, `stopped on ${accounts.map(([account]) => account).join(", ")}`));
}

const COLUMNS = [
  { key: "name", header: "Template", cell: (row) => h(To, { to: place.template(row.internal_name), fontWeight: "medium" }, row.internal_name) },
  { key: "type", header: "Event type", cell: (row) => h(Stack, { gap: 0 }, row.event_type && h(To, { to: place.events({ type: row.event_type }) }, row.event_type), h(Stopped, row)) },
  { key: "channel", header: "Channel", cell: (row) => CHANNELS[row.channel] },
  { key: "languages", header: "Languages", cell: (row) => row.languages.map((language) => language || "any").join(", ") },
  { key: "version", header: "Version", align: "end", cell: (row) => row.version ?? "none" },
  { key: "live", header: "Live", cell: (row) => h(Where, { row }) },
  { key: "who", header: "Who and why", cell: (row) => h(Who, { row }) },
  { key: "when", header: "When", cell: (row) => h(Moment, { time: row.published_at }) },
];

const PUBLICATIONS = [
  { key: "number", header: "Number", align: "end", cell: (row) => row.number },
  { key: "who", header: "Who and why", cell: (row) => h(Who, { row }) },
  { key: "when", header: "When", cell: (row) => h(Moment, { time: row.published_at }) },
  {
    key: "templates",
    header: "Templates",
    cell: (row) => h(Box, null, Object.entries(row.templates).map(([name, version], at) => h(Fragment, { key: name }, at ? ", " : "", h(To, { to: place.template(name) }, name), version ? ` ${version}` : " (none)"))),
  },
];

function Publications() {
  const question = useAnswer("templates/publications", { limit: 20 });
  return h(
    Section,
    { title: "Latest publications" },
    h(Answered, { question, what: "the publications" }, (rows) =>
      rows.length ? h(DataTable, { caption: "Publications", columns: PUBLICATIONS, rows, keyOf: (row) => row.number }) : h(Empty, { title: "Nothing has been published yet" }),
    ),
  );
}

function Found({ answer }) {
  const { templates, silent } = answer;
  return h(
    Fragment,
    null,
    h(Silences, { silent }),
    templates.length
      ? h(DataTable, { caption: "Templates", columns: COLUMNS, rows: templates, keyOf: (row) => row.internal_name })
      : h(Empty, { title: "No template has been published yet" }, "Write templates in the project's folder include/templates, then publish them: without one, no event is taken into account."),
  );
}

export function Templates() {
  const question = useAnswer("templates");
  const [isPublishing, setPublishing] = useState(false);
  return h(
    Stack,
    { gap: 6 },
    h(
      Box,
      null,
      h(Flex, { justify: "space-between", mb: 3 }, h(Heading, { size: "lg", as: "h1" }, "Templates"), h(Button, { size: "sm", onClick: () => setPublishing(true) }, "Publish")),
      h(Answered, { question, what: "the templates" }, (answer) => h(Found, { answer })),
    ),
    h(Publications),
    h(PublishDialog, { isOpen: isPublishing, onClose: () => setPublishing(false), onDone: question.again }),
  );
}
