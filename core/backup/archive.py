"""The file of a copy: a ZIP with one member per table and a manifest that tells what they hold.

Files that belong to records are members too, as they are stored: encrypted.
The manifest names the schema's revision, the head of the audit trail and, of each table, its
columns, the number of its rows and their checksum. It is sealed with a key of the database, so
that a manifest that was written anew for altered rows is found out too.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from core.backup.tables import Table
from core.errors import N_, Refused

FORMAT = 1
MANIFEST = "manifest.json"
SEAL = "manifest.seal"
DAMAGED = N_("%(file)s is damaged or was altered: %(place)s. Nothing was restored.")
LONGEST = 64 * 1024 * 1024  # of a manifest
_PIECE = 1024 * 1024
_NAME = re.compile(r"[0-9a-f]{8,40}")  # of a file: it leads to no other folder


@dataclass(frozen=True, slots=True)
class Content:
    """What the file holds of one table."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    rows: int
    sha256: str

    @property
    def table(self) -> Table:
        return Table(self.name, self.columns, self.key)


@dataclass(frozen=True, slots=True)
class Manifest:
    """``audit_number`` and ``audit_head`` are the newest entry; ``made_at`` is ISO, UTC.

    ``files`` are name and checksum of attached files, ``lost`` the names of those that were
    missing, or not what they were, when the copy was made.
    """

    format: int
    made_at: str
    database: str
    revision: str
    audit_number: int
    audit_head: str
    tables: tuple[Content, ...]
    files: tuple[tuple[str, str], ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.tables)

    def as_bytes(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()


def manifest_from(data: bytes) -> Manifest:
    """Raises ``ValueError``, ``TypeError`` or ``KeyError`` for anything else."""
    found: dict[str, Any] = json.loads(data)
    tables = tuple(
        Content(
            name=each["name"],
            columns=tuple((str(name), str(kind)) for name, kind in each["columns"]),
            key=tuple(each["key"]),
            rows=int(each["rows"]),
            sha256=each["sha256"],
        )
        for each in found["tables"]
    )
    files = tuple((str(name), str(sha256)) for name, sha256 in found.get("files", ()))
    lost = tuple(map(str, found.get("lost", ())))
    return Manifest(**{**found, "tables": tables, "files": files, "lost": lost})


def write_table(archive: zipfile.ZipFile, table: Table, lines: Iterable[bytes]) -> Content:
    """One member; what it holds."""
    digest, rows = hashlib.sha256(), 0
    with archive.open(_member(table.name), "w", force_zip64=True) as member:
        for line in lines:
            member.write(line)
            digest.update(line)
            rows += 1
    return Content(table.name, table.columns, table.key, rows, digest.hexdigest())


def write_file(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """A member of what is encrypted and therefore not made smaller."""
    archive.writestr(_file_member(name), data, compress_type=zipfile.ZIP_STORED)


def write_manifest(archive: zipfile.ZipFile, manifest: Manifest, key: bytes) -> None:
    data = manifest.as_bytes()
    archive.writestr(MANIFEST, data)
    archive.writestr(SEAL, hmac.digest(key, data, "sha256").hex())


class Archive:
    """A file to be restored. Everything that is wrong with it is ``Refused``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise Refused(
                N_("%(file)s is no backup, or only a part of one. Nothing was restored."),
                file=path.name,
            ) from error
        try:
            self._data = self._read(MANIFEST)
            self._seal = self._read(SEAL).decode("ascii", "replace")
            self.manifest = manifest_from(self._data)
        except (KeyError, TypeError, ValueError) as error:
            self._zip.close()
            raise self.damaged(MANIFEST) from error
        except BaseException:
            self._zip.close()
            raise
        if self.manifest.format != FORMAT:
            self._zip.close()
            raise Refused(
                N_("%(file)s was made by a newer version of Pingyou."), file=self._path.name
            )

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._zip.close()

    def check(self) -> None:
        """Read every member once: rows and checksums are those that the manifest tells."""
        for content in self.manifest.tables:
            digest, rows = hashlib.sha256(), 0
            for piece in self._pieces(content.name):
                digest.update(piece)
                rows += piece.count(b"\n")
            if (digest.hexdigest(), rows) != (content.sha256, content.rows):
                raise self.damaged(content.name)
        for name, sha256 in self.manifest.files:
            if not _NAME.fullmatch(name):
                raise self.damaged(MANIFEST)
            if hashlib.sha256(self.file(name)).hexdigest() != sha256:
                raise self.damaged(name)

    def file(self, name: str) -> bytes:
        """An attached file, encrypted as it is stored."""
        return self._read(_file_member(name))

    def lines(self, content: Content) -> Iterator[bytes]:
        """The rows of a table, a line each."""
        try:
            with self._zip.open(_member(content.name)) as member:
                yield from member
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise self.damaged(content.name) from error

    def sealed_with(self, key: bytes) -> bool:
        return hmac.compare_digest(
            hmac.digest(key, self._data, "sha256").hex().encode(), self._seal.encode()
        )

    def damaged(self, place: str) -> Refused:
        return Refused(DAMAGED, file=self._path.name, place=place)

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(_member(name)) as member:
                while piece := member.read(_PIECE):
                    yield piece
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise self.damaged(name) from error

    def _read(self, name: str) -> bytes:
        try:
            with self._zip.open(name) as member:
                return member.read(LONGEST)
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise self.damaged(name) from error


def _file_member(name: str) -> str:
    return f"attachments/{name}"


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"
