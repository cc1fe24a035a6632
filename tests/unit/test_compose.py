"""docker-compose.yaml is valid, and makes the settings that `make start` makes."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from airflow.providers.celery.get_provider_info import get_provider_info as celery_provider_info
from jsonschema import Draft202012Validator

from message_center.intake.settings import INSTANCES
from message_center.local.components import doors_process
from message_center.local.connections import connections
from message_center.local.paths import DATABASES, DEMO_ACCOUNTS, Paths, Ports, door_login
from message_center.local.postgres import SETTINGS as POSTGRES_SETTINGS
from message_center.local.settings import airflow_environment
from message_center.provider import get_provider_info
from support.pages import runnable
from support.process import REPOSITORY

COMPOSE_FILE = REPOSITORY / "docker-compose.yaml"
COMPOSE_SCHEMA = "builtin_schemas/vendor/compose-spec.json"
REPOSITORY_IN_IMAGE = Path("/opt/airflow/repo")

# What may differ from `make start`, and what it is here.
DIFFERENCES = {
    # Two workers instead of one scheduler that runs the tasks itself.
    "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
    "AIRFLOW__CORE__PARALLELISM": "16",
    # Paths of the image.
    "AIRFLOW_HOME": "/opt/airflow",
    "AIRFLOW__CORE__PLUGINS_FOLDER": "/opt/airflow/plugins",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": "/opt/airflow/passwords.json",
    "AIRFLOW__LOGGING__BASE_LOG_FOLDER": "/opt/airflow/logs",
    "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": "/opt/airflow/logs/dag_processor",
    # Hosts are the services.
    "AIRFLOW__API__HOST": "0.0.0.0",
    "AIRFLOW__API__BASE_URL": "http://localhost:<MESSAGE_CENTER_PORT>",
    "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": "8794",
    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "http://api-server:8080/execution/",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://airflow:<MESSAGE_CENTER_DATABASE_PASSWORD_AIRFLOW>@postgres/airflow",
    # Secrets come from the file .env.
    "AIRFLOW__CORE__FERNET_KEY": "<MESSAGE_CENTER_FERNET_KEY>",
    "AIRFLOW__API__SECRET_KEY": "<MESSAGE_CENTER_API_SECRET_KEY>",
    "AIRFLOW__API_AUTH__JWT_SECRET": "<MESSAGE_CENTER_JWT_SECRET>",
}
ONLY_IN_COMPOSE = {
    "AIRFLOW__CELERY__BROKER_URL",
    "AIRFLOW__CELERY__RESULT_BACKEND",
    "AIRFLOW__CELERY__WORKER_CONCURRENCY",
    "AIRFLOW__MESSAGE_CENTER__ACCOUNT_IDS",
}
DOOR_LOGINS = tuple(map(door_login, DEMO_ACCOUNTS))
# Each container has a name.
ONLY_ON_ONE_MACHINE = {"AIRFLOW__CORE__HOSTNAME_CALLABLE", "AIRFLOW__MESSAGE_CENTER__WEBHOOK_HTTP_IS_ALLOWED"}
COMPONENTS = {"api-server", "scheduler", "dag-processor", "worker", "triggerer"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file, with ${NAME}, whatever its default or error, written as <NAME>."""
    text = re.sub(r"(?<!\$)\$\{(\w+)(:[-?][^}]*)?\}", r"<\1>", COMPOSE_FILE.read_text(encoding="utf-8"))
    return cast("dict[str, Any]", yaml.safe_load(text))


@pytest.fixture(scope="module")
def environment(compose: dict[str, Any]) -> dict[str, str]:
    """The environment that all Airflow services share."""
    return cast("dict[str, str]", compose["x-airflow-environment"])


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    return Paths(tmp_path_factory.mktemp("state"))


def test_it_follows_the_compose_schema() -> None:
    compose = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
    schema = json.loads((files("check_jsonschema") / COMPOSE_SCHEMA).read_text(encoding="utf-8"))
    problems = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(compose)]
    assert problems == []


