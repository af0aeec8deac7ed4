"""Conditions over facts: a small language, checked once and compiled to closures.

Text is read by Python's own parser, and every node of the tree that is not on the list here is
refused, so nothing of Python runs. See docs/scoring.md, The rules matrix. Pure.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Literal

from rewards.comparisons import (
    UNDECIDED,
    NumberOf,
    Operation,
    Outcome,
    TruthOf,
    Values,
    all_of,
    any_of,
    calculation,
    comparison,
    constant_of,
    fact_comparison,
)

MAX_LENGTH = 500
MAX_NESTING = 20

ErrorCode = Literal[
    "empty",
    "length",
    "nesting",
    "character",
    "syntax",
    "number",
    "chained",
    "forbidden",
    "type",
    "unknown",
]

_FOREIGN = re.compile(r"[^A-Za-z0-9_.+\-*/<>=!() ]")
_NUMBER_LIKE = re.compile(r"(?<![\w.])\.?\d(?:[eE][+-](?=\d)|[\w.])*", re.ASCII)
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_TOKEN = re.compile(rf"[A-Za-z_]\w*|{_NUMBER.pattern}|[<>=!]=|\S", re.ASCII)

_ARITHMETIC: dict[type[ast.operator], Operation] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], tuple[str, Outcome]] = {
    ast.Lt: ("<", (True, False, False)),
    ast.LtE: ("<=", (True, True, False)),
    ast.Gt: (">", (False, False, True)),
    ast.GtE: (">=", (False, True, True)),
    ast.Eq: ("==", (False, True, False)),
    ast.NotEq: ("!=", (True, False, True)),
}


class ConditionError(ValueError):
    """A condition that cannot be used.

    ``code`` says why, ``part`` is the piece of text or the name at fault ("" for the whole), and
    ``column`` counts characters from 1.
    """

    def __init__(self, code: ErrorCode, part: str = "", column: int = 1) -> None:
        super().__init__(f"{code} at column {column}: {part}" if part else f"{code} at {column}")
        self.code: ErrorCode = code
        self.part = part
        self.column = column


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison of a condition as it turned out for one set of facts.

    ``tokens`` are its text piece by piece, so that a page can put labels for the names among them;
    ``facts`` are the named facts with their values (None = absent); ``left`` and ``right`` are the
    sides and ``held`` the outcome, None where undecided.
    """

    tokens: tuple[str, ...]
    facts: tuple[tuple[str, float | None], ...]
    operator: str
    left: float | None
    right: float | None
    held: bool | None


