"""Messages between the page and the studio: a JSON object and some bytes, over a pipe.

The page asks, the studio answers; the page waits for each answer before it sends the next message:

    {"id", "task", **told} body    begin a task; answered with its first result
    {"id", "next"}                 the task's next result; so nothing is made that nobody waits for
    {"id", "close"}                leave the rest; not answered

    {"id", **result} body          a result
    {"id", "end"}                  there is none any more
    {"id", "error"}                what was asked for can't be done, and why, for a person; with "outdated" if it was
                                   asked for of what plays no more
    {"id", "failed"}               the studio is at fault
"""

import json
import struct
from typing import Any

HEAD = struct.Struct("<II")
"""Sizes of the JSON and of the body, in front of both."""
LARGEST_BODY = 256 << 20
Header = dict[str, Any]
Result = tuple[Header, bytes]


def to_json(content: Any) -> bytes:
    """Return content as JSON, whose texts may be names of files that aren't text (os.fsdecode). Raises TypeError if
    JSON can't hold it."""
    return json.dumps(content).encode()  # orjson refuses such names, and so does what JSON a web framework makes


def packed(header: Header, body_size: int = 0) -> bytes:
    """Return what comes before the body of a message. Raises TypeError if JSON can't hold the header."""
    told = to_json(header)
    return HEAD.pack(len(told), body_size) + told
