"""The policy as YAML text, and the default one that comes with the product."""

from __future__ import annotations

from importlib.resources import files

from closing.policy import Policy, parse_policy
from core.documents.yaml_text import dump_yaml, load_yaml


def load_policy(data: str | bytes) -> Policy:
    """Parse YAML text; raises :class:`core.documents.DocumentError`."""
    return parse_policy(load_yaml(data))


def dump(policy: Policy) -> str:
    """The policy as YAML text; parsed again it gives an equal policy with the same hash."""
    return dump_yaml(policy.document)


def default_policy() -> Policy:
    """The policy that a new installation starts with."""
    return load_policy(files("closing").joinpath("default_policy.yaml").read_bytes())
