"""Conditions over facts: a small language, checked once and compiled to closures.

Text is read by Python's own parser, and every node of the tree that is not on the list here is
refused, so nothing of Python runs. See docs/scoring.md, The rules matrix. Pure.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from core.values import settle

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
Values = Mapping[str, float]
_Number = Callable[[Values], float]
_Truth = Callable[[Values], bool]

_FOREIGN = re.compile(r"[^A-Za-z0-9_.+\-*/<>=!() ]")
_NUMBER_LIKE = re.compile(r"(?<![\w.])\.?\d(?:[eE][+-](?=\d)|[\w.])*", re.ASCII)
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_TOKEN = re.compile(rf"[A-Za-z_]\w*|{_NUMBER.pattern}|[<>=!]=|\S", re.ASCII)

# Below this bound doubles lie so close together that two which differ by more than _NEAR also
# differ, and in the same direction, after settling; nearer ones are settled.
_BOUND = 1e9
_NEAR = 1e-6
# From here on every double is a whole number, which settling leaves as it is.
_WHOLE = 1e16

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
# What a comparison is worth when the left side is less, equal, greater.
_COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[bool, bool, bool]]] = {
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


class _NotFinite(ArithmeticError):
    """A number left the range of doubles, so the condition is undecided."""


_UNDECIDED = (KeyError, ZeroDivisionError, OverflowError, _NotFinite)


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
    left: _Number
    right: _Number
    test: _Truth


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition; ``names`` are the facts that it names, ``tokens`` its text in pieces."""

    text: str
    names: frozenset[str]
    tokens: tuple[str, ...]
    _test: _Truth = field(repr=False, compare=False)
    _comparisons: tuple[_Comparison, ...] = field(repr=False, compare=False)

    def evaluate(self, values: Values) -> bool | None:
        """Whether it holds for ``values`` (by fact, absent facts left out); never raises.

        None is undecided: a named fact is absent, something is divided by zero or not finite,
        even where the rest would settle it.
        """
        try:
            return self._test(values)
        except _UNDECIDED:
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


def _parse(source: str, offset: int) -> ast.expr:
    try:
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

    def truth(self, node: ast.expr, depth: int) -> _Truth:
        if depth > MAX_NESTING:
            raise self.error("nesting", node)
        if isinstance(node, ast.BoolOp):
            parts = tuple(self.truth(value, depth) for value in node.values)
            return _all(parts) if isinstance(node.op, ast.And) else _any(parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            part = self.truth(node.operand, depth + 1)
            return lambda values: not part(values)
        if isinstance(node, ast.Compare):
            return self.comparison(node, depth)
        raise self.misplaced(node)

    def comparison(self, node: ast.Compare, depth: int) -> _Truth:
        if len(node.ops) > 1:
            raise self.error("chained", node)
        kind = _COMPARISONS.get(type(node.ops[0]))
        if kind is None:
            raise self.error("forbidden", node)
        sign, outcome = kind
        left, right = self.number(node.left, depth), self.number(node.comparators[0], depth)
        test = _compare(node.left, node.comparators[0], left, right, outcome)
        tokens = tuple(_TOKEN.findall(ast.get_source_segment(self.source, node) or ""))
        names = tuple(dict.fromkeys(token for token in tokens if token in self.names))
        self.comparisons.append(_Comparison(tokens, names, sign, left, right, test))
        return test

    def number(self, node: ast.expr, depth: int) -> _Number:
        if depth > MAX_NESTING:
            raise self.error("nesting", node)
        if isinstance(node, ast.Constant):
            return _constant(self.literal(node))
        if isinstance(node, ast.Name):
            return self.fact(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            part = self.number(node.operand, depth + 1)
            return part if isinstance(node.op, ast.UAdd) else lambda values: -part(values)
        if isinstance(node, ast.BinOp):
            return self.chain(node, depth)
        raise self.misplaced(node)

    def chain(self, node: ast.BinOp, depth: int) -> _Number:
        steps: list[tuple[Callable[[float, float], float], _Number]] = []
        first: ast.expr = node
        spine = []
        while isinstance(first, ast.BinOp):
            if type(first.op) not in _ARITHMETIC:
                raise self.error("forbidden", first)
            spine.append(first)
            first = first.left
        start = self.number(first, depth)
        for step in reversed(spine):
            steps.append((_ARITHMETIC[type(step.op)], self.number(step.right, depth)))
        return _calculate(start, tuple(steps))

    def fact(self, node: ast.Name) -> _Number:
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


def _all(parts: tuple[_Truth, ...]) -> _Truth:
    def test(values: Values) -> bool:
        holds = True
        for part in parts:  # every part, so that an absent fact anywhere shows
            if not part(values):
                holds = False
        return holds

    return test


def _any(parts: tuple[_Truth, ...]) -> _Truth:
    def test(values: Values) -> bool:
        holds = False
        for part in parts:
            if part(values):
                holds = True
        return holds

    return test


def _constant(number: float) -> _Number:
    return lambda values: number


def _calculate(
    start: _Number, steps: tuple[tuple[Callable[[float, float], float], _Number], ...]
) -> _Number:
    def calculate(values: Values) -> float:
        # Doubles throughout: whole numbers would otherwise grow without bound.
        result = float(start(values))
        for apply, part in steps:
            result = apply(result, float(part(values)))
            if not math.isfinite(result):
                raise _NotFinite
        return result

    return calculate


def _compare(
    left: ast.expr, right: ast.expr, first: _Number, second: _Number, outcome: tuple[bool, ...]
) -> _Truth:
    """The test of one comparison; a fact beside a number, the usual case, is made quick."""
    less, equal, greater = outcome
    if isinstance(left, ast.Name) and isinstance(right, ast.Constant):
        name, constant = left.id, second({})
        if abs(constant) < _BOUND:
            below, above = constant - _NEAR, constant + _NEAR

            def quick(values: Values) -> bool:
                value = values[name]
                if value == constant:
                    return equal
                if above < value < _BOUND:
                    return greater
                if -_BOUND < value < below:
                    return less
                return outcome[_order(value, constant) + 1]

            return quick

    def test(values: Values) -> bool:
        return outcome[_order(first(values), second(values)) + 1]

    return test


def _order(left: float, right: float) -> int:
    """-1, 0 or 1 for less, equal, greater once each is settled; raises for what is not finite."""
    if -_BOUND < left < _BOUND and -_BOUND < right < _BOUND:
        difference = left - right
        if difference > _NEAR:
            return 1
        if difference < -_NEAR:
            return -1
    one, other = _settled(left), _settled(right)
    return (one > other) - (one < other)


def _settled(number: float) -> Decimal:
    double = float(number)
    if not math.isfinite(double):
        raise _NotFinite
    return settle(double) if abs(double) < _WHOLE else Decimal(repr(double))


def _explain(comparison: _Comparison, values: Values) -> Clause:
    def attempt(part: Callable[[Values], float]) -> float | None:
        try:
            return part(values)
        except _UNDECIDED:
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
