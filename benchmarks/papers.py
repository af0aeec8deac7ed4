"""Certificates as PDF: one by itself, and each of many in one document."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.filling import MONTH
from benchmarks.running import application
from closing.pages import certificate

MANY = 60


def certificate_times(database: Path, times: int) -> tuple[float, float]:
    """Milliseconds of the processor for one, and for each of ``MANY``: medians."""
    with application(database) as app, app.test_request_context():
        one = [_taken(1) for _ in range(times)]
        many = [_taken(MANY) / MANY for _ in range(max(times // 10, 3))]
    return statistics.median(one), statistics.median(many)


def _taken(number: int) -> float:
    rows = [_row(each) for each in range(number)]
    start = time.process_time()
    certificate.pdf_of(rows, locale="zh_Hans_CN")
    return (time.process_time() - start) * 1000


def _row(number: int) -> Any:
    return SimpleNamespace(
        id=number,
        month=MONTH,
        names={"zh": "月度优秀客服", "en": "Agents of the month"},
        employee_no=f"E{number:05d}",
        name="欧阳千一",
        team="客服中心/售前一组",
        final_after=MONTH.last_day,
    )
