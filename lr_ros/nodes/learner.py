"""The learner: latents and operators' requests in; models and status out."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

import torch
from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.time import Time

from lr_ros.core.backbone import WeightsError
from lr_ros.core.learner import LatentReplayLearner, LearnerConfig
from lr_ros.core.store import Store, StoreError
from lr_ros.core.store.place import default_directory
from lr_ros.msg import LabelRequest, LatentFrame, LearnerStatus, ModelUpdate, Segment
from lr_ros.nodes.learner_health import LearnerHealth
from lr_ros.nodes.learner_services import LearnerServices
from lr_ros.nodes.tables import LEARNER
from lr_ros.ros import qos
from lr_ros.ros.diagnostics import Diagnostics, Level, Report
from lr_ros.ros.encoder import backbone_spec
from lr_ros.ros.faults import Faults
from lr_ros.ros.lifecycle import told
from lr_ros.ros.memory import give_back_memory, limit_kernels, share_heaps
from lr_ros.ros.messages import (
    MessageError,
    from_latent_frame,
    to_label_request,
    to_model_update,
    to_status,
)
from lr_ros.ros.parameters import Parameters
from lr_ros.ros.spin import run_node
from lr_ros.stream.memory import SegmentMemory, SegmentMemoryConfig
from lr_ros.teaching.capture import CaptureConfig
from lr_ros.teaching.config import TeachingConfig
from lr_ros.teaching.curiosity import CuriosityConfig, Question
from lr_ros.teaching.engine import Engine
from lr_ros.teaching.errors import TeachingError
from lr_ros.teaching.examination import ExaminationConfig
from lr_ros.teaching.opinion import Opinion
from lr_ros.teaching.status import Model, Phase, Status

STATUS_DEPTH = 10
"""Statuses kept for a subscriber: the end of one session may be told just before the next one."""

AT_REST = {Phase.IDLE, Phase.FAILED}
"""Nothing is gathered or trained: what the last session took can be given back."""


class LearnerNode(LifecycleNode):
    """Lifecycle node: configure opens the store and restores, activate takes requests."""

    def __init__(self) -> None:
        super().__init__("learner", start_parameter_services=False)
        self.engine: Engine | None = None
        self.parameters = Parameters(self, LEARNER, self._on_parameters)
        self.active = False
        self._worked = False
        self._faults = Faults(lambda text: self.get_logger().warning(text))
        self._system_clock = Clock(clock_type=ClockType.SYSTEM_TIME)
        self._newest_model = Time(clock_type=ClockType.SYSTEM_TIME)
        with contextlib.suppress(OSError):  # not every machine lets a process change its niceness
            os.nice(self.parameters["training.nice"])

    # ---- life cycle ---------------------------------------------------------------------------

    @told
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the network, open the store, restore what is known, begin to work."""
        self._models = self.create_publisher(ModelUpdate, "model", qos.latched())
        self._statuses = self.create_publisher(
            LearnerStatus, "learner_status", qos.latched(STATUS_DEPTH)
        )
        # Latched: a question is asked once, and who can answer it may come later.
        self._questions = self.create_publisher(LabelRequest, "label_request", qos.latched(20))
        try:
            self.engine = self._make_engine()
        except (ValueError, OSError, WeightsError, StoreError, TeachingError) as error:
            self.get_logger().error(f"cannot start: {error}")
            return TransitionCallbackReturn.FAILURE
        self._health = LearnerHealth(self, self.parameters)
        self._latents = self.create_subscription(
            LatentFrame, "latents", self._on_latents, qos.results(50)
        )
        self._segments = self.create_subscription(
            Segment, "segments", self._on_segment, qos.results(50)
        )
        self._offered = LearnerServices(self)
        self._diagnostics = Diagnostics(self, self._report)
        self._heartbeat = self.create_timer(
            1.0, self._repeat_status, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        return TransitionCallbackReturn.SUCCESS

    @told
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take requests and latents."""
        self.active = True
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Refuse requests; a session that gathers is discarded, complete ones are trained."""
        self.active = False
        if self.engine is not None:
            with contextlib.suppress(TeachingError):
                self.engine.sessions.stop(keep=False)
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the store and give everything back."""
        self.close()
        self._offered.close()
        for subscription in (self._latents, self._segments):
            self.destroy_subscription(subscription)
        self._diagnostics.close()
        self._health.close()
        self.destroy_timer(self._heartbeat)
        for publisher in (self._models, self._statuses, self._questions):
            self.destroy_publisher(publisher)
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the store and end the thread."""
        self.close()
        return TransitionCallbackReturn.SUCCESS

    def close(self) -> None:
        """End the thread and close the store; safe to call again."""
        self.active = False
        if self.engine is not None:
            self.engine.close()
            self.engine = None

    def _make_engine(self) -> Engine:
        p = self.parameters
        limit_kernels()
        torch.set_num_threads(p["training.threads"])
        learner = LatentReplayLearner(
            backbone_spec(p),
            LearnerConfig(
                strategy=p["training.strategy"],
                replay_capacity=p["replay.capacity"],
                bits=p["replay.bits"],
                holdout=p["update.holdout"],
                lower_every=p["training.lower_every"],
                seed=p["training.seed"],
            ),
        )
        export = p["store.export_directory"]
        store = Store(
            self._store_directory(),
            keep=p["store.keep"],
            max_bytes=p["store.max_megabytes"] << 20,
            export_directory=Path(export) if export else None,
        )
        engine = Engine(learner, store, self._segment_memory(), self._teaching_config(), self)
        try:
            engine.start()
        except BaseException:
            store.close()
            raise
        self.get_logger().info(f"what is learned is kept in {store.root}")
        return engine

    def _store_directory(self) -> Path:
        named = self.parameters["store.directory"]
        if named:
            return Path(named).expanduser()
        return default_directory(self.get_namespace(), os.environ)

    def _segment_memory(self) -> SegmentMemory:
        return SegmentMemory(
            SegmentMemoryConfig(
                segments=self.parameters["segments.remembered"],
                frames=self.parameters["segments.frames"],
                max_bytes=self.parameters["segments.megabytes"] << 20,
            )
        )

    def _teaching_config(self) -> TeachingConfig:
        p = self.parameters
        return TeachingConfig(
            capture=CaptureConfig(
                rate=p["session.rate"],
                min_frames=p["session.min_frames"],
                end_with_segment=p["session.end_with_segment"],
            ),
            max_classes=p["session.max_classes"],
            most_waiting=p["session.waiting"],
            silence=p["session.silence"],
            learn_while_looking=p["training.while_looking"],
            curiosity=CuriosityConfig(
                ask=p["ask.enabled"],
                seen=p["ask.seen"],
                interval=p["ask.interval"],
                threshold=p["ask.threshold"],
                adapt=p["adapt.enabled"],
                adapt_score=p["adapt.score"],
            ),
            examination=ExaminationConfig(
                largest_fall=p["update.largest_fall"], keep_old=p["update.keep_old"]
            ),
        )

    def _on_parameters(self, _changed: set[str]) -> None:
        if self.engine is not None:
            self.engine.configure(self._teaching_config())

    # ---- what arrives ---------------------------------------------------------------------------

    def _on_latents(self, message: LatentFrame) -> None:
        if not self.active or self.engine is None:
            return
        try:
            record = from_latent_frame(message, self.engine.encoder_id, self.engine.latent_shape)
        except MessageError as error:
            self._faults.note(error.reason, f"latents refused ({error.reason}): {error}")
            self._health.refused.tick()
            return
        self._health.input.tick()
        self.engine.submit(record)

    def _on_segment(self, message: Segment) -> None:
        if self.active and self.engine is not None and message.event == Segment.END:
            self.engine.segment_ended(message.segment_id)

    # ---- what the engine says (from its thread) -----------------------------------------------

    def on_status(self, status: Status) -> None:
        """Publish the status."""
        stamp = self.get_clock().now().to_msg()
        self._statuses.publish(to_status(status, stamp, time.monotonic() - status.since))
        self._worked |= status.phase not in AT_REST

    def on_model(self, model: Model) -> None:
        """Publish the model, stamped with the system's time: it must rise even in simulation.

        It rises even where the system's clock is set back while the learner lives.
        """
        now = self._system_clock.now()
        self._worked = True
        after = self._newest_model + Duration(nanoseconds=1)
        self._newest_model = max(now, after)
        self._models.publish(to_model_update(model, self._newest_model.to_msg()))

    def on_question(self, question: Question, opinion: Opinion) -> None:
        """Ask whoever listens what a segment shows."""
        stamp = self.get_clock().now().to_msg()
        self._questions.publish(to_label_request(question, opinion, stamp))

    def on_log(self, level: str, text: str) -> None:
        """Log what the engine has to say."""
        # One line a level: rclpy refuses two severities from the same line of code.
        if level == "error":
            self.get_logger().error(text)
        elif level == "warning":
            self.get_logger().warning(text)
        else:
            self.get_logger().info(text)

    def _repeat_status(self) -> None:
        if self.engine is None:
            return
        status = self.engine.status
        self.on_status(status)
        if self._worked and status.phase in AT_REST:
            # Here, not at the end of the work: that thread then still holds what it worked on.
            give_back_memory()
            self._worked = False

    def _report(self) -> Report:
        if self.engine is None:
            return Report(Level.ERROR, "not configured", {})
        return self._health.report(self.engine, self.active, self._faults.counts)


def main() -> int:
    """Run the learner until it is told to stop; return the exit code."""
    share_heaps()
    return run_node(LearnerNode, sys.argv)
