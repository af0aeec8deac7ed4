"""Answers leave compressed where the browser takes it.

How long a compressed page is tells something about its secrets to who can put words of their own
into it and watch the wire. So every page is lengthened by a random amount, in the part of the
gzip header where a file's name stands.
"""

from __future__ import annotations

import gzip
import io
import secrets

from flask import Flask, Response, request

TYPES = frozenset(
    {
        "application/javascript",
        "application/json",
        "image/svg+xml",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
        "text/plain",
    }
)
SMALLEST = 500
LARGEST = 4 * 1024 * 1024  # what is longer is a download, and would keep a worker busy
LEVEL = 5
PADDING = 96
FILES = 100


def init_compression(app: Flask) -> None:
    files: dict[str, bytes] = {}  # the files of browsers are few and do not change

    def compress(response: Response) -> Response:
        if not _wanted(response):
            return response
        key = f"{request.path} {response.get_etag()[0]}" if _is_file() else ""
        packed = files.get(key)
        if packed is None:
            response.direct_passthrough = False
            packed = packed_up(response.get_data(), padded=not key)
            if key and len(files) < FILES:
                files[key] = packed
        response.direct_passthrough = False
        response.close()
        response.set_data(packed)
        response.headers["Content-Encoding"] = "gzip"
        etag = response.get_etag()[0]
        if etag is not None:
            response.set_etag(etag, weak=True)  # the same content in other bytes
        return response

    def vary(response: Response) -> Response:
        if response.mimetype in TYPES:
            response.vary.add("Accept-Encoding")
        return response

    app.after_request(compress)
    app.after_request(vary)


def packed_up(content: bytes, *, padded: bool) -> bytes:
    name = "x" * secrets.randbelow(PADDING) if padded else ""
    out = io.BytesIO()
    level = LEVEL if padded else 9
    with gzip.GzipFile(name, "wb", compresslevel=level, fileobj=out, mtime=0) as stream:
        stream.write(content)
    return out.getvalue()


def _is_file() -> bool:
    return (request.endpoint or "").rpartition(".")[2] == "static"


def _wanted(response: Response) -> bool:
    length = response.content_length
    return (
        response.status_code == 200
        and request.method == "GET"
        and response.mimetype in TYPES
        and "Content-Encoding" not in response.headers
        and "Content-Range" not in response.headers
        and request.accept_encodings.quality("gzip") > 0
        and length is not None
        and SMALLEST <= length <= LARGEST
    )
