"""Where a video stream goes, read from its address: which protocol, in which container.

    rtsp://HOST[:554]/PATH      pushed to a media server (ANNOUNCE, RECORD), over TCP
    rtmp://HOST[:1935]/APP/KEY  likewise; also rtmps://
    srt://HOST:PORT             MPEG-TS to a receiver that listens; ?mode=listener to wait for one
    udp://HOST:PORT             MPEG-TS in datagrams, also to a multicast group
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from engine.errors import UserError

TS_PACKETS = 7 * 188
"""Bytes of MPEG-TS that fit into one datagram of Ethernet, in whole packets."""
_PATIENCE_US = 4_000_000
# With its length written before it, a picture is known to be whole when it is, and not only when the next one begins.
_MPEG_TS = {"max_delay": "0", "omit_video_pes_length": "0"}
_FORMATS = {
    "rtsp": ("rtsp", {"rtsp_transport": "tcp", "timeout": str(_PATIENCE_US)}),
    "rtmp": ("flv", {"flvflags": "no_duration_filesize"}),
    "rtmps": ("flv", {"flvflags": "no_duration_filesize"}),
    "srt": ("mpegts", _MPEG_TS),
    "udp": ("mpegts", _MPEG_TS),
}
_EXAMPLES = '"rtsp://127.0.0.1:8554/phonoscope", "srt://127.0.0.1:9710?mode=listener" or "udp://127.0.0.1:9711"'


@dataclass(frozen=True, slots=True)
class Destination:
    """A destination.

    url: for FFmpeg. name: for people, without user, password and stream key. scheme: one of those above. container,
    options: FFmpeg's format and its options.
    """

    url: str
    name: str
    scheme: str
    container: str
    options: dict[str, str]
    listens: bool = False


def destination(target: str) -> Destination:
    """Read the address `target`; UserError if it is none of those above."""
    try:
        parts = urlsplit(target.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UserError(f"stream: '{target}': {error}; expected an address such as {_EXAMPLES}") from None
    listens = parts.scheme == "srt" and parse_qs(parts.query).get("mode") == ["listener"]
    if parts.scheme not in _FORMATS or not (host or listens):
        raise UserError(f"stream: '{target}': expected an address such as {_EXAMPLES}")
    if parts.scheme in ("srt", "udp") and port is None:
        raise UserError(f"stream: '{target}': expected a port as well, such as {parts.scheme}://{host}:9710")
    container, options = _FORMATS[parts.scheme]
    url = parts.geturl()
    if parts.scheme in ("srt", "udp") and "pkt_size" not in parse_qs(parts.query):
        url += f"{'&' if parts.query else '?'}pkt_size={TS_PACKETS}"
    shown = f"[{host}]" if ":" in host else host
    name = f"{parts.scheme}://{shown}{'' if port is None else f':{port}'}"
    return Destination(url, name, parts.scheme, container, dict(options), listens)
