"""ONNX Runtime sessions with the settings that both stages share."""

from __future__ import annotations

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .graph import INPUT


class Session:
    """A model in memory, run on ``threads`` CPU threads; safe to call from several threads.

    Raises:
        ValueError: ``threads`` is less than one.
    """

    def __init__(self, model: bytes, threads: int) -> None:
        if threads < 1:
            raise ValueError(f"threads is {threads}; at least one is needed")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Spinning would take the cores from the learner between two frames.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )

    def run(self, batch: NDArray[np.float32] | NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the model on a batch of any size."""
        result: NDArray[np.float32] = self._session.run(None, {INPUT: batch})[0]
        return result
