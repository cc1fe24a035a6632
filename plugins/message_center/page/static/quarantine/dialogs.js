import { ask } from "../kit/api.js";
import { newId } from "../kit/ids.js";
import { Chakra, h, useState } from "../kit/react.js";
import { CHANNELS, plural } from "../kit/words.js";
import { Confirm } from "../parts/confirm.js";
import { SelectField, TextField } from "../parts/fields.js";

const { Stack, Text } = Chakra;

const addresses = (count) => plural(count, "address", "addresses");

async function changed(what, account, channel, chosen, reason) {
  const body = { id: newId(), reason, channel, addresses: chosen };
  const { done } = await ask(`quarantine/${encodeURIComponent(account)}/${what}`, {}, { method: "POST", body });
  return done;
}

// One act takes the addresses of one channel and one instance.
function groups(chosen) {
  const found = new Map();
  for (const { account, wished_channel: channel, address } of chosen) {
    const key = JSON.stringify([account, channel]);
    found.set(key, [...(found.get(key) ?? []), address]);
  }
  return [...found].map(([key, each]) => [...JSON.parse(key), each]);
}

async function release(chosen, reason) {
  let done = 0;
  for (const [account, channel, each] of groups(chosen)) done += await changed("release", account, channel, each, reason);
  return done;
}

export function ReleaseDialog({ chosen, ...rest }) {
  return h(
    Confirm,
    {
      title: "Release from quarantine",
      question: `Messages to ${addresses(chosen.length)} are sent again, of events pushed from now on.`,
      verb: "Release",
      act: (reason) => release(chosen, reason),
      told: (done) => h(Text, null, `${addresses(done)} released. Replay the events that were ignored meanwhile.`),
      ...rest,
    },
    h(Stack, { as: "ul", gap: 0, maxH: "10rem", overflowY: "auto" }, chosen.map(({ id, address }) => h(Text, { as: "li", key: id, fontSize: "sm" }, address))),
  );
}

export function AddDialog({ accounts, ...rest }) {
  const [text, setText] = useState("");
  const [chosen, setAccount] = useState("");
  const [channel, setChannel] = useState("0");
  const account = chosen || accounts[0];
  const given = text.split(/[\s,;]+/).filter(Boolean);
  return h(
    Confirm,
    {
      title: "Add to quarantine",
      question: "Nothing more is sent to these addresses: their events are ignored by the delivery.",
      verb: "Add",
      act: (reason) => changed("add", account, Number(channel), given, reason),
      told: (done) => h(Text, null, `${addresses(done)} added.`),
      isReady: given.length > 0 && Boolean(account),
      ...rest,
    },
    h(SelectField, { label: "Instance", value: account, onChange: setAccount, options: accounts.map((each) => [each, each]), width: "100%" }),
    h(SelectField, { label: "Channel", value: channel, onChange: setChannel, options: Object.entries(CHANNELS), width: "100%" }),
    h(TextField, { label: "Addresses", help: "One a line, or with commas between them.", value: text, onChange: setText, isLong: true, width: "100%" }),
  );
}
