"""PDF by typst, with Chinese type.

Data reach a template as JSON only, so that nothing in it is read as markup. The template begins
with ``#let data = json(bytes(sys.inputs.data))``; it can read files of its own folder and nothing
else, and no font of the machine, so the same data make the same bytes everywhere.
"""

from __future__ import annotations

import json
from pathlib import Path


def render(template: Path, data: object) -> bytes:
    """The document that ``template`` makes of ``data`` (what JSON can hold)."""
    import typst
    from pylopdf_fonts_zh_cn import sans_path

    document = typst.compile(
        str(template),
        root=str(template.parent),
        font_paths=[str(Path(sans_path()).parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    assert isinstance(document, bytes)
    return document
