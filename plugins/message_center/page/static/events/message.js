import { ask } from "../kit/api.js";
import { useLoaded } from "../kit/answer.js";
import { Chakra, h, useState } from "../kit/react.js";
import { Answered } from "../parts/states.js";

const { Box, Button, HStack, Stack, Text } = Chakra;

// The frame has no scripts, no forms and no origin; and it fetches nothing, so that no tracker learns that we look.
const POLICY = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:">`;

function Frame({ html, id }) {
  return h("iframe", {
    title: `The message of event ${id}`,
    sandbox: "",
    referrerPolicy: "no-referrer",
    srcDoc: POLICY + html,
    style: { width: "100%", height: "28rem", border: 0, background: "white" },
  });
}

const Plain = ({ children }) => h(Box, { as: "pre", whiteSpace: "pre-wrap", fontSize: "sm", p: 3, maxH: "28rem", overflowY: "auto", tabIndex: 0 }, children);

const PARTS = {
  html: ["As it looks", (message, id) => h(Frame, { html: message.html, id })],
  text: ["Text", (message) => h(Plain, null, message.text)],
  headers: ["Headers", (message) => h(Plain, null, message.headers.map(([name, value]) => `${name}: ${value}`).join("\n"))],
  ctx: ["Data", (message) => h(Plain, null, JSON.stringify(message.ctx, null, 2))],
};

const isThere = (value) => value !== null && value !== undefined && value.length !== 0;

function Shown({ message, id }) {
  const there = Object.keys(PARTS).filter((name) => isThere(message[name]));
  const [chosen, choose] = useState(there[0]);
  return h(
    Stack,
    { gap: 2 },
    message.subject && h(Text, null, h(Text, { as: "span", color: "fg.muted" }, "Subject: "), message.subject),
    h(
      HStack,
      { role: "group", "aria-label": "Parts of the message" },
      there.map((name) =>
        h(Button, { key: name, size: "xs", variant: name === chosen ? "solid" : "outline", "aria-pressed": name === chosen, onClick: () => choose(name) }, PARTS[name][0]),
      ),
    ),
    h(Box, { borderWidth: 1, rounded: "md", overflow: "hidden" }, PARTS[chosen][1](message, id)),
  );
}

/** The message of an event, rendered again when somebody asks for it: it holds what a person has bought, or said. */
export function Message({ path, id }) {
  const [isOpen, setOpen] = useState(false);
  const question = useLoaded((signal) => (isOpen ? ask(path, {}, { signal }) : new Promise(() => {})), `${path} ${isOpen}`);
  if (!isOpen) return h(Button, { size: "sm", variant: "outline", onClick: () => setOpen(true) }, "Show the message");
  return h(Answered, { question, what: "the message" }, (message) => h(Shown, { message, id }));
}
