"""The worked sums of the documentation: blocks of lines ``name = expression = result``.

A block stands below a comment ``<!-- sum: name -->`` and is fenced as text. Behind two spaces
a line may have a remark. Results are numbers as shown (rounded), or words.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

BLOCK = re.compile(r"<!-- sum: ([\w-]+) -->\n```text\n(.*?)```", re.DOTALL)
_NUMBER = re.compile(r"[−-]?\d+(\.\d+)?")
_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {"min": min, "max": max, "sqrt": math.sqrt}


@dataclass(frozen=True)
class Sum:
    """One line: what is computed (none where only a result stands) and the result as shown."""

    name: str
    expressions: tuple[str, ...]
    result: str

    @property
    def is_number(self) -> bool:
        return _NUMBER.fullmatch(self.result) is not None


def blocks(text: str) -> dict[str, list[Sum]]:
    """The blocks of a document by name; raises ``ValueError`` for a name that stands twice."""
    found: dict[str, list[Sum]] = {}
    for name, body in BLOCK.findall(text):
        if name in found:
            raise ValueError(f"two blocks are called {name}")
        found[name] = [_sum(line) for line in body.splitlines() if line.strip()]
    return found


def _sum(line: str) -> Sum:
    name, *parts = [part.strip() for part in re.split(r"\s{2,}\(", line)[0].split(" = ")]
    return Sum(name, tuple(parts[:-1]), parts[-1])


def shown(value: float | Decimal, like: str) -> str:
    """The number with as many decimals as ``like`` has, half up."""
    places = len(like.partition(".")[2])
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    text = str(exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
    return text.replace("-", "−")


def on_paper(expression: str) -> float:
    """The value of an expression as a reader would work it out."""
    plain = expression.replace("×", "*").replace("−", "-").replace("√", "sqrt")
    return _value(ast.parse(plain, mode="eval").body)


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp):
        return _OPERATIONS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _FUNCTIONS[node.func.id](*(_value(each) for each in node.args))
    raise ValueError(f"not a sum: {ast.unparse(node)}")


def near(expression: str, result: str) -> bool:
    """Whether the result is what the expression gives, rounded to the decimals shown."""
    places = len(result.partition(".")[2])
    half: float = 0.5000001 * 10.0**-places
    return abs(on_paper(expression) - on_paper(result)) <= half
