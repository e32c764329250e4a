"""Templates of any origin, read with bounded time and memory: files, folders, cdk.out, git revisions."""

from refarch.gate.templates.parse import parse
from refarch.gate.templates.sources import load, load_revision
from refarch.gate.templates.template import Template, TemplateError

__all__ = ["Template", "TemplateError", "load", "load_revision", "parse"]
