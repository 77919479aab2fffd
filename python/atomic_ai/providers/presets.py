"""Which dialect each vendor speaks, where, with which key, and what closing its stream does. A table, no code.

`cancel`: whether closing a stream early stops generation and billing. "stops" follows OpenRouter's list and the
maintainers of vLLM, Ollama and llama.cpp; Gemini and Vertex say themselves that they bill the whole answer. Where
nobody says anything, "bills" is assumed, so that a loser is never priced too low.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cancel = Literal["stops", "bills"]
Capability = Literal["json_schema", "json_object", "tools", "vision", "files", "reasoning", "prefill"]
Dialect = Literal[
    "openai-chat",
    "openai-responses",
    "anthropic-messages",
    "gemini",
    "ollama-chat",
    "mistral",
    "cohere-v2",
    "bedrock-converse",
]
Oddity = Literal[
    "max_completion_tokens",  # the bound has this name
    "no_stream_options",  # refuses `stream_options`; usage comes unasked
    "no_seed",  # refuses `seed`
    "no_penalties",  # refuses frequency and presence penalties
    "random_seed",  # `seed` has this name
    "top_k",  # takes `top_k`, which OpenAI does not
    "bare_schema",  # takes no keyword that bounds a value
    "loose_schema",  # takes JSON Schema without OpenAI's strict rules
    "prefix_flag",  # prefill needs `prefix: true` on the last message
    "continue_flag",  # prefill needs `continue_final_message`
    "reasoning_object",  # `reasoning: {effort}` instead of `reasoning_effort`
]


@dataclass(frozen=True, slots=True)
class Preset:
    """What is known about a vendor.

    Attributes:
        dialect: the wire dialect.
        base_url: where it lives; None where every customer has an address of their own.
        key_env: the environment variable of its key; None where it needs none.
        cancel: what closing a stream early does.
        capabilities: what its models can do unless their card says otherwise.
        oddities: where it differs from its dialect.
        key_header: the header that carries the key.
        key_prefix: what stands before the key.
        signs: the AWS service that a request is signed for where there is no key; None: it takes keys only.
    """

    dialect: Dialect
    base_url: str | None
    key_env: str | None
    cancel: Cancel = "bills"
    capabilities: frozenset[Capability] = frozenset()
    oddities: frozenset[Oddity] = frozenset()
    key_header: str = "authorization"
    key_prefix: str = "Bearer "
    signs: str | None = None


_CHAT: frozenset[Capability] = frozenset({"json_schema", "json_object", "tools", "vision", "reasoning"})
_OPENAI: frozenset[Capability] = _CHAT.union(("files",))
_PREFILLS: frozenset[Capability] = _CHAT.union(("prefill",))


def _chat(base_url: str | None, key_env: str | None, cancel: Cancel, *oddities: Oddity) -> Preset:
    prefills = {"prefix_flag", "continue_flag"} & set(oddities)
    can: frozenset[Capability] = _PREFILLS if prefills else _CHAT
    return Preset("openai-chat", base_url, key_env, cancel, can, frozenset(oddities))


PRESETS: dict[str, Preset] = {
    "openai": Preset(
        "openai-chat",
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        "stops",
        _OPENAI,
        frozenset({"max_completion_tokens"}),
    ),
    "openai-responses": Preset("openai-responses", "https://api.openai.com/v1", "OPENAI_API_KEY", "stops", _OPENAI),
    "azure": Preset(
        "openai-chat",
        None,
        "AZURE_OPENAI_API_KEY",
        "stops",
        _OPENAI,
        frozenset({"max_completion_tokens", "bare_schema"}),
        key_header="api-key",
        key_prefix="",
    ),
    "anthropic": Preset(
        "anthropic-messages",
        "https://api.anthropic.com",
        "ANTHROPIC_API_KEY",
        "stops",
        frozenset({"json_schema", "tools", "vision", "files", "reasoning"}),
        key_header="x-api-key",
        key_prefix="",
    ),
    "gemini": Preset(
        "gemini",
        "https://generativelanguage.googleapis.com",
        "GEMINI_API_KEY",
        "bills",
        frozenset({"json_schema", "json_object", "tools", "vision", "files", "reasoning"}),
        key_header="x-goog-api-key",
        key_prefix="",
    ),
    "ollama": Preset(
        "ollama-chat",
        "http://localhost:11434",
        None,
        "stops",
        frozenset({"json_schema", "json_object", "tools", "vision", "reasoning", "prefill"}),
    ),
    "vllm": _chat(None, None, "stops", "top_k", "loose_schema", "continue_flag"),
    "llamacpp": _chat("http://localhost:8080/v1", None, "stops", "top_k", "loose_schema"),
    "openrouter": _chat("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", "bills", "top_k", "reasoning_object"),
    "groq": _chat("https://api.groq.com/openai/v1", "GROQ_API_KEY", "bills", "max_completion_tokens", "no_penalties"),
    "mistral": Preset(
        "mistral",
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        "bills",
        _PREFILLS,
        frozenset({"no_stream_options", "random_seed", "loose_schema", "prefix_flag"}),
    ),
    "cohere": Preset("cohere-v2", "https://api.cohere.com", "CO_API_KEY", "stops", _CHAT),
    "bedrock": Preset(
        "bedrock-converse",
        None,
        "AWS_BEARER_TOKEN_BEDROCK",
        "bills",
        frozenset({"json_schema", "tools", "vision", "files"}),
        signs="bedrock",
    ),
    "deepseek": Preset(
        "openai-chat",
        "https://api.deepseek.com/v1",
        "DEEPSEEK_API_KEY",
        "stops",
        frozenset({"json_object", "tools", "reasoning"}),
        frozenset({"no_seed"}),
    ),
    "together": _chat("https://api.together.xyz/v1", "TOGETHER_API_KEY", "stops", "top_k", "loose_schema"),
    "fireworks": _chat("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY", "stops", "top_k", "loose_schema"),
    "deepinfra": _chat("https://api.deepinfra.com/v1/openai", "DEEPINFRA_API_KEY", "stops", "top_k"),
    "xai": _chat("https://api.x.ai/v1", "XAI_API_KEY", "stops"),
    "perplexity": _chat(
        "https://api.perplexity.ai", "PERPLEXITY_API_KEY", "bills", "no_stream_options", "no_seed", "top_k"
    ),
    "huggingface": _chat("https://router.huggingface.co/v1", "HF_TOKEN", "bills"),
    "cerebras": _chat("https://api.cerebras.ai/v1", "CEREBRAS_API_KEY", "bills", "max_completion_tokens"),
}
"""By provider name."""
