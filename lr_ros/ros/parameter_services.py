"""A node's services of parameters, which answer every request."""

from __future__ import annotations

from collections.abc import Sequence

from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.parameter import Parameter
from rclpy.parameter_service import ParameterService

_KINDS = {int(kind) for kind in Parameter.Type}


class ParameterServices(ParameterService):
    """rclpy's services, but a value of a type that does not exist is refused with a reason.

    rclpy's own raise at it (a ValueError), and who asked would wait for ever. The node must be made
    with ``start_parameter_services=False``.
    """

    def _set_parameters_callback(
        self, request: SetParameters.Request, response: SetParameters.Response
    ) -> SetParameters.Response:
        for parameter in request.parameters:
            alone = SetParameters.Request(parameters=[parameter])
            refused = _refusal([parameter])
            if refused is None:
                super()._set_parameters_callback(alone, response)
            else:
                response.results.append(refused)
        return response

    def _set_parameters_atomically_callback(
        self, request: SetParametersAtomically.Request, response: SetParametersAtomically.Response
    ) -> SetParametersAtomically.Response:
        refused = _refusal(request.parameters)
        if refused is None:
            return super()._set_parameters_atomically_callback(request, response)
        response.result = refused
        return response


def _refusal(parameters: Sequence[ParameterMessage]) -> SetParametersResult | None:
    """Return why the parameters cannot be read, or None where they can."""
    for parameter in parameters:
        kind = parameter.value.type
        if kind not in _KINDS:
            reason = f"{parameter.name[:40]!r} has a value of type {kind}; types are 0 to 9"
            return SetParametersResult(successful=False, reason=reason)
    return None
