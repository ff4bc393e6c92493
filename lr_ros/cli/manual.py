"""The command line as a page of Markdown, made from the parsers themselves."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

HEAD = """\
# Command line

Made from the parsers by `scripts/generate`. Exit codes: 0 done, 1 failed, 2 wrong usage or input,
130 interrupted.
"""


def page(parser: argparse.ArgumentParser) -> str:
    """Return the page about a program: the options of all its commands, then each command."""
    commands = dict(_commands(parser))
    common = _option_strings(parser)
    parts = [HEAD, f"## {parser.prog}", "", *_table(_arguments(parser, frozenset())), ""]
    parts.append("These options stand before or after the name of a command:\n")
    helps = _help_of_commands(parser)
    parts += [*_rows_of_commands(parser.prog, helps), ""]
    for name, command in commands.items():
        parts += _section(f"{parser.prog} {name}", command, helps[name], common)
    return "\n".join(parts).rstrip() + "\n"


def _rows_of_commands(program: str, helps: dict[str, str]) -> list[str]:
    rows = ["| command | what it does |", "|---|---|"]
    for name, text in helps.items():
        rows.append(f"| [`{program} {name}`](#{program}-{name}) | {_cell(text)} |")
    return rows


def _section(
    name: str, parser: argparse.ArgumentParser, text: str, common: frozenset[str], level: int = 2
) -> Iterator[str]:
    commands, helps = dict(_commands(parser)), _help_of_commands(parser)
    yield from (f"{'#' * level} {name}", "")
    for paragraph in (parser.description or f"{text[:1].upper()}{text[1:]}.").split("\n\n"):
        yield from (_plain(paragraph), "")
    if not commands:
        yield from ("```text", _usage(name, parser, common), "```", "")
    table = list(_table(_arguments(parser, common)))
    yield from (*table, "") if table else ()
    if parser.epilog:
        yield from ("```text", parser.epilog.strip(), "```", "")
    for inner, command in commands.items():
        yield from _section(f"{name} {inner}", command, helps[inner], common, level + 1)


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:  # argparse has no public way to look into a parser
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def _help_of_commands(parser: argparse.ArgumentParser) -> dict[str, str]:
    return {
        entry.dest: entry.help or ""
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for entry in action._choices_actions
    }


def _option_strings(parser: argparse.ArgumentParser) -> frozenset[str]:
    return frozenset(string for action in parser._actions for string in action.option_strings)


def _arguments(
    parser: argparse.ArgumentParser, without: frozenset[str]
) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction | argparse._HelpAction):
            continue
        if action.help is not argparse.SUPPRESS and not without & set(action.option_strings):
            yield action


def _usage(name: str, parser: argparse.ArgumentParser, common: frozenset[str]) -> str:
    words = [name]
    for action in _arguments(parser, common):
        word = " ".join(filter(None, (_shortest(action), _value(action))))
        words.append(word if action.required else f"[{word}]")
    return " ".join(words)


def _shortest(action: argparse.Action) -> str:
    return action.option_strings[-1] if action.option_strings else ""


def _value(action: argparse.Action) -> str:
    """Return what stands for the argument's value, empty for a switch."""
    if action.nargs == 0:
        return ""
    if isinstance(action.metavar, str):
        name = action.metavar
    elif action.choices is not None:
        name = "{" + ",".join(map(str, action.choices)) + "}"
    else:
        name = action.dest.upper() if action.option_strings else action.dest
    return f"{name} ..." if action.nargs in ("*", "+") else name


def _table(actions: Iterator[argparse.Action]) -> Iterator[str]:
    for number, action in enumerate(actions):
        if number == 0:
            yield from ("| argument | meaning |", "|---|---|")
        names = action.option_strings or [""]
        shown = ", ".join(f"`{f'{name} {_value(action)}'.strip()}`" for name in names)
        yield f"| {shown.replace('|', chr(92) + '|')} | {_meaning(action)} |"


def _meaning(action: argparse.Action) -> str:
    text = (action.help or "") % {**vars(action), "prog": "lr"}
    if action.metavar is not None and action.choices is not None:
        text += f" ({', '.join(map(str, action.choices))})"
    return _cell(text)


def _cell(text: str) -> str:
    return _plain(text).replace("|", r"\|")


def _plain(text: str) -> str:
    """Return a text on one line, with what Markdown would take for markup escaped."""
    line = " ".join(text.split())
    return line if "`" in line else "".join(f"\\{c}" if c in "*_<>[]" else c for c in line)
