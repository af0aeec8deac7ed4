"""The facts that tickets, complaints, spot checks and reviews give (docs/scoring.md, Facts). Pure.

``%`` as a unit means that the value is a share, 0..1, and is shown times a hundred.
"""

from __future__ import annotations

from core.values import FactSpec, Names
from evaluations.policy import TicketsSection


def evaluation_facts(tickets: TicketsSection) -> dict[str, FactSpec]:
    """The facts by key, with the rates of the policy's response and resolution thresholds."""
    specs = [
        FactSpec("contacts_handled", "count", Names("接待工单数", "Contacts handled")),
        FactSpec(
            "first_response_minutes",
            "mean",
            Names("平均首次响应时长", "Mean first response time"),
            "min",
            sampled=True,
        ),
        FactSpec(
            "first_response_minutes_median",
            "mean",
            Names("首次响应时长中位数", "Median first response time"),
            "min",
            sampled=True,
        ),
    ]
    for minutes in tickets.response_minutes:
        names = Names(f"{minutes}分钟首次响应率", f"First response within {minutes} min")
        specs.append(_rate(f"first_response_{minutes}min_rate", names))
    for hours in tickets.resolution_hours:
        names = Names(f"{hours}小时解决率", f"Resolved within {hours} h")
        specs.append(_rate(f"resolution_rate_{hours}h", names))
    specs += [
        _rate("reopen_rate", Names("重开率", "Reopened tickets")),
        _rate("csat", Names("客户满意度", "Customer satisfaction")),
        _rate("callback_rate", Names("回访率", "Follow-up rate")),
        FactSpec("complaint_count", "count", Names("有责投诉数", "Upheld complaints")),
        _rate("complaint_rate", Names("有责投诉率", "Upheld complaint rate")),
        _rate("complaint_sla_rate", Names("投诉处理及时率", "Complaints handled within deadlines")),
        FactSpec("qa_score", "score", Names("质检得分", "QA score"), "pts", sampled=True),
        FactSpec("review_360", "score", Names("360度评估", "360° feedback"), "pts", sampled=True),
    ]
    return {spec.key: spec for spec in specs}


def _rate(key: str, names: Names) -> FactSpec:
    return FactSpec(key, "rate", names, "%", sampled=True)
