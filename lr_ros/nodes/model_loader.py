"""Builds the recognizer's next model beside the one that answers."""

from __future__ import annotations

from rclpy.node import Node

from lr_ros.core.backbone import BackboneSpec
from lr_ros.core.model import ServingModel
from lr_ros.msg import ModelUpdate
from lr_ros.recognition.pipeline import LoadedModel
from lr_ros.ros.faults import Faults
from lr_ros.ros.images import seconds
from lr_ros.ros.messages import MessageError, check_model_update
from lr_ros.ros.worker import NewestWorker


class ModelLoader:
    """Takes model messages; :attr:`newest` is replaced by one assignment once a model is built.

    A message that is damaged, foreign, or older than the model in use is refused and counted.
    """

    def __init__(self, node: Node, spec: BackboneSpec, encoder_id: str, threads: int) -> None:
        self.newest = LoadedModel(0, (), None)
        self.faults = Faults(lambda text: node.get_logger().warning(text))
        self._node = node
        self._spec = spec
        self._encoder_id = encoder_id
        self._threads = threads
        self._made_at = float("-inf")
        self._worker: NewestWorker[ModelUpdate] = NewestWorker(
            "model loader", self._load, self._on_error
        )

    def put(self, message: ModelUpdate) -> None:
        """Hand over a model message; returns at once."""
        self._worker.put(message)

    def close(self) -> None:
        """End the thread."""
        self._worker.close()

    def _load(self, message: ModelUpdate) -> None:
        made_at = seconds(message.header.stamp)
        if made_at < self._made_at:
            raise MessageError(
                "old", f"model {message.version} is older than model {self.newest.version} in use"
            )
        weights = check_model_update(message, self._encoder_id)
        names = tuple(message.class_names)
        serving = None
        if names:
            serving = ServingModel.from_bytes(weights, names, self._spec, self._threads)
        self._made_at = made_at
        self.newest = LoadedModel(message.version, names, serving)
        self._node.get_logger().info(f"model {message.version} in use: {len(names)} classes")

    def _on_error(self, message: ModelUpdate, error: Exception) -> None:
        reason = error.reason if isinstance(error, MessageError) else type(error).__name__
        self.faults.note(reason, f"model {message.version} refused ({reason}): {error}")
