"""The demonstration empties its own folder, never one that is in use or somebody else's."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.demo.folder import FolderInUseError, emptied

HOLDS = """
import sys
from pathlib import Path
from api.demo.folder import emptied

with emptied(Path(sys.argv[1])) as folder:
    (folder / "kept").write_text("by the first")
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_that_another_run_holds_is_left_alone_until_that_run_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with (
            pytest.raises(FolderInUseError, match=f"process {first.pid}.*--folder {folder}-2 --port"),
            emptied(folder),
        ):
            pass
        assert (folder / "kept").exists()
        first.kill()
    with emptied(folder):
        assert not (folder / "kept").exists()


def test_a_folder_with_files_that_are_not_ours_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "photographs").mkdir()
    with pytest.raises(FolderInUseError, match="--folder"), emptied(tmp_path):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["photographs"]


def test_a_link_in_the_folder_is_removed_and_what_it_points_at_is_not(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = tmp_path / "demo"
    with emptied(folder):
        (folder / "link").symlink_to(elsewhere)
        (folder / "postgres").mkdir()
    with emptied(folder):
        assert [entry.name for entry in folder.iterdir()] == ["demonstration.lock"]
    assert elsewhere.is_dir()
