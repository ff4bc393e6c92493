"""Plays a scenario in a launch and ends with it: exit code 0 passed, 1 missed, 2 wrong input."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

import rclpy
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from lr_ros.client import ClientError, LearnClient
from lr_ros.client.connection import Connection
from lr_ros.evaluation.errors import EvaluationError, InputError
from lr_ros.evaluation.scenario import Step, find_scenario, load_scenario, shipped
from lr_ros.evaluation.scenario_run import lines, play, write_result
from lr_ros.launching import LaunchError


def main() -> int:
    """Play the scenario named by the parameters; return the exit code."""
    rclpy.init(args=sys.argv, signal_handler_options=SignalHandlerOptions.NO)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    node = Node("scenario_player")
    try:
        name = str(node.declare_parameter("scenario", "").value)
        result = str(node.declare_parameter("result", "").value)
        scenario = load_scenario(find_scenario(name, shipped()))
        namespace = node.get_namespace()
        connection = Connection(namespace, node, None)
        try:
            with LearnClient(namespace, node=node, timeout=10.0) as client:
                report = play(scenario, client, connection, forget=True, on_step=_tell)
        finally:
            connection.close()
        if result:
            write_result(report, Path(result).expanduser())
        print("\n".join(lines(report)), flush=True)
        return 1 if report.faults else 0
    except (InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (EvaluationError, ClientError, LaunchError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(number: int, step: Step) -> None:
    print(f"step {number}: {step}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
