"""Static files: their addresses change with what is in them, so they may be kept for ever."""

from pathlib import Path

import pytest

from api.web.files import ASK_AGAIN, FOR_EVER, read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "js").mkdir()
    (tmp_path / "js/page.js").write_text('import "./moments.js";')
    (tmp_path / "js/moments.js").write_text("export const MINUTE = 60000;")
    (tmp_path / "style.css").write_text("body { color: black; }")
    (tmp_path / ".built").write_text("")
    return tmp_path


def test_an_address_changes_when_any_file_does_since_scripts_name_each_other(folder: Path) -> None:
    before = read(folder).address("js/page.js")
    assert before == read(folder).address("js/page.js")
    (folder / "js/moments.js").write_text("export const MINUTE = 60_000;")
    assert read(folder).address("js/page.js") != before


def test_only_the_present_address_may_be_kept_for_ever(folder: Path) -> None:
    files = read(folder)
    kept = {
        path: found[1] if (found := files.find(path)) else None
        for path in (
            f"{files.version}/js/page.js",
            "0123456789abcdef/js/page.js",
            "js/page.js",
            ".built",
            "../../style.css",
            f"{files.version}/../style.css",
            "style.js",
        )
    }
    assert list(kept.values()) == [FOR_EVER, ASK_AGAIN, ASK_AGAIN, None, None, None, None]
