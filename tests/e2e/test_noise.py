"""A stack whose workflows find nothing to do says nothing twice: what is in its components' logs is worth reading."""

from __future__ import annotations

import re
import time
from collections import Counter

from message_center.local.stack import COMPONENTS
from support.stack import Running

# With short windows, several begin meanwhile, and the bundle is refreshed ten times.
SECONDS = 30
UNLIKE = re.compile(r"[\d:.TZ+-]+|[0-9a-f-]{32,}|\w+=\S+")


def test_an_idle_stack_repeats_no_warning(working: Running) -> None:
    logs = {name: working.paths.log / f"{name}.log" for name in ("api-server", *COMPONENTS)}
    sizes = {name: log.stat().st_size for name, log in logs.items()}
    time.sleep(SECONDS)
    warnings: Counter[str] = Counter()
    for name, log in logs.items():
        lines = log.read_bytes()[sizes[name] :].decode(errors="replace").splitlines()
        warnings.update(f"{name}: {UNLIKE.sub('', line)}" for line in lines if "[warning" in line or "[error" in line)
    assert {text: count for text, count in warnings.items() if count > 1} == {}
