"""Charts as SVG: one style, the same bytes for the same data, kept in memory for a while.

A chart has an address of its own. Its colours are attributes, not styles, and its one style sheet
(for dark pages) is named by its hash, so its content security policy is as strict as any. Its route
checks the permission like any other, gathers the data and answers with ``respond``. Titles are
sentences; the page shows the same data as a table below (``ui.chart``).
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import Response, request

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACCENT, TEXT, QUIET, LINE, BAND = "#0f766e", "#1c2423", "#5c6664", "#d9dedd", "#e3e8e7"
# Colours of the dark page, exchanged by the chart's own style sheet.
DARK = {ACCENT: "#4fd1c0", TEXT: "#e3e8e7", QUIET: "#a3afac", LINE: "#35403e", BAND: "#2a3331"}
STYLE = Path(__file__).with_name("charts.mplstyle")
KEPT = 256
WIDE, NARROW = 7.2, 3.6  # inches; a narrow one fills a phone without shrinking
LINE_LENGTH = 42  # letters of a title in a narrow chart
MOST_LABELS = 4
_DARK_RULES = "".join(
    f'[{kind}="{light}"]{{{kind}:{dark}}}'
    for light, dark in DARK.items()
    for kind in ("fill", "stroke")
)
_DARK_SHEET = f"@media (prefers-color-scheme:dark){{{_DARK_RULES}}}"
_SHEET_HASH = base64.b64encode(hashlib.sha256(_DARK_SHEET.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_SHEET_HASH}'"
_STYLES = re.compile(r'\bstyle="([^"]*)"')
_SHEETS = re.compile(r"<style.*?</style>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Trend:
    """A person's values over the band (low, high) of the others; None is a gap.

    ``labels`` are as many as ``values`` and ``band``; ``own`` and ``others`` name the two.
    """

    title: str
    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    band: tuple[tuple[float, float] | None, ...] = ()
    own: str = ""
    others: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """Counts or values by label, one of which may be set off; a distribution."""

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    marked: int | None = None


def trend(data: Trend, narrow: bool = False) -> bytes:
    """Twelve months, say, of a total: a line, direct labels, the team's band behind it."""
    figure, axes = _axes(data.title, narrow)
    places = range(len(data.labels))
    known = [(x, pair) for x, pair in enumerate(data.band) if pair is not None]
    for run in _runs(known):
        lows, highs = [pair[0] for _, pair in run], [pair[1] for _, pair in run]
        axes.fill_between([x for x, _ in run], lows, highs, color=BAND, linewidth=6)
    values = [float("nan") if value is None else value for value in data.values]
    axes.plot(places, values, color=ACCENT, marker="o")
    axes.set_xticks(places, _sparse(data.labels, MOST_LABELS) if narrow else data.labels)
    count = len(data.labels)
    axes.set_xlim(-0.4, count - 1 + (0.14 * count if narrow else 0.9))
    last = next((x for x in reversed(places) if data.values[x] is not None), None)
    if last is not None:
        label = f"{data.own} {data.values[last]:.1f}".strip()
        axes.annotate(
            label, (last, values[last]), (6, 0), textcoords="offset points", color=ACCENT,
            va="center", annotation_clip=False,
        )  # fmt: skip
    if known and data.others:
        x, (low, _) = known[0]
        axes.annotate(
            data.others, (x, low), (0, 3), textcoords="offset points", color=QUIET, va="bottom"
        )
    return _svg(figure)


def bars(data: Bars, narrow: bool = False) -> bytes:
    """Bars with their values above them: a distribution of grades, say; one below the other where
    there is little room."""
    places = range(len(data.labels))
    figure, axes = _axes(data.title, narrow, max(2.5, 0.6 + 0.26 * len(places)))
    colours = [ACCENT if index == data.marked else QUIET for index in places]
    axes.grid(False)
    if narrow:
        drawn = axes.barh(places, data.values, color=colours, height=0.7)
        axes.set_yticks(places, data.labels)
        axes.invert_yaxis()
        axes.tick_params(bottom=False, labelbottom=False)
        axes.margins(x=0.15)
    else:
        drawn = axes.bar(places, data.values, color=colours, width=0.7)
        axes.set_xticks(places, data.labels)
        axes.tick_params(left=False, labelleft=False)
        axes.margins(y=0.15)
    axes.bar_label(drawn, [f"{value:g}" for value in data.values], padding=2, color=TEXT)
    return _svg(figure)


