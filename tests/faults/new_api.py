"""A gateway that behaves as new-api does between a client and Google, with the demo in Google's place.

new-api is a Go program that many resellers run. What is done here was read in QuantumNous/new-api:
`middleware/auth.go` (where the key may stand, and how it is cut), `middleware/distributor.go` (no channel),
`dto/gemini.go` (which fields survive), `relay/channel/gemini/relay-gemini-native.go` (the answer's bytes go
through), `types/error.go` and `service/error.go` (errors in another shape).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

REQUEST_ID = "20261127030405123456789AbCdEfGh"
MODELS = ("gemini-3-pro-image-preview", "gemini-3.1-flash-image-preview")

_REQUEST = ("contents", "safetySettings", "generationConfig", "tools", "toolConfig", "systemInstruction")
_CONFIG = (
    "temperature", "topP", "topK", "maxOutputTokens", "candidateCount", "stopSequences", "seed",
    "responseModalities", "thinkingConfig", "imageConfig",
)  # fmt: skip
_PART = ("text", "thought", "inlineData", "thoughtSignature", "fileData")


@dataclass
class NewApi:
    """The gateway, and what went through it.

    Attributes:
        token: what it sells, without "sk-"; letters and digits only, because keys are cut at a hyphen.
        credit: False for an account that has spent all.
        sent: headers and query of every request that came.
        relayed: the answers of the provider behind it, byte for byte.
    """

    upstream: httpx.AsyncClient
    token: str
    credit: bool = True
    sent: list[tuple[dict[str, str], str]] = field(default_factory=list)
    relayed: list[bytes] = field(default_factory=list)

    def app(self) -> Starlette:
        routes = [
            Route("/health", _health),
            Route("/{version:str}/models/{target:path}", self._relay, methods=["POST"]),
            Route("/{rest:path}", _invalid_url, methods=["GET", "POST"]),
        ]
        return Starlette(routes=routes)

    async def _relay(self, request: Request) -> Response:
        self.sent.append((dict(request.headers), request.url.query))
        if _token(request) != self.token:
            return _refusal(401, "无效的令牌", code="")
        model, _, method = request.path_params["target"].partition(":")
        if not model.startswith(MODELS):
            message = f"No available channel for model {model} under group default (distributor)"
            return _refusal(503, message, code="model_not_found")
        if not self.credit:
            return _refusal(403, "用户额度不足, 剩余额度: ＄0.000000", code="insufficient_user_quota")
        body = _as_its_structs_know_it(await request.json())
        path = f"/{request.path_params['version']}/models/{model}:{method}"
        answer = await self.upstream.post(path, json=body, headers={"x-goog-api-key": "the-resellers-own"})
        if answer.status_code != 200:
            return _relayed_error(answer)
        try:
            answer.json()
        except ValueError as error:  # it reads the whole answer to count what it costs
            return _refusal(500, str(error), code="bad_response_body", kind="bad_response_body")
        self.relayed.append(answer.content)
        return Response(answer.content, 200, {"x-oneapi-request-id": REQUEST_ID}, "application/json")


def _token(request: Request) -> str:
    """Query, then Google's header, which wins; else Bearer. Cut at the first hyphen behind "sk-"."""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    key = request.headers.get("x-goog-api-key") or request.query_params.get("key") or bearer
    return key.strip().removeprefix("sk-").split("-")[0]


def _as_its_structs_know_it(body: dict[str, Any]) -> dict[str, Any]:
    """The request without the fields that its structs do not have: it is read and written anew."""
    kept = {name: body[name] for name in _REQUEST if name in body}
    config = body.get("generationConfig", {})
    kept["generationConfig"] = {name: config[name] for name in _CONFIG if name in config}
    kept["contents"] = [
        {**turn, "parts": [{name: part[name] for name in _PART if name in part} for part in turn["parts"]]}
        for turn in body["contents"]
    ]
    return kept


def _relayed_error(answer: httpx.Response) -> Response:
    """The provider's error in OpenAI's shape: its status name and its details are lost."""
    try:
        error = answer.json()["error"]
    except ValueError:
        message = f"bad response status code {answer.status_code}"
        return _refusal(
            answer.status_code, message, code="bad_response_status_code", kind="bad_response_status_code"
        )
    return _refusal(answer.status_code, error["message"], code=error["code"], kind="upstream_error")


def _refusal(status: int, message: str, *, code: str | int, kind: str = "new_api_error") -> Response:
    told = f"{message} (request id: {REQUEST_ID})"
    return JSONResponse({"error": {"message": told, "type": kind, "param": "", "code": code}}, status)


async def _invalid_url(request: Request) -> Response:
    message = f"Invalid URL ({request.method} {request.url.path})"
    error = {"message": message, "type": "invalid_request_error", "param": "", "code": ""}
    return JSONResponse({"error": error}, 404)


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok")
