import { useAnswer } from "../kit/answer.js";
import { useFilters } from "../kit/filters.js";
import { place } from "../kit/places.js";
import { Chakra, Fragment, h, useState } from "../kit/react.js";
import { RollBackDialog, StopDialog, UnpublishDialog } from "../templates/dialogs.js";
import { Diff } from "../templates/diff.js";
import { Moment, To } from "../parts/marks.js";
import { Section } from "../parts/section.js";
import { SelectField } from "../parts/fields.js";
import { Answered, Empty } from "../parts/states.js";
import { DataTable } from "../parts/table.js";
import { Who } from "./templates.js";

const { Button, Flex, Heading, HStack, Stack, Text, Wrap } = Chakra;

const path = (name, more = "") => `templates/${encodeURIComponent(name)}${more}`;

function versionsOf(rows) {
  return [...new Set(rows.map((row) => row.version).filter(Boolean))].sort((one, other) => other - one);
}

function Difference({ name, versions }) {
  const [{ old = String(versions[1] ?? versions[0]), new: recent = String(versions[0]) }, change] = useFilters();
  const question = useAnswer(path(name, "/difference"), { old, new: recent });
  const options = versions.map((version) => [String(version), `version ${version}`]);
  return h(
    Section,
    {
      title: "What has changed",
      beside: h(
        HStack,
        { align: "end", wrap: "wrap" },
        h(SelectField, { label: "From", value: old, options, onChange: (value) => change({ old: value }) }),
        h(SelectField, { label: "to", value: recent, options, onChange: (value) => change({ new: value }) }),
      ),
    },
    h(Answered, { question, what: "the difference" }, ({ diff }) => h(Diff, { text: diff })),
  );
}

function History({ rows, onRollBack }) {
  const columns = [
    { key: "publication", header: "Publication", align: "end", cell: (row) => row.publication },
    { key: "version", header: "Version", align: "end", cell: (row) => row.version ?? "none" },
    { key: "who", header: "Who and why", cell: (row) => h(Who, { row }) },
    { key: "when", header: "When", cell: (row) => h(Moment, { time: row.published_at }) },
    {
      key: "act",
      header: "Acts",
      isQuiet: true,
      align: "end",
      cell: (row) => row !== rows[0] && h(Button, { size: "xs", variant: "outline", onClick: () => onRollBack(row.publication), "aria-label": `Roll back to publication ${row.publication}` }, "Roll back to this"),
    },
  ];
  return h(Section, { title: "History" }, h(DataTable, { caption: "Publications of this template", columns, rows, keyOf: (row) => row.publication }));
}

function Acts({ name, row, again }) {
  const [open, setOpen] = useState(null);
  const eventType = row?.event_type;
  const isStopped = Object.keys(row?.stopped ?? {}).length > 0;
  const close = () => setOpen(null);
  const button = (which, words) => h(Button, { size: "sm", variant: "outline", onClick: () => setOpen(which) }, words);
  return h(
    Wrap,
    { role: "group", "aria-label": "Acts" },
    eventType && button("stop", isStopped ? `Let ${eventType} go on` : `Stop ${eventType}`),
    row?.version && button("unpublish", "Take it back"),
    eventType && h(StopDialog, { eventType, isStopped, isOpen: open === "stop", onClose: close, onDone: again }),
    h(UnpublishDialog, { name, isOpen: open === "unpublish", onClose: close, onDone: again }),
  );
}

function Found({ name, rows, again }) {
  const [publication, rollBackTo] = useState(null);
  const versions = versionsOf(rows);
  return h(
    Stack,
    { gap: 6 },
    h(History, { rows, onRollBack: rollBackTo }),
    versions.length > 0 && h(Difference, { name, versions }),
    h(RollBackDialog, { name, publication, isOpen: publication !== null, onClose: () => rollBackTo(null), onDone: again }),
  );
}

export function Template({ name }) {
  const question = useAnswer(path(name));
  const all = useAnswer("templates");
  const row = all.answer?.templates.find((each) => each.internal_name === name);
  const none = h(Empty, { title: `${name} has never been published` }, h(To, { to: place.templates() }, "See those that have"));
  const again = () => [question, all].forEach((each) => each.again());
  return h(
    Fragment,
    null,
    h(
      Flex,
      { justify: "space-between", mb: 3, gap: 4, wrap: "wrap" },
      h(HStack, { align: "baseline" }, h(Heading, { size: "lg", as: "h1" }, name), row?.version && h(Text, { color: "fg.muted" }, `version ${row.version} is current`)),
      h(Acts, { name, row, again }),
    ),
    h(Answered, { question, what: "the template" }, (rows) => (rows.length ? h(Found, { name, rows, again }) : none)),
  );
}
