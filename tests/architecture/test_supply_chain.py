"""What is used is named, comes on terms that will do, and is asked about; no answer is never taken for a good one."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.fixtures.machine import ROOT

_SPEC = importlib.util.spec_from_file_location("supply_chain", ROOT / "deploy" / "supply_chain.py")
assert _SPEC is not None
assert _SPEC.loader is not None
supply_chain = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(supply_chain)

POLICY = {"may_come": ["MIT", "BSD-3-Clause"], "accepted": {"psycopg": {"terms": "LGPL-3.0-only"}}}
SOUND = {"name": "sound", "version": "1.0", "vulns": []}
WEAK = {"name": "weak", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}
UNASKED = {"name": "unasked", "skip_reason": "not found"}


def test_whatever_runs_comes_on_terms_that_will_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert supply_chain.look_at_licences() == supply_chain.FINE, capsys.readouterr().out


@pytest.mark.parametrize(
    ("terms", "will_do"),
    [
        ("MIT", True),
        ("EPL-2.0 OR BSD-3-Clause", True),
        ("BSD-3-Clause AND MIT", True),
        ("MIT AND AGPL-3.0-only", False),
        ("MIT; GNU General Public License v3 (GPLv3)", False),
        ("GPL-3.0-or-later", False),
        ("UNKNOWN", False),
    ],
)
def test_terms_nobody_looked_at_will_not_do(terms: str, will_do: bool) -> None:
    found = list(supply_chain.unfit({"one", "psycopg"}, {"one": terms, "psycopg": "LGPL-3.0-only"}, POLICY))
    assert (found == []) is will_do


def test_what_was_accepted_on_other_terms_is_looked_at_again() -> None:
    [fault] = supply_chain.unfit({"psycopg"}, {"psycopg": "AGPL-3.0-only"}, POLICY)
    assert "psycopg comes on the terms 'AGPL-3.0-only'" in fault
    [fault] = supply_chain.unfit({"one"}, {"one": "MIT"}, POLICY)
    assert "psycopg is accepted in deploy/licences.toml and does not run" in fault


def test_the_bill_of_materials_names_all_that_runs(tmp_path: Path) -> None:
    assert supply_chain.write_sbom(tmp_path / "sbom.json") == supply_chain.FINE
    text = (tmp_path / "sbom.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    named: dict[str, Any] = {one["name"]: one for one in json.loads(text)["components"]}
    assert supply_chain.named_in((ROOT / "requirements.lock").read_text()) | {"nhsuk-frontend"} <= set(named)
    assert named["psycopg"]["licenses"] == [{"license": {"name": "LGPL-3.0-only"}}]
    assert not {"pytest", "hypothesis", "schemathesis"} & set(named)


@pytest.mark.parametrize(
    ("packages", "code", "says"),
    [
        pytest.param([SOUND], "FINE", "", id="nothing is known"),
        pytest.param([SOUND, WEAK], "WEAKNESS_KNOWN", "weak 1.0 has CVE-1; mended in 1.1.", id="a weakness"),
        pytest.param([SOUND, UNASKED], "NOT_ASKED", "1 of 2 packages could not be looked up", id="unasked"),
        pytest.param([WEAK, UNASKED], "WEAKNESS_KNOWN", "1 of 2 packages could not", id="both"),
        pytest.param([], "NOT_ASKED", "", id="no answer"),
    ],
)
def test_what_could_not_be_asked_is_a_failure_of_its_own(
    packages: list[dict[str, Any]], code: str, says: str
) -> None:
    ended, said = supply_chain.judged(packages)
    assert ended == getattr(supply_chain, code)
    assert says in "\n".join(said)


def test_both_locks_name_a_digest_for_everything() -> None:
    for lock in ("requirements.lock", "requirements-test.lock"):
        entries = [
            one for one in (ROOT / lock).read_text().split("\n") if one and not one.startswith((" ", "#"))
        ]
        assert len(entries) > 50
        unpinned = [one for one in entries if not one.endswith("\\") or "==" not in one]
        assert unpinned == [], lock
