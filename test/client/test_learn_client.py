from __future__ import annotations

import itertools
import math
import threading
import time

import pytest
import rclpy
from lr_ros.msg import ErrorCode
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import Empty

from client.robots import DOMAIN_ID, Robot
from lr_ros.client import (
    ClientError,
    LearnClient,
    LearnError,
    LearnerState,
    NotAvailableError,
    SessionStart,
)
from lr_ros.client.learning import LearnGoal

pytestmark = pytest.mark.ros


def test_learn_returns_the_result_and_reports_on_the_way(client):
    seen = []
    result = client.learn("mug", frames=6, on_feedback=seen.append)
    assert (result.class_name, result.frames, result.seconds) == ("mug", 6, 0.5)
    assert result.warnings == ("looks like box, 0.93",)
    assert result.model_version == client.status().model_version
    frames = [s.frames for s in seen if s.state is LearnerState.CAPTURING]
    assert frames == sorted(frames)
    assert frames[-1] == 6
    assert seen[-1].state is LearnerState.TRAINING
    assert seen[-1].loss == 0.25
    assert [entry.name for entry in client.list_classes()] == ["mug"]


def test_feedback_is_called_in_the_callers_thread_and_may_call_the_client(client):
    calls = []
    client.learn(
        "mug",
        on_feedback=lambda _: calls.append(
            (threading.current_thread(), client.list_objects().names)
        ),
    )
    assert calls
    assert {thread for thread, _ in calls} == {threading.current_thread()}


@pytest.mark.parametrize(
    ("name", "code"),
    [("bad", ErrorCode.INVALID_NAME), ("fail", ErrorCode.TRAINING_FAILED)],
)
def test_a_failed_goal_raises_its_code_and_message(client, name, code):
    with pytest.raises(LearnError) as caught:
        client.learn(name)
    assert caught.value.code == code
    assert caught.value.message
    assert getattr(ErrorCode, caught.value.code_name) == code


def test_a_rejected_goal_raises(client):
    with pytest.raises(LearnError, match="active"):
        client.learn("reject")


def test_learn_is_cancelled_by_an_event(client):
    cancel = threading.Event()
    with pytest.raises(LearnError) as caught:
        client.learn("slow", frames=500, cancel=cancel, on_feedback=lambda _: cancel.set())
    assert caught.value.code == ErrorCode.CANCELED
    assert client.list_classes() == []


def test_learn_is_cancelled_by_a_function(client):
    seen = []
    with pytest.raises(LearnError) as caught:
        client.learn("slow", frames=500, cancel=lambda: len(seen) > 2, on_feedback=seen.append)
    assert caught.value.code == ErrorCode.CANCELED


def test_an_exception_in_the_callers_code_cancels_the_session_first(client):
    def interrupt(_status):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.learn("slow", frames=500, on_feedback=interrupt)
    assert client.status().state is LearnerState.IDLE
    assert client.learn("mug").frames == 8


def test_an_interrupt_before_the_goal_is_taken_cancels_it_too(client, monkeypatch):
    def interrupt(_goal, _sent, _name):
        raise KeyboardInterrupt

    monkeypatch.setattr(LearnGoal, "_accepted", interrupt)
    with pytest.raises(KeyboardInterrupt):
        client.learn("slow", frames=500)
    assert client.status().state is LearnerState.IDLE
    assert client.list_classes() == []


def test_a_learner_that_dies_in_a_goal_is_noticed(own_robot: Robot):
    with own_robot.client() as client, pytest.raises(NotAvailableError, match="went away"):
        client.learn("crash", frames=50)


def test_a_learner_that_dies_loses_its_status(own_robot: Robot):
    with own_robot.client(timeout=1.0) as client:
        assert client.status().state is LearnerState.IDLE
        own_robot.process.terminate()
        own_robot.process.wait()
        with pytest.raises(NotAvailableError):
            ask_until_it_fails(client, seconds=30)


