"""The facts that attendance gives (docs/attendance.md, Facts of the month). Pure."""

from __future__ import annotations

from core.values import FactSpec, Names
from staff.attendance.policy import AttendanceSection


def attendance_facts(section: AttendanceSection) -> dict[str, FactSpec]:
    """The facts by key, those of the policy's ``late_tiers`` among them. None has a sample size."""
    specs = [
        FactSpec("scheduled_days", "days", Names("应出勤天数", "Scheduled days"), "d"),
        FactSpec("worked_days", "days", Names("实际出勤天数", "Days worked"), "d"),
        FactSpec("leave_days", "days", Names("请假天数", "Leave days"), "d"),
        FactSpec(
            "protected_leave_days", "days", Names("受保护假期天数", "Protected leave days"), "d"
        ),
        FactSpec("late_count", "count", Names("迟到次数", "Late arrivals")),
        FactSpec("late_minutes", "minutes", Names("迟到分钟数", "Minutes late"), "min"),
        FactSpec("early_leave_count", "count", Names("早退次数", "Early departures")),
        FactSpec(
            "early_leave_minutes", "minutes", Names("早退分钟数", "Minutes left early"), "min"
        ),
        FactSpec("absent_days", "days", Names("缺勤待核实天数", "Days absent (unexplained)"), "d"),
        FactSpec("missing_punch_count", "count", Names("缺卡次数", "Missing punches")),
        FactSpec("overtime_hours", "hours", Names("加班时数", "Overtime hours"), "h"),
    ]
    for tier in section.late_tiers:
        names = Names(f"迟到超过{tier}分钟次数", f"Arrivals over {tier} min late")
        specs.append(FactSpec(f"late_over_{tier}_count", "count", names))
    specs.append(
        FactSpec("attendance_score", "score", Names("考勤得分", "Attendance score"), "pts")
    )
    return {spec.key: spec for spec in specs}
