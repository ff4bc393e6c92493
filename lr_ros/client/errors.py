"""What can go wrong when a program talks to the robot."""

from __future__ import annotations

from lr_ros.msg import ErrorCode


class ClientError(RuntimeError):
    """Anything a call of the client can fail with; the message says what to do."""


class LearnError(ClientError):
    """The robot refused a request or failed at it.

    Attributes:
        code: A constant of ``lr_ros/msg/ErrorCode``; None where the robot gave none.
        code_name: Name of that constant, such as ``"UNKNOWN_CLASS"``; ``"REFUSED"`` without a code.
        message: The robot's sentence: what failed, with the value, and what to do.
    """

    def __init__(self, code: int | None, code_name: str, message: str) -> None:
        super().__init__(f"{message} [{code_name}]")
        self.code = code
        self.code_name = code_name
        self.message = message

    @classmethod
    def from_answer(cls, code: int | None, message: str) -> LearnError:
        """Return the error of an answer; an empty message is replaced by the code's name."""
        name = code_name(code)
        return cls(code, name, message or f"the request failed: {name.lower().replace('_', ' ')}")

    @classmethod
    def from_sentence(cls, message: str) -> LearnError:
        """Return the error of a std_srvs answer, whose sentence begins with the code's name."""
        name, separator, rest = message.partition(": ")
        for code, known in _NAMES.items():
            if separator and name == known:
                return cls.from_answer(code, rest)
        return cls.from_answer(None, message)


class NotAvailableError(ClientError):
    """Nobody answers: the node is not running, or in another namespace or domain."""


def code_name(code: int | None) -> str:
    """Return the name of a code; ``"REFUSED"`` for None, ``"ERROR_n"`` for an unknown one."""
    if code is None:
        return "REFUSED"
    return _NAMES.get(code, f"ERROR_{code}")


_NAMES: dict[int, str] = {
    getattr(ErrorCode, name): name
    for name in dir(ErrorCode)
    if name.isupper() and name[0] != "_" and isinstance(getattr(ErrorCode, name), int)
}
