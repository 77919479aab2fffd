"""`atomic models`: who may bid, at what price."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from atomic_ai.cli import say, setup
from atomic_ai.providers.presets import PRESETS

if TYPE_CHECKING:
    from atomic_ai.cli.typed import Commands
    from atomic_ai.model import Model


def add(commands: Commands, configured: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    told = "list the models, their prices and whether their keys are there"
    parser = commands.add_parser("models", help=told, description=told, parents=[configured])
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """List the models."""
    told = [_told(card) for card in setup.cards(options.config)]
    if options.json:
        say.document({"models": told})
        return 0
    head = ("name", "provider", "model", "$/M in", "$/M out", "closing it", "key", "tags")
    say.table(head, [_row(card) for card in told])
    return 0


def _told(card: Model) -> dict[str, Any]:
    preset = PRESETS.get(card.provider or "")
    variable = card.api_key_env or (preset.key_env if preset else None)
    return {
        "name": card.name,
        "provider": card.provider,
        "model": card.model,
        "price_in": card.price_in if card.priced else None,
        "price_out": card.price_out if card.priced else None,
        "cancel": card.cancel,
        "capabilities": sorted(card.capabilities),
        "tags": sorted(card.tags),
        "key_env": variable,
        "key_found": card.api_key is not None or bool(variable and os.environ.get(variable)),
    }


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    prices = [f"{told[name]:g}" if told[name] is not None else "?" for name in ("price_in", "price_out")]
    key = "none needed" if told["key_env"] is None else "found" if told["key_found"] else f"set {told['key_env']}"
    named = (told["name"], told["provider"] or "-", told["model"])
    return (*named, *prices, told["cancel"], key, ", ".join(told["tags"]) or "-")
