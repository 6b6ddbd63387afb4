"""The description of the HTTP interface: complete, valid, and kept by the answers, whatever a program sends."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from chatapp import create_app
from chatapp.problems import STATUS
from chatapp.web.openapi import described
from chatapp.web.operations import operations

from ..actors import NO_RATE_LIMITS
from .conftest import Browser, content_of

EXAMPLES = 12  # requests to each address
PROMISES = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


def test_every_address_for_programs_is_described_and_no_other(app: Flask) -> None:
    serves = {
        (rule.rule, method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") or rule.rule == "/healthz"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(operation.rule, operation.method) for operation in operations()} == serves


def test_the_description_is_made_once_and_not_sent_to_those_who_have_it(browser: Browser) -> None:
    first = browser.get("/api/openapi.json")
    begun = time.thread_time()
    for _ in range(10):
        again = browser.get("/api/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    assert time.thread_time() - begun < 10 * 0.004  # to make it takes 9 ms


def test_the_description_is_served_and_valid_and_names_only_what_is_there(
    browser: Browser, make_app: Callable[..., Flask]
) -> None:
    told = browser.read("/api/openapi.json")
    assert told["openapi"].startswith("3.1.")
    names = [each["operationId"] for path in told["paths"].values() for each in path.values()]
    assert len(names) == len(set(names)) == len(list(operations()))
    for schema in told["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    shut = content_of(make_app(FLOW="off").test_client().get("/api/openapi.json"))
    assert set(told["paths"]) - set(shut["paths"]) == {"/api/flow"}


def test_every_code_of_a_refusal_over_http_is_described() -> None:
    told = {code for operation in operations() for code in operation.codes}
    assert STATUS.keys() - told == {"not-found", "method", "server-error"}  # of what is not described at all


def strictly_described() -> Any:
    """The description, read so strictly that a field of an answer which nobody has described breaks a promise."""
    told = described(list(operations()))
    taken = {operation.takes.__name__ for operation in operations() if operation.takes}
    for name, schema in told["components"]["schemas"].items():
        if name not in taken and schema.get("type") == "object":
            schema["additionalProperties"] = False
    return schemathesis.openapi.from_dict(told)


@pytest.fixture(scope="module")
def talked_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A chat in which something has been said."""
    app = create_app({"DATA": str(tmp_path_factory.mktemp("openapi")), **NO_RATE_LIMITS, "LOG_LEVEL": "ERROR"})
    app.extensions["chatapp"].start()
    client = app.test_client(use_cookies=False)
    for number in range(3):
        said = {"text": f"**message** {number}", "nonce": f"n{number}"}
        assert client.post("/api/rooms/general/messages?name=ana", json=said).status_code == 201
    yield app
    app.extensions["chatapp"].stop()


KNOWN = {"slug": "general", "seq": 2}  # what there is in that chat
WITHOUT_END = "stream"  # tested by itself


def trials() -> Iterator[Any]:
    """Each address with what fits its description and with what does not, anywhere and where there is something."""
    for found in strictly_described().get_all_operations():
        address = found.ok()
        if address.path.endswith((WITHOUT_END, "openapi.json")):
            continue
        names = set(re.findall(r"{(\w+)}", address.path))
        known = {name: value for name, value in KNOWN.items() if name in names}
        for there in [{}, known] if known else [{}]:
            where = "where there is something" if there else "anywhere"
            yield pytest.param(address, GenerationMode.POSITIVE, there, id=f"{address.label}, {where}")
            if address.query or address.body or names - there.keys():
                yield pytest.param(address, GenerationMode.NEGATIVE, there, id=f"{address.label}, {where}, wrongly")


@pytest.mark.parametrize(("address", "mode", "there"), list(trials()))
def test_whatever_is_sent_the_answer_is_one_that_is_described(
    talked_in: Flask, address: Any, mode: GenerationMode, there: dict[str, Any]
) -> None:
    address.app = talked_in

    @settings(max_examples=EXAMPLES, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=address.as_strategy(generation_mode=mode, path_parameters=there))
    def ask(case: Case[Any]) -> None:
        case.call_and_validate(checks=PROMISES)

    ask()
