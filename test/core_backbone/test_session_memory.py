"""A batch's memory is given back, by each of the many sessions of a process."""

from __future__ import annotations

import subprocess
import sys

BATCHES = """
import os, numpy as np
from lr_ros.core.backbone import BackboneSpec
from lr_ros.core.model_features import FixedFeature
from lr_ros.evaluation.memory import resident_mb
from lr_ros.ros.memory import give_back_memory
spec = BackboneSpec(input_size=160)
features = [FixedFeature(spec, "bottleneck") for _ in range(3)]
def resident():
    give_back_memory()
    return resident_mb(os.getpid())
for feature in features:
    feature.features(np.zeros((1, *spec.latent_shape), np.float32))
before = resident()
for feature in features:
    for size in (20, 50, 100):
        feature.features(np.zeros((size, *spec.latent_shape), np.float32))
print(resident() - before)
"""


def test_batches_leave_nothing_behind() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", BATCHES], capture_output=True, check=True, text=True
    )
    assert float(done.stdout) < 30.0  # MB; 160 where it is kept
