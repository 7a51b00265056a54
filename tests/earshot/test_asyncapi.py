"""The committed document is the code's, and the code keeps to the document."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from earshot.api import asyncapi, messages
from earshot.api.commands import schema
from earshot.api.examples import EXAMPLES
from earshot.api.messages import BadMessage, Event, Message, parse, parse_event
from earshot.transport.bounds import TABLE, Bound

FOLDER = Path(asyncapi.__file__).parent
README = (FOLDER / "README.md").read_text(encoding="utf-8")
DOCUMENT = asyncapi.document()
SPECS = "6.11.1"
"""Version of the npm package `@asyncapi/specs`."""
MEMBER = "package/schemas/3.0.0-without-$id.json"
SHA256 = "abe96881dbfaad495ccbb6bd8d3fb43ca18a13b9d7564849ccb66f39d5e5b20f"
CACHE = FOLDER.parents[1] / ".cache" / f"asyncapi-3.0.0-{SPECS}.json"

each_example = pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda example: example.type
)


def validator(model: type[Message], draft: Any = Draft7Validator) -> Any:
    whole = {"components": DOCUMENT["components"]}
    return draft(
        whole | {"allOf": [{"$ref": f"#/components/schemas/{model.__name__}"}]}
    )


def on_the_wire(example: Message) -> dict[str, Any]:
    return example.model_dump(mode="json", exclude_none=True)


def parsed(model: type[Message], text: str) -> Message:
    return parse_event(text) if issubclass(model, Event) else parse(text)


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """All objects inside a JSON value."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from parts(inner)


# -- the document --------------------------------------------------------------


def test_the_committed_document_is_what_the_code_makes() -> None:
    committed = (FOLDER / "asyncapi.json").read_bytes()
    assert committed == asyncapi.text().encode(), (
        "run `earshot schema > earshot/api/asyncapi.json`"
    )


def test_the_command_prints_the_document() -> None:
    result = CliRunner().invoke(schema)
    assert result.output == asyncapi.text()


def test_references_stand_alone_and_lead_somewhere() -> None:
    references = [part for part in parts(DOCUMENT) if "$ref" in part]
    assert references
    for reference in references:
        assert list(reference) == ["$ref"]
        target: Any = DOCUMENT
        for step in reference["$ref"].removeprefix("#/").split("/"):
            target = target[step]


@pytest.mark.parametrize("draft", [Draft7Validator, Draft202012Validator])
def test_schemas_are_json_schema(draft: Any) -> None:
    for defined in DOCUMENT["components"]["schemas"].values():
        draft.check_schema(defined)


def test_every_message_can_be_sent_or_received() -> None:
    used = [
        message["$ref"].rpartition("/")[2]
        for operation in DOCUMENT["operations"].values()
        for message in operation["messages"]
    ]
    assert sorted(used) == sorted(DOCUMENT["components"]["messages"])


def test_close_codes_bounds_and_codecs_are_in_the_document() -> None:
    stream = DOCUMENT["channels"]["stream"]
    assert list(map(int, stream["x-close-codes"])) == list(messages.CLOSE_CODES)
    assert [tuple(bound.values()) for bound in stream["x-bounds"]] == list(TABLE)
    codecs = DOCUMENT["components"]["messages"]["Audio"]["x-codecs"]
    assert codecs["mulaw"] == [8000]


@pytest.mark.external
def test_the_document_is_asyncapi_3() -> None:
    rules = json.loads(specification())
    faults = list(Draft7Validator(rules).iter_errors(DOCUMENT))
    assert not faults, faults[0].message
    wrong = copy.deepcopy(DOCUMENT)
    wrong["operations"]["flush"]["action"] = "subscribe"
    assert list(Draft7Validator(rules).iter_errors(wrong))


def specification() -> bytes:
    """AsyncAPI's own JSON Schema, from npm the first time."""
    if not CACHE.exists():
        CACHE.parent.mkdir(exist_ok=True)
        command = ["npm", "pack", "--silent", f"@asyncapi/specs@{SPECS}"]
        subprocess.run(command, cwd=CACHE.parent, check=True, timeout=300)
        archive = CACHE.parent / f"asyncapi-specs-{SPECS}.tgz"
        with tarfile.open(archive) as tar:
            member = tar.extractfile(MEMBER)
            assert member is not None
            CACHE.write_bytes(member.read())
        archive.unlink()
    data = CACHE.read_bytes()
    assert hashlib.sha256(data).hexdigest() == SHA256
    return data


# -- messages and their schemas ------------------------------------------------


def test_every_message_has_an_example() -> None:
    assert {type(example) for example in EXAMPLES} == {
        *asyncapi.CLIENT,
        *asyncapi.SERVER,
    }


