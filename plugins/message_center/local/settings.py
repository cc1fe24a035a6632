"""What a running Airflow is told: one place for every setting, whoever starts it."""

from __future__ import annotations

import json
from pathlib import Path

from message_center.accounts.webhook import HTTP_OPTION
from message_center.local.paths import Paths, Ports
from message_center.project import DAGS_FOLDER

BUNDLE = "message_center.accounts.bundle.MessageCenterDagBundle"
ADMIN = "admin"
HOST = "127.0.0.1"

METADATA_DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
FERNET_KEY = "AIRFLOW__CORE__FERNET_KEY"
API_SECRET_KEY = "AIRFLOW__API__SECRET_KEY"
JWT_SECRET = "AIRFLOW__API_AUTH__JWT_SECRET"
SECRETS = frozenset({METADATA_DATABASE, FERNET_KEY, API_SECRET_KEY, JWT_SECRET})
NEEDED_SECRETS = {
    "api-server": SECRETS,
    # It gives its tasks the tokens with which they speak to the API server.
    "scheduler": {METADATA_DATABASE, FERNET_KEY, JWT_SECRET},
    "dag-processor": {METADATA_DATABASE, FERNET_KEY},
    "triggerer": {METADATA_DATABASE, FERNET_KEY},
    "log-server": {API_SECRET_KEY},
    "migration": {METADATA_DATABASE, FERNET_KEY},
}

# What matters to the workflows themselves, on any executor; docker-compose.yaml makes the same settings.
COMMON = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    # The form in Admin > Connections gets its Test button.
    "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
    # The bundle asks for a parse when something has changed, and looks every three seconds. So a new account's
    # workflows are there within half a minute; a deleted one's are away within a minute, when a second parse has not
    # found them. A single failed write of a parse takes none away.
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "5",
    "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
    # A parse that is killed since the machine is busy is not made up for before the next one.
    "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "180",
    "AIRFLOW__DAG_PROCESSOR__STALE_DAG_THRESHOLD": "20",
    "AIRFLOW__SCHEDULER__PARSING_CLEANUP_INTERVAL": "4",
    # A window is scheduled within a second of its time; the default of 1 s adds up over a run's three steps.
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
    # The tasks of a killed scheduler don't hold their workflow up for five minutes.
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "True",
    # A window that lost its triggerer is taken over soon.
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "10",
    "AIRFLOW__TRIGGERER__CAPACITY": "1000",
    # A task waits for an API server that starts again, as long as the scheduler waits for the task's heartbeat; by
    # default it gives up after a quarter of that, and the engine's next window only begins a minute later.
    "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "20",
    "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX": "5",
    # Airflow warns of "_" in a connection's type and of an extra of "{}", which it takes for a short secret, whenever a
    # connection of ours is read; and logs each step of a schedule and of a refresh.
    "AIRFLOW__LOGGING__NAMESPACE_LEVELS": " ".join(
        (
            "airflow.models.connection.Connection=ERROR",
            "airflow._shared.secrets_masker.secrets_masker=ERROR",
            "airflow.sdk._shared.secrets_masker.secrets_masker=ERROR",
            "airflow.dag_processing.manager.DagFileProcessorManager=WARNING",
            "airflow.serialization.definitions.dag=WARNING",
            "airflow.models.dag=WARNING",
        )
    ),
    "AIRFLOW__API__EXPOSE_CONFIG": "False",
}


def bundle_config(dags: Path) -> str:
    """Return the one DAG bundle: the folder of DAG files; its refresh writes the registry of accounts too."""
    kwargs = {"path": str(dags), "refresh_interval": 3}
    return json.dumps([{"name": "message-center", "classpath": BUNDLE, "kwargs": kwargs}])


def airflow_environment(paths: Paths, ports: Ports, dags: Path = DAGS_FOLDER) -> dict[str, str]:
    """
    Return the environment of every Airflow process of the local stack.

    :param paths: where its state is; the secrets come from there too.
    :param ports: where the components listen.
    :param dags: the folder of DAG files.
    """
    home, secrets, url = paths.airflow_home, paths.secrets, airflow_url(ports)
    return {
        **COMMON,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # Every account may hold two overlapping windows of the delivery and a task of its archiving.
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        FERNET_KEY: secrets["fernet_key"],
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(paths.password_file),
        METADATA_DATABASE: paths.uri("airflow", ports, "postgresql+psycopg2"),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundle_config(dags),
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(ports.airflow),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        API_SECRET_KEY: secrets["api_secret_key"],
        JWT_SECRET: secrets["jwt_secret"],
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(paths.log / "tasks"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(paths.log / "dag_processor"),
        # One server for both, of ours: those that Airflow starts listen on every address.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": f"{host.__module__}.{host.__name__}",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(ports.log_server),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(ports.log_server),
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        # The receiver of the demo's webhooks is on this machine.
        f"AIRFLOW__{'__'.join(HTTP_OPTION).upper()}": "True",
    }


def component_environment(component: str, paths: Paths, ports: Ports) -> dict[str, str]:
    """Return the environment of one component: of the secrets, those that it needs."""
    withheld = SECRETS - NEEDED_SECRETS[component]
    return {name: value for name, value in airflow_environment(paths, ports).items() if name not in withheld}


def host() -> str:
    """Return the name under which each component is found, for Airflow's ``hostname_callable``."""
    return HOST


def airflow_url(ports: Ports) -> str:
    return f"http://{HOST}:{ports.airflow}"


def intake_url(ports: Ports) -> str:
    return f"http://{HOST}:{ports.intake}"


def webhook_url(ports: Ports) -> str:
    return f"http://{HOST}:{ports.webhook}/status"
