"""The parameters of the operator panel."""

from __future__ import annotations

from lr_ros.ros.parameters import Parameter

PANEL = (
    Parameter(
        "host",
        "127.0.0.1",
        "Address that the page is served on. Any but this machine's own (127.0.0.1, ::1) opens it "
        "to the network: then only browsers that bring the key are let in.",
        read_only=True,
    ),
    Parameter(
        "port", 8080, "Port that the page is served on; 0: any free one.", 0, 65535, read_only=True
    ),
    Parameter(
        "access.key",
        "",
        "Key that browsers must bring (http://HOST:PORT/?key=KEY). Empty: none on this machine's "
        "own address; elsewhere one is made up at each start, and logged.",
        read_only=True,
    ),
    Parameter("image.width", 960, "Most pixels that the live picture is wide.", 64, 4096),
    Parameter("image.rate", 15.0, "Most live pictures a second.", 0.5, 60.0),
    Parameter("image.quality", 80, "JPEG quality of the live picture.", 1, 100),
)
