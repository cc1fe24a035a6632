import { Chakra, h, useState } from "../kit/react.js";
import { number, plural } from "../kit/words.js";
import { ActDialog } from "./act_dialog.js";

const { Button, HStack, Text, Wrap } = Chakra;

const VERBS = { replay: "Replay", cancel: "Cancel", reschedule: "Reschedule" };

function byAccount(events) {
  const accounts = new Map();
  for (const { account, id } of events) accounts.set(account, [...(accounts.get(account) ?? []), id]);
  return [...accounts].map(([account, ids]) => ({ account, filter: { ids } }));
}

/**
 * What can be done with the events that are selected, or, if none is, with all that match.
 *
 * @param selected the events that are
 * @param all targets of all that match; none if the filter names nothing
 */
export function Acts({ selected, all, onDone }) {
  const [kind, setKind] = useState(null);
  const targets = selected.length ? byAccount(selected) : all;
  const words = selected.length ? plural(selected.length, "selected event") : "all that match";
  const hint = "Select events, or search for some: an act on everything there is would be a mistake.";
  return h(
    Wrap,
    { align: "center", gap: 3, mb: 3 },
    h(
      HStack,
      { gap: 2, role: "group", "aria-label": "Acts" },
      Object.entries(VERBS).map(([each, verb]) =>
        h(Button, { key: each, size: "xs", variant: "outline", disabled: !targets.length, onClick: () => setKind(each) }, verb),
      ),
    ),
    h(Text, { fontSize: "sm", color: "fg.muted", "aria-live": "polite" }, targets.length ? words : hint),
    h(ActDialog, { kind, targets, onClose: () => setKind(null), onDone }),
  );
}
