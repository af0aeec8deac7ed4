"""What tests would compile again with each application: routes, templates and statements.

An application serves a year once it is made; a test asks it for a page or two. So those of a
process share what does not depend on their settings or their database.
"""

from __future__ import annotations

from types import CodeType
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule


class Compiled(BytecodeCache):
    """Templates of all applications."""

    def __init__(self) -> None:
        self.codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self.codes[bucket.key, bucket.checksum] = bucket.code


TEMPLATES = Compiled()
ROUTES: dict[tuple[Any, ...], tuple[Any, ...]] = {}
STATEMENTS: LRUCache[Any, Any] = LRUCache(5000)

_compile = Rule.compile


def _compile_once(rule: Rule) -> None:
    """The parts of a rule, and the functions that build its addresses."""
    assert rule.map is not None
    if rule.defaults or rule.map.host_matching:
        _compile(rule)
        return
    converters = tuple(sorted((name, id(each)) for name, each in rule.map.converters.items()))
    key = (rule.rule, rule.subdomain, rule.merge_slashes, converters)
    if key not in ROUTES:
        _compile(rule)
        build, unknown = rule._build.__func__, rule._build_unknown.__func__  # type: ignore[attr-defined]
        ROUTES[key] = (rule._parts, rule._trace, rule._converters, rule.arguments, build, unknown)
        return
    parts, trace, used, arguments, build, unknown = ROUTES[key]
    rule._parts, rule._trace, rule._converters = list(parts), list(trace), dict(used)
    rule.arguments = set(arguments)
    rule._build, rule._build_unknown = build.__get__(rule), unknown.__get__(rule)


def _shared(_: Engine) -> LRUCache[Any, Any]:
    return STATEMENTS


def _keep(_: Engine, value: object) -> None:
    """What an engine would keep for itself."""


def _same(self: object, other: object) -> bool:
    return type(self) is type(other)


def _kind(self: object) -> int:
    return hash(type(self))


Rule.compile = _compile_once  # type: ignore[assignment,method-assign]
Engine._compiled_cache = property(_shared, _keep)  # type: ignore[assignment]
# The key of a compiled statement holds the dialect; those of one kind compile the same.
for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
    dialect.__eq__ = _same  # type: ignore[method-assign]
    dialect.__hash__ = _kind  # type: ignore[method-assign]
