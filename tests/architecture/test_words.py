"""One word per thing: the glossary is what the code, the pages and the docs say."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What others call the things of the glossary, and the word we use.
NOT_OUR_WORDS = {
    "patient": "resident",
    "patients": "residents",
    "service user": "resident",
    "caregiver": "carer",
    "caregivers": "carers",
}
# The name of a type in FHIR, between quotation marks.
FHIRS_OWN = '"Patient"'
_PATTERN = re.compile(rf"\b({'|'.join(NOT_OUR_WORDS)})\b", re.IGNORECASE)
READ = {".py", ".sql", ".md", ".jinja", ".js", ".scss", ".yaml", ".toml", ".sh"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.splitlines()]
    return [file for file in files if file.suffix in READ and file != Path(__file__) and file.exists()]


def test_nobody_uses_another_word_for_what_the_glossary_names() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: say {NOT_OUR_WORDS[match[1].lower()]}, not {match[1]}"
        for file in tracked()
        for number, line in enumerate(file.read_text().splitlines(), 1)
        for match in _PATTERN.finditer(line.replace(FHIRS_OWN, ""))
    ]
    assert found == []


def test_the_glossary_names_what_everything_else_is_built_of() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text()
    for word in ("resident", "home", "hub", "kit", "reading", "receipt", "quarantine", "ledger", "epoch"):
        assert re.search(rf"^\| [^|]*\b{word}\b", glossary, re.MULTILINE), word
