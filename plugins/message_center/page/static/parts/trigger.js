import { airflow } from "../kit/api.js";
import { place } from "../kit/places.js";
import { h } from "../kit/react.js";
import { Confirm } from "./confirm.js";
import { To } from "./marks.js";

/** Starts a run of a DAG through Airflow's own API, whose permissions and audit log count. */
export function triggered(dagId, conf) {
  const body = { logical_date: new Date().toISOString(), conf };
  return airflow(`dags/${encodeURIComponent(dagId)}/dagRuns`, { method: "POST", body });
}

/**
 * Asks before a DAG is started with these params; the reason becomes the param that the DAG has for it.
 *
 * @param conf reason => the params
 */
export function Trigger({ dagId, conf, ...rest }) {
  const act = (reason) => triggered(dagId, conf(reason));
  const told = (run) => h(To, { to: place.run(dagId, run.dag_run_id) }, `Started: see the run of ${dagId}`);
  return h(Confirm, { act, told, ...rest });
}