def test_there_are_two_workers_and_two_triggerers(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services.keys() == {"postgres", "redis", "mailpit", "init", "intake"} | COMPONENTS
    replicas = {name: services[name].get("deploy", {}).get("replicas", 1) for name in COMPONENTS}
    assert replicas == {"api-server": 1, "scheduler": 1, "dag-processor": 1, "worker": 2, "triggerer": 2}


@pytest.mark.parametrize("name", sorted(COMPONENTS | {"init"}))
def test_each_airflow_service_has_the_shared_settings(
    name: str, compose: dict[str, Any], environment: dict[str, str]
) -> None:
    service = compose["services"][name]
    assert environment.items() <= service["environment"].items()
    assert not {own for own in service["environment"].keys() - environment.keys() if own.startswith("AIRFLOW")}


def test_what_a_service_waits_for_is_a_service(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        for needed, terms in service.get("depends_on", {}).items():
            assert needed in services
            assert terms["condition"] != "service_healthy" or "healthcheck" in services[needed]


def test_every_setting_equals_that_of_make_start(environment: dict[str, str], paths: Paths) -> None:
    local = airflow_environment(paths, Ports(), dags=REPOSITORY_IN_IMAGE / "dags")
    settings = {name: value for name, value in environment.items() if not name.startswith("AIRFLOW_CONN_")}
    expected = {name: value for name, value in local.items() if name not in ONLY_ON_ONE_MACHINE} | DIFFERENCES
    assert settings.keys() == expected.keys() | ONLY_IN_COMPOSE
    assert {name: settings[name] for name in expected} == expected


def test_every_listed_difference_is_one(paths: Paths) -> None:
    local = airflow_environment(paths, Ports(), dags=REPOSITORY_IN_IMAGE / "dags")
    assert DIFFERENCES.keys() <= local.keys()
    assert not DIFFERENCES.items() & local.items()
    assert not ONLY_IN_COMPOSE & local.keys()
    assert local.keys() >= ONLY_ON_ONE_MACHINE


def test_the_connections_are_those_of_make_start(environment: dict[str, str], paths: Paths) -> None:
    found = {name: json.loads(value) for name, value in environment.items() if name.startswith("AIRFLOW_CONN_")}
    for connection in connections(paths, Ports()):
        mine = found.pop(f"AIRFLOW_CONN_{connection['connection_id'].upper()}")
        for field in ("conn_type", "login", "schema"):
            assert mine.get(field) == connection.get(field)
        extra = json.loads(connection["extra"])
        if "import_path" in extra:
            extra["import_path"] = None  # the folders of make start are on its own machine
        assert mine["extra"] == extra
        assert mine.get("password") == (f"<{password_variable(mine['schema'])}>" if "password" in connection else None)
    assert not found
    assert tuple(environment["AIRFLOW__MESSAGE_CENTER__ACCOUNT_IDS"].split(",")) == DEMO_ACCOUNTS


def password_variable(role: str) -> str:
    return f"MESSAGE_CENTER_DATABASE_PASSWORD_{role.upper()}"


def test_each_database_has_a_password_of_its_own_and_the_superuser_another(compose: dict[str, Any]) -> None:
    postgres = compose["services"]["postgres"]
    secrets = {name: source["environment"] for name, source in compose["secrets"].items()}
    assert secrets == {role: password_variable(role) for role in ("postgres", *DATABASES, *DOOR_LOGINS)}
    assert set(postgres["secrets"]) == secrets.keys()
    # No secret among the settings of the container, which `docker inspect` shows.
    assert {name for name in postgres["environment"] if "PASSWORD" in name} == {"POSTGRES_PASSWORD_FILE"}
    assert postgres["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres"


def test_the_doors_know_their_instances_and_nothing_of_airflow(compose: dict[str, Any], paths: Paths) -> None:
    service = compose["services"]["intake"]
    (setting,) = service["environment"].items()
    uris = {
        account: f"postgresql://{login}:<{password_variable(login)}>@postgres/{account}"
        for account, login in zip(DEMO_ACCOUNTS, DOOR_LOGINS, strict=True)
    }
    assert (setting[0], json.loads(setting[1])) == (INSTANCES, uris)
    _, environment = doors_process(paths, Ports())
    assert json.loads(environment[INSTANCES]).keys() == uris.keys()
    assert f"for name in {' '.join(DEMO_ACCOUNTS)};" in compose["configs"]["databases"]["content"]
    assert service["image"] == compose["x-airflow-common"]["image"]


def test_the_recipe_of_the_page_makes_every_secret(tmp_path: Path) -> None:
    recipe = next(block for block in runnable("docs/operations.md") if "apart" in block.words)
    subprocess.run(["bash", "-euc", recipe.text], cwd=tmp_path, check=True)
    file = tmp_path / ".env"
    assert file.stat().st_mode & 0o077 == 0
    made = dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines())
    assert made.keys() == set(needed_variables(COMPOSE_FILE.read_text(encoding="utf-8")))
    assert len(set(made.values())) == len(made)


def needed_variables(text: str) -> Iterator[str]:
    """Yield the variables that the file takes and has no default for."""
    yield from (name for name, default in re.findall(r"(?<!\$)\$\{(\w+)(:-)?", text) if not default)
    yield from (source["environment"] for source in yaml.safe_load(text)["secrets"].values())


def test_airflow_knows_every_setting(environment: dict[str, str]) -> None:
    known = set(_known_settings())
    mine = {tuple(name.split("__")[1:]) for name in environment if name.startswith("AIRFLOW__")}
    assert mine - known == set()


def _known_settings() -> Iterator[tuple[str, str]]:
    core = yaml.safe_load((files("airflow.config_templates") / "config.yml").read_text(encoding="utf-8"))
    celery = celery_provider_info()["config"]  # type: ignore[no-untyped-call]
    for sections in (core, celery, get_provider_info()["config"]):
        for section, content in sections.items():
            yield from ((section.upper(), option.upper()) for option in content["options"])


def test_postgres_is_set_up_as_by_make_start(compose: dict[str, Any]) -> None:
    command = compose["services"]["postgres"]["command"]
    settings = dict(argument.split("=") for argument in command[2::2])
    where = {"listen_addresses", "unix_socket_directories"}
    assert settings == {name: value for name, value in POSTGRES_SETTINGS.items() if name not in where}
    assert f"for name in {' '.join(DATABASES)};" in compose["configs"]["databases"]["content"]


def test_the_image_has_the_airflow_and_the_package_of_this_repository(compose: dict[str, Any]) -> None:
    dockerfile = compose["x-airflow-common"]["build"]["dockerfile_inline"]
    assert f"FROM apache/airflow:slim-{version('apache-airflow')}\n" in dockerfile
    assert f"WORKDIR {REPOSITORY_IN_IMAGE}\n" in dockerfile
    for line in dockerfile.splitlines():
        if line.startswith("COPY"):
            assert all((REPOSITORY / source).exists() for source in line.split()[2:-1])
