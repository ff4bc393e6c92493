"""The parameters of the recognizer and the learner, each in one declarative table."""

from __future__ import annotations

from lr_ros.core.quantize import BITS
from lr_ros.nodes.diagnostics_tables import LEARNER_DIAGNOSTICS, RECOGNIZER_DIAGNOSTICS
from lr_ros.recognition.pipeline import REGION_MODES
from lr_ros.ros.parameters import Parameter
from lr_ros.ros.qos import RELIABILITIES

AUTOSTART = Parameter(
    "autostart", True, "Configure and activate the node when it starts.", read_only=True
)

ENCODER = (
    Parameter(
        "encoder.backbone",
        "efficientnet_lite0",
        "Pretrained network.",
        choices=("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2", "mobilenet_v1"),
        read_only=True,
    ),
    Parameter(
        "encoder.cut",
        "block10",
        "Layer whose output is the latent; the layers above it learn.",
        read_only=True,
    ),
    Parameter(
        "encoder.input_size",
        160,
        "Side of the square image the network sees [pixels].",
        64,
        1024,
        read_only=True,
    ),
    Parameter(
        "encoder.precision",
        "fp32",
        "Arithmetic of the frozen stage.",
        choices=("fp32", "int8"),
        read_only=True,
    ),
    Parameter(
        "encoder.weights",
        "",
        "Weights file of the backbone; empty: those of the installed package.",
        read_only=True,
    ),
)

RECOGNIZER = (
    AUTOSTART,
    *ENCODER,
    Parameter(
        "encoder.threads",
        1,
        "Threads of the frozen stage and the classifier.",
        1,
        64,
        read_only=True,
    ),
    Parameter(
        "image.compressed",
        False,
        "Subscribe to sensor_msgs/CompressedImage on `image`/compressed instead of `image`.",
        read_only=True,
    ),
    Parameter(
        "image.reliability",
        "best_effort",
        "Reliability asked of the camera; best_effort matches every camera.",
        choices=RELIABILITIES,
        read_only=True,
    ),
    Parameter(
        "image.timeout", 2.0, "Silence after which the camera counts as gone [s].", 0.1, 3600.0
    ),
    Parameter(
        "region.mode",
        "track",
        "What is encoded: the object that the segmenter tracks, a fixed region, or all.",
        choices=REGION_MODES,
    ),
    Parameter("region.x", 0, "Left edge of the fixed region [pixels].", 0, 16384),
    Parameter("region.y", 0, "Top edge of the fixed region [pixels].", 0, 16384),
    Parameter("region.width", 0, "Width of the fixed region [pixels].", 0, 16384),
    Parameter("region.height", 0, "Height of the fixed region [pixels].", 0, 16384),
    Parameter(
        "region.margin",
        0.25,
        "Context kept around a tracked object, as a share of its size.",
        0.0,
        1.0,
    ),
    Parameter(
        "region.timeout",
        0.5,
        "How long a region of an upstream detector on `region` holds [s].",
        0.0,
        60.0,
    ),
    Parameter(
        "region.require_segment",
        True,
        "While tracking, give no name where the segmenter sees no object.",
    ),
    *RECOGNIZER_DIAGNOSTICS,
    Parameter("recognition.top_k", 5, "Most hypotheses in an answer.", 1, 1000),
    Parameter(
        "recognition.smoothing",
        0.5,
        "Time constant of the smoothing within a segment [s]; 0: none.",
        0.0,
        60.0,
    ),
    Parameter(
        "recognition.unknown_threshold",
        0.5,
        "Unknown score above which no known class is meant.",
        0.0,
        1.0,
    ),
    Parameter(
        "latents.bits",
        8,
        "Bits a value of the published latents: " + ", ".join(map(str, BITS)) + ".",
        1,
        32,
    ),
    Parameter(
        "latents.thumbnails",
        False,
        "Send a small JPEG of the region with each latent, so that segments can be shown to the "
        "operator; off, because pictures are private.",
    ),
)

