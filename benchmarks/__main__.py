"""``make bench``: close, import and pages, each beside what it is measured against.

Every figure is a ratio within one run, or a time of the processor; medians. ``--part`` measures
some of it, ``--small`` and so on other sizes; ``--write`` puts all of it into docs/performance.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from benchmarks import arrivals, beside, closes, pages, papers, users
from benchmarks.report import Figure, write
from benchmarks.running import alone, machine

Options = argparse.Namespace
Part = Callable[[Path, Options], Iterator[Figure]]


def measure_close(folder: Path, options: Options) -> Iterator[Figure]:
    sizes = ((options.large, 60), (options.deep, options.deep_tickets))
    for staff, tickets in sizes:
        seconds, ratio, megabytes = closes.against_floor(folder, staff, tickets, options.runs)
        what = f"close of {staff:,} people × {tickets:,} tickets"
        yield Figure(f"{what}, processor", seconds, " s")
        yield Figure(f"{what}, to the floor", ratio, " ×", 5)
        yield Figure(f"{what}, memory", megabytes, " MB", 1024)
    whole = options.large * 8 // 10
    ratio = closes.growth(folder, whole, options.runs)
    yield Figure(f"close of {whole:,} people to one of {whole // 2:,}", ratio, " ×", 2.2)


def measure_import(folder: Path, options: Options) -> Iterator[Figure]:
    seconds, rate, days = arrivals.punches_against_csv(folder, options.punches, options.runs)
    what = f"import of {options.punches:,} punches"
    yield Figure(f"{what}, processor", seconds, " s")
    yield Figure(f"{what}, rate to the floor's", rate * 100, " %", 50, at_least=True)
    yield Figure(f"{what}, days afterwards, processor", days, " s")
    changed = arrivals.days_of_one_correction(folder)
    yield Figure("person-days that one corrected punch changes", changed, "", 1)


def measure_pages(folder: Path, options: Options) -> Iterator[Figure]:
    found, cookies, bases = {}, {}, {}
    for staff in (options.small, options.large):
        (folder / f"pages-{staff}").mkdir()
        bases[staff] = folder / f"pages-{staff}" / "centre.db"
        cookies[staff], _ = alone(pages.prepare, bases[staff], staff)
        found[staff], _ = alone(
            pages.response_times, bases[staff], cookies[staff], staff, options.times
        )
    for name in pages.PAGES:
        (small, high), (large, _) = found[options.small][name], found[options.large][name]
        bar = 1.3 * small + 5
        yield Figure(f"{name}, median at {options.small:,} people", small, " ms")
        yield Figure(f"{name}, 95th percentile at {options.small:,}", high, " ms", 100)
        yield Figure(f"{name}, median at {options.large:,} people", large, " ms", bar)
    base, cookie = bases[options.small], cookies[options.small]
    (cold, kept), _ = alone(pages.chart_times, base, cookie, options.times)
    yield Figure("chart, never drawn before", cold, " ms", 300)
    yield Figure("chart, kept", kept, " ms", 10)
    answers, errors, megabytes, after = users.under_load(
        base, cookie, options.small, seconds=options.seconds, pages=1000
    )
    yield Figure("web worker after 1,000 pages with charts", megabytes, " MB", 180)
    yield Figure(f"answers to {users.USERS} users in {options.seconds} s", answers)
    yield Figure("errors among these", errors, "", 0)
    yield Figure("web worker after them", after, " MB")


def measure_beside(folder: Path, options: Options) -> Iterator[Figure]:
    base = folder / "beside.db"
    cookie, _ = alone(pages.prepare, base, options.small)
    before, during, errors, seconds = beside.pages_during_import(
        base, cookie, options.small, options.punches
    )
    what = f"pages while {options.punches:,} punches are imported"
    yield Figure("pages by the clock, nothing beside them, median", before[0], " ms")
    yield Figure("pages by the clock, nothing beside them, 95th percentile", before[1], " ms")
    yield Figure(f"{what}, median", during[0], " ms")
    yield Figure(f"{what}, 95th percentile", during[1], " ms")
    yield Figure(f"{what}, slowest", during[2], " ms")
    yield Figure(f"{what}, errors", errors, "", 0)
    yield Figure("that import and its days, by the clock", seconds, " s")


def measure_papers(folder: Path, options: Options) -> Iterator[Figure]:
    (one, each), _ = alone(papers.certificate_times, folder / "papers.db", options.times)
    yield Figure("certificate, by itself, processor", one, " ms", 50)
    yield Figure(f"certificate, each of {papers.MANY} in one PDF, processor", each, " ms", 50)


PARTS: dict[str, Part] = {
    "close": measure_close,
    "import": measure_import,
    "pages": measure_pages,
    "beside": measure_beside,
    "papers": measure_papers,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this; may be repeated")
    parser.add_argument("--small", type=int, default=1000)
    parser.add_argument("--large", type=int, default=10_000)
    parser.add_argument("--deep", type=int, default=3000, help="people with many tickets")
    parser.add_argument("--deep-tickets", type=int, default=1300)
    parser.add_argument("--punches", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--times", type=int, default=40, help="how often a page is asked for")
    parser.add_argument("--seconds", type=int, default=60, help="of the twenty users")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    options = parser.parse_args()
    figures = []
    for name in options.part or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            for figure in PARTS[name](Path(folder), options):
                print(figure.row(), flush=True)
                figures.append(figure)
    if options.write:
        command = " ".join(("python -m benchmarks", *sys.argv[1:]))
        write(figures, machine=machine(), command=command, on=date.today())


if __name__ == "__main__":
    main()