def respond(draw: Callable[[Any, bool], bytes], data: Any) -> Response:
    """The chart of ``data`` (a frozen dataclass), drawn once; the browser may keep it and ask.

    ``ui.chart`` asks for it with ``narrow`` where it is shown on a phone.
    """
    narrow = "narrow" in request.args
    key = hashlib.sha256(f"{draw.__name__} {narrow} {data!r}".encode()).hexdigest()
    response = Response(_kept(key, lambda: draw(data, narrow)), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(key[:32])
    response.make_conditional(request)
    return response


_drawn: OrderedDict[str, bytes] = OrderedDict()
_lock = Lock()


def _kept(key: str, draw: Callable[[], bytes]) -> bytes:
    with _lock:
        if key in _drawn:
            _drawn.move_to_end(key)
            return _drawn[key]
    svg = draw()
    with _lock:
        _drawn[key] = svg
        while len(_drawn) > KEPT:
            _drawn.popitem(last=False)
    return svg


def _runs(points: Sequence[tuple[int, tuple[float, float]]]) -> list[list[Any]]:
    """Neighbouring points together: a gap in the data is a gap in the band."""
    runs: list[list[Any]] = []
    for point in points:
        if runs and runs[-1][-1][0] == point[0] - 1:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs


@cache
def _prepare() -> None:
    """The style and the Chinese font, for the whole process: nothing else draws in it.

    matplotlib takes half a second to load, hence not before the first chart.
    """
    import pylopdf_fonts_zh_cn
    from matplotlib import rc_params_from_file, rcParams
    from matplotlib.font_manager import fontManager

    fontManager.addfont(str(pylopdf_fonts_zh_cn.sans_path()))
    rcParams.update(rc_params_from_file(STYLE, use_default_template=False))


def _axes(title: str, narrow: bool, height: float = 2.5) -> tuple[Figure, Axes]:
    """Narrow ones are as high as it takes: on a phone a point is one of its pixels, and a third."""
    _prepare()
    from matplotlib.figure import Figure

    size = (NARROW, height) if narrow else (WIDE, 2.5)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    if narrow:
        figure.suptitle(_wrapped(title), x=0.02, ha="left", fontsize="medium")
    else:
        axes.set_title(title, loc="left")
    return figure, axes


def _wrapped(title: str) -> str:
    """In lines that a narrow chart has room for; Chinese characters are twice as wide."""
    lines, room = [""], 0
    for part in re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+", title):
        width = sum(2 if char >= "\u2e80" else 1 for char in part.rstrip())
        if lines[-1] and room + width > LINE_LENGTH:
            lines.append("")
            room = 0
        lines[-1] += part
        room += width + len(part) - len(part.rstrip())
    return "\n".join(line.rstrip() for line in lines)


def _sparse(labels: Sequence[str], most: int) -> list[str]:
    """Every so many labels, the last among them; nothing for the others."""
    step = -(-len(labels) // most)
    last = len(labels) - 1
    return [label if (last - at) % step == 0 else "" for at, label in enumerate(labels)]


def _svg(figure: Figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    text = _STYLES.sub(_as_attributes, _SHEETS.sub("", stream.getvalue().decode()))
    # What matplotlib's own style sheet sets for everything, inherited instead.
    text = text.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1)
    return text.replace("</svg>", f"<style>{_DARK_SHEET}</style></svg>").encode()


def _as_attributes(style: re.Match[str]) -> str:
    """``style="fill: none; stroke: #123456"`` as presentation attributes, which need no leave."""
    pairs = (each.partition(":") for each in style[1].split(";") if each.strip())
    return " ".join(f'{name.strip()}="{value.strip()}"' for name, _, value in pairs)
