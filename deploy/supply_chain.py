"""The supply chain: an SBOM of what this is made of, the licences it comes under, and its known vulnerabilities.

Guards: a lookup that failed is a failure of its own, never "no vulnerability known". A package that runs and whose
licence nobody has accepted fails the audit.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
RUNNING, EVERYTHING = ROOT / "requirements.lock", ROOT / "requirements-test.lock"
ASSETS = ROOT / "api" / "web" / "assets" / "package-lock.json"
SBOM = ROOT / "var" / "sbom.json"
FINE, WEAKNESS_KNOWN, LICENCE_UNFIT, NOT_ASKED = 0, 1, 2, 3
_UNREACHABLE = (
    "audit: {} of {} packages could not be looked up ({}). Nothing is known of them, which is not the same as"
    " nothing being wrong: run this where the vulnerability service can be reached."
)

Package = dict[str, Any]


def run_tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(TOOLS / name), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def plain(name: str) -> str:
    """A package's name as the locks spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def named_in(lock: str) -> set[str]:
    """The packages that a lock names, for any platform."""
    return set(re.findall(r"^([a-z0-9][a-z0-9.-]*)==", lock, re.MULTILINE))


def installed() -> dict[str, str]:
    """The licence terms that each installed package states."""
    told = run_tool("pip-licenses", "--from=mixed", "--format=json", "--with-system")
    told.check_returncode()
    return {plain(one["Name"]): one["License"] for one in json.loads(told.stdout)}


def may_come(terms: str, allowed: Iterable[str]) -> bool:
    """Whether these terms are acceptable: any one of those joined by OR, and all of those joined by AND."""
    choices = re.split(r"\s+OR\s+", terms)
    return any(all(one in allowed for one in re.split(r"\s+AND\s+|;\s*", choice)) for choice in choices)


def unfit(runs: set[str], terms: Mapping[str, str], policy: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each running package with unacceptable terms, and for each acceptance no package needs."""
    accepted = policy["accepted"]
    for name in sorted(runs & terms.keys()):
        stated = terms[name]
        if name in accepted and accepted[name]["terms"] == stated:
            continue
        if not may_come(stated, policy["may_come"]):
            yield f"{name} comes on the terms '{stated}': nobody has accepted them in deploy/licences.toml."
    for name in sorted(accepted.keys() - runs):
        yield f"{name} is accepted in deploy/licences.toml and does not run: take it out."


def look_at_licences() -> int:
    runs, terms = named_in(RUNNING.read_text()), installed()
    faults = list(unfit(runs, terms, tomllib.loads((ROOT / "deploy" / "licences.toml").read_text())))
    for fault in faults:
        print(f"audit: {fault}")
    looked, elsewhere = len(runs & terms.keys()), ", ".join(sorted(runs - terms.keys()))
    print(
        f"audit: looked at the terms of {looked} packages that run; not installed on this platform: {elsewhere}."
    )
    return LICENCE_UNFIT if faults else FINE


def of_the_pages(lock: Mapping[str, Any]) -> list[Package]:
    """The npm packages that the pages' styles and scripts are built from."""
    built = {path.removeprefix("node_modules/"): one for path, one in lock["packages"].items() if path}
    return [
        {
            "type": "library",
            "bom-ref": f"npm-{name}",
            "name": name,
            "version": one["version"],
            "purl": f"pkg:npm/{name.replace('@', '%40')}@{one['version']}",
            "licenses": [{"license": {"name": one["license"]}}],
        }
        for name, one in sorted(built.items())
        if not one.get("optional")
    ]


def write_sbom(path: Path = SBOM) -> int:
    """Write an SBOM of what runs, from the lock: names, versions, digests and terms, as CycloneDX."""
    path.parent.mkdir(exist_ok=True)
    arguments = ("--pyproject", "pyproject.toml", "--mc-type", "application", "--output-reproducible")
    made = run_tool("cyclonedx-py", "requirements", *arguments, str(RUNNING))
    made.check_returncode()
    sbom, terms = json.loads(made.stdout), installed()
    for one in sbom["components"]:
        # The description repeats the lock's line.
        one.pop("description", None)
        if one["name"] in terms:
            one["licenses"] = [{"license": {"name": terms[one["name"]]}}]
    sbom["components"] += of_the_pages(json.loads(ASSETS.read_text()))
    path.write_text(json.dumps(sbom, indent=1, sort_keys=True) + "\n")
    print(f"audit: {path} names {len(sbom['components'])} components.")
    return FINE


def judged(packages: list[Package]) -> tuple[int, list[str]]:
    """The exit code and the sentences for what pip-audit reports of these packages."""
    weak = [(one, known) for one in packages for known in one.get("vulns", [])]
    unasked = [one["skip_reason"] for one in packages if "skip_reason" in one]
    said = [
        f"audit: {one['name']} {one['version']} has {known['id']};"
        f" mended in {', '.join(known['fix_versions']) or 'no version yet'}."
        for one, known in weak
    ]
    if unasked:
        said.append(_UNREACHABLE.format(len(unasked), len(packages), f"the first: {unasked[0]}"))
    if weak:
        return WEAKNESS_KNOWN, said
    return (NOT_ASKED, said) if unasked or not packages else (FINE, said)


def look_for_weaknesses() -> int:
    """Ask a vulnerability service about everything in the locks, the tests' packages included."""
    arguments = ("--disable-pip", "--require-hashes", "--progress-spinner=off", "--format=json")
    told = run_tool("pip-audit", *arguments, "-r", str(EVERYTHING))
    if not told.stdout.strip():
        why = (told.stderr.strip().splitlines() or ["it says nothing"])[-1]
        print(_UNREACHABLE.format("all", "all", why))
        return NOT_ASKED
    code, said = judged(json.loads(told.stdout)["dependencies"])
    print("\n".join(said) or "audit: no weakness is known of anything in the locks.")
    return code


LOOKS = {"sbom": write_sbom, "licences": look_at_licences, "weaknesses": look_for_weaknesses}


def main(names: list[str]) -> int:
    """Run the named checks, or all of them. Returns the first exit code that is not FINE."""
    codes = [LOOKS[name]() for name in names or LOOKS]
    return next((code for code in codes if code != FINE), FINE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
