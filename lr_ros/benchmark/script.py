"""What the scripts in benchmarks/ share: errors in a sentence, and progress on standard error."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Step = TypeVar("Step")


def run_script(main: Callable[[], int | None]) -> None:
    """Run a script's ``main`` and end the process: 0 done, 1 failed, 2 wrong input, 130 Ctrl-C.

    A ``main`` that has a verdict of its own returns it as the exit code.
    ``--verbose`` anywhere in the arguments brings the traceback of an error; ``main`` does not see
    it.
    """
    verbose = "--verbose" in sys.argv
    sys.argv[:] = [argument for argument in sys.argv if argument != "--verbose"]
    try:
        code = main()
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - people get a sentence, not a trace
        if verbose:
            traceback.print_exc()
        else:
            print(f"error: {error or type(error).__name__}; --verbose shows where", file=sys.stderr)
        sys.exit(2 if isinstance(error, ValueError | OSError) else 1)
    if code:
        sys.exit(code)


def steps(sequence: Sequence[Step], doing: str) -> Iterator[Step]:
    """Go through a sequence, and show how far it is and the time left; nothing stays of it."""
    console = Console(file=sys.stderr)
    yield from track(
        sequence, doing, console=console, transient=True, disable=not sys.stderr.isatty()
    )
