"""Every command, option and setting is documented, and nothing that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest
from support.repository import ROOT

from app import create_app
from closing.imports.registry import KINDS
from closing.left_out import Omission

# Flask's own, and those of the migrations.
FOREIGN = {"run", "routes", "shell", "db"}
CHINESE = re.compile("[\u4e00-\u9fff]")
SETTING = re.compile(r'source\.get\(\s*"([A-Z_]+)"|environ\.get\("([A-Z_]+)"')


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, click.Command]:
    """Every command of ours by its words: ``policy check``."""
    app = create_app({"INSTANCE": str(tmp_path_factory.mktemp("instance"))})
    return dict(_flat(app.cli.commands))


def _flat(
    group: Mapping[str, click.Command], before: str = ""
) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.items():
        if isinstance(command, click.Group) and name not in FOREIGN:
            yield from _flat(command.commands, f"{before}{name} ")
        elif name not in FOREIGN:
            yield f"{before}{name}", command


def sections() -> dict[str, str]:
    """The text about each command."""
    parts = re.split(r"^## flask (.+)$", document("commands.md"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def document(name: str) -> str:
    return Path(ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_documented_commands_are_those_that_there_are(
    commands: dict[str, click.Command],
) -> None:
    assert set(sections()) == set(commands)


def test_every_option_of_a_command_is_documented_with_it(
    commands: dict[str, click.Command],
) -> None:
    missing = [
        f"{name} {option}"
        for name, command in commands.items()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if f"`{option}" not in sections()[name] and f"{option} " not in sections()[name]
    ]
    assert missing == []


def test_every_kind_of_file_is_named_with_the_import() -> None:
    assert [kind for kind in KINDS if f"`{kind}`" not in sections()["import"]] == []


def test_what_a_close_leaves_out_is_explained() -> None:
    described = re.findall(r"``(\w+)``", Omission.__doc__ or "")
    assert described
    assert [kind for kind in described if f"`{kind}`" not in sections()["close"]] == []


def test_every_setting_that_is_read_is_documented() -> None:
    code = (ROOT / "core/settings.py").read_text("utf-8") + (ROOT / "core/serving.py").read_text(
        "utf-8"
    )
    names = {first or second for first, second in SETTING.findall(code)}
    assert {"DATABASE_URL", "PORT"} <= names
    assert [name for name in sorted(names) if f"`{name}`" not in document("operation.md")] == []


def test_helps_and_wrong_usage_are_told_in_the_language_of_the_installation(tmp_path: Path) -> None:
    made = {
        language: create_app({"INSTANCE": tmp_path, "PINGYOU_LANGUAGE": language})
        for language in ("zh", "en")
    }
    chinese = made["zh"].cli
    context = click.Context(chinese)
    found = {name: chinese.get_command(context, name) for name in chinese.list_commands(context)}
    assert [
        (name, text)
        for name, command in found.items()
        if name not in FOREIGN and command is not None
        for text in helps(command)
        if not CHINESE.search(text)
    ] == []
    said = {}
    for language, app in made.items():
        with app.app_context():  # as Flask's own command has it
            told = app.test_cli_runner().invoke(args=["close", "October"]).stderr
        said[language] = told.splitlines()
    assert said["zh"][-1] == "错误：'MONTH' 的值无效：不是月份（YYYY-MM）：October"
    assert said["en"][-1] == ("Error: Invalid value for 'MONTH': not a month (YYYY-MM): October")
    assert said["zh"][0].startswith("用法：")


def helps(command: click.Command) -> Iterator[str]:
    yield command.help or ""
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            yield parameter.help
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from helps(each)
