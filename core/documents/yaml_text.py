"""YAML in and out: strict about what people get wrong, bounded in what it may cost.

Beyond what YAML itself refuses: a key that stands twice in one mapping, aliases that unfold into a
huge document, deep nesting, texts that are too large, and anything but one document.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml

from core.documents.problems import N_, DocumentError, Problem, join, short

LARGEST_TEXT = 1_000_000  # characters; the default policy has 17,000
MOST_NODES = 200_000  # after aliases are unfolded
DEEPEST = 30

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BaseDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def load_yaml(data: str | bytes) -> Any:
    """The document of a YAML text (bytes are UTF-8, with or without a byte-order mark).

    Raises :class:`DocumentError` with line and column where the text is not YAML.
    """
    text = _decode(data)
    if len(text) > LARGEST_TEXT:
        raise _refusal(N_("is larger than %(count)s characters"), count=LARGEST_TEXT)
    _check_depth(text)
    loader = _Base(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise _refusal(N_("is empty"))
        inspection = _Inspection()
        inspection.size(node, "")
        if inspection.problems:
            raise DocumentError(inspection.problems)
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise _syntax_error(error) from None
    except (ValueError, RecursionError) as error:
        # A date such as 2026-13-45, or an integer with thousands of digits.
        raise _refusal(N_("cannot be read as YAML: %(reason)s"), reason=short(str(error))) from None
    finally:
        loader.dispose()


def in_file(name: str, data: str | bytes, problems: list[Problem]) -> list[Problem]:
    """The same problems, each with the file and the line where it stands: ``shop.yaml:12: …``."""
    lines: dict[str, int] = {}
    if all(each.place for each in problems):  # else it may be no document at all
        root = yaml.compose(_decode(data), Loader=_Base)
        _note_lines(root, "", lines, set())
    found = []
    for each in problems:
        known = each.place
        while known and known not in lines:  # of what is missing, that in which it should stand
            known = known[: max(known.rfind("."), known.rfind("["), 0)]
        line = f":{lines[known]}" if known else ""
        found.append(replace(each, place=": ".join(filter(None, (f"{name}{line}", each.place)))))
    return found


def _note_lines(node: yaml.Node | None, place: str, lines: dict[str, int], seen: set[int]) -> None:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                below = join(place, key.value)
                lines.setdefault(below, key.start_mark.line + 1)
                _note_lines(value, below, lines, seen)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines.setdefault(f"{place}[{index}]", item.start_mark.line + 1)
            _note_lines(item, f"{place}[{index}]", lines, seen)


def dump_yaml(document: object) -> str:
    """A document as YAML text: keys in their order, Chinese as it is, nothing folded or aliased."""
    text: str = yaml.dump(
        document,
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=10_000,
    )
    return text


class _Dumper(_BaseDumper):  # type: ignore[misc]
    def ignore_aliases(self, data: object) -> bool:
        return True


def _decode(data: str | bytes) -> str:
    try:
        if isinstance(data, bytes):
            return data.decode("utf-8-sig")
        data.encode()  # half of a surrogate pair would stop the parser
    except UnicodeError:
        raise _refusal(N_("is not text in UTF-8")) from None
    return data.removeprefix("\ufeff")


def _check_depth(text: str) -> None:
    """Refuse deep nesting before the composer, whose own recursion is not bounded, sees it."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_Base):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > DEEPEST:
                raise _refusal(N_("is nested deeper than %(count)s levels"), count=DEEPEST)
    except yaml.YAMLError as error:
        raise _syntax_error(error) from None


class _Inspection:
    """A walk over the nodes before anything is built from them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._sizes: dict[int, int] = {}

    def size(self, node: yaml.Node, place: str) -> int:
        """Nodes at and below this one with aliases unfolded; each node is walked once."""
        known = self._sizes.get(id(node))
        if known is not None:
            return known
        self._sizes[id(node)] = MOST_NODES + 1  # what a node that contains itself counts as
        total = 1
        if isinstance(node, yaml.MappingNode):
            self._check_keys(node, place)
            for key, value in node.value:
                below = join(place, key.value) if isinstance(key, yaml.ScalarNode) else place
                total += self.size(key, place) + self.size(value, below)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                total += self.size(item, f"{place}[{index}]")
        if total > MOST_NODES:
            raise _refusal(N_("unfolds into more than %(count)s values"), count=MOST_NODES)
        self._sizes[id(node)] = total
        return total

    def _check_keys(self, node: yaml.MappingNode, place: str) -> None:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append(Problem(place, N_("has a key that is not a text")))
                continue
            line = key.start_mark.line + 1 if key.start_mark else 0
            if key.value in lines and key.tag != "tag:yaml.org,2002:merge":
                message = N_("stands twice, in lines %(first)s and %(second)s")
                lines_of = {"first": lines[key.value], "second": line}
                self.problems.append(Problem(join(place, key.value), message, lines_of))
            lines.setdefault(key.value, line)


def _refusal(message: str, **params: object) -> DocumentError:
    return DocumentError([Problem("", message, params)])


def _syntax_error(error: yaml.YAMLError) -> DocumentError:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "?"
    if mark is None:
        return _refusal(N_("cannot be read as YAML: %(reason)s"), reason=short(str(reason)))
    message = N_("cannot be read as YAML: line %(line)s, column %(column)s: %(reason)s")
    return _refusal(message, line=mark.line + 1, column=mark.column + 1, reason=short(str(reason)))
