"""A kit takes up the credential that its sheet has now, and keeps the last one where the sheet is of no use."""

from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr, ValidationError

from devices.gateway.session import Credentials
from devices.gateway.sheet_file import SheetFile
from devices.identifiers import KitId
from devices.kits import Broker, Kit, KitSheet

KIT = KitId(uuid4())


def line(secret: str = "first", kit: KitId = KIT, **more: object) -> Kit:
    return Kit(kit_id=kit, partition=3, username=str(kit), secret=SecretStr(secret), **more)


def written(path: Path, *kits: Kit) -> Path:
    KitSheet(broker=Broker(host="127.0.0.1", port=8883), kits=kits).write(path)
    return path


def test_a_new_secret_counts_as_soon_as_it_is_in_the_file(tmp_path):
    sheet = SheetFile(written(tmp_path / "kits.json", line()))
    first = Credentials.of(line())
    assert sheet(first) == first
    written(tmp_path / "kits.json", line("other", KitId(uuid4())), line("second"))
    assert sheet(first) == Credentials.of(line("second"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.unlink(),
        lambda path: path.write_text("{"),
        lambda path: written(path, line("of another", KitId(uuid4()))),
        lambda path: written(
            path, line("", certificate_file=Path("/nowhere.pem"), key_file=Path("/nowhere.key"))
        ).write_text(path.read_text().replace('"ca_file": null', '"ca_file": "/nowhere.pem"')),
    ],
    ids=["gone", "half written", "of another kit", "with certificates that are not there"],
)
def test_a_sheet_of_no_use_changes_nothing(tmp_path, spoil):
    path = written(tmp_path / "kits.json", line())
    spoil(path)
    first = Credentials.of(line())
    assert SheetFile(path)(first) == first


@pytest.mark.parametrize(
    "more",
    [{}, {"certificate_file": "a.pem"}, {"key_file": "a.key"}],
    ids=["nothing", "no key", "no certificate"],
)
def test_a_line_that_cannot_sign_in_is_refused(more):
    with pytest.raises(ValidationError, match="needs"):
        Kit(kit_id=KIT, partition=3, username="kit", **more)
