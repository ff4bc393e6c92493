"""The recognizer: camera images in; names, latents and segments out."""

from __future__ import annotations

import sys
import time

import numpy as np
import rclpy
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.event_handler import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.qos import qos_policy_name_from_kind
from sensor_msgs.msg import CompressedImage, Image, RegionOfInterest
from std_srvs.srv import SetBool

from lr_ros.core.backbone import FrozenStage, WeightsError
from lr_ros.core.quantize import Quantizer, calibrate
from lr_ros.msg import LatentFrame, LearnerStatus, ModelUpdate, Recognition, Segment
from lr_ros.nodes.debug_images import DebugImages
from lr_ros.nodes.model_loader import ModelLoader
from lr_ros.nodes.recognizer_health import Present, RecognizerHealth
from lr_ros.nodes.tables import RECOGNIZER
from lr_ros.nodes.window import RecognizeService
from lr_ros.recognition.drawing import thumbnail
from lr_ros.recognition.pipeline import Answer, Pipeline, PipelineConfig
from lr_ros.ros import qos
from lr_ros.ros.camera_watch import CameraWatch, refuse_depth
from lr_ros.ros.detections import Detections
from lr_ros.ros.diagnostics import Diagnostics, Report
from lr_ros.ros.encoder import backbone_spec
from lr_ros.ros.faults import Faults
from lr_ros.ros.images import ImageError, seconds, to_rgb
from lr_ros.ros.lifecycle import told
from lr_ros.ros.messages import from_roi, to_latent_frame, to_recognition, to_segment
from lr_ros.ros.parameters import Parameters
from lr_ros.ros.spin import run_node
from lr_ros.ros.worker import NewestWorker
from lr_ros.srv import Recognize
from lr_ros.stream.segmenter import Box, Segmenter
from lr_ros.stream.smoothing import Smoother

SMALLEST = 8
"""Least width and height of an image [pixels]; the segmenter sees nothing in smaller ones."""

CALIBRATION_SECONDS = 1.0
"""How long one calibration of the latents' quantiser is used."""

_AT_WORK = (LearnerStatus.CAPTURING, LearnerStatus.QUEUED, LearnerStatus.TRAINING)
"""States of the learner in which a session's region is looked at."""


