"""Conditions and rules as a reader understands them: labels for facts, signs for operators.

Pure: pieces come out, whose words a template writes in the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from core.values import FactSpec
from rewards.conditions import Clause, Condition

Kind = Literal["fact", "value", "number", "sign", "word"]

_SIGNS = {
    ">=": "≥",
    "<=": "≤",
    "==": "=",
    "!=": "≠",
    ">": ">",
    "<": "<",
    "*": "×",
    "/": "÷",
    "-": "−",
    "+": "+",
}
_COMPARING = frozenset((">=", "<=", "==", "!=", ">", "<"))
_WORDS = frozenset(("and", "or", "not"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a condition.

    ``fact`` has a ``spec`` (None for a name that is not known, then ``text`` is shown); ``value`` a
    number that is compared with the fact of ``spec``, and is written like it; ``number`` another
    number; ``sign`` an operator or a parenthesis; ``word`` one of and, or, not.
    """

    kind: Kind
    text: str
    spec: FactSpec | None = None
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A comparison in words with the facts as they were; ``held`` is None where undecided."""

    pieces: tuple[Piece, ...]
    facts: tuple[tuple[FactSpec | None, str, float | None], ...]
    held: bool | None


def phrase(tokens: Iterable[str], facts: Mapping[str, FactSpec]) -> tuple[Piece, ...]:
    """The tokens of a condition (or of one clause) as pieces."""
    listed = list(tokens)
    return tuple(_piece(listed, index, facts) for index in range(len(listed)))


def findings(
    condition: Condition, values: Mapping[str, float], facts: Mapping[str, FactSpec]
) -> list[Finding]:
    """How every comparison of the condition turned out for ``values``."""
    return [_finding(clause, facts) for clause in condition.explain(values)]


def _finding(clause: Clause, facts: Mapping[str, FactSpec]) -> Finding:
    return Finding(
        pieces=phrase(clause.tokens, facts),
        facts=tuple((facts.get(name), name, value) for name, value in clause.facts),
        held=clause.held,
    )


def _piece(tokens: list[str], index: int, facts: Mapping[str, FactSpec]) -> Piece:
    token = tokens[index]
    if token in _WORDS:
        return Piece("word", token)
    if token[0].isalpha() or token[0] == "_":
        return Piece("fact", token, facts.get(token))
    if token[0].isdigit() or token[0] == ".":
        spec = _compared_with(tokens, index, facts)
        return Piece("value" if spec else "number", token, spec, float(token))
    return Piece("sign", _SIGNS.get(token, token))


def _compared_with(tokens: list[str], index: int, facts: Mapping[str, FactSpec]) -> FactSpec | None:
    """The fact that alone stands on the other side of the comparison with this number."""
    for step in (-1, 1):  # the number on the right of the sign, then on its left
        sign, other = index + step, index + 2 * step
        beyond = _at(tokens, index - step), _at(tokens, index + 3 * step)
        if _at(tokens, sign) in _COMPARING and all(map(_alone, beyond)):
            return facts.get(_at(tokens, other))
    return None


def _at(tokens: list[str], index: int) -> str:
    return tokens[index] if 0 <= index < len(tokens) else ""


def _alone(neighbour: str) -> bool:
    """Whether what stands beside one side of a comparison makes it no part of a calculation."""
    return neighbour in _WORDS or neighbour in ("", "(", ")")