def ask_until_it_fails(client: LearnClient, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        client.status()


def test_sessions_by_service(client):
    assert client.learn_class("cup") == SessionStart("s7", ("looks like mug, 0.93",))
    assert client.stop_session() == 5
    with pytest.raises(LearnError) as caught:
        client.stop_session(keep=False)
    assert caught.value.code == ErrorCode.NO_SESSION
    assert client.label_segment(4, "box") == "s9"
    assert [entry.name for entry in client.list_classes()] == ["cup", "box"]
    with pytest.raises(LearnError) as caught:
        client.label_segment(5, "box")
    assert caught.value.code == ErrorCode.UNKNOWN_SEGMENT


def test_correcting(client):
    client.learn("mug")
    version = client.status().model_version
    assert client.rename("mug", "cup") == version + 1
    assert client.forget("cup") == version + 2
    with pytest.raises(LearnError, match="'cup'"):
        client.forget("cup")
    with pytest.raises(LearnError) as caught:
        client.undo()
    assert caught.value.code == ErrorCode.NOTHING_TO_UNDO
    assert caught.value.message == "no earlier version is kept"
    with pytest.raises(LearnError) as caught:
        client.cancel()
    assert (caught.value.code, caught.value.code_name) == (None, "REFUSED")
    client.learn("mug")
    assert client.undo() == "undone"


def test_merging(client):
    client.learn("mug")
    client.learn("cup")
    with pytest.raises(LearnError) as caught:
        client.rename("mug", "cup")
    assert caught.value.code == ErrorCode.CLASS_EXISTS
    client.rename("mug", "cup", merge=True)
    assert [entry.name for entry in client.list_classes()] == ["cup"]


def test_questions_of_the_robot(client):
    with client.questions(timeout=5) as stream:
        question = next(stream)
    assert (question.segment_id, question.same_as, question.thumbnail) == (4, (2,), b"jpeg")


def test_pause_is_seen_in_the_status(client):
    client.pause()
    with pytest.raises(LearnError) as caught:
        client.learn_class("cup")
    assert caught.value.code == ErrorCode.PAUSED
    client.pause(False)
    client.learn_class("cup")
    client.stop_session(keep=False)


def test_asking(client):
    recognition = client.recognize(0.5)
    assert (recognition.name, recognition.score) == ("mug", 0.75)
    segment = client.list_segments()[0]
    assert (segment.segment_id, segment.best_guess, segment.label) == (4, "mug", "")
    with pytest.raises(LearnError):
        client.recognize(math.nan)


def test_saved_models(client):
    assert client.save("monday").endswith("monday")
    assert client.load("monday") == ["mug", "box"]
    with pytest.raises(LearnError) as caught:
        client.load("../x")
    assert caught.value.code == ErrorCode.UNKNOWN_MODEL


def test_the_simulated_camera(client):
    client.present_object("duck", background=1, yaw=0.5)
    assert client.list_objects().current == "duck"
    with pytest.raises(LearnError) as caught:
        client.present_object("elephant")
    assert caught.value.code == ErrorCode.UNKNOWN_OBJECT
    client.present_object("")
    assert client.list_objects().current == ""


def test_watch_yields_what_is_recognized(client):
    client.learn("mug")
    with client.watch(timeout=5) as stream:
        recognitions = list(itertools.islice(stream, 30))
    stamps = [r.stamp for r in recognitions]
    assert stamps == sorted(stamps)
    assert recognitions[-1].name == "mug"
    assert recognitions[-1].latency_ms == 12.5


def test_streams_come_and_go(client):
    for _ in range(20):
        with client.watch(timeout=5) as stream:
            next(stream)
    with client.watch(timeout=5) as first, client.watch(timeout=5) as second:
        assert next(first).stamp > 0
        assert next(second).stamp > 0


def test_closing_a_stream_from_another_thread_ends_the_iteration(client):
    stream = client.watch()
    threading.Timer(0.3, stream.close).start()
    assert len(list(stream)) >= 1


def test_a_slow_reader_gets_the_newest(client):
    with client.watch(timeout=5, depth=2) as stream:
        deadline = time.monotonic() + 10
        while stream.missed < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert stream.missed >= 3
        age = time.time() - next(stream).stamp
    assert age < 1.0


def test_many_threads_share_one_client(client):
    errors = []

    def use(number: int) -> None:
        try:
            for turn in range(8):
                name = f"c{number}_{turn}"
                client.learn(name, frames=2)
                assert name in [entry.name for entry in client.list_classes()]
                client.forget(name)
        except Exception as error:  # noqa: BLE001 - reported below
            errors.append(error)

    threads = [threading.Thread(target=use, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    assert not any(thread.is_alive() for thread in threads)


def test_nobody_there_is_said_with_namespace_and_remedy():
    with LearnClient("nobody_here", timeout=0.3, domain_id=DOMAIN_ID) as client:
        for call in (client.list_classes, client.undo, client.status, lambda: client.learn("x")):
            with pytest.raises(NotAvailableError) as caught:
                call()
            assert "/nobody_here" in str(caught.value)
            assert "lr " in str(caught.value)
        with pytest.raises(NotAvailableError, match="recognizer"):
            client.wait_until_ready(0.3)
        with client.watch(timeout=0.2) as stream, pytest.raises(TimeoutError, match="doctor"):
            next(stream)


def test_a_service_that_hangs_is_given_up(robot: Robot):
    with robot.client(answer_timeout=0.5) as client:
        with pytest.raises(NotAvailableError, match="did not answer"):
            client.forget("hang")
        assert client.list_objects().names


def test_after_close_calls_fail_and_closing_again_is_fine(robot: Robot):
    client = robot.client()
    stream = client.watch()
    client.close()
    client.close()
    with pytest.raises(ClientError, match="closed"):
        client.list_classes()
    with pytest.raises(ClientError, match="closed"):
        list(stream)
    stream.close()


def test_close_wakes_a_waiting_call(robot: Robot):
    client = robot.client()
    threading.Timer(0.5, client.close).start()
    start = time.monotonic()
    with pytest.raises(ClientError):
        client.learn("slow", frames=500)
    assert time.monotonic() - start < 5


def test_clients_leave_no_thread_behind(robot: Robot):
    before = set(threading.enumerate())
    for _ in range(5):
        with robot.client() as client:
            client.list_objects()
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("namespace", ["9lives", "a b", "../x", "ü"])
def test_a_bad_namespace_is_refused(namespace):
    with pytest.raises(ValueError, match="namespace"):
        LearnClient(namespace, domain_id=DOMAIN_ID)


@pytest.mark.parametrize("roi", [(0, 0, 0, 10), (-1, 0, 10, 10), (0, 0, 10, 2**40)])
def test_an_impossible_region_is_refused(client, roi):
    with pytest.raises(ValueError, match="region"):
        client.learn_class("cup", roi=roi)


def test_calls_from_a_callback_of_ones_own_node_do_not_block(robot: Robot):
    context = Context()
    rclpy.init(context=context, domain_id=DOMAIN_ID)
    node = Node("program", context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    answers = []
    with LearnClient(robot.namespace, node=node) as client:
        node.create_subscription(
            Empty, "ask", lambda _: answers.append(client.list_objects().names), 1
        )
        publisher = node.create_publisher(Empty, "ask", 1)
        deadline = time.monotonic() + 15
        while not answers and time.monotonic() < deadline:
            publisher.publish(Empty())
            executor.spin_once(timeout_sec=0.1)
    executor.shutdown()
    node.destroy_node()
    context.try_shutdown()
    assert answers[0] == ("duck", "mug")