class RecognizerNode(LifecycleNode):
    """Lifecycle node: configure loads the network, activate listens to the camera."""

    def __init__(self) -> None:
        super().__init__("recognizer", start_parameter_services=False)
        self._pipeline: Pipeline | None = None
        self.parameters = Parameters(self, RECOGNIZER, self._on_parameters)
        self._enabled = True
        self._active = False
        self._worker: NewestWorker[Image | CompressedImage] | None = None
        self._loader: ModelLoader | None = None
        self._faults = Faults(lambda text: self.get_logger().warning(text))
        self._oddities = Faults(lambda text: self.get_logger().warning(text))
        self._camera = CameraWatch(self._oddities)
        self._silent = False
        self._health = RecognizerHealth(self.parameters)
        self._status: LearnerStatus | None = None
        self._lesson: LearnerStatus | None = None
        self._quantizer: tuple[float, Quantizer] | None = None
        self._detected: tuple[float, Box] | None = None

    # ---- life cycle ---------------------------------------------------------------------------

    @told
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the frozen stage and make the publishers and services."""
        try:
            self._spec = backbone_spec(self.parameters)
            threads = self.parameters["encoder.threads"]
            self._encoder = FrozenStage(self._spec, threads=threads)
        except (ValueError, OSError, WeightsError) as error:
            self.get_logger().error(f"cannot load the network: {error}")
            return TransitionCallbackReturn.FAILURE
        self._pipeline = Pipeline(
            self._encoder,
            Segmenter(),
            Smoother(),
            self._pipeline_config(),
        )
        self._loader = ModelLoader(self, self._spec, self._encoder.encoder_id, threads)
        self._recognitions = self.create_publisher(Recognition, "recognition", qos.results())
        self._latents = self.create_publisher(LatentFrame, "latents", qos.results(50))
        self._segments = self.create_publisher(Segment, "segments", qos.results(50))
        self._detections = Detections(self)
        self._debug = DebugImages(self)
        self._model_subscription = self.create_subscription(
            ModelUpdate, "model", self._loader.put, qos.latched()
        )
        self._status_subscription = self.create_subscription(
            LearnerStatus, "learner_status", self._on_learner_status, qos.latched()
        )
        self._region_subscription = self.create_subscription(
            RegionOfInterest, "region", self._on_region, qos.results(1)
        )
        self._window = RecognizeService(self)
        group = ReentrantCallbackGroup()
        self._offered = [
            self.create_service(SetBool, "enable", self._on_enable),
            self.create_service(Recognize, "recognize", self._window.handle, callback_group=group),
        ]
        self._diagnostics = Diagnostics(self, self._report)
        self._silence_timer = self.create_timer(
            1.0, self._watch_camera, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self.get_logger().info(
            f"{self._spec.name} cut at {self._spec.cut}, encoder {self._encoder.encoder_id}"
        )
        return TransitionCallbackReturn.SUCCESS

    @told
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen to the camera."""
        self._worker = NewestWorker("recognition", self._process, self._on_error)
        kind = CompressedImage if self.parameters["image.compressed"] else Image
        topic = self.resolve_topic_name("image")
        if kind is CompressedImage and not topic.endswith("/compressed"):
            topic += "/compressed"
        self._subscription = self.create_subscription(
            kind,
            topic,
            self._on_image,
            qos.camera(self.parameters["image.reliability"]),
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=self._on_incompatible),
        )
        self._health.input.reset()
        self._active = True
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop listening; what was learned stays loaded."""
        self._stop_listening()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give everything back that configuring made."""
        self._release()
        for entity in (self._recognitions, self._latents, self._segments):
            self.destroy_publisher(entity)
        for subscription in (
            self._model_subscription,
            self._status_subscription,
            self._region_subscription,
        ):
            self.destroy_subscription(subscription)
        for service in self._offered:
            self.destroy_service(service)
        self._debug.close()
        self._detections.close()
        self._diagnostics.close()
        self.destroy_timer(self._silence_timer)
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """End the threads."""
        self.close()
        return TransitionCallbackReturn.SUCCESS

    def close(self) -> None:
        """End the threads; safe to call again."""
        self._stop_listening()
        self._release()

    def _stop_listening(self) -> None:
        if not self._active:
            return
        self._active = False
        self.destroy_subscription(self._subscription)
        if self._worker is not None:
            self._worker.close()
            self._worker = None
        self._pipeline.close_segment(0.0)

    def _release(self) -> None:
        if self._loader is not None:
            self._loader.close()
            self._loader = None

    # ---- images in ----------------------------------------------------------------------------

    def _on_image(self, message: Image | CompressedImage) -> None:
        self._health.input.tick()
        if self._enabled and self._worker is not None:
            self._worker.put(message)

    def _process(self, message: Image | CompressedImage) -> None:
        refuse_depth(message)
        image = to_rgb(message)
        height, width = image.shape[:2]
        if min(height, width) < SMALLEST:
            raise ImageError(
                "too_small", f"image of {width} x {height} pixels: {SMALLEST} a side are needed"
            )
        self._camera.look(message, width, height)
        if self._loader is not None:
            self._pipeline.model = self._loader.newest
        lesson = self._lesson
        asked = Box(*from_roi(lesson.roi)) if lesson is not None and lesson.roi.width else None
        stamp = seconds(message.header.stamp)
        began = time.monotonic()
        answer = self._pipeline.process(image, stamp, asked, self._region_of_detector())
        self._health.inference.add(time.monotonic() - began)
        self._publish(message, image, answer)

    def _publish(self, source: Image | CompressedImage, image: np.ndarray, answer: Answer) -> None:
        header = source.header
        self._health.latency_ms = self._age(header.stamp) * 1e3
        recognition = to_recognition(answer, header, self._health.latency_ms)
        self._recognitions.publish(recognition)
        self._detections.publish(recognition)
        latents = to_latent_frame(
            answer, header, self._encoder.encoder_id, self._quantize_by(answer)
        )
        if self.parameters["latents.thumbnails"] and answer.segment_id:
            latents.thumbnail = thumbnail(image, answer.region)
        self._latents.publish(latents)
        segment = to_segment(answer, header)
        if segment is not None:
            self._segments.publish(segment)
        self._window.put(recognition)
        self._health.output.tick()
        self._debug.publish(image, answer, header, self._status)

    def _quantize_by(self, answer: Answer) -> Quantizer:
        now = time.monotonic()
        if self._quantizer is None or now - self._quantizer[0] > CALIBRATION_SECONDS:
            self._quantizer = (now, calibrate(answer.latent[None], self.parameters["latents.bits"]))
        return self._quantizer[1]

    def _on_error(self, _message: Image | CompressedImage, error: Exception) -> None:
        reason = error.reason if isinstance(error, ImageError) else type(error).__name__
        self._faults.note(reason, f"image refused ({reason}): {error}")
        self._health.refused.tick()

    def _age(self, stamp: rclpy.time.Time) -> float:
        return self.get_clock().now().nanoseconds * 1e-9 - seconds(stamp)

    def _on_parameters(self, _changed: set[str]) -> None:
        self._quantizer = None
        if self._pipeline is not None:
            self._pipeline.config = self._pipeline_config()

    # ---- the rest of the world ------------------------------------------------------------------

    def _on_learner_status(self, status: LearnerStatus) -> None:
        self._status = status
        self._health.learner.hear(status.model_version, time.monotonic())
        self._lesson = status if status.state in _AT_WORK else None

    def _on_region(self, roi: RegionOfInterest) -> None:
        self._detected = (time.monotonic(), Box(*from_roi(roi)))

    def _region_of_detector(self) -> Box | None:
        """Return what an upstream detector says, unless that is too old."""
        detected = self._detected
        if detected is None or time.monotonic() - detected[0] > self.parameters["region.timeout"]:
            return None
        return detected[1]

    def _on_enable(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._enabled = request.data
        response.success = True
        response.message = "recognition is on" if request.data else "recognition is off"
        return response

    def _on_incompatible(self, event: QoSRequestedIncompatibleQoSInfo) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        self._faults.note(
            "qos",
            f"a camera on {self.resolve_topic_name('image')} does not match in {policy}; "
            "set parameter image.reliability to what it offers",
        )

    def _watch_camera(self) -> None:
        silent = self._active and self._enabled and self._camera_silent()
        topic = self.resolve_topic_name("image")
        if silent:
            text = (
                f"no images on {topic} for {self._health.input.age:.0f} s "
                f"({self.count_publishers(topic)} publishers): "
                "check the camera and the remapping of `image`, or run: lr doctor"
            )
            if self._silent:
                self.get_logger().warning(text, throttle_duration_sec=30.0, skip_first=True)
            else:
                self._oddities.note("stopped", text)
        elif self._silent and self._active and self._enabled:
            self._oddities.note("came back", f"images on {topic} again")
        self._silent = silent

    def _camera_silent(self) -> bool:
        return self._health.input.age > self.parameters["image.timeout"]

    def _report(self) -> Report:
        present = Present(
            active=self._active,
            enabled=self._enabled,
            model=self._loader.newest if self._loader is not None else self._pipeline.model,
            encoder_id=self._encoder.encoder_id,
            replaced=self._worker.replaced if self._worker else 0,
            faults=self._faults.counts,
            oddities=self._oddities.counts,
            model_faults=self._loader.faults.counts if self._loader is not None else {},
        )
        return self._health.report(present)

    def _pipeline_config(self) -> PipelineConfig:
        p = self.parameters
        fixed = Box(p["region.x"], p["region.y"], p["region.width"], p["region.height"])
        return PipelineConfig(
            region_mode=p["region.mode"],
            fixed_region=fixed if fixed.area else None,
            margin=p["region.margin"],
            require_segment=p["region.require_segment"],
            unknown_threshold=p["recognition.unknown_threshold"],
            top_k=p["recognition.top_k"],
            smoothing=p["recognition.smoothing"],
        )


def main() -> int:
    """Run the recognizer until it is told to stop; return the exit code."""
    return run_node(RecognizerNode, sys.argv)
