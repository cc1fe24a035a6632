import { useAnswer } from "../kit/answer.js";
import { ask } from "../kit/api.js";
import { newId } from "../kit/ids.js";
import { Chakra, h, useState } from "../kit/react.js";
import { ago, counted, moment } from "../kit/words.js";
import { Confirm } from "../parts/confirm.js";
import { TextField } from "../parts/fields.js";
import { Mark } from "../parts/marks.js";
import { Section } from "../parts/section.js";
import { Answered, Empty } from "../parts/states.js";
import { DataTable } from "../parts/table.js";

const { Box, Button, HStack, Text } = Chakra;
const REFRESH_SECONDS = 10;

function stateOf(webhook) {
  if (webhook.removed_at) return ["warning", `is told nothing since ${moment(webhook.removed_at)}: its connection is gone, or is among the Dag Import Errors`];
  if (webhook.disabled_at) return ["alert", `disabled ${moment(webhook.disabled_at)}: ${webhook.disabled_reason}`];
  if (webhook.failing_since) return ["warning", `failing since ${moment(webhook.failing_since)}, next try ${webhook.retry_at ? moment(webhook.retry_at) : "at once"}`];
  if (webhook.given_up) return ["warning", `${webhook.given_up} messages were refused for days and given up`];
  return ["ok", webhook.is_replaying ? "is told again" : "in order"];
}

function wanted(webhook) {
  const parts = [webhook.event_types, webhook.statuses, webhook.queues, webhook.callers].filter(Boolean);
  return parts.length ? parts.map((each) => each.map((one) => one || "no caller").join(", ")).join("; ") : "everything";
}

function ResumeDialog({ account, webhook, ...rest }) {
  const path = `instances/${encodeURIComponent(account)}/webhooks/${encodeURIComponent(webhook.name)}/resume`;
  return h(Confirm, {
    title: `Enable ${webhook.name} again`,
    question: "It is told again at once, from where it stood. Mend its receiver first.",
    verb: "Enable again",
    act: (reason) => ask(path, {}, { method: "POST", body: { id: newId(), reason } }),
    told: () => h(Text, null, "It goes on from where it stood."),
    ...rest,
  });
}

function ReplayDialog({ account, webhook, ...rest }) {
  const [since, setSince] = useState("");
  const path = `instances/${encodeURIComponent(account)}/webhooks/${encodeURIComponent(webhook.name)}/replay`;
  const body = (reason) => ({ id: newId(), reason, since: new Date(since).toISOString() });
  return h(
    Confirm,
    {
      title: `Tell ${webhook.name} again`,
      question: "The status of each event that has changed since a moment is told again, under the same ids.",
      verb: "Tell again",
      act: (reason) => ask(path, {}, { method: "POST", body: body(reason) }),
      told: () => h(Text, null, "It is told again."),
      isReady: Boolean(since),
      ...rest,
    },
    h(TextField, { label: "Since", type: "datetime-local", value: since, onChange: setSince, width: "100%" }),
  );
}

function Acts({ account, webhook, again }) {
  const [open, setOpen] = useState("");
  const dialog = (name) => ({ account, webhook, isOpen: open === name, onClose: () => setOpen(""), onDone: again });
  const button = (name, label) => h(Button, { size: "xs", variant: "outline", onClick: () => setOpen(name), "aria-label": `${label} ${webhook.name}` }, label);
  return h(
    HStack,
    null,
    (webhook.disabled_at || webhook.failing_since) && button("resume", webhook.disabled_at ? "Enable again" : "Try now"),
    button("replay", "Tell again"),
    h(ResumeDialog, dialog("resume")),
    h(ReplayDialog, dialog("replay")),
  );
}

function Table({ account, answer, again }) {
  const columns = [
    { key: "name", header: "Webhook", cell: (row) => h(Box, null, h(Text, null, row.name), h(Text, { fontSize: "xs", color: "fg.muted" }, row.origin)) },
    { key: "wanted", header: "Is told of", cell: (row) => h(Text, { maxW: "30ch", fontSize: "sm" }, wanted(row)) },
    { key: "state", header: "State", cell: (row) => h(HStack, { align: "start" }, h(Mark, { state: stateOf(row)[0] }), h(Text, { maxW: "40ch" }, stateOf(row)[1])) },
    { key: "waiting", header: "Waiting", align: "end", cell: (row) => counted(row.waiting, answer.counted) },
    { key: "success", header: "Last success", cell: (row) => ago(row.last_success_at, answer.now) },
    { key: "error", header: "Last error", cell: (row) => (row.last_error ? h(Text, { maxW: "40ch", fontSize: "sm" }, `${ago(row.last_error_at, answer.now)}: ${row.last_error}`) : "none") },
    { key: "acts", header: "Acts", isQuiet: true, cell: (row) => h(Acts, { account, webhook: row, again }) },
  ];
  if (!answer.webhooks.length) return h(Empty, { title: "No webhook has been told anything yet" }, "Unpause deliverWebhooks.");
  return h(DataTable, { caption: "Webhooks", columns, rows: answer.webhooks, keyOf: (row) => row.name });
}

/** Who is told of the instance's statuses by HTTP, and how that goes. */
export function Webhooks({ account }) {
  const question = useAnswer(`instances/${encodeURIComponent(account)}/webhooks`, {}, REFRESH_SECONDS);
  return h(
    Section,
    { title: "Webhooks" },
    h(Answered, { question, what: "the webhooks" }, (answer) => h(Table, { account, answer, again: question.again })),
  );
}
