import { ask } from "../kit/api.js";
import { useAnswer, useLoaded } from "../kit/answer.js";
import { place } from "../kit/places.js";
import { Chakra, Fragment, h, useEffect, useNavigate, useState } from "../kit/react.js";
import { CHANNELS } from "../kit/words.js";
import { ActDialog } from "../events/act_dialog.js";
import { Message } from "../events/message.js";
import { Timeline } from "../events/timeline.js";
import { Status, To } from "../parts/marks.js";
import { Section } from "../parts/section.js";
import { Answered, Empty, Trouble } from "../parts/states.js";

const { Badge, Box, Button, Heading, HStack, Stack, Text, Wrap } = Chakra;
const REFRESH_SECONDS = 10;

const path = (account, id) => `event/${encodeURIComponent(account)}/${id}`;

function Fact({ name, children }) {
  return h(Box, null, h(Text, { as: "dt", fontSize: "xs", color: "fg.muted" }, name), h(Box, { as: "dd" }, children ?? "–"));
}

function Facts({ story }) {
  const { event, account, address, template, is_live: isLive } = story;
  const queue = event.queue === "rt" ? "real time" : event.queue;
  return h(
    Wrap,
    { as: "dl", gap: 6 },
    h(Fact, { name: "Status" }, h(Status, { status: event.status })),
    h(Fact, { name: "Type" }, h(To, { to: place.events({ type: event.type }) }, event.type)),
    h(Fact, { name: `Address, ${CHANNELS[event.wished_channel]}` }, address && h(To, { to: place.events({ address }) }, address)),
    h(Fact, { name: "Template" }, template?.internal_name && h(To, { to: place.template(template.internal_name) }, `${template.internal_name}, version ${template.version}`)),
    h(Fact, { name: "External id" }, event.external_id),
    h(Fact, { name: "Queue" }, queue),
    h(Fact, { name: "Instance" }, h(HStack, null, h(To, { to: place.instance(account) }, account), !isLive && h(Badge, null, "from the archive"))),
    event.replay_of && h(Fact, { name: "Replay of" }, h(To, { to: place.event(event.replay_of, account) }, event.replay_of)),
  );
}

function Acts({ story, again }) {
  const [kind, setKind] = useState(null);
  const { account, id, event } = story;
  const isPending = event.status === "Pending";
  const targets = [{ account, filter: { ids: [id] } }];
  const button = (each, verb) => h(Button, { key: each, size: "xs", variant: "outline", onClick: () => setKind(each) }, verb);
  return h(
    HStack,
    { role: "group", "aria-label": "Acts" },
    isPending ? [button("cancel", "Cancel"), button("reschedule", "Reschedule")] : button("replay", "Replay"),
    h(ActDialog, { kind, targets, onClose: () => setKind(null), onDone: again }),
  );
}

function Silences({ silent }) {
  return Object.entries(silent).map(([who, { detail, remedy }]) =>
    h(Trouble, { key: who, failure: { message: `The ${who} could not be asked: ${detail}`, remedy } }),
  );
}

function Story({ story, again }) {
  return h(
    Stack,
    { gap: 6 },
    h(Silences, story),
    h(Facts, { story }),
    h(Section, { title: "What happened", beside: h(Acts, { story, again }) }, h(Timeline, { lines: story.lines, account: story.account })),
    h(Section, { title: "Message" }, h(Message, { path: `${path(story.account, story.id)}/message`, id: story.id })),
  );
}

/** An event by its id alone, which names its instance: goes to its address. */
export function EventById({ id }) {
  const navigate = useNavigate();
  const question = useLoaded((signal) => ask("events/search", {}, { method: "POST", body: { ids: [id] }, signal }), id);
  const found = question.answer?.events[0];
  useEffect(() => {
    if (found) navigate(place.event(found.id, found.account), { replace: true });
  }, [found?.id]);
  return h(Answered, { question, what: "the event" }, () =>
    found ? null : h(Empty, { title: `There is no event ${id}` }, "Neither an instance nor the archive has it. It may be older than the archive keeps events."),
  );
}

export function Event({ account, id }) {
  const question = useAnswer(path(account, id), {}, REFRESH_SECONDS);
  return h(
    Fragment,
    null,
    h(Heading, { size: "lg", as: "h1", mb: 3 }, `Event ${id}`),
    h(Answered, { question, what: "the event" }, (story) => h(Story, { story, again: question.again })),
  );
}
