"""The policy of the documentation loads, its mistakes are told as it says, no key is left out."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest
import yaml
from support.repository import ROOT

from closing.policy import PaySection, parse_policy
from closing.policy_text import load_policy
from core.documents import DocumentError
from core.documents.yaml_text import load_yaml
from evaluations.policy import (
    Grade,
    Line,
    Metric,
    ReviewsSection,
    ScoringSection,
    ServiceClock,
    Template,
    TicketsSection,
)
from rewards.policy import Award, Per, Prize, Repeats, Rule
from rewards.policy_reader import ACTIONS
from staff.attendance.policy import AttendanceSection, LeaveType

DOCUMENTS = ("docs/policy.md", "docs/zh/policy.md")
COMPLETE = re.compile(r"<!-- policy: complete -->\n```yaml\n(.*?)```", re.DOTALL)
MISTAKE = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \|$", re.MULTILINE)
STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
SECTIONS = (
    AttendanceSection,
    LeaveType,
    TicketsSection,
    ScoringSection,
    ReviewsSection,
    Metric,
    Template,
    Line,
    Grade,
    PaySection,
    Rule,
    Per,
    Repeats,
    Award,
    Prize,
)
# The names of things in the code that are the keys of a mapping, or labels, in the document.
NOT_KEYS = {"code", "names"}
MISTAKES = 11


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def complete(document: str) -> str:
    [found] = COMPLETE.findall(text_of(document))
    assert isinstance(found, str)
    return found


def with_mistake(policy: dict[str, Any], written: str) -> dict[str, Any]:
    """The policy with ``place: value`` (YAML) written into it."""
    place, _, value = written.partition(": ")
    *way, last = [int(index) if index else key for index, key in STEP.findall(place)]
    at: Any = policy
    for step in way:
        at = at[step]
    at[last] = yaml.safe_load(value)
    return policy


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_complete_policy_of_the_documentation_loads(document: str) -> None:
    policy = load_policy(complete(document))
    assert list(policy.rules) == ["LATE", "IDEA"]
    assert [grade.key for grade in policy.grades] == ["A", "B", "C", "D", "E"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_mistake_is_told_as_documented(document: str) -> None:
    mistakes = MISTAKE.findall(text_of(document))
    assert len(mistakes) == MISTAKES
    for written, said in mistakes:
        policy = with_mistake(load_yaml(complete(document)), written)
        with pytest.raises(DocumentError) as refused:
            parse_policy(policy)
        assert [problem.render() for problem in refused.value.problems] == [said]


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_key_of_a_section_is_documented(section: type[Any], document: str) -> None:
    plain = re.sub(r"```.*?```", "", text_of(document), flags=re.DOTALL)
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`[^`]+`", plain))))
    assert {each.name for each in fields(section)} - NOT_KEYS - named == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_service_hours_and_actions_are_documented(document: str) -> None:
    text = text_of(document)
    assert {each.name for each in fields(ServiceClock)} == {"days", "start_minute", "end_minute"}
    assert {name for name in ("days", "hours", *ACTIONS) if f"`{name}`" not in text} == set()


def test_both_languages_show_the_same_policy_and_mistakes() -> None:
    english, chinese = (text_of(document) for document in DOCUMENTS)
    assert load_yaml(complete(DOCUMENTS[0])) == load_yaml(complete(DOCUMENTS[1]))
    assert MISTAKE.findall(english) == MISTAKE.findall(chinese)