LEARNER = (
    AUTOSTART,
    *ENCODER,
    Parameter("training.threads", 2, "Threads of the training.", 1, 64, read_only=True),
    Parameter(
        "training.nice",
        10,
        "Niceness of the process: 0 trains as eagerly as everything else runs, 19 last.",
        0,
        19,
        read_only=True,
    ),
    Parameter(
        "training.strategy",
        "default",
        "Learning strategy.",
        choices=("default", "ar1free", "ar1", "cwr", "naive", "ncm", "slda"),
        read_only=True,
    ),
    Parameter(
        "training.while_looking",
        True,
        "Train while a session still gathers frames, so that the new model answers sooner.",
    ),
    Parameter(
        "training.lower_every",
        1,
        "Train the lower half of the layers in every n-th step only (progressive latent replay): "
        "shorter trainings, a little less accurate.",
        1,
        16,
        read_only=True,
    ),
    Parameter("training.seed", 0, "Seed of all that is random.", 0, 2**31 - 1, read_only=True),
    Parameter(
        "replay.capacity",
        1500,
        "Most latents in the replay memory.",
        1,
        10_000_000,
        read_only=True,
    ),
    Parameter(
        "replay.bits",
        8,
        "Bits a value in the replay memory: " + ", ".join(map(str, BITS)) + ".",
        1,
        32,
        read_only=True,
    ),
    Parameter(
        "session.frames", 100, "Frames of a session where the request names none.", 1, 10_000
    ),
    Parameter(
        "session.duration",
        60.0,
        "Longest capture where the request names none [s].",
        0.1,
        3600.0,
    ),
    Parameter("session.rate", 5.0, "Frames learned a second.", 0.1, 100.0),
    Parameter("session.min_frames", 5, "Good frames without which a session is refused.", 1, 1000),
    Parameter("session.end_with_segment", True, "End the session when its object leaves."),
    Parameter(
        "session.silence",
        2.0,
        "Silence of the latents after which a session ends or is refused [s].",
        0.1,
        3600.0,
    ),
    Parameter(
        "session.waiting",
        8,
        "Most complete sessions that wait for their training; further ones are refused.",
        1,
        64,
    ),
    Parameter("session.max_classes", 1000, "Most classes that are learned.", 1, 100_000),
    Parameter(
        "update.holdout",
        0.1,
        "Share of each session's frames that is kept to examine updates with.",
        0.0,
        0.5,
        read_only=True,
    ),
    Parameter(
        "update.largest_fall",
        0.1,
        "How far the mean held-out accuracy of the classes known before may fall in an update.",
        0.0,
        1.0,
    ),
    Parameter(
        "update.keep_old",
        True,
        "Keep the old model when it falls further; false: go live with a warning.",
    ),
    *LEARNER_DIAGNOSTICS,
    Parameter("ask.enabled", True, "Ask on `label_request` what a strange segment shows."),
    Parameter(
        "ask.seen", 2.0, "How long a strange object must have been in view [s].", 0.1, 3600.0
    ),
    Parameter("ask.interval", 10.0, "Least time between two questions [s].", 0.0, 86400.0),
    Parameter("ask.threshold", 0.5, "Unknown score above which a segment is strange.", 0.0, 1.0),
    Parameter(
        "adapt.enabled",
        False,
        "Learn on from segments of a known class that are confident and of one mind.",
    ),
    Parameter("adapt.score", 0.95, "Least mean probability to learn on from.", 0.5, 1.0),
    Parameter(
        "store.directory",
        "",
        "Directory of what is learned; empty: lr_ros/NAMESPACE below $XDG_STATE_HOME or "
        "~/.local/state.",
        read_only=True,
    ),
    Parameter("store.keep", 10, "Versions kept for undo.", 2, 1000, read_only=True),
    Parameter(
        "store.max_megabytes",
        2048,
        "Most megabytes of kept versions.",
        1,
        1_000_000,
        read_only=True,
    ),
    Parameter(
        "store.export_directory",
        "",
        "Directory below which save_model and load_model take absolute paths; empty: none.",
        read_only=True,
    ),
    Parameter(
        "segments.remembered",
        20,
        "Segments remembered, so that they can be named later.",
        1,
        1000,
        read_only=True,
    ),
    Parameter(
        "segments.frames",
        200,
        "Most frames remembered of one segment; longer ones are thinned out.",
        1,
        10_000,
        read_only=True,
    ),
    Parameter(
        "segments.megabytes",
        64,
        "Most megabytes of remembered segments.",
        1,
        10_000,
        read_only=True,
    ),
)
