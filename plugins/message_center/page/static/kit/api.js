// Asks our API and Airflow's own, below whatever path Airflow is served.
const OURS = new URL("../../api/", import.meta.url);
const AIRFLOWS = new URL("../../../api/v2/", import.meta.url);

/** What a person is told when something did not work: the problem, and the remedy if there is one. */
export class Failure extends Error {
  constructor(detail, remedy, status) {
    super(detail);
    this.remedy = remedy;
    this.status = status;
  }
}

const REMEDIES = {
  401: "Your session has ended. Load the page again to sign in.",
  403: "Ask an administrator of Airflow for the right to edit the DAG that does this.",
  404: "Check the address of this page.",
};

function words(detail) {
  if (typeof detail === "string") return detail;
  return Array.isArray(detail) ? detail.map((each) => each.msg).join("; ") : "";
}

async function failureOf(response) {
  const body = await response.json().catch(() => ({}));
  const detail = words(body.detail) || `${response.status} ${response.statusText}`;
  return new Failure(detail, body.remedy ?? REMEDIES[response.status], response.status);
}

function search(params) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params ?? {})) {
    for (const each of [value].flat()) {
      if (each !== undefined && each !== null && each !== "") query.append(name, each);
    }
  }
  return query.toString();
}

/** The address of an answer of our API: for a link that downloads it. */
export function address(path, params) {
  const url = new URL(path, OURS);
  url.search = search(params);
  return url.href;
}

async function request(url, { method = "GET", body, signal } = {}) {
  const options = { method, signal, headers: { Accept: "application/json" }, credentials: "same-origin" };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const response = await fetch(url, options).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Failure("Airflow does not answer.", "Check your network, and whether the API server runs.");
  });
  if (!response.ok) throw await failureOf(response);
  return response.status === 204 ? null : response.json();
}

export const ask = (path, params, options) => request(address(path, params), options);

/** Airflow's public API: its own permissions and its own audit log. */
export function airflow(path, options) {
  return request(new URL(path, AIRFLOWS), options);
}
