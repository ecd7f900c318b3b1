"""The OpenAPI 3.1 document, made of the declared operations and nothing else.

Answers are described by their wire structs, parameters and bodies by the forms that read them, so
what is documented is what runs. The same operations give the same document, byte for byte; it
stands in `docs/reference/openapi.json`, and a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from api.accounts import ACCOUNT
from api.auth import Scope
from api.endpoints import Operation
from api.forms import Form
from api.refusals import ApiError

DESCRIPTION = """\
One order tape for every broker, behind the Trading API. Every path exists at `/v1` and at `/`.

Numbers are decimal strings. Times are ISO 8601 in UTC. Words (sides, order types, states) are
accepted in any letter case and answered in upper case. Unknown fields and parameters are refused.

Where keys are configured, send `Authorization: Bearer KEY` or `X-API-Key: KEY`.
"""
_EVERYWHERE = {
    400: "A field is missing, unknown, or has a value that can mean nothing.",
    401: "A key is needed, or the one sent is not known.",
    403: "The key may not do this, or the Host or Origin header is not ours.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "The server is shutting down or has too much to do; or the provider can not be reached.",
}
_WITH_BODY = {
    408: "The body did not arrive in time.",
    413: "The body is longer than the limit.",
}
CODES = (
    "INVALID_REQUEST",
    "INVALID_VALUE",
    "VALIDATION_ERROR",
    "UNAUTHORIZED",
    "ORDER_NOT_FOUND",
    "POSITION_NOT_FOUND",
    "SYMBOL_NOT_FOUND",
    "OCO_GROUP_NOT_FOUND",
    "ORDER_NOT_MODIFIABLE",
    "RESET_COOLDOWN",
    "ORDER_REJECTED",
    "RATE_LIMITED",
    "INTERNAL_ERROR",
    "UNSUPPORTED_OPERATION",
    "PROVIDER_ERROR",
    "SHUTTING_DOWN",
    "PROVIDER_UNAVAILABLE",
)
"""Every code that an error may have."""
_REFERENCE = "#/components/schemas/{name}"


@dataclass(frozen=True)
class About:
    """What a document says of its API as a whole; ``error`` is the type of its refusals."""

    title: str
    description: str
    servers: Sequence[str]
    error: type[msgspec.Struct]


TRADING = About("OneTape", DESCRIPTION, ("/v1", "/"), ApiError)


def build(operations: Iterable[Operation], version: str, about: About = TRADING) -> dict[str, Any]:
    """The document for ``operations``, in their order."""
    declared = list(operations)
    types = _types(declared, about.error)
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    by_type = dict(zip(map(repr, types), schemas, strict=True))
    if about.error is ApiError:
        components["ApiError"]["properties"]["code"]["enum"] = list(CODES)
    _write_decimals_as_numbers(components)
    paths: dict[str, dict[str, Any]] = {}
    for operation in declared:
        described = _operation(operation, by_type, by_type[repr(about.error)])
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": about.title,
            "version": version,
            "description": about.description,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": url} for url in about.servers],
        "security": [{}, {"bearer": []}, {"key": []}],
        "tags": [{"name": name} for name in dict.fromkeys(_tag(each) for each in declared)],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def text(document: Mapping[str, Any]) -> str:
    """The document as it is kept in the repository and served."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _write_decimals_as_numbers(node: Any) -> None:
    """Describe decimals as what the encoder makes of them."""
    if isinstance(node, dict):
        if node.get("type") == "string" and node.get("format") == "decimal":
            node["type"] = "number"
            del node["format"]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            _write_decimals_as_numbers(each)


def _types(operations: Iterable[Operation], error: Any) -> list[Any]:
    found = {repr(error): error}
    for operation in operations:
        for answer in (operation.answer, *operation.answers.values()):
            if answer is not None:
                found.setdefault(repr(answer), answer)
    return list(found.values())


def _operation(
    operation: Operation, schemas: Mapping[str, Any], error: dict[str, Any]
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _operation_id(operation),
        "summary": operation.summary,
        "tags": [_tag(operation)],
    }
    if operation.description:
        described["description"] = operation.description
    parameters = _parameters(operation)
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": operation.is_body_required,
            "content": {"application/json": {"schema": operation.body.schema()}},
        }
    described["responses"] = _responses(operation, schemas, error)
    if operation.scope is not Scope.READ:
        described["x-scope"] = operation.scope.word
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found = [
        _parameter(name, "path", field.schema(), is_required=True)
        for name, field in operation.parameters.items()
    ]
    query: Form = operation.query
    found += [
        _parameter(name, "query", field.schema(), is_required=name in query.required)
        for name, field in query.fields.items()
    ]
    if "account_id" in query.fields:
        found.append(_parameter("X-Account-ID", "header", ACCOUNT.schema(), is_required=False))
    return found


def _parameter(name: str, place: str, schema: dict[str, Any], *, is_required: bool) -> Any:
    described = {"name": name, "in": place, "required": is_required}
    meaning = schema.pop("description", "")
    if meaning:
        described["description"] = meaning
    described["schema"] = schema
    return described


def _responses(
    operation: Operation, schemas: Mapping[str, Any], refusal: dict[str, Any]
) -> dict[str, Any]:
    responses: dict[int, Any] = {
        operation.status: _response("Success", operation.media, operation.answer, schemas)
    }
    for status, answer in operation.answers.items():
        responses[status] = _response(f"Status {status}", operation.media, answer, schemas)
    failures = {**_EVERYWHERE, **(_WITH_BODY if operation.body else {}), **operation.failures}
    for status in sorted(failures):
        content = {"application/json": {"schema": refusal}}
        error: Any = {"description": failures[status], "content": content}
        if status in responses:
            # The same status with a body of its own: either may come.
            both = [responses[status]["content"][operation.media]["schema"]]
            both += [error["content"]["application/json"]["schema"]]
            responses[status]["content"] = {"application/json": {"schema": {"anyOf": both}}}
        else:
            responses[status] = error
    return {str(status): responses[status] for status in sorted(responses)}


def _response(meaning: str, media: str, answer: Any, schemas: Mapping[str, Any]) -> Any:
    schema = {"type": "string"} if answer is None else schemas[repr(answer)]
    return {"description": meaning, "content": {media: {"schema": schema}}}


def _tag(operation: Operation) -> str:
    return operation.tag or operation.path.split("/")[1].split("?")[0].capitalize()


def _operation_id(operation: Operation) -> str:
    words = operation.path.strip("/").replace("{", "").replace("}", "").replace("-", "_")
    return f"{operation.method.lower()}_{words.replace('/', '_').replace('.', '_')}"
