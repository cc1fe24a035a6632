import { ask } from "../kit/api.js";
import { useAnswer } from "../kit/answer.js";
import { Chakra, h, useEffect, useState } from "../kit/react.js";
import { moment } from "../kit/words.js";
import { useAct } from "./confirm.js";
import { Window } from "./dialog.js";
import { SelectField, TextField } from "./fields.js";
import { Trouble } from "./states.js";

const { Box, Button, Stack, Text } = Chakra;

const text = (value) => (value === null || value === undefined ? "" : String(value));
const number = (value) => (value === "" ? null : Number(value));

const limits = ({ warning, alert, is_removed: isRemoved }) => (isRemoved ? "as for all" : `${warning ?? "never"} / ${alert ?? "never"}`);

/** Who has changed it before. */
function Changes({ indicator, account }) {
  const { answer } = useAnswer(`thresholds/${indicator}/changes`, { account });
  if (!answer?.length) return null;
  return h(
    Box,
    { as: "section", "aria-label": "Changes so far", fontSize: "sm", color: "fg.muted", maxH: "8rem", overflowY: "auto" },
    answer.map((each) => h(Text, { key: each.changed_at }, `${moment(each.changed_at)}, ${each.changed_by}, ${each.account || "all"}: ${limits(each)} (${each.reason})`)),
  );
}

/**
 * Sets the threshold of an indicator, of one instance or of all.
 *
 * @param row {key, name, unit, level}; none: the dialog is closed
 */
export function ThresholdDialog({ row, account, onClose, onDone }) {
  const [scope, setScope] = useState(account);
  const [warning, setWarning] = useState("");
  const [alert, setAlert] = useState("");
  const [reason, setReason] = useState("");
  const setting = useAct(() => ask(`thresholds/${row.key}`, { account: scope }, { method: "PUT", body: { warning: number(warning), alert: number(alert), reason: reason.trim() } }).then(() => onDone()));
  useEffect(() => {
    setWarning(text(row?.level?.warning));
    setAlert(text(row?.level?.alert));
    setReason("");
    setting.reset();
  }, [row?.key]);
  const submit = (event) => {
    event.preventDefault();
    setting.run();
  };
  const unit = row?.unit ? ` (${row.unit})` : "";
  return h(
    Window,
    { title: `Threshold: ${row?.name ?? ""}`, isOpen: Boolean(row), onClose, buttons: h(Button, { size: "sm", type: "submit", form: "threshold", disabled: !reason.trim(), loading: setting.isRunning }, "Set") },
    h(
      "form",
      { id: "threshold", onSubmit: submit },
      h(
        Stack,
        { gap: 4 },
        h(Text, null, "The next look goes by it, within a minute. Empty: never."),
        h(SelectField, { label: "For", value: scope, onChange: setScope, options: [[account, account], ["", "all instances that have none of their own"]], width: "100%" }),
        h(TextField, { label: `Warning from${unit}`, type: "number", step: "any", value: warning, onChange: setWarning, width: "100%" }),
        h(TextField, { label: `Alert from${unit}`, type: "number", step: "any", value: alert, onChange: setAlert, width: "100%" }),
        h(TextField, { label: "Why? It is recorded with your name.", value: reason, onChange: setReason, width: "100%", isLong: true, required: true }),
        row && h(Changes, { indicator: row.key, account }),
        setting.failure && h(Trouble, { failure: setting.failure }),
      ),
    ),
  );
}
