import { written } from "./filters.js";

// Where things are: every screen, filter and event has an address that people can send to each other.
const ROOT = "/plugin/message-center";

function withFilters(path, filters) {
  const { search, hash } = written(filters ?? {});
  return `${path}${search}${hash}`;
}

export const place = {
  instances: () => ROOT,
  instance: (account, filters) => withFilters(`${ROOT}/instances/${encodeURIComponent(account)}`, filters),
  events: (filters) => withFilters(`${ROOT}/events`, filters),
  event: (id, account) => (account ? `${ROOT}/events/${encodeURIComponent(account)}/${id}` : `${ROOT}/events/${id}`),
  quarantine: (filters) => withFilters(`${ROOT}/quarantine`, filters),
  templates: (filters) => withFilters(`${ROOT}/templates`, filters),
  template: (name, filters) => withFilters(`${ROOT}/templates/${encodeURIComponent(name)}`, filters),
  reports: (filters) => withFilters(`${ROOT}/reports`, filters),
  dag: (dagId) => `/dags/${encodeURIComponent(dagId)}`,
  run: (dagId, runId) => `/dags/${encodeURIComponent(dagId)}/runs/${encodeURIComponent(runId)}`,
};

/** The parts of an address below the page's own: ["events", "72057594037927937"]. */
export function partsOf(splat) {
  return (splat ?? "").split("/").filter(Boolean).map(decodeURIComponent);
}
