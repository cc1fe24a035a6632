import { SHORT } from "../kit/dags.js";
import { place } from "../kit/places.js";
import { Chakra, h, RouterLink } from "../kit/react.js";
import { moment } from "../kit/words.js";

const { Badge, Wrap } = Chakra;

const COLOURS = { ok: "green", warning: "orange", alert: "red", unknown: "gray" };

const STATES = { ok: "in order", warning: "paused", alert: "gives no sign of life", unknown: "not known" };

function told({ dag_id, state: which, heartbeat_at, last_error }) {
  const state = STATES[which];
  const error = last_error ? `. Last error: ${last_error}` : "";
  return `${dag_id}: ${state}, last sign of life ${heartbeat_at ? moment(heartbeat_at) : "never"}${error}`;
}

function Workflow({ workflow }) {
  const name = SHORT[workflow.workflow] ?? workflow.workflow;
  const sign = { warning: "▲ ", alert: "■ ", unknown: "? " }[workflow.state] ?? "";
  return h(
    Badge,
    { asChild: true, colorPalette: COLOURS[workflow.state] ?? "gray", variant: sign ? "solid" : "subtle", size: "sm" },
    h(RouterLink, { to: place.dag(workflow.dag_id), title: told(workflow), "aria-label": told(workflow) }, sign + name),
  );
}

/** The workflows of an instance, each a link to its DAG. */
export function Workflows({ workflows }) {
  return h(Wrap, { gap: 1, maxW: "24rem" }, workflows.map((workflow) => h(Workflow, { key: workflow.workflow, workflow })));
}
