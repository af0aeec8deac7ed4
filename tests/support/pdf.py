"""The text of PDFs as typst writes them: one font, one map from its glyphs to characters."""

from __future__ import annotations

import re
import zlib

STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
CHARACTERS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
MAPPED = re.compile(rb"<([0-9A-F]{4})>\s*<([0-9A-F]+)>")
HEX = re.compile(rb"<([0-9A-Fa-f]*)>")
OCTAL = re.compile(rb"[0-7]{1,3}")
LETTERS = {"n": 10, "r": 13, "t": 9, "b": 8, "f": 12}


def pages(document: bytes) -> list[str]:
    """The text of each page: one line for each run of glyphs, in the order of the page."""
    streams = [_inflated(found[1]) for found in STREAM.finditer(document)]
    characters = {
        int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for stream in streams
        for section in CHARACTERS.findall(stream)
        for code, text in MAPPED.findall(section)
    }
    return ["\n".join(_lines(each, characters)) for each in streams if b"]TJ" in each]


def _inflated(stream: bytes) -> bytes:
    """What is in it; nothing of a stream that is not compressed.

    The checksum at its end is not asked for: where that ends in the byte of a carriage return,
    one in 256 does, nobody can say whether it belongs to the stream or to the line after it.
    """
    try:
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return b""


def _lines(stream: bytes, characters: dict[int, str]) -> list[str]:
    lines, codes, at = [], bytearray(), 0
    while at < len(stream):
        if stream[at : at + 1] == b"(":
            string, at = _string(stream, at + 1)
            codes += string
        elif found := HEX.match(stream, at):
            codes += bytes.fromhex(found[1].decode())
            at = found.end()
        elif stream[at : at + 3] == b"]TJ":
            pairs = (codes[start : start + 2] for start in range(0, len(codes), 2))
            lines.append(
                "".join(characters.get(int.from_bytes(pair, "big"), "?") for pair in pairs)
            )
            codes, at = bytearray(), at + 3
        else:
            at += 1
    return lines


def _string(stream: bytes, at: int) -> tuple[bytes, int]:
    """The bytes of a literal string and where it ends; balanced parentheses belong to it."""
    found, depth = bytearray(), 1
    while True:
        byte = stream[at]
        at += 1
        if byte == ord("\\"):
            octal = OCTAL.match(stream, at)
            if octal:
                found.append(int(octal[0], 8))
                at = octal.end()
            else:
                found.append(LETTERS.get(chr(stream[at]), stream[at]))
                at += 1
            continue
        depth += (byte == ord("(")) - (byte == ord(")"))
        if depth == 0:
            return bytes(found), at
        found.append(byte)
