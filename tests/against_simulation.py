"""Runs a program as `__main__` with simulated endpoints where every provider would be: `against_simulation.py FILE`.

Keys are there, none is real; an answer is made from the JSON Schema that was asked for, or is two sentences.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import sys
from dataclasses import replace
from typing import Any

from atomic_ai.providers.presets import PRESETS
from atomic_ai.testing import Exchange, Script, SimulatedEndpoint, no_network

DIALECTS = ("openai-chat", "anthropic-messages", "gemini", "ollama-chat")
TEXT = "A hedge is a second request that starts if the first is late. It costs little and cuts the tail."


def answer(exchange: Exchange) -> Script:
    """What is asked for, made up."""
    schema = asked_for(exchange.json)
    return Script(TEXT) if schema is None else Script.json(instance(schema, schema))


def asked_for(body: Any) -> dict[str, Any] | None:
    """The first JSON Schema of an object in a request's body, wherever its dialect has it."""
    if isinstance(body, dict):
        if body.get("type") == "object" and "properties" in body:
            return body
        return next(filter(None, map(asked_for, body.values())), None)
    return next(filter(None, map(asked_for, body)), None) if isinstance(body, list) else None


def instance(schema: dict[str, Any], root: dict[str, Any]) -> Any:
    """A small instance of the plain schemas that models of data have."""
    if "$ref" in schema:
        return instance(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if choices := schema.get("enum") or schema.get("anyOf"):
        return instance(choices[0], root) if isinstance(choices[0], dict) else choices[0]
    match schema.get("type"):
        case "object":
            return {name: instance(member, root) for name, member in schema.get("properties", {}).items()}
        case "array":
            return [instance(schema["items"], root)] if "items" in schema else []
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "null":
            return None
    return "billing"


def main(path: str) -> None:
    """Run the program at `path`."""
    with contextlib.ExitStack() as stack:
        endpoints = {name: stack.enter_context(SimulatedEndpoint(name, answer)) for name in DIALECTS}
        stack.enter_context(no_network())
        for name, preset in PRESETS.items():
            if preset.dialect in endpoints:
                PRESETS[name] = replace(preset, base_url=endpoints[preset.dialect].base_url)
            if preset.key_env:
                os.environ[preset.key_env] = "sk-simulated"
        runpy.run_path(path, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1])
