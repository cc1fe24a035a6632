import { useLoaded } from "../kit/answer.js";
import { Chakra, h, useState } from "../kit/react.js";
import { number, plural } from "../kit/words.js";
import { Confirm } from "../parts/confirm.js";
import { TextField } from "../parts/fields.js";
import { Answered } from "../parts/states.js";
import { act, count } from "./act.js";

const { Box, Stack, Text } = Chakra;

const KINDS = {
  replay: {
    title: "Replay events",
    verb: "Replay",
    past: "replayed",
    question: "A new event with the same content is pushed for each; the old ones stay as they are.",
    of: (counts) => counts.replayable,
  },
  cancel: {
    title: "Cancel events",
    verb: "Cancel events",
    past: "cancelled",
    question: "What is pending is taken out of its queue, and no message is sent.",
    of: (counts) => counts.pending,
  },
  reschedule: {
    title: "Reschedule events",
    verb: "Reschedule",
    past: "rescheduled",
    question: "What is pending is processed from another time on.",
    of: (counts) => counts.pending,
  },
};

function Counts({ kind, counts }) {
  const takes = KINDS[kind].of(counts);
  const more = counts.isAll ? "" : " or more";
  return h(
    Stack,
    { gap: 1 },
    h(Text, { fontWeight: "semibold" }, `${plural(takes, "event")}${more} of the ${number(counts.matching)} that match will be ${KINDS[kind].past}.`),
    kind === "replay" && counts.replayedBefore > 0 && h(Text, null, `${plural(counts.replayedBefore, "of them has", "of them have")} been replayed before: they will be sent once more.`),
    kind === "replay" && counts.purged > 0 && h(Text, null, `${plural(counts.purged, "of them comes", "of them come")} from the archive.`),
    counts.archive && h(Text, { color: "fg.warning" }, `The archive was not counted: ${counts.archive.detail}`),
  );
}

function Result({ words, result }) {
  const { done, refused } = result;
  return h(
    Stack,
    { gap: 2 },
    h(Text, null, `${plural(done, "event")} ${words.past}.`),
    refused.length > 0 &&
      h(
        Box,
        null,
        h(Text, null, "Not taken:"),
        h(Stack, { as: "ul", gap: 0, maxH: "12rem", overflowY: "auto" }, refused.map(({ id, reason }) => h(Text, { as: "li", key: id, fontSize: "sm" }, `${id}: ${reason}`))),
      ),
  );
}

/**
 * Asks before something is done with events: how many there are, and why.
 *
 * @param kind replay, cancel or reschedule; none: the dialog is closed
 * @param targets {account, filter} for each account
 */
export function ActDialog({ kind, targets, onClose, onDone }) {
  const [scheduled, setScheduled] = useState("");
  const [progress, setProgress] = useState(0);
  const words = KINDS[kind] ?? KINDS.replay;
  const key = kind ? JSON.stringify([kind, targets]) : "";
  const counting = useLoaded((signal) => (kind ? count(targets, signal) : Promise.resolve(null)), key);
  const more = kind === "reschedule" ? { scheduled: scheduled || null } : {};
  const run = (reason) => {
    setProgress(0);
    return act(kind, targets, { reason, ...more }, setProgress);
  };
  return h(
    Confirm,
    {
      title: words.title,
      question: words.question,
      verb: words.verb,
      isOpen: Boolean(kind),
      onClose,
      onDone,
      act: run,
      isGrave: kind === "cancel",
      isReady: Boolean(counting.answer) && words.of(counting.answer) > 0,
      told: (result) => h(Result, { words, result }),
    },
    kind && h(Answered, { question: counting, what: "the count" }, (counts) => h(Counts, { kind, counts })),
    kind === "reschedule" &&
      h(TextField, { label: "Processed from (UTC)", help: "Empty: now.", type: "datetime-local", value: scheduled, onChange: setScheduled, width: "100%" }),
    progress > 0 && h(Text, { role: "status", color: "fg.muted" }, `${number(progress)} so far …`),
  );
}
