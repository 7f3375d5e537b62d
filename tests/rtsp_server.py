"""A media server that others push RTSP to, by GStreamer: python3 rtsp_server.py, with the system's Python.

It writes what arrives at /live to stdout: RGB, uint8, picture after picture.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
factory.set_launch("( rtph264depay name=depay0 ! video/x-h264,stream-format=byte-stream,alignment=au ! avdec_h264 ! "
                   "videoconvert ! video/x-raw,format=RGB ! fdsink fd=1 sync=false )")
server.get_mount_points().add_factory("/live", factory)
server.attach(None)

GLib.MainLoop().run()
