"""How a parameter is shown: what its values are called, and which parameters belong together."""

import re
from collections.abc import Iterable

from engine.parameters import PARAMETERS, Parameter


def choices(parameter: Parameter) -> tuple[str, ...]:
    """Return what the values of an "integer" parameter are called, from the lowest on; () if its text names them not.

    The text says it as "0 as grains, 1 straight, 2 as a frozen spectrum".
    """
    if parameter.curve != "integer" or parameter.low != 0:
        return ()
    named = dict(re.findall(r"\b(\d+) ([^\d,.(][^,.(]*)", parameter.doc))
    values = [str(value) for value in range(int(parameter.high) + 1)]
    return tuple(named[value].strip() for value in values) if named.keys() >= set(values) else ()


def groups(parameters: Iterable[Parameter] = PARAMETERS) -> dict[str, list[Parameter]]:
    """Return the parameters by what their paths begin with, "master" or "layer/3", in the registry's order."""
    found: dict[str, list[Parameter]] = {}
    for parameter in parameters:
        found.setdefault(parameter.path.rpartition("/")[0], []).append(parameter)
    return found


def short(parameter: Parameter) -> str:
    """Return its name within its group, for labels."""
    return parameter.path.rpartition("/")[2].replace("_", " ")
