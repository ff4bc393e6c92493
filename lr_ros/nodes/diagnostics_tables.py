"""The parameters that say what diagnostics warn of."""

from __future__ import annotations

from lr_ros.ros.parameters import Parameter

BOTH_SIDES = (
    Parameter(
        "diagnostics.refused_warn",
        0.05,
        "Share of what arrives that cannot be used, above which diagnostics warn.",
        0.0,
        1.0,
    ),
    Parameter(
        "diagnostics.refused_error",
        0.9,
        "Share of what arrives that cannot be used, above which it is an error.",
        0.0,
        1.0,
    ),
    Parameter(
        "diagnostics.disagree_warn",
        5.0,
        "How long recognizer and learner may have different models before diagnostics warn [s].",
        0.0,
        86400.0,
    ),
    Parameter(
        "diagnostics.disagree_error",
        60.0,
        "How long they may have different models before it is an error [s].",
        0.0,
        86400.0,
    ),
    Parameter(
        "diagnostics.silence",
        5.0,
        "How long the other node may say nothing before diagnostics warn [s].",
        1.0,
        86400.0,
    ),
)

RECOGNIZER_DIAGNOSTICS = (
    *BOTH_SIDES,
    Parameter(
        "diagnostics.input_age",
        1.0,
        "Age of the last image above which diagnostics warn [s]; above image.timeout is an error.",
        0.1,
        3600.0,
    ),
    Parameter(
        "diagnostics.input_rate",
        2.0,
        "Images a second below which diagnostics warn.",
        0.0,
        1000.0,
    ),
    Parameter(
        "diagnostics.replaced",
        0.95,
        "Share of images replaced by newer ones, unseen, above which diagnostics warn.",
        0.0,
        1.0,
    ),
    Parameter(
        "diagnostics.latency_warn",
        500.0,
        "Latency from an image's stamp to its answer above which diagnostics warn [ms].",
        0.0,
        1e9,
    ),
    Parameter(
        "diagnostics.latency_error",
        5000.0,
        "Latency above which it is an error [ms].",
        0.0,
        1e9,
    ),
    Parameter(
        "diagnostics.inference",
        500.0,
        "Work on one image, 95th percentile, above which diagnostics warn [ms].",
        0.0,
        1e9,
    ),
)

LEARNER_DIAGNOSTICS = (
    *BOTH_SIDES,
    Parameter(
        "diagnostics.input_age",
        5.0,
        "Age of the last latent above which diagnostics warn [s].",
        0.1,
        86400.0,
    ),
    Parameter(
        "diagnostics.queue",
        3,
        "Sessions waiting for their training above which diagnostics warn; as many as "
        "session.waiting allows are an error.",
        0,
        64,
    ),
    Parameter(
        "diagnostics.training",
        120.0,
        "Length of a training above which diagnostics warn [s].",
        0.0,
        86400.0,
    ),
    Parameter(
        "diagnostics.latents_per_class",
        10,
        "Room in the replay memory, in latents a class, below which diagnostics warn.",
        0,
        1_000_000,
    ),
    Parameter(
        "diagnostics.unsaved",
        0.0,
        "How long the disk may refuse what was learned before it is an error [s]; warned before.",
        0.0,
        86400.0,
    ),
)
