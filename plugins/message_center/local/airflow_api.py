"""A small client of Airflow's public REST API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import httpx


class AirflowError(Exception):
    """Airflow refused a request; the message has its own words."""


class AirflowApi:
    """
    Talks to one Airflow, signing in when first needed and again when the token has expired.

    :param url: e.g. ``http://127.0.0.1:8080``.
    :param timeout: how long it waits for an answer, in seconds.
    """

    def __init__(self, url: str, user: str, password: str, timeout: float = 30) -> None:
        self._login = {"username": user, "password": password}
        self._client = httpx.Client(base_url=url, timeout=timeout)

    def __enter__(self) -> AirflowApi:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def health(self) -> dict[str, Any]:
        """Return the health of each component, as ``{"scheduler": {"status": "healthy", …}, …}``."""
        response = self._client.get("/api/v2/monitor/health")
        response.raise_for_status()
        return dict(response.json())

    def _sign_in(self) -> None:
        response = self._client.post("/auth/token", json=self._login)
        response.raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {response.json()['access_token']}"

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """
        Send a request to ``/api/v2``.

        :raises AirflowError: if the answer is none of success and "not found".
        """
        if "Authorization" not in self._client.headers:
            self._sign_in()
        response = self._client.request(method, f"/api/v2/{path}", **options)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._sign_in()
            response = self._client.request(method, f"/api/v2/{path}", **options)
        if response.is_error and response.status_code != httpx.codes.NOT_FOUND:
            raise AirflowError(f"{method} {path}: {response.status_code} {response.text}")
        return response

    def _object(self, method: str, path: str, **options: Any) -> dict[str, Any] | None:
        response = self.request(method, path, **options)
        return None if response.status_code == httpx.codes.NOT_FOUND else dict(response.json())

    def _found(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        found = self._object(method, path, **options)
        if found is None:
            raise AirflowError(f"{method} {path}: not found")
        return found

    def connection(self, connection_id: str) -> dict[str, Any] | None:
        return self._object("GET", f"connections/{connection_id}")

    def add_connection(self, connection: dict[str, Any]) -> None:
        self._found("POST", "connections", json=connection)

    def change_connection(self, connection_id: str, **fields: Any) -> None:
        """Change only the fields given."""
        body = {"connection_id": connection_id, **fields}
        if "conn_type" not in fields:
            known = self.connection(connection_id) or {}
            body["conn_type"] = known.get("conn_type")
        self._found("PATCH", f"connections/{connection_id}", params={"update_mask": list(fields)}, json=body)

    def delete_connection(self, connection_id: str) -> None:
        self.request("DELETE", f"connections/{connection_id}")

    def dag(self, dag_id: str) -> dict[str, Any] | None:
        return self._object("GET", f"dags/{dag_id}")

    def dags(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Yield the DAGs that are there now, e.g. those with ``tags="mcExec1"``."""
        offset, page = 0, self._found("GET", "dags", params={"limit": 100, **filters})
        while page["dags"]:
            yield from page["dags"]
            offset += len(page["dags"])
            page = self._found("GET", "dags", params={"limit": 100, "offset": offset, **filters})

    def has_dag(self, dag_id: str) -> bool:
        """Whether the DAG is there now: a DAG that went away stays known for its history, but is stale."""
        dag = self.dag(dag_id)
        return dag is not None and not dag["is_stale"]

    def pause(self, dag_id: str, paused: bool = True) -> None:
        self._found("PATCH", f"dags/{dag_id}", json={"is_paused": paused})

    def trigger(self, dag_id: str, **conf: Any) -> str:
        """Start a run now and return its id."""
        body = {"logical_date": datetime.now(timezone.utc).isoformat(), "conf": conf}
        return str(self._found("POST", f"dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def runs(self, dag_id: str, limit: int = 20) -> list[dict[str, Any]]:
        """Return the latest runs, newest first."""
        params = {"limit": limit, "order_by": "-run_after"}
        return list(self._found("GET", f"dags/{dag_id}/dagRuns", params=params)["dag_runs"])

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        return self._found("GET", f"dags/{dag_id}/dagRuns/{run_id}")

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        return list(self._found("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"])

    def log(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1) -> str:
        """Return what a task has logged, in the JSON of Airflow."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{try_number}"
        return self.request("GET", path, params={"full_content": True}).text

    def exceptions(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1) -> list[str]:
        """Return the words of the exceptions that a task has logged."""
        content = json.loads(self.log(dag_id, run_id, task_id, try_number)).get("content", [])
        entries = [entry for entry in content if isinstance(entry, dict)]  # strings, if there is no log
        return [raised["exc_value"] for entry in entries for raised in entry.get("error_detail") or ()]

    def import_errors(self) -> list[dict[str, Any]]:
        return list(self._found("GET", "importErrors")["import_errors"])
