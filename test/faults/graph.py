"""All that running nodes take, as the graph itself lists it, and a way to send any of it."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection
from typing import Any

from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Parameter
from rcl_interfaces.srv import GetParameters, ListParameters, SetParameters
from ros_processes import LATCHED, Probe

from faults.arbitrary import find

PATIENCE = 60.0
"""Longest time for an answer [s]: configuring a learner takes some seconds."""


class Taken:
    """The services, topics and parameters of nodes; ``hits`` counts what was sent, by name.

    Services and topics are by full name. What an action takes is services.
    """

    def __init__(self, probe: Probe, nodes: Collection[str]) -> None:
        self.probe = probe
        self.hits: Counter[str] = Counter()
        self.services: dict[str, Any] = {}
        self.topics: dict[str, Any] = {}
        self.defaults: dict[str, list[Parameter]] = {}
        self._publishers: dict[str, Any] = {}
        graph, namespace = probe.node, f"/{probe.namespace}"
        for node in nodes:
            offered = graph.get_service_names_and_types_by_node(node, namespace)
            self.services |= {name: _class(kinds[0]) for name, kinds in offered}
            heard = graph.get_subscriber_names_and_types_by_node(node, namespace)
            self.topics |= {name: _class(kinds[0]) for name, kinds in heard}
        for node in nodes:
            self.defaults[node] = self._present_parameters(node)

    def short(self, name: str) -> str:
        """Return a name without the nodes' namespace."""
        return name.removeprefix(f"/{self.probe.namespace}/")

    def call(self, name: str, request: Any) -> Any:
        """Call a service by its full name."""
        self.hits[name] += 1
        return self.probe.call(self.services[name], name, request, PATIENCE)

    def send(self, name: str, message: Any) -> None:
        """Publish a message on a topic by its full name."""
        self.hits[name] += 1
        if name not in self._publishers:
            self._publishers[name] = self.probe.publisher(self.topics[name], name, LATCHED)
        self._publishers[name].publish(message)

    def set(self, node: str, parameters: list[Parameter]) -> None:
        """Set parameters of a node; each is accepted, or refused with a reason."""
        request = SetParameters.Request(parameters=parameters)
        answer = self.call(self._own(node, "set_parameters"), request)
        assert len(answer.results) == len(parameters)
        for result in answer.results:
            assert result.successful or result.reason, parameters

    def activate(self, node: str) -> None:
        """Bring a lifecycle node back to work, from wherever it was led to."""
        steps = {
            State.PRIMARY_STATE_UNCONFIGURED: Transition.TRANSITION_CONFIGURE,
            State.PRIMARY_STATE_INACTIVE: Transition.TRANSITION_ACTIVATE,
        }
        for _ in steps:
            state = self.call(self._own(node, "get_state"), GetState.Request()).current_state.id
            if state == State.PRIMARY_STATE_ACTIVE:
                return
            request = ChangeState.Request(transition=Transition(id=steps[state]))
            assert self.call(self._own(node, "change_state"), request).success, node

    def _present_parameters(self, node: str) -> list[Parameter]:
        listed = self.call(self._own(node, "list_parameters"), ListParameters.Request())
        names = list(listed.result.names)
        request = GetParameters.Request(names=names)
        values = self.call(self._own(node, "get_parameters"), request).values
        return [Parameter(name=n, value=v) for n, v in zip(names, values, strict=True)]

    def _own(self, node: str, service: str) -> str:
        return f"/{self.probe.namespace}/{node}/{service}"


def _class(kind: str) -> Any:
    """Return the class of a type's name; the parts of an action are in its Impl."""
    with contextlib.suppress(AttributeError):
        return find(kind)
    whole, _, part = kind.rpartition("_")
    implementation = find(whole).Impl
    service = getattr(implementation, f"{part}Service", None)
    return service if service is not None else getattr(implementation, part)
