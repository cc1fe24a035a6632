// What is done with templates: each starts the DAG that does it, with its params filled in.
import { PUBLISH, ROLL_BACK, STOP_EVENT_TYPE, UNPUBLISH } from "../kit/dags.js";
import { h, useState } from "../kit/react.js";
import { TextField } from "../parts/fields.js";
import { Trigger } from "../parts/trigger.js";

const names = (text) => text.split(/[\s,;]+/).filter(Boolean);

export function PublishDialog(rest) {
  const [text, setText] = useState("");
  return h(
    Trigger,
    {
      title: "Publish templates",
      question: "The templates of the project's folder are checked, and deployed to every execution instance.",
      verb: "Publish",
      dagId: PUBLISH,
      conf: (reason) => ({ comment: reason, templates: names(text).length ? names(text) : null }),
      ...rest,
    },
    h(TextField, { label: "Templates", help: "Internal names; empty: all that are active.", value: text, onChange: setText, width: "100%" }),
  );
}

export function RollBackDialog({ name, publication, ...rest }) {
  return h(Trigger, {
    title: `Roll back ${name}`,
    question: `${name} becomes as it was after publication ${publication}, on every execution instance.`,
    verb: "Roll back",
    dagId: ROLL_BACK,
    conf: (reason) => ({ version: publication, templates: [name], comment: reason }),
    ...rest,
  });
}

export function UnpublishDialog({ name, ...rest }) {
  return h(Trigger, {
    title: `Take ${name} back`,
    question: `New events of ${name} are not taken into account any more. What is linked to it already is sent.`,
    verb: "Take it back",
    isGrave: true,
    dagId: UNPUBLISH,
    conf: (reason) => ({ templates: [name], comment: reason }),
    ...rest,
  });
}

/** @param isStopped whether it lets the type go on */
export function StopDialog({ eventType, isStopped, ...rest }) {
  return h(Trigger, {
    title: isStopped ? `Let ${eventType} go on` : `Stop ${eventType}`,
    question: isStopped
      ? "Events of this type are routed and sent again, on every execution instance."
      : "Nothing of this type is routed or sent any more, on every execution instance, from now on.",
    verb: isStopped ? "Let it go on" : "Stop it",
    isGrave: !isStopped,
    dagId: STOP_EVENT_TYPE,
    conf: (reason) => ({ event_type: eventType, action: isStopped ? "resume" : "stop", reason }),
    ...rest,
  });
}
