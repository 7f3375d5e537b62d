"""Where a video stream goes, read from its address: which protocol, in which container.

    rtsp://HOST[:554]/PATH      pushed to a media server (ANNOUNCE, RECORD), over TCP
    rtmp://HOST[:1935]/APP/KEY  likewise; also rtmps://
    srt://HOST:PORT             MPEG-TS to a receiver that listens; ?mode=listener to wait for one
    udp://HOST:PORT             MPEG-TS in datagrams, also to a multicast group
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote_plus, urlsplit

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
_HIDDEN = ("passphrase", "streamid")
"""Settings of SRT that let their owner in."""
_EXPECTED = ('expected one such as "rtsp://127.0.0.1:8554/phonoscope", "srt://127.0.0.1:9710?mode=listener" or '
             '"udp://127.0.0.1:9711"')


@dataclass(frozen=True, slots=True)
class Destination:
    """A destination.

    url: for FFmpeg; it is shown to nobody. name: for people, without user, password and stream key. scheme: one of
    those above. container, options: FFmpeg's format and its options. hidden: settings of SRT that `url` lacks, because
    everyone on the machine can read the command line of a program.
    """

    url: str
    name: str
    scheme: str
    container: str
    options: dict[str, str]
    hidden: dict[str, str]
    listens: bool = False


def destination(target: str) -> Destination:
    """Read the address `target`; UserError, which doesn't repeat it, if it is none of those above."""
    try:
        parts = urlsplit(target.strip(), allow_fragments=False)  # a passphrase may have a #
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UserError(f"stream: its target has a host or a port that is none; {_EXPECTED}") from None
    listens = parts.scheme == "srt" and parse_qs(parts.query).get("mode") == ["listener"]
    if parts.scheme not in _FORMATS or not (host or listens):
        raise UserError(f"stream: its target is no address; {_EXPECTED}")
    if parts.scheme in ("srt", "udp") and port is None:
        raise UserError(f"stream: its target has no port; expected one, such as {parts.scheme}://{host}:9710")
    container, options = _FORMATS[parts.scheme]
    settings, hidden = [setting for setting in parts.query.split("&") if setting], dict[str, str]()
    if parts.scheme == "srt":
        hidden = {name: unquote_plus(value) if name == "streamid" else value.replace("+", " ")  # as FFmpeg reads them
                  for name, _, value in (setting.partition("=") for setting in settings) if name in _HIDDEN}
        settings = [setting for setting in settings if setting.partition("=")[0] not in _HIDDEN]
    if parts.scheme in ("srt", "udp") and "pkt_size" not in parse_qs(parts.query):
        settings.append(f"pkt_size={TS_PACKETS}")
    shown = f"[{host}]" if ":" in host else host
    name = f"{parts.scheme}://{shown}{'' if port is None else f':{port}'}"
    url = parts._replace(query="&".join(settings)).geturl()
    return Destination(url, name, parts.scheme, container, dict(options), hidden, listens)
