"""What is typed into a cell: read as it is meant, written so that it is read as the same again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.imports.cells import Bad
from core.values import FactSpec, Names
from evaluations.monthly.cells import Typed, read, typed, version_of

NAMES = Names("指标", "Metric")
SPECS = {
    kind: FactSpec("metric", kind, NAMES, "", sampled=True)
    for kind in ("rate", "score", "count", "mean", "minutes", "verdict")
}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("rate", "93%", 0.93),
        ("rate", " ９３．５％ ", 0.935),
        ("rate", "0.93", 0.93),
        ("rate", "百分之93", 0.93),
        ("score", "95.5分", 95.5),
        ("count", "1,234", 1234),
        ("count", "１，２３４次", 1234),
        ("mean", "3.2 min", 3.2),
        ("mean", "1,234.5分钟", 1234.5),
        ("verdict", "-1", -1),
    ],
)
def test_numbers_are_understood_as_people_write_them(kind: str, text: str, value: float) -> None:
    assert read(SPECS[kind], text, declared=False) == Typed(value)


def test_a_sample_size_stands_behind_a_stroke() -> None:
    assert read(SPECS["rate"], "93% / 40", declared=False) == Typed(0.93, 40)


@pytest.mark.parametrize("text", ["", "  ", "—", "-"])
def test_nothing_is_no_value(text: str) -> None:
    assert read(SPECS["rate"], text, declared=False) is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("rate", "93"),
        ("rate", "101%"),
        ("rate", "-1%"),
        ("score", "100.5"),
        ("count", "1.5"),
        ("count", "-1"),
        ("mean", "-0.1"),
        ("mean", "12,34"),
        ("mean", "twelve"),
        ("rate", "93% / 0"),
        ("rate", "93% / many"),
        ("verdict", "2"),
        ("mean", "1" * 61),
    ],
)
def test_what_is_out_of_range_or_no_number_is_refused(kind: str, text: str) -> None:
    with pytest.raises(Bad):
        read(SPECS[kind], text, declared=False)


def test_a_share_without_a_percent_sign_is_asked_about() -> None:
    with pytest.raises(Bad, match="write 93%"):
        read(SPECS["rate"], "93", declared=False)
    with pytest.raises(Bad, match="160%"):
        read(SPECS["rate"], "160%", declared=False)


# Shares and means of whole numbers, as records give them.
RATIOS = st.tuples(st.integers(0, 10**4), st.integers(1, 10**4))


@given(RATIOS, st.none() | st.integers(1, 10**6))
def test_a_share_that_was_written_is_read_as_the_same(
    ratio: tuple[int, int], size: int | None
) -> None:
    value = min(ratio) / max(ratio)
    text = typed(SPECS["rate"], value, size)
    assert read(SPECS["rate"], text, declared=False) == Typed(value, size)


@given(RATIOS)
def test_a_mean_that_was_written_is_read_as_the_same(ratio: tuple[int, int]) -> None:
    value = ratio[0] / ratio[1]
    assert read(SPECS["mean"], typed(SPECS["mean"], value), declared=False) == Typed(value)


def test_versions_tell_values_and_sample_sizes_apart() -> None:
    versions = {version_of(*each) for each in ((None, None), (0.5, None), (0.5, 1), (0.51, None))}
    assert len(versions) == 4
