"""Errors and lines that are addressed to the person in front of the instrument."""

import sys


class UserError(Exception):
    """Something outside the program is wrong and a person can put it right.

    The message says what was wrong, where (file, key, device), what was expected and what to do. The command line
    prints it without a traceback and exits with status 1.
    """


def to_stderr(line: str) -> None:
    """Say `line` at the terminal."""
    print(line, file=sys.stderr, flush=True)
