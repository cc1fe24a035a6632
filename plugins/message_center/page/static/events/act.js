// Acts on events: asked again under one id until there is no more, account by account.
import { ask } from "../kit/api.js";
import { newId } from "../kit/ids.js";

const path = (account, what) => `events/${encodeURIComponent(account)}/${what}`;

/** How many events are meant, and could be acted upon, over all targets. */
export async function count(targets, signal) {
  const counts = await Promise.all(
    targets.map(({ account, filter }) => ask(path(account, "count"), {}, { method: "POST", body: filter, signal })),
  );
  const sum = (name) => counts.reduce((total, each) => total + each[name], 0);
  return {
    matching: sum("matching") + sum("purged"),
    replayable: sum("replayable") + sum("purged"),
    replayedBefore: sum("replayed_before"),
    pending: sum("pending"),
    purged: sum("purged"),
    isAll: counts.every((each) => each.is_all),
    archive: counts.find((each) => each.archive)?.archive,
  };
}

async function onAccount(kind, { account, filter }, more, onProgress) {
  const body = { id: newId(), filter, ...more };
  for (;;) {
    const progress = await ask(path(account, kind), {}, { method: "POST", body });
    onProgress(progress.done);
    if (!progress.more) return progress;
  }
}

/**
 * Does something with the events of each target.
 *
 * @param kind replay, cancel or reschedule
 * @param targets {account, filter}
 * @param more the reason, and what else the act needs
 * @param onProgress is told how many have been done so far
 */
export async function act(kind, targets, more, onProgress) {
  let done = 0;
  const refused = [];
  for (const target of targets) {
    const progress = await onAccount(kind, target, more, (number) => onProgress((done += number)));
    refused.push(...(progress.refused ?? []));
  }
  return { done, refused };
}
