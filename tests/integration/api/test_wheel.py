"""What is installed from a wheel, with no clone beside it, has everything it needs."""

import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx2 as httpx
import pytest
from psycopg import sql

from tests.fixtures.commands import Commands, environment_for
from tests.fixtures.databases import Database, DatabaseServer
from tests.fixtures.machine import PATIENCE_SECONDS, ROOT


def run(*command: str | Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment: the wheel's own files, and what it depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    [wheel] = folder.glob("*.whl")
    programs = folder / "venv" / "bin"
    installer = Path(sys.executable).with_name("uv")
    run(installer, "pip", "install", "-q", "--offline", "--no-deps", "--python", programs / "python", wheel)
    # Its dependencies are those of this environment; the clone that is installed here is not among them.
    packages = run(
        programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"
    ).strip()
    (Path(packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    assert str(folder) in run(programs / "python", "-P", "-c", "import api; print(api.__file__)")
    return programs


@pytest.fixture
def commands(installed: Path, database_server: DatabaseServer) -> Iterator[Commands]:
    """The installed command, on a database with nothing in it."""
    name = f"empty_{uuid4().hex[:12]}"
    database_server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    database = Database(database_server.kind, database_server.conninfo, name)
    yield Commands(environment_for(database), program=(str(installed / "hearthwatch"),))
    database_server.drop(database)


def test_an_installed_wheel_migrates_an_empty_database_and_serves_its_pages_in_style(
    commands: Commands,
) -> None:
    migrated = commands.run("migrate")
    assert migrated.stdout.startswith("Ran 0001_access.sql, "), migrated.stderr
    with (
        commands.start("serve") as served,
        httpx.Client(base_url=served.address, timeout=PATIENCE_SECONDS) as client,
    ):
        page = client.get("/sign-in").raise_for_status().text
        needed = re.findall(r'<link[^>]*href="(/static/[^"]+)"|<script[^>]*src="(/static/[^"]+)"', page)
        addresses = [sheet or script for sheet, script in needed]
        assert any(".css" in address for address in addresses)
        assert any(".js" in address for address in addresses)
        for address in addresses:
            assert client.get(address).raise_for_status().content
