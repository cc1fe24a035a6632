"""The JavaScript SDK of Campaign, unmodified, as a caller; where there is Node, and npm reaches a registry."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from support.door_process import door_process
from support.doors import add_caller, door_login
from support.process import REPOSITORY

Connection = psycopg.Connection[Any]
PACKAGE = "@adobe/acc-js-sdk@1.2.0"
FOLDER = REPOSITORY / "build" / "acc-js-sdk"
SCRIPT = """
const sdk = require("@adobe/acc-js-sdk");
const [url, login, password] = process.argv.slice(2);
(async () => {
    const client = await sdk.init(sdk.ConnectionParameters.ofUserAndPassword(url, login, password));
    await client.logon();
    const ctx = {order: {id: "1242"}, item: [{name: "a"}, {name: "b"}]};
    const event = {type: "order", email: "john@shop.example", wishedChannel: 0, ctx};
    const id = await client.NLWS.nmsRtEvent.pushEvent(event);
    const query = {schema: "nms:rtEvent", operation: "get", select: {node: [{expr: "@id"}, {expr: "@statusLabel"}]},
        where: {condition: [{expr: `@id = ${id}`}]}};
    const found = await client.NLWS.xtkQueryDef.create(query).executeQuery();
    const refused = await client.NLWS.nmsRtEvent.pushEvent({...event, email: "nobody"}).catch((error) => error.message);
    const session = sdk.ConnectionParameters.ofSessionToken(url, password);
    const other = await sdk.init(session);
    await other.logon();
    const batch = await other.NLWS.nmsBatchEvent.pushEvent(event);
    console.log(JSON.stringify({id, found, refused, batch}));
})().catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.fixture(scope="module")
def sdk() -> Path:
    """The folder with the SDK, installed once."""
    if not (FOLDER / "node_modules").exists():
        if not shutil.which("node") or not shutil.which("npm"):
            pytest.skip("there is no Node")
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(FOLDER), "--no-audit", "--no-fund", PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode:
            pytest.skip("npm reaches no registry")
    return FOLDER


def test_the_sdk_logs_on_pushes_and_asks(execution: Connection, sdk: Path) -> None:
    secret = add_caller(execution)
    with door_login(execution) as uri, door_process({"mcTest": uri}) as door:
        (sdk / "call.js").write_text(SCRIPT)
        command = ["node", str(sdk / "call.js"), door.url, "shop", secret]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    ctx = {"order": {"@id": "1242"}, "item": [{"@name": "a"}, {"@name": "b"}]}
    stored = execution.execute("select id::text, queue::text, ctx from message_center.event order by id").fetchall()
    assert stored == [(told["id"], "rt", ctx), (told["batch"], "batch", ctx)]
    assert told["found"] == {"id": told["id"], "statusLabel": "Pending"}
    assert "email is badly formed" in told["refused"]
