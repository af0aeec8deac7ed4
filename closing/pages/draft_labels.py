"""What keys of a policy are called in the reader's language, and what fields choose from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask_babel import gettext as _

from closing.document_edits import value_at
from closing.document_tables import Column
from closing.pages import words
from core.i18n import language
from core.values import FactSpec
from staff import positions as product_positions

Options = tuple[tuple[str, str], ...]


def labelled(content: Any) -> Options:
    """The keys of a mapping of the document with their labels."""
    if not isinstance(content, dict):
        return ()
    return tuple((key, _label(each) or key) for key, each in content.items())


def _label(content: Any) -> str:
    said = content.get(language()) if isinstance(content, dict) else None
    return said if isinstance(said, str) else ""


def name_columns() -> tuple[Column, ...]:
    return (
        Column(("zh",), "text", _("Name in Chinese")),
        Column(("en",), "text", _("Name in English")),
    )


def action_options() -> Options:
    return tuple(words.actions().items())


def grade_options(document: Any) -> Options:
    grades = value_at(document, ("grades",))
    if not isinstance(grades, list):
        return tuple((key, key) for key in "ABCDE")
    keys = [(value_at(each, ("key",)), _label(each)) for each in grades]
    return tuple((key, f"{key} {name}".rstrip()) for key, name in keys if isinstance(key, str))


def labelled_codes(document: Any) -> Options:
    return tuple(
        (code, f"{code} {name}" if name != code else code)
        for code, name in labelled(value_at(document, ("rules",)))
    )


def ladder_options(document: Any) -> Options:
    """The ladders that rules of the document stand on."""
    rules = value_at(document, ("rules",))
    groups = (
        value_at(each, ("group",)) for each in (rules.values() if isinstance(rules, dict) else ())
    )
    categories = dict(labelled(value_at(document, ("categories",))))
    found = dict.fromkeys(each for each in groups if isinstance(each, str) and each)
    return tuple((each, words.ladder(each, categories)) for each in found)


def position_options(document: Any) -> Options:
    """The positions that templates and pay name."""
    bonuses = value_at(document, ("pay", "bonus_base"))
    found = [*_positions(document), *(bonuses if isinstance(bonuses, dict) else ())]
    named = position_names(document, found)
    return tuple(named.items())


def position_names(document: Any, positions: Iterable[str]) -> dict[str, str]:
    """What positions are called: a known one as everywhere, the only one of a template as that."""
    alone = {
        own[0]: _label(each)
        for each in _templates(document)
        if len(own := _texts(value_at(each, ("positions",)))) == 1
    }
    known = product_positions.names()
    return {each: known.get(each) or alone.get(each) or each for each in positions}


def _templates(document: Any) -> Iterable[Any]:
    templates = value_at(document, ("templates",))
    return templates.values() if isinstance(templates, dict) else ()


def _positions(document: Any) -> Iterator[str]:
    for template in _templates(document):
        yield from _texts(value_at(template, ("positions",)))


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def fact_options(facts: Mapping[str, FactSpec]) -> Options:
    return tuple((key, _fact(spec)) for key, spec in facts.items())


def _fact(spec: FactSpec) -> str:
    unit = words.unit(spec.unit)
    return f"{spec.names.get(language())} ({unit})" if unit else spec.names.get(language())
