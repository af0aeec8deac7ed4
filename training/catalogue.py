"""The facts that training gives (docs/training.md, Facts). Pure."""

from __future__ import annotations

from typing import Final

from core.values import FactSpec, Names

TRAINING_EFFECT: Final = "training_effect"


def training_facts() -> dict[str, FactSpec]:
    """The facts by key, ``training_effect`` (a verdict, -1, 0 or 1) the last of them."""
    specs = [
        FactSpec("training_hours", "hours", Names("培训时数", "Training hours"), "h"),
        FactSpec(
            "training_score", "score", Names("培训考核得分", "Training score"), "pts", sampled=True
        ),
        FactSpec(
            "mandatory_missed", "count", Names("必修培训缺席次数", "Mandatory sessions missed")
        ),
        FactSpec(
            "mandatory_overdue", "count", Names("必修培训逾期门数", "Mandatory courses overdue")
        ),
        FactSpec(TRAINING_EFFECT, "verdict", Names("培训效果", "Training effect")),
    ]
    return {spec.key: spec for spec in specs}
