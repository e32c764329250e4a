"""Command lines of the jobs: the original's flags, checked before anything is fetched."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from refarch_lambdas.genomics.s3_uris import S3Uri, parse_s3_uri

_TYPOGRAPHIC = "\u2012\u2013\u2014\u2015\u2212"


class Parser(argparse.ArgumentParser):
    """A parser that takes flags only in full, as `--memory` must not mean what begins with it."""

    def __init__(self, program: str, description: str) -> None:
        super().__init__(prog=program, description=description, allow_abbrev=False)

    def path(self, flag: str, help_text: str, *, optional: bool = False) -> None:
        """An S3 URI; an optional one may be blank, as a parameter of AWS Batch cannot be empty."""
        kind = _optional_path if optional else _path
        self.add_argument(flag, type=kind, required=not optional, default=None, metavar="S3URI", help=help_text)

    def common(self, tool: str, *, memory: bool = False) -> None:
        """--cmd_args and --working_dir, and --memory where the original had it."""
        if memory:
            text = "GiB that the tool may use. Default: what the job's own memory allows."
            self.add_argument("--memory", type=_memory, default=None, metavar="GIB", help=text)
        text = f"Further arguments for {tool}, as one word with a space in front."
        self.add_argument("--cmd_args", type=_words, default=[], metavar="ARGS", help=text)
        text = "Scratch volume; the job makes a private folder in it. Default: /scratch."
        self.add_argument("--working_dir", type=Path, default=Path("/scratch"), metavar="FOLDER", help=text)


def _path(text: str) -> S3Uri:
    try:
        return parse_s3_uri(text.strip("\n"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _optional_path(text: str) -> S3Uri | None:
    return _path(text) if text.strip() else None


def _words(text: str) -> list[str]:
    if set(_TYPOGRAPHIC) & set(text):
        raise argparse.ArgumentTypeError(f"{text!r} has a typographic dash where a hyphen belongs")
    try:
        return shlex.split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error


def _memory(text: str) -> int:
    if not text.strip().isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of GiB")
    return int(text)
