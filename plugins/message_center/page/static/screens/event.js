import { ask } from "../kit/api.js";
import { useLoaded } from "../kit/answer.js";
import { h } from "../kit/react.js";
import { Answered, Empty } from "../parts/states.js";

export function Event({ id }) {
  const question = useLoaded((signal) => ask("events/search", {}, { method: "POST", body: { ids: [id] }, signal }), id);
  return h(Answered, { question, what: "the event" }, ({ events }) => h(Empty, { title: events[0]?.status ?? "There is no such event" }));
}
