"""Failures that should never be: who goes on in spite of one must not fill the log with it."""

import logging


class Failures:
    """Logs exceptions with their traceback to `log`, of equal ones in a row the first."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._newest = ""

    def note(self, what: str, error: Exception) -> None:
        """Log `error`, which came in the middle of `what`."""
        if repr(error) != self._newest:
            self._newest = repr(error)
            self._log.error("%s goes on after a failure", what, exc_info=error)
