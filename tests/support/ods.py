"""A spreadsheet in the OpenDocument format, as LibreOffice writes it, and read by other means."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date
from xml.etree import ElementTree
from xml.sax.saxutils import escape

_NAMES = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
_SPACES = " ".join(f'xmlns:{each}="{_NAMES.format(each)}"' for each in ("office", "table", "text"))
_CALC = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_MANIFEST = _NAMES.format("manifest")
Cell = str | float | date | None


def ods(*sheets: Sequence[Sequence[Cell]], raw: str = "") -> bytes:
    """``raw`` are rows of the last sheet as they are written."""
    tables = [
        "".join(f"<table:table-row>{_row(row)}</table:table-row>" for row in rows)
        for rows in sheets
    ]
    tables[-1] += raw
    body = "".join(
        f'<table:table table:name="Sheet{n}"><table:table-column/>{each}</table:table>'
        for n, each in enumerate(tables, 1)
    )
    content = f"<office:body><office:spreadsheet>{body}</office:spreadsheet></office:body>"
    parts = {
        "mimetype": _TYPE,
        "content.xml": f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content {_SPACES}'
        f" {_CALC}>{content}</office:document-content>",
        "META-INF/manifest.xml": f'<?xml version="1.0"?>\n<manifest:manifest xmlns:manifest='
        f'"{_MANIFEST}"><manifest:file-entry manifest:full-path="/" manifest:media-type="{_TYPE}"/>'
        "</manifest:manifest>",
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    return stream.getvalue()


def _row(row: Sequence[Cell]) -> str:
    return "".join(map(_cell, row))


def _cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, date):
        value = cell.isoformat()
        kind = f'office:value-type="date" office:date-value="{value}"'
    elif isinstance(cell, str):
        kind = 'office:value-type="string"'
    else:
        kind = f'office:value-type="float" office:value="{cell}"'
    # What XML cannot hold no spreadsheet holds.
    plain = "".join(each for each in str(cell) if each.isprintable() or each in "\t\n")
    text = "".join(f"<text:p>{escape(line)}</text:p>" for line in plain.split("\n"))
    return f"<table:table-cell {kind}>{text}</table:table-cell>"


def rows_of(content: bytes) -> list[list[str]]:
    """The rows of the first sheet as they show."""
    table, text = (f"{{{_NAMES.format(each)}}}" for each in ("table", "text"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        first = next(ElementTree.fromstring(archive.read("content.xml")).iter(f"{table}table"))
    return [
        [
            "\n".join("".join(line.itertext()) for line in cell.iter(f"{text}p"))
            for cell in row.iter(f"{table}table-cell")
        ]
        for row in first.iter(f"{table}table-row")
    ]
