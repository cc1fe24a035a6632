import { airflow } from "../kit/api.js";
import { useAnswer } from "../kit/answer.js";
import { place } from "../kit/places.js";
import { Chakra, h } from "../kit/react.js";
import { ago, counted, moment, number, span } from "../kit/words.js";
import { useAct } from "../parts/confirm.js";
import { Mark, To } from "../parts/marks.js";
import { Section } from "../parts/section.js";
import { Answered, Boundary, Empty, Trouble } from "../parts/states.js";
import { DataTable } from "../parts/table.js";
import { Indicators } from "./instance_indicators.js";
import { Callers } from "./instance_callers.js";
import { Curves } from "./instance_curves.js";
import { Deliveries } from "./instance_deliveries.js";
import { Files } from "./instance_files.js";
import { Webhooks } from "./instance_webhooks.js";

const { Box, Button, Heading, HStack, Stack, Text, Wrap } = Chakra;
const REFRESH_SECONDS = 10;

function Findings({ findings }) {
  if (!findings.length) return h(HStack, null, h(Mark, { state: "ok" }), h(Text, null, "Everything is in order."));
  return h(
    Stack,
    { as: "ul", gap: 2, listStyleType: "none" },
    findings.map(({ state, problem, remedy }) =>
      h(
        Boundary,
        { key: problem, of: problem, isSmall: true },
        h(HStack, { as: "li", align: "start" }, h(Mark, { state }), h(Box, null, h(Text, null, problem), h(Text, { color: "fg.muted", fontSize: "sm" }, `${remedy}.`))),
      ),
    ),
  );
}

function Figure({ name, value, note, to }) {
  return h(
    Box,
    { borderWidth: 1, rounded: "md", px: 4, py: 2, minW: "9rem", maxW: "24rem" },
    h(Text, { fontSize: "xs", color: "fg.muted" }, name),
    h(Text, { fontSize: "xl" }, to ? h(To, { to }, value) : value),
    note && h(Text, { fontSize: "xs", color: "fg.muted" }, note),
  );
}

function archiveNote({ set_aside: setAside, resynchronised_at: at, resynchronised_reason: reason }) {
  const notes = [setAside ? `${number(setAside)} rows set aside` : "", at ? `all of it anew ${moment(at)}: ${reason}` : ""];
  return notes.filter(Boolean).join("; ") || "nothing set aside";
}

function Queues({ instance, bound }) {
  if (instance.silence || !instance.queues) return h(Trouble, { failure: instance.silence ?? { message: "This account is disabled." } });
  const { account, queues, pending_delivery: inDelivery } = instance;
  return h(
    Wrap,
    { gap: 3 },
    Object.entries({ rt: "real time", batch: "batch" }).map(([name, words]) =>
      h(Figure, {
        key: name,
        name: `Pending, ${words}`,
        value: number(queues[name].pending),
        note: queues[name].oldest_seconds ? `the oldest for ${span(queues[name].oldest_seconds)}` : "nothing waits",
        to: place.events({ account, queue: name, status: "Pending" }),
      }),
    ),
    h(Figure, {
      name: "For later",
      value: counted(queues.rt.postponed + queues.batch.postponed, bound),
      note: "scheduled, or to be tried again",
    }),
    h(Figure, { name: "In delivery", value: counted(inDelivery, bound), to: place.events({ account, status: "Pending delivery" }) }),
    h(Figure, { name: "Archived", value: instance.archive_lag_seconds == null ? "never" : `${span(instance.archive_lag_seconds)} ago`, note: archiveNote(instance) }),
  );
}

function Pause({ workflow, again }) {
  const { dag_id: dagId, is_paused: isPaused } = workflow;
  const pausing = useAct(() => airflow(`dags/${encodeURIComponent(dagId)}`, { method: "PATCH", body: { is_paused: !isPaused } }).then(again));
  if (isPaused === null) return null;
  const verb = isPaused ? "Unpause" : "Pause";
  return h(
    Box,
    null,
    h(Button, { size: "xs", variant: "outline", loading: pausing.isRunning, onClick: () => pausing.run(), "aria-label": `${verb} ${dagId}` }, verb),
    pausing.failure && h(Text, { fontSize: "xs", color: "fg.error", role: "alert" }, `${pausing.failure.message}. ${pausing.failure.remedy ?? ""}`),
  );
}

function Workflows({ workflows, now, again }) {
  const words = { ok: "in order", warning: "paused", unknown: "not known" };
  const columns = [
    { key: "dag", header: "Workflow", cell: (row) => h(To, { to: place.dag(row.dag_id) }, row.dag_id) },
    {
      key: "state",
      header: "State",
      cell: (row) => h(HStack, null, h(Mark, { state: row.state }), words[row.state] ?? (row.is_paused === null ? "Airflow has no such DAG" : "no sign of life")),
    },
    { key: "beat", header: "Last sign of life", cell: (row) => ago(row.heartbeat_at, now) },
    { key: "error", header: "Last error", cell: (row) => (row.last_error ? h(Text, { maxW: "50ch", fontSize: "sm" }, `${ago(row.last_error_at, now)}: ${row.last_error}`) : "none") },
    { key: "pause", header: "Acts", isQuiet: true, cell: (row) => h(Pause, { workflow: row, again }) },
  ];
  return h(DataTable, { caption: "Workflows", columns, rows: workflows, keyOf: (row) => row.dag_id });
}

function Templates({ templates }) {
  const names = Object.entries(templates ?? {});
  if (!names.length) return h(Empty, { title: "No template is live here" }, "Publish one: events of a type without a template are not taken into account.");
  return h(
    Wrap,
    { gap: 3 },
    names.map(([name, version]) => h(To, { key: name, to: place.template(name) }, `${name}, version ${version}`)),
  );
}

function Shown({ answer, again }) {
  const [instance] = answer.instances;
  return h(
    Stack,
    { gap: 6 },
    h(Findings, { findings: instance.enabled ? instance.findings : [] }),
    h(Section, { title: "Queues" }, h(Queues, { instance, bound: answer.counted })),
    instance.queues && h(Curves, { account: instance.account }),
    h(Indicators, { instance, again }),
    h(Section, { title: "Workflows" }, h(Workflows, { workflows: instance.workflows, now: answer.now, again })),
    instance.queues && instance.workflows.some((each) => each.workflow === "deliverWebhooks") && h(Webhooks, { account: instance.account }),
    instance.queues && h(Callers, { account: instance.account }),
    instance.queues && instance.importing && h(Files, { account: instance.account, importing: instance.importing }),
    instance.queues && h(Deliveries, { account: instance.account }),
    instance.queues && h(Section, { title: "Live templates" }, h(Templates, instance)),
  );
}

export function Instance({ account }) {
  const question = useAnswer(`instances/${encodeURIComponent(account)}`, {}, REFRESH_SECONDS);
  const identifier = question.answer?.instances[0].instance_identifier;
  return h(
    Box,
    null,
    h(
      HStack,
      { mb: 3, align: "baseline" },
      h(Heading, { size: "lg", as: "h1" }, account),
      identifier && h(Text, { color: "fg.muted" }, `instance ${identifier}`),
    ),
    h(Answered, { question, what: account }, (answer) => h(Shown, { answer, again: question.again })),
  );
}
