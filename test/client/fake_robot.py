"""A robot of cardboard: the learner's and recognizer's interfaces with canned behaviour.

Run as a process; class names steer it: "slow..." captures until stopped or cancelled, "fail..."
fails in training, "crash..." ends the process in the middle of a goal, "reject..." is not taken.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import rclpy
from lr_ros.action import Learn
from lr_ros.msg import ErrorCode, Hypothesis, LearnerStatus, Recognition
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import ExternalShutdownException, MultiThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from std_srvs.srv import SetBool, Trigger

from lr_ros import msg, srv

LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


class FakeLearner(Node):
    def __init__(self) -> None:
        super().__init__("learner")
        self.classes: dict[str, int] = {}
        self.version = 0
        self.paused = False
        self.session = ""
        self.stop = threading.Event()
        self.status_publisher = self.create_publisher(LearnerStatus, "learner_status", LATCHED)
        group = ReentrantCallbackGroup()
        for kind, name in (
            (srv.LearnClass, "learn_class"),
            (srv.StopSession, "stop_session"),
            (srv.LabelSegment, "label_segment"),
            (srv.ForgetClass, "forget_class"),
            (srv.RenameClass, "rename_class"),
            (srv.ListClasses, "list_classes"),
            (srv.ListSegments, "list_segments"),
            (srv.SaveModel, "save_model"),
            (srv.LoadModel, "load_model"),
            (srv.Recognize, "recognize"),
            (srv.ListObjects, "list_objects"),
            (srv.PresentObject, "present_object"),
            (srv.GetScene, "get_scene"),
            (Trigger, "undo"),
            (Trigger, "reset"),
            (Trigger, "cancel"),
            (SetBool, "pause_learning"),
        ):
            self.create_service(kind, name, getattr(self, name), callback_group=group)
        self.action = ActionServer(
            self,
            Learn,
            "learn",
            self.execute,
            goal_callback=self.accept,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
            callback_group=group,
        )
        self.recognition = self.create_publisher(Recognition, "recognition", 10)
        self.questions = self.create_publisher(msg.LabelRequest, "label_request", 10)
        self.timer = self.create_timer(0.05, self.publish_recognition)
        self.shown = ""
        self.publish()

    def publish(self, state: int = LearnerStatus.IDLE, **fields: object) -> LearnerStatus:
        status = LearnerStatus(
            state=state,
            paused=self.paused,
            classes=list(self.classes),
            model_version=self.version,
            replay_capacity=1500,
            **fields,
        )
        status.header.stamp = self.get_clock().now().to_msg()
        self.status_publisher.publish(status)
        return status

    def publish_recognition(self) -> None:
        names = list(self.classes)
        message = Recognition(
            model_version=self.version,
            segment_id=1,
            unknown=not names,
            unknown_score=0.1 if names else 1.0,
            latency_ms=12.5,
            hypotheses=[Hypothesis(class_name=n, score=1 / len(names)) for n in names],
        )
        message.header.stamp = self.get_clock().now().to_msg()
        self.recognition.publish(message)
        self.questions.publish(
            msg.LabelRequest(segment_id=4, duration=2.5, same_as=[2], thumbnail=b"jpeg")
        )

    def accept(self, goal: Learn.Goal) -> GoalResponse:
        rejected = goal.class_name.startswith("reject")
        return GoalResponse.REJECT if rejected else GoalResponse.ACCEPT

    def execute(self, goal_handle):
        name = goal_handle.request.class_name
        target = goal_handle.request.frames if goal_handle.request.frames > 0 else 8
        result = Learn.Result(session_id="s1")
        if name.startswith("bad"):
            goal_handle.abort()
            result.error_code = ErrorCode.INVALID_NAME
            result.message = f"class name {name!r} is bad"
            return result
        for frame in range(1, target + 1):
            feedback = Learn.Feedback()
            feedback.status = self.publish(
                LearnerStatus.CAPTURING,
                class_name=name,
                session_id="s1",
                frames=frame,
                frames_target=target,
                progress=frame / target,
            )
            goal_handle.publish_feedback(feedback)
            time.sleep(0.2 if name.startswith("slow") else 0.01)
            if name.startswith("crash") and frame == 3:
                os._exit(3)
            if goal_handle.is_cancel_requested:
                goal_handle.canceled()
                result.error_code = ErrorCode.CANCELED
                result.message = "cancelled; nothing was changed"
                self.publish()
                return result
        feedback.status = self.publish(
            LearnerStatus.TRAINING, class_name=name, progress=0.5, loss=0.25
        )
        goal_handle.publish_feedback(feedback)
        if name.startswith("fail"):
            goal_handle.abort()
            result.error_code = ErrorCode.TRAINING_FAILED
            result.message = "the loss is not finite"
            return result
        self.classes[name] = self.classes.get(name, 0) + target
        self.version += 1
        self.publish()
        goal_handle.succeed()
        result.success = True
        result.frames = target
        result.model_version = self.version
        result.seconds = 0.5
        result.warnings = ["looks like box, 0.93"]
        result.message = f"learned {name!r}"
        return result

    def _refuse(self, answer, code: int, message: str):
        answer.success, answer.error_code, answer.message = False, code, message
        return answer

    def learn_class(self, request, answer):
        if self.paused:
            return self._refuse(answer, ErrorCode.PAUSED, "learning is paused")
        if request.frames < -1:
            return self._refuse(answer, ErrorCode.INVALID_ARGUMENT, f"frames {request.frames}")
        self.session = request.class_name
        answer.success, answer.session_id = True, "s7"
        answer.warnings = ["looks like mug, 0.93"]
        return answer

    def stop_session(self, request, answer):
        if not self.session:
            return self._refuse(answer, ErrorCode.NO_SESSION, "no session is running")
        if request.keep:
            self.classes[self.session] = 5
            self.version += 1
        self.session = ""
        answer.success, answer.frames = True, 5
        return answer

    def label_segment(self, request, answer):
        if request.segment_id != 4:
            return self._refuse(
                answer, ErrorCode.UNKNOWN_SEGMENT, f"segment {request.segment_id} is forgotten"
            )
        self.classes[request.class_name] = 9
        answer.success, answer.session_id, answer.frames = True, "s9", 9
        return answer

    def forget_class(self, request, answer):
        if request.class_name == "hang":
            time.sleep(3.0)
        if request.class_name not in self.classes:
            return self._refuse(
                answer, ErrorCode.UNKNOWN_CLASS, f"no class {request.class_name!r} is known"
            )
        del self.classes[request.class_name]
        self.version += 1
        answer.success, answer.model_version = True, self.version
        return answer

    def rename_class(self, request, answer):
        if request.old_name not in self.classes:
            return self._refuse(
                answer, ErrorCode.UNKNOWN_CLASS, f"no class {request.old_name!r} is known"
            )
        if request.new_name in self.classes and not request.merge:
            return self._refuse(
                answer, ErrorCode.CLASS_EXISTS, f"class {request.new_name!r} exists"
            )
        self.classes[request.new_name] = self.classes.pop(request.old_name)
        self.version += 1
        answer.success, answer.model_version = True, self.version
        return answer

    def list_classes(self, _request, answer):
        answer.success, answer.model_version = True, self.version
        answer.classes = [
            msg.ClassInfo(
                name=name, sessions=1, frames=n, latents=n, held_out_accuracy=float("nan")
            )
            for name, n in self.classes.items()
        ]
        return answer

    def list_segments(self, _request, answer):
        answer.success = True
        answer.segments = [
            msg.SegmentInfo(
                segment_id=4,
                duration=2.5,
                frames=12,
                best_guess="mug",
                score=0.75,
                thumbnail=b"jpeg",
            ),
            msg.SegmentInfo(segment_id=2, duration=4.0, frames=20),
        ]
        return answer

    def save_model(self, request, answer):
        answer.success, answer.path = True, f"/store/saved/{request.name}"
        return answer

    def load_model(self, request, answer):
        if request.name != "monday":
            return self._refuse(
                answer, ErrorCode.UNKNOWN_MODEL, f"no model {request.name!r} is saved"
            )
        self.classes = {"mug": 5, "box": 5}
        answer.success, answer.class_names = True, list(self.classes)
        return answer

    def recognize(self, request, answer):
        if not request.window > 0:
            return self._refuse(answer, ErrorCode.INVALID_ARGUMENT, f"window {request.window}")
        answer.success, answer.frames = True, 10
        answer.recognition.hypotheses = [
            Hypothesis(class_name="mug", score=0.75),
            Hypothesis(class_name="box", score=0.25),
        ]
        return answer

    def list_objects(self, _request, answer):
        answer.success, answer.names, answer.current = True, ["duck", "mug"], self.shown
        return answer

    def present_object(self, request, answer):
        if request.object_name not in ("", "duck", "mug"):
            return self._refuse(
                answer, ErrorCode.UNKNOWN_OBJECT, f"no object {request.object_name!r}"
            )
        self.shown = request.object_name
        answer.success = True
        return answer

    def get_scene(self, _request, answer):
        answer.scene.header.stamp = self.get_clock().now().to_msg()
        if self.shown:
            answer.scene.objects = [msg.SceneObject(name=self.shown, visible=1.0)]
        answer.success = True
        return answer

    def undo(self, _request, answer):
        if not self.classes:
            answer.success, answer.message = False, "NOTHING_TO_UNDO: no earlier version is kept"
            return answer
        self.classes.popitem()
        answer.success, answer.message = True, "undone"
        return answer

    def reset(self, _request, answer):
        self.classes.clear()
        answer.success, answer.message = True, "all is forgotten"
        return answer

    def cancel(self, _request, answer):
        answer.success, answer.message = False, "no session is running"
        return answer

    def pause_learning(self, request, answer):
        self.paused = request.data
        self.publish()
        answer.success, answer.message = True, "paused" if request.data else "goes on"
        return answer


def main() -> None:
    rclpy.init(args=sys.argv, signal_handler_options=SignalHandlerOptions.NO)
    executor = MultiThreadedExecutor(4)
    node = FakeLearner()
    executor.add_node(node)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            executor.spin_once(timeout_sec=0.1)
        except ExternalShutdownException:
            break
    executor.shutdown(timeout_sec=1.0)
    node.destroy_node()
    rclpy.try_shutdown()
    os._exit(0)  # without waiting for a call that hangs on purpose


if __name__ == "__main__":
    main()
