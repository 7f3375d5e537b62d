"""Asks the page's server for all that its OpenAPI document describes, in ways that it permits and doesn't."""

import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

MODES = ("positive", "negative")


@dataclass
class Fuzzed:
    """What came of it. failures: what an answer was and should not have been, and to what."""

    asked: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def fuzz(address: str, examples: int, number: int, library: str = "", files: Sequence[bytes] = (b"no file",)) -> Fuzzed:
    """Ask each thing `examples` times with what fits its description and as often with what doesn't.

    number: what is asked depends on it alone. library: fingerprint of the one that plays, which half of those name that
    name one. files: what half of those upload that upload something.
    """
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    checks = pytest.importorskip("schemathesis.checks").CHECKS
    fuzzed = Fuzzed()
    wanted = [check for check in checks.get_all() if check.__name__ in (
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")]
    for found in schemathesis.openapi.from_url(f"{address}openapi.json").get_all_operations():
        operation = found.ok()
        for mode in MODES if operation.query or operation.path_parameters or operation.body else MODES[:1]:
            cases = operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode))

            @seed(number)
            @settings(max_examples=examples, database=None, phases=[Phase.generate], deadline=None,
                      suppress_health_check=list(HealthCheck))
            @given(cases, st.one_of(st.none(), st.sampled_from(files)), st.booleans())
            def ask(case: Any, file: bytes | None, knows: bool) -> None:
                if knows and library and "library" in (case.query or {}):
                    case.query["library"] = library
                if file is not None and case.method == "POST":
                    case.body = file
                answer = case.call(timeout=300)
                fuzzed.asked += 1
                fuzzed.statuses[answer.status_code] += 1
                try:
                    case.validate_response(answer, checks=wanted)
                except AssertionError as failure:
                    fuzzed.failures.append(f"{case.method} {answer.request.url}: {answer.status_code}: {failure}"[:600])
            with contextlib.suppress(Unsatisfiable):  # of a text nothing can be wrong
                ask()
    return fuzzed
