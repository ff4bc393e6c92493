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

        self._several = onnxruntime.RunOptions()
        # Its memory for a batch would be kept for good, by each session of a process.
        self._several.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")

    def run(self, batch: NDArray[np.float32] | NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the model on a batch of any size."""
        options = self._several if len(batch) > 1 else None
        result: NDArray[np.float32] = self._session.run(None, {INPUT: batch}, options)[0]
        return result
