"""Files that belong to records: what is taken, what lies on disk, what opens and what does not."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from support.databases import KINDS, Databases, Kind
from support.site import Site, application

from core import attachments, keyring
from core.actor import Actor
from core.clock import Now
from core.db import db
from core.errors import Refused, Unavailable
from core.filetypes import DOCX, JPEG, PDF, PNG, TEXT, WEBP, XLSX, media_type_of, safe_name
from core.keyring import WrongKey
from core.models import Attachment
from core.pages.attachments import respond
from core.secrets import MasterKey
from core.upkeep import Upkeep

MOMENT = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
NOW = Now(MOMENT, datetime(2026, 11, 2, 9, 0))
ACTOR = Actor("E0001", None)
SECRET = "客户录音的文字：请退款 4711".encode()


def office(part: str, *more: str, types: str = "<Types/>") -> bytes:
    """An archive that looks like a workbook or a document."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", types)
        for name in (part, *more):
            archive.writestr(name, "<x/>")
    return stream.getvalue()


def torn_inside() -> bytes:
    """Whole from outside; only when a part is unpacked it shows."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    made = bytearray(stream.getvalue())
    made[30 + len("[Content_Types].xml") + 4] = 0xFF  # the settings of the packer
    return bytes(made)


def keep(
    site: Site, content: bytes = SECRET, name: str = "note.txt", about: str = "incident:1"
) -> int:
    with site.session() as session:
        made = attachments.attach(
            session, actor=ACTOR, now=NOW, subject=about, name=name, content=content
        )
        return made.id


def folder(site: Site) -> Path:
    return Path(site.app.config["ATTACHMENTS"])


def files(site: Site) -> list[Path]:
    return sorted(folder(site).iterdir()) if folder(site).exists() else []


def content_of(site: Site, attachment_id: int) -> bytes:
    with site.session() as session:
        return attachments.read(session.get_one(Attachment, attachment_id))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n...", PDF),
        (b"\x89PNG\r\n\x1a\n....", PNG),
        (b"\xff\xd8\xff\xe0....", JPEG),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", WEBP),
        ("第一行\r\n第二行".encode(), TEXT),
        ("第一行\r\n第二行".encode("gb18030"), TEXT),
        (office("xl/workbook.xml"), XLSX),
        (office("word/document.xml"), DOCX),
    ],
    ids=["pdf", "png", "jpeg", "webp", "text", "gb18030", "xlsx", "docx"],
)
def test_what_is_taken_is_known_by_its_content(content: bytes, kind: str) -> None:
    assert media_type_of(content) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00\x03\x00\x00\x00",
        b"\x7fELF\x02\x01\x01\x00",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"GIF89a\x01\x00",
        office("readme.txt"),
        office("xl/workbook.xml", "xl/vbaProject.bin"),
        office("xl/workbook.xml", "xl/macrosheets/sheet1.xml"),
        office(
            "word/document.xml",
            types='<Types><Override ContentType="application/vnd.ms-word.document.macroEnabled.'
            'main+xml"/></Types>',
        ),
        office("xl/workbook.xml")[:60],
        torn_inside(),
        b"text with \x00 in it",
    ],
    ids=[
        "exe",
        "elf",
        "ole",
        "gif",
        "zip",
        "vba",
        "macros",
        "docm",
        "torn",
        "torn-inside",
        "binary",
    ],
)
def test_other_kinds_are_refused_whatever_they_are_called(site: Site, content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        keep(site, content, "report.pdf")
    assert refused.value.field == "files"
    assert files(site) == []


@pytest.mark.parametrize(
    ("name", "kind", "safe"),
    [
        ("证据 1.PDF", PDF, "证据 1.PDF"),
        ("page.html", TEXT, "page.html.txt"),
        ("..\\..\\etc/pass\u202ewd.png", PNG, "passwd.png"),
        ("", JPEG, "file.jpg"),
        ("x" * 300 + ".csv", TEXT, "x" * 116 + ".csv"),
    ],
)
def test_a_name_ends_as_its_content_and_hides_nothing(name: str, kind: str, safe: str) -> None:
    assert safe_name(name, kind) == safe


def test_size_and_number_have_limits(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused):
        keep(site, b"")
    with pytest.raises(Refused):
        keep(site, b"a" * (attachments.LARGEST + 1))
    monkeypatch.setattr(attachments, "MOST", 1)
    assert keep(site) == keep(site)  # the form was sent twice
    with pytest.raises(Refused):
        keep(site, b"another")
    keep(site, about="incident:2")


def test_nothing_readable_lies_on_disk_and_it_comes_back_whole(any_site: Site) -> None:
    made = keep(any_site)
    (file,) = files(any_site)
    assert SECRET not in file.read_bytes()
    assert "note" not in file.name
    assert file.stat().st_mode & 0o077 == 0
    assert content_of(any_site, made) == SECRET


def test_a_file_in_anothers_place_does_not_open(site: Site) -> None:
    one, other = keep(site), keep(site, b"%PDF-1.7 other", "b.pdf")
    first, second = files(site)
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)
    for each in (one, other):
        with pytest.raises(WrongKey):
            content_of(site, each)


def test_a_row_that_takes_over_anothers_file_does_not_open_it(site: Site) -> None:
    one, other = keep(site), keep(site, b"%PDF-1.7 other", "b.pdf", "incident:2")
    with site.session() as session:
        mine, theirs = session.get_one(Attachment, one), session.get_one(Attachment, other)
        wanted = theirs.file
        theirs.file = "elsewhere"
        session.flush()
        mine.file = wanted
    with pytest.raises(WrongKey):
        content_of(site, one)


def test_a_lost_file_and_a_lost_key_say_so(site: Site) -> None:
    made = keep(site)
    keyring.install(lambda: MasterKey(b"x" * 32), site.app)
    with site.app.app_context():
        keyring.forget(db.session())
    with pytest.raises(WrongKey):
        content_of(site, made)
    (file,) = files(site)
    file.unlink()
    with pytest.raises(Unavailable):
        content_of(site, made)


def test_what_was_rolled_back_leaves_no_file(any_site: Site) -> None:
    def attached_and_failed() -> None:
        with any_site.session() as session:
            attachments.attach(
                session, actor=ACTOR, now=NOW, subject="incident:1", name="a", content=SECRET
            )
            assert len(files(any_site)) == 1  # on disk before the commit
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        attached_and_failed()
    assert files(any_site) == []


def test_a_sweep_removes_what_a_crash_left_and_nothing_else(site: Site) -> None:
    made = keep(site)
    with site.session() as session:
        attachments.store("ab" * 16, b"left behind")
        assert attachments.sweep(session, datetime.now(UTC)) == 0  # it may be in use
        assert attachments.sweep(session, datetime.now(UTC) + timedelta(hours=2)) == 1
    assert content_of(site, made) == SECRET


def test_a_file_that_cannot_be_removed_does_not_hold_up_the_others(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    unlink = Path.unlink

    def stuck(path: Path, missing_ok: bool = False) -> None:
        if path.name == "ab" * 16:
            raise PermissionError(13, "Permission denied", str(path))
        unlink(path, missing_ok)

    with site.session() as session:
        for name in ("ab" * 16, "cd" * 16):
            attachments.store(name, b"left behind")
        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", stuck)
            assert attachments.sweep(session, datetime.now(UTC) + timedelta(hours=2)) == 1
    assert [path.name for path in files(site)] == ["ab" * 16]
    assert "Permission denied" in caplog.text


def test_it_is_tidied_up_once_a_day(site: Site) -> None:
    with site.session():
        os.utime(attachments.store("ab" * 16, b"left behind"), (0, 0))
    upkeep = Upkeep(site.app)
    now = datetime.now(UTC)
    assert upkeep.wake(now)
    upkeep.thread.join(10)
    assert files(site) == []
    assert not upkeep.wake(now + timedelta(hours=23))
    assert upkeep.wake(now + timedelta(hours=24))
    upkeep.thread.join(10)


def test_it_is_handed_out_to_be_saved(site: Site) -> None:
    made = keep(site, b"<script>alert(1)</script>", "页面.html")
    with site.session() as session, site.app.test_request_context():
        response = respond(session.get_one(Attachment, made))
        response.direct_passthrough = False
        assert response.get_data() == b"<script>alert(1)</script>"
    assert response.headers["Content-Type"] == "text/plain"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert disposition.isascii()
    assert ".html.txt" in disposition


@pytest.mark.parametrize("kind", KINDS)
def test_copies_hold_them(
    any_site: Site,
    kind: Kind,
    databases: Databases,
    tmp_path: Path,
    fresh_database_url: Callable[[Kind], str],
) -> None:
    key = MasterKey(b"k" * 32)
    keyring.install(lambda: key, any_site.app)
    run = any_site.app.test_cli_runner()
    assert run.invoke(args=["init"]).exit_code == 0
    made, lost = keep(any_site), keep(any_site, b"%PDF-1.7 b", "b.pdf")
    with any_site.session() as session:
        (folder(any_site) / session.get_one(Attachment, lost).file).unlink()
    copy = tmp_path / "copy.zip"
    done = run.invoke(args=["backup", str(copy)])
    assert done.exit_code == 0, done.output
    assert "instance/attachments" in done.stderr
    assert SECRET not in copy.read_bytes()

    other = application(fresh_database_url(kind), tmp_path / "other")
    keyring.install(lambda: key, other)
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(copy.read_bytes().replace(files(any_site)[0].read_bytes(), b"x" * 80))
    restored = Site(other)
    assert other.test_cli_runner().invoke(args=["restore", str(damaged)]).exit_code == 1
    assert files(restored) == []
    done = other.test_cli_runner().invoke(args=["restore", str(copy)])
    assert done.exit_code == 0, done.output
    with restored.session() as session:
        assert session.scalar(select(func.count()).select_from(Attachment)) == 2
    assert content_of(restored, made) == SECRET
    with pytest.raises(Unavailable):
        content_of(restored, lost)
    with other.app_context():
        db.session.remove()
        db.engine.dispose()
