"""The pages' own files: style, scripts and icon, at addresses that change when any of them does.

Guards: an address holds the digest of all files, so a file kept for ever is never out of date. Only these files are
compressed, never an answer that mixes somebody's data with another's input (BREACH).
"""

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib import resources
from pathlib import Path

from fastapi import Response
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

MOUNT = "/static"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class File:
    """One file, plain and compressed."""

    body: bytes
    packed: bytes
    media_type: str
    digest: str


@dataclass(frozen=True, slots=True)
class Files:
    """All files, read once. `version` is of all together, since scripts name each other."""

    by_name: Mapping[str, File]
    version: str

    def address(self, name: str) -> str:
        """Return the address of a file. If the style was not built, pages are plain but complete."""
        return f"{MOUNT}/{self.version}/{name}"

    def find(self, path: str) -> tuple[File, str] | None:
        """Return the file at this path below the mount, and how long a browser may keep it."""
        if path in self.by_name:
            return self.by_name[path], ASK_AGAIN
        version, _, name = path.partition("/")
        if name not in self.by_name:
            return None
        # A page of another version gets the present file, but must not keep it.
        return self.by_name[name], FOR_EVER if version == self.version else ASK_AGAIN

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
        path = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        found = self.find(path)
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        await _answer(*found, Headers(scope=scope))(scope, receive, send)


def _answer(file: File, keep: str, asked: Headers) -> Response:
    packed = _takes_gzip(asked.get("accept-encoding", ""))
    tag = f'"{file.digest}{"-gzip" if packed else ""}"'
    headers = {"Cache-Control": keep, "ETag": tag, "Vary": "Accept-Encoding"}
    known = {one.strip().removeprefix("W/") for one in asked.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(file.packed if packed else file.body, headers=headers, media_type=file.media_type)


def _takes_gzip(accepted: str) -> bool:
    for one in accepted.lower().split(","):
        coding, _, quality = (part.strip() for part in one.partition(";"))
        if coding == "gzip":
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


@cache
def files() -> Files:
    """Return the package's files as they were when first asked for."""
    return read(Path(str(resources.files("api.web"))) / "static")


def read(root: Path) -> Files:
    """Read every file below a folder that is of a kind pages use."""
    by_name = dict(_each(root))
    whole = "".join(f"{name}={by_name[name].digest};" for name in sorted(by_name))
    return Files(by_name, hashlib.sha256(whole.encode()).hexdigest()[:16])


def _each(root: Path) -> Iterator[tuple[str, File]]:
    for path in root.rglob("*"):
        if path.suffix in _TYPES and path.is_file():
            body = path.read_bytes()
            digest = hashlib.sha256(body).hexdigest()[:32]
            packed = gzip.compress(body, mtime=0)
            yield path.relative_to(root).as_posix(), File(body, packed, _TYPES[path.suffix], digest)