@each_example
@pytest.mark.parametrize("draft", [Draft7Validator, Draft202012Validator])
def test_examples_keep_to_their_schema_and_to_no_other(
    example: Message, draft: Any
) -> None:
    wire = on_the_wire(example)
    of_which = [
        model
        for model in (*asyncapi.CLIENT, *asyncapi.SERVER)
        if validator(model, draft).is_valid(wire)
    ]
    assert of_which == [type(example)]
    assert parsed(type(example), json.dumps(wire)) == example


@each_example
def test_nulls_may_be_written_or_left_out(example: Message) -> None:
    assert validator(type(example)).is_valid(example.model_dump(mode="json"))


@each_example
def test_a_message_without_what_is_required_is_refused(example: Message) -> None:
    model = type(example)
    required = DOCUMENT["components"]["schemas"][model.__name__]["required"]
    assert "type" in required
    for member in required:
        wire = on_the_wire(example)
        del wire[member]
        assert not validator(model).is_valid(wire)
        if model.model_fields[member].is_required():
            with pytest.raises(ValueError, match=member):
                parsed(model, json.dumps(wire))


@each_example
def test_a_member_of_another_kind_is_refused(example: Message) -> None:
    model = type(example)
    for member in on_the_wire(example):
        wire = on_the_wire(example) | {member: ["?"]}
        assert not validator(model).is_valid(wire)
        with pytest.raises(ValueError, match=member):
            parsed(model, json.dumps(wire))


@each_example
def test_an_unknown_member_is_refused_from_clients(example: Message) -> None:
    if not isinstance(example, Event):
        wire = on_the_wire(example) | {"colour": "red"}
        assert not validator(type(example)).is_valid(wire)
        with pytest.raises(BadMessage, match="colour"):
            parse(json.dumps(wire))


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70_000),
    st.floats(0, 1, exclude_min=True, exclude_max=True),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    st.just([]),
    st.just({}),
)
members = ["type", "codec", "rate", "channels", "partials", "resume", "id", "packet"]
orders = st.sampled_from([e for e in EXAMPLES if not isinstance(e, Event)])


@given(orders, st.dictionaries(st.sampled_from(members), values, max_size=3))
def test_what_the_schema_allows_is_taken(
    order: Message, changes: dict[str, Any]
) -> None:
    wire = on_the_wire(order) | changes
    if any(validator(model).is_valid(wire) for model in asyncapi.CLIENT):
        parse(json.dumps(wire))


# -- the description for people ------------------------------------------------


def transcript() -> list[tuple[str, dict[str, Any]]]:
    """Who says what in the README's example: text messages only."""
    lines = re.findall(r"^([→←]) (\{.*\})$", README, re.MULTILINE)
    return [(side, json.loads(text)) for side, text in lines]


def test_the_example_session_is_one_that_could_be() -> None:
    sides = {"→": asyncapi.CLIENT, "←": asyncapi.SERVER}
    known = {
        side: {model.model_fields["type"].default: model for model in models}
        for side, models in sides.items()
    }
    said = transcript()
    for side, wire in said:
        model = known[side][wire["type"]]
        assert validator(model).is_valid(wire), wire
        parsed(model, json.dumps(wire))
    assert [wire["type"] for _, wire in said][:2] == ["config", "ready"]
    assert [wire["type"] for side, wire in said if side == "←"][-1] == "session.ended"


def test_events_of_the_example_session_keep_their_promises() -> None:
    events = [wire for side, wire in transcript() if side == "←"]
    numbers = [event["seq"] for event in events]
    assert numbers == sorted(set(numbers))
    stable: dict[int, str] = {}
    for event in events:
        if event["type"] in ("partial", "final"):
            words = event["stable" if event["type"] == "partial" else "text"]
            assert words.startswith(stable.get(event["segment"], ""))
            stable[event["segment"]] = words
    assert stable


@pytest.mark.parametrize(
    "word",
    [
        *(str(code) for code in messages.CLOSE_CODES),
        *get_args(messages.WarningCode),
        *get_args(messages.ErrorCode),
        *get_args(messages.Reason),
        *(model.model_fields["type"].default for model in asyncapi.CLIENT),
        *(model.model_fields["type"].default for model in asyncapi.SERVER),
    ],
)
def test_every_code_is_explained_to_people(word: str) -> None:
    assert re.search(rf"^\| `{re.escape(word)}` \|", README, re.MULTILINE)


@pytest.mark.parametrize("bound", TABLE, ids=lambda bound: bound.setting)
def test_every_bound_is_explained_to_people(bound: Bound) -> None:
    _, *cells = bound
    row = f"| `{bound.setting}` | {' | '.join(cells)} |"
    assert row in README.splitlines(), f"the README lacks {row}"


@pytest.mark.parametrize("model", sorted(DOCUMENT["components"]["schemas"]))
def test_every_member_is_explained_to_people(model: str) -> None:
    for member in DOCUMENT["components"]["schemas"][model]["properties"]:
        assert f"`{member}`" in README, member


def test_the_description_is_not_too_long() -> None:
    assert len(README.splitlines()) <= 250
