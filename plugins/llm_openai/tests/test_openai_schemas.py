"""Schemas as people write them are kept to strictly, and nobody notices (LLM-1)."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from butler.testing.providers.openai.strict import schema as strict
from butler_llm_openai.schemas import closable, closed, opened
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.spec("LLM-1")
LEAVES = st.sampled_from([{"type": "string"}, {"type": "integer"}, {"type": ["boolean", "null"]}, {"enum": ["a", 1]}])


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects of which some properties may be left out."""

    def made(told: tuple[dict[str, Any], list[bool]]) -> dict[str, Any]:
        names = list(told[0])
        needed = [name for name, keep in zip(names, told[1], strict=False) if keep]
        return {"type": "object", "properties": told[0], "required": needed}

    properties = st.dictionaries(st.sampled_from("abcd"), inner, min_size=1, max_size=3)
    return st.tuples(properties, st.lists(st.booleans(), min_size=3, max_size=3)).map(made)


SCHEMAS = objects(
    st.recursive(
        LEAVES,
        lambda inner: st.one_of(objects(inner), inner.map(lambda each: {"type": "array", "items": each})),
        max_leaves=6,
    )
)


def leaf(kind: Any) -> st.SearchStrategy[Any]:
    return {"string": st.text(max_size=3), "integer": st.integers(0, 9), "boolean": st.booleans(), "null": st.none()}[
        kind
    ]


def instances(schema: Any) -> st.SearchStrategy[Any]:
    """Whatever is valid by a strict schema."""
    if "anyOf" in schema:
        return st.one_of([instances(each) for each in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    found = []
    for kind in kinds:
        if kind == "object":
            found.append(st.fixed_dictionaries({n: instances(each) for n, each in schema["properties"].items()}))
        elif kind == "array":
            found.append(st.lists(instances(schema["items"]), max_size=2))
        else:
            found.append(leaf(kind))
    return st.one_of(found)


@settings(deadline=None)
@given(st.data(), SCHEMAS)
def test_a_strict_answer_is_valid_by_the_schema_that_was_asked_for(data: st.DataObject, schema: dict[str, Any]) -> None:
    made = closed(schema)
    assert closable(schema)
    strict(made)
    answer = data.draw(instances(made))
    jsonschema.validate(answer, made)
    jsonschema.validate(opened(answer, schema), schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "properties": {}, "additionalProperties": True},
        {"type": "object", "properties": {"a": {"type": "object", "additionalProperties": {"type": "string"}}}},
        {"type": "object", "properties": {"a": {"patternProperties": {"^x": {}}}}},
    ],
)
def test_a_schema_that_allows_anything_cannot_be_strict(schema: dict[str, Any]) -> None:
    assert not closable(schema)


def test_a_reference_that_may_be_left_out_may_be_null() -> None:
    schema = {
        "type": "object",
        "properties": {"next": {"$ref": "#/$defs/node"}},
        "$defs": {"node": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
    }
    strict(closed(schema))
    jsonschema.validate({"next": None}, closed(schema))
    assert opened({"next": None}, schema) == {}
