"""What a file is, told from its content and never from its name.

Files that could run something where they are opened are none of these: programs, archives, pages
and pictures with scripts, office documents with macros. A page with scripts may still pass as plain
text; it then gets a name that no browser takes for a page.
"""

from __future__ import annotations

import io
import unicodedata
import zipfile

from core.files.torn import TORN

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
WEBP = "image/webp"
TEXT = "text/plain"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

# The endings that a name of this type may have; the first is added to any other name.
ENDINGS: dict[str, tuple[str, ...]] = {
    PDF: (".pdf",),
    PNG: (".png",),
    JPEG: (".jpg", ".jpeg"),
    WEBP: (".webp",),
    TEXT: (".txt", ".csv", ".log", ".md"),
    XLSX: (".xlsx",),
    DOCX: (".docx",),
}
LONGEST_NAME = 120
_WHITE = frozenset("\t\n\r\f")
_MEMBERS = 2000
_TYPES_SIZE = 1024 * 1024


def media_type_of(content: bytes) -> str | None:
    """The media type, or None for what is not one of the allowed kinds."""
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return WEBP
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    return TEXT if _is_text(content) else None


def safe_name(name: str, media_type: str) -> str:
    """``name`` without folders and without characters that hide something; it ends as its type."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(each for each in last if unicodedata.category(each)[0] != "C")
    kept = " ".join(kept.split()).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    endings = ENDINGS[media_type]
    if not dot or f".{ending.lower()}" not in endings:
        stem, ending = kept, endings[0].removeprefix(".")
    return f"{stem[: LONGEST_NAME - len(ending) - 1] or 'file'}.{ending}"


def _office(content: bytes) -> str | None:
    """A workbook or a document without macros; every other archive is None."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {each.lower() for each in archive.namelist()}
            if len(names) > _MEMBERS or any(_runs(name) for name in names):
                return None
            with archive.open("[Content_Types].xml") as member:
                types = member.read(_TYPES_SIZE + 1)
    except TORN:
        return None
    if len(types) > _TYPES_SIZE or b"macroenabled" in types.lower():
        return None
    if "xl/workbook.xml" in names:
        return XLSX
    return DOCX if "word/document.xml" in names else None


def _runs(name: str) -> bool:
    return "vbaproject" in name or "/macrosheets/" in name or "/activex/" in name


def _is_text(content: bytes) -> bool:
    """UTF-8, or what Chinese systems wrote before it, without control characters."""
    for encoding in ("utf-8", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Unassigned and private characters are what other kinds of files look like.
        return not any(
            unicodedata.category(each) in ("Cc", "Cn", "Co", "Cs") for each in set(text) - _WHITE
        )
    return False