@dataclass(frozen=True, slots=True)
class _Comparison:
    tokens: tuple[str, ...]
    names: tuple[str, ...]
    operator: str
    left: NumberOf
    right: NumberOf
    test: TruthOf


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition: the facts that it names, and its text piece by piece (``tokens``)."""

    text: str
    names: frozenset[str]
    tokens: tuple[str, ...]
    _test: TruthOf = field(repr=False, compare=False)
    _comparisons: tuple[_Comparison, ...] = field(repr=False, compare=False)

    def evaluate(self, values: Values) -> bool | None:
        """Whether it holds for ``values`` (by fact, absent facts left out); never raises.

        None is undecided: a named fact is absent, something is divided by zero or not finite,
        even where the rest would settle it.
        """
        try:
            return self._test(values)
        except UNDECIDED:
            return None

    def explain(self, values: Values) -> tuple[Clause, ...]:
        """Its comparisons in the order of the text, each with its facts and outcome."""
        return tuple(_explain(comparison, values) for comparison in self._comparisons)


def compile_condition(text: str, known: Collection[str] | None) -> Condition:
    """Check and compile a condition; names outside ``known`` are refused (None allows any).

    Raises ``ConditionError``.
    """
    if len(text) > MAX_LENGTH:
        raise ConditionError("length", str(len(text)), MAX_LENGTH + 1)
    spaced = re.sub(r"[\t\r\n]", " ", text)
    _check_text(spaced)
    offset = len(spaced) - len(spaced.lstrip(" "))
    source = spaced.strip(" ")
    compiler = _Compiler(source, offset, known)
    test = compiler.truth(_parse(source, offset), 0)
    return Condition(
        text=text,
        names=frozenset(compiler.names),
        tokens=tuple(_TOKEN.findall(source)),
        _test=test,
        _comparisons=tuple(compiler.comparisons),
    )


def _check_text(text: str) -> None:
    """Refuse what the parser would take or choke on, but the language does not have."""
    if not text.strip(" "):
        raise ConditionError("empty")
    if foreign := _FOREIGN.search(text):
        raise ConditionError("character", foreign[0], foreign.start() + 1)
    for match in _NUMBER_LIKE.finditer(text):
        if not _NUMBER.fullmatch(match[0]):
            raise ConditionError("number", match[0], match.start() + 1)
    depth = 0
    for column, character in enumerate(text, start=1):
        depth += (character == "(") - (character == ")")
        if depth > MAX_NESTING:
            raise ConditionError("nesting", "(", column)


# Before Python 3.11.8 two threads that parse at once disturb each other's count of the depth and
# one of them fails with SystemError (python/cpython#106905).
_PARSING = threading.Lock()


def _parse(source: str, offset: int) -> ast.expr:
    try:
        with _PARSING:
            return ast.parse(source, mode="eval").body
    except SyntaxError as error:
        column = min(max(error.offset or 1, 1), len(source))
        raise ConditionError("syntax", source[column - 1 :][:20], offset + column) from None
    except (RecursionError, MemoryError):  # hundreds of signs in a row
        raise ConditionError("nesting") from None


class _Compiler:
    """Walks one checked tree; ``depth`` counts the prefixes (``not``, ``-``, ``+``) around a node.

    Parentheses are counted in the text, and chains like a + b + c are walked in a loop, so that
    recursion stays shallow whatever the text.
    """

    def __init__(self, source: str, offset: int, known: Collection[str] | None) -> None:
        self.source = source
        self.offset = offset
        self.known = known
        self.names: dict[str, None] = {}
        self.comparisons: list[_Comparison] = []

    def truth(self, node: ast.expr, depth: int) -> TruthOf:
        if depth > MAX_NESTING:
            raise self.error("nesting", node)
        if isinstance(node, ast.BoolOp):
            parts = tuple(self.truth(value, depth) for value in node.values)
            return all_of(parts) if isinstance(node.op, ast.And) else any_of(parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            part = self.truth(node.operand, depth + 1)
            return lambda values: not part(values)
        if isinstance(node, ast.Compare):
            return self.comparison(node, depth)
        raise self.misplaced(node)

    def comparison(self, node: ast.Compare, depth: int) -> TruthOf:
        if len(node.ops) > 1:
            raise self.error("chained", node)
        kind = _COMPARISONS.get(type(node.ops[0]))
        if kind is None:
            raise self.error("forbidden", node)
        sign, outcome = kind
        left, right = self.number(node.left, depth), self.number(node.comparators[0], depth)
        test = comparison(left, right, outcome)
        if isinstance(node.left, ast.Name) and isinstance(node.comparators[0], ast.Constant):
            test = fact_comparison(node.left.id, right({}), outcome)
        tokens = tuple(_TOKEN.findall(ast.get_source_segment(self.source, node) or ""))
        names = tuple(dict.fromkeys(token for token in tokens if token in self.names))
        self.comparisons.append(_Comparison(tokens, names, sign, left, right, test))
        return test

    def number(self, node: ast.expr, depth: int) -> NumberOf:
        if depth > MAX_NESTING:
            raise self.error("nesting", node)
        if isinstance(node, ast.Constant):
            return constant_of(self.literal(node))
        if isinstance(node, ast.Name):
            return self.fact(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            part = self.number(node.operand, depth + 1)
            return part if isinstance(node.op, ast.UAdd) else lambda values: -part(values)
        if isinstance(node, ast.BinOp):
            return self.chain(node, depth)
        raise self.misplaced(node)

    def chain(self, node: ast.BinOp, depth: int) -> NumberOf:
        first: ast.expr = node
        spine = []
        while isinstance(first, ast.BinOp):
            if type(first.op) not in _ARITHMETIC:
                raise self.error("forbidden", first)
            spine.append(first)
            first = first.left
        start = self.number(first, depth)
        steps = [
            (_ARITHMETIC[type(step.op)], self.number(step.right, depth)) for step in reversed(spine)
        ]
        return calculation(start, tuple(steps))

    def fact(self, node: ast.Name) -> NumberOf:
        name = node.id
        if self.known is not None and name not in self.known:
            raise self.error("unknown", node)
        self.names[name] = None
        return lambda values: values[name]

    def literal(self, node: ast.Constant) -> float:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise self.error("forbidden", node)
        try:
            number = float(node.value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self.error("number", node)
        return number

    def misplaced(self, node: ast.expr) -> ConditionError:
        """The language has the node, but not here (a truth for a number); or does not have it."""
        ours: tuple[type[ast.expr], ...] = (ast.BoolOp, ast.UnaryOp, ast.Compare, ast.Name)
        number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
        inverted = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert)
        arithmetic = isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC
        if (isinstance(node, ours) or number or arithmetic) and not inverted:
            return self.error("type", node)
        return self.error("forbidden", node)

    def error(self, code: ErrorCode, node: ast.expr) -> ConditionError:
        part = ast.get_source_segment(self.source, node) or ""
        return ConditionError(code, part, self.offset + node.col_offset + 1)


def _explain(comparison: _Comparison, values: Values) -> Clause:
    def attempt(part: Callable[[Values], float]) -> float | None:
        try:
            return part(values)
        except UNDECIDED:
            return None

    held = attempt(comparison.test)
    return Clause(
        tokens=comparison.tokens,
        facts=tuple((name, values.get(name)) for name in comparison.names),
        operator=comparison.operator,
        left=attempt(comparison.left),
        right=attempt(comparison.right),
        held=None if held is None else bool(held),
    )
