"""Fields that the provider does not know, and schemas that its structured output does not take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from butler.testing.providers.anthropic.reading import bad

BOTH = {
    "model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control", "speed",
}  # fmt: skip
TAKES = BOTH | {
    "max_tokens", "stream", "stop_sequences", "metadata", "service_tier", "container", "diagnostics", "inference_geo",
    "temperature", "top_p", "top_k", "user_profile_id",
}  # fmt: skip
UNSUPPORTED = {
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "maxItems",
    "uniqueItems", "oneOf", "not", "if", "patternProperties", "default",
}  # fmt: skip


def fields(body: Mapping[str, Any], *, counting: bool) -> None:
    """Raises ``Refused`` if there is an unknown field, or a needed one is missing."""
    if strange := sorted(set(body) - (BOTH if counting else TAKES)):
        raise bad(f"{strange[0]}: Extra inputs are not permitted")
    needed = {"model", "messages"} if counting else {"model", "messages", "max_tokens"}
    if missing := sorted(needed - set(body)):
        raise bad(f"{missing[0]}: Field required")
    if not counting and (not isinstance(body["max_tokens"], int) or body["max_tokens"] < 1):
        raise bad("max_tokens: must be greater than or equal to 1")


def schema(told: Any) -> None:
    """Raises ``Refused`` unless each object is closed and nothing stands there that is not supported."""
    if not isinstance(told, dict):
        return
    if found := sorted(UNSUPPORTED & set(told)):
        raise bad(f"output_config.format.schema: For '{told.get('type')}' type, property '{found[0]}' is not supported")
    if told.get("type") == "object" and told.get("additionalProperties") is not False:
        raise bad("output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to "
                  "false")  # fmt: skip
    for inner in told.get("properties", {}).values():
        schema(inner)
    schema(told.get("items"))
    for inner in (*told.get("anyOf", ()), *told.get("allOf", ()), *told.get("$defs", {}).values()):
        schema(inner)
