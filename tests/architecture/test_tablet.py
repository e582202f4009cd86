"""What runs on a tablet needs the base dependencies alone: a server's packages are not there to import."""

import json
import subprocess
import sys

from tests.fixtures.machine import ROOT

LOADS = """
import json, sys
before = set(sys.modules)
import devices.gateway.link, devices.gateway.loop, devices.gateway.notification, devices.profiles
origins = {name.partition(".")[0]: getattr(module, "__file__", None) for name, module in sys.modules.items()
           if name not in before}
print(json.dumps(sorted(name for name, file in origins.items() if file and "site-packages" in file)))
"""
# pydantic and paho-mqtt, and what pydantic itself needs.
BASE = {"pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection", "paho"}


def test_the_gateway_and_the_profiles_load_nothing_but_the_base_dependencies() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOADS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {"pydantic", "paho"} <= set(json.loads(loaded)) <= BASE
