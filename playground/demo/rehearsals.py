"""Prompts that rehearse what can go wrong: `demo: slow 8 a cat`, `演示：拦截` and so on.

The words after the name are what is drawn. The full-width colon of a Chinese keyboard works as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from playground.demo.api_error import TYPE, ApiError, invalid_argument
from playground.text import is_chinese

REHEARSALS: Mapping[str, str] = MappingProxyType(
    {
        "slow": "waits 8 seconds before drawing, or as many as the number after it says, up to 120",
        "blocked": "the prompt is blocked before anything is generated",
        "refused": "the picture is held back after it was generated",
        "no picture": "the model stops without a picture",
        "text only": "the model answers with words alone",
        "rate limit": "HTTP 429 that asks to wait for 7 seconds",
        "overloaded": "HTTP 503 of a model in high demand",
        "bad key": "HTTP 400 for a key that is not valid",
        "thoughts": "a thought and two rough thought pictures come before the final picture",
        "drafts": "a pencil sketch and first colours come as ordinary pictures before the final one",
        "cut off": "the answer ends in the middle of the picture",
        "html": "HTTP 502 with a proxy's web page instead of JSON",
    }
)
"""Name -> what it does, in one line of English."""

CHINESE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "slow": ("慢", "响应很慢"),
        "blocked": ("拦截", "提示词被拦截"),
        "refused": ("扣下图片", "图片被扣下"),
        "no picture": ("没有图片",),
        "text only": ("只有文字", "只回文字"),
        "rate limit": ("请求太多", "请求过多"),
        "overloaded": ("过载", "模型过载"),
        "bad key": ("密钥无效",),
        "thoughts": ("思考", "先思考"),
        "drafts": ("草稿", "先出草稿"),
        "cut off": ("中断", "中途断开"),
        "html": ("网页", "代理返回网页"),
    }
)
"""Name -> what it is called in Chinese, after `演示：`; the last is what the page's menu shows."""

_CHINESE_DOES: Mapping[str, str] = MappingProxyType(
    {
        "slow": "先等 8 秒再画，也可以自己写秒数，最多 120 秒",
        "blocked": "提示词在生成之前就被拦截",
        "refused": "图片已经生成，但被扣下",
        "no picture": "模型结束了，却没有给出图片",
        "text only": "模型只用文字回答",
        "rate limit": "HTTP 429，要求 7 秒后再试",
        "overloaded": "HTTP 503，模型过载",
        "bad key": "HTTP 400，密钥无效",
        "thoughts": "先给出思考过程和两张草图，再给出成图",
        "drafts": "先给出铅笔稿和铺色稿，再给出成图",
        "cut off": "回答在图片中途断开",
        "html": "HTTP 502，返回的是代理的网页而不是 JSON",
    }
)

DEFAULT_SECONDS = 8.0
MAX_SECONDS = 120.0
DEFAULT_SCENE = "a lighthouse by the sea at sunset"
DEFAULT_EDIT = "warmer colours"
_CHINESE_SCENE, _CHINESE_EDIT = "日落时海边的灯塔", "颜色更暖"

PROXY_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
"""The page of `demo: html`."""

_CALL = re.compile(r"\s*(?:demo|演示)\s*[:\uff1a]\s*(.*)", re.IGNORECASE | re.DOTALL)
_SECONDS = re.compile(r"\s*(\d{1,9}(?:\.\d{1,3})?)\s*(?:seconds?|secs?|s|秒)?(?![a-z0-9])", re.IGNORECASE)
_SEPARATORS = " \t\r\n,;:-\uff0c\uff1b\uff1a。"


@dataclass(frozen=True)
class Rehearsal:
    """A rehearsal that a prompt asks for.

    Attributes:
        name: a key of `REHEARSALS`, or empty when the prompt names none of them.
        words: what shall be drawn; may be empty.
        seconds: how long to wait first.
        chinese: it was asked for in Chinese, and what is said is Chinese, too.
    """

    name: str
    words: str = ""
    seconds: float = 0.0
    chinese: bool = field(default=False, compare=False)

    def prompt(self, has_pictures: bool) -> str:
        """What shall be drawn, or done to the pictures."""
        scene, edit = (_CHINESE_SCENE, _CHINESE_EDIT) if self.chinese else (DEFAULT_SCENE, DEFAULT_EDIT)
        return self.words or (edit if has_pictures else scene)


@dataclass(frozen=True)
class Ending:
    """How an answer ends.

    Attributes:
        finish_reason: Google's name for it.
        finish_message: its explanation; empty for none.
        block_reason: set when the prompt is blocked and there are no candidates.
        thought_tokens: tokens spent on an answer that is held back.
    """

    finish_reason: str = "STOP"
    finish_message: str = ""
    block_reason: str = ""
    thought_tokens: int = 0


_ENDINGS: Mapping[str, Ending] = MappingProxyType(
    {
        "blocked": Ending(block_reason="SAFETY"),
        "refused": Ending(
            finish_reason="IMAGE_SAFETY",
            finish_message="Unable to show the generated image. The image was filtered out because it "
            "violated Google's Generative AI Prohibited Use policy. You will not be charged for this "
            "request. Try rephrasing the prompt.",
            thought_tokens=180,
        ),
        "no picture": Ending(finish_reason="NO_IMAGE"),
    }
)


def parse(prompt: str) -> Rehearsal | None:
    """The rehearsal that a prompt asks for; None for an ordinary prompt."""
    call = _CALL.fullmatch(prompt)
    if call is None:
        return None
    rest = call[1]
    for name in sorted(REHEARSALS, key=len, reverse=True):
        english = name.replace(" ", r"[\s_-]+") + "(?![a-z])"
        if named := re.match(f"{english}|{'|'.join(CHINESE[name])}", rest, re.IGNORECASE):
            return _with_words(name, rest[named.end() :], chinese=is_chinese(prompt))
    return Rehearsal("", chinese=is_chinese(prompt))


def call(name: str, prompt: str, *, chinese: bool) -> str:
    """The prompt that rehearses something, in a language; what `prompt` has drawn stays in it."""
    before = parse(prompt)
    words = before.words if before else prompt.strip()
    said = f"演示：{CHINESE[name][0]}" if chinese else f"demo: {name}"
    return f"{said} {words}".rstrip()


def ending(rehearsal: Rehearsal | None) -> Ending:
    """How the answer ends; an ordinary one ends with STOP."""
    return _ENDINGS.get(rehearsal.name, Ending()) if rehearsal else Ending()


def draws(rehearsal: Rehearsal | None) -> bool:
    """Whether the answer has a picture."""
    return rehearsal is None or rehearsal.name in ("slow", "thoughts", "drafts", "cut off")


def words_instead(rehearsal: Rehearsal) -> str:
    """What an answer without a picture says in its text part; empty for no text part."""
    if rehearsal.name == "text only":
        asked = rehearsal.prompt(False)
        return f"我只能用文字描述：{asked}。" if rehearsal.chinese else f"I can only describe it: {asked}."
    return "" if rehearsal.name else _listing(chinese=rehearsal.chinese)


def _listing(*, chinese: bool) -> str:
    """The rehearsals, one a line, for a prompt that names none of them."""
    if chinese:
        lines = [f"演示：{CHINESE[name][0]} – {does}" for name, does in _CHINESE_DOES.items()]
        return "演示模式认识这些演练：\n" + "\n".join(lines)
    lines = [f"demo: {name} (演示：{CHINESE[name][0]}) – {does}" for name, does in REHEARSALS.items()]
    return "This demo knows these rehearsals:\n" + "\n".join(lines)


def refusal(rehearsal: Rehearsal | None, model_id: str) -> ApiError | None:
    """The error that a rehearsal answers with; None when it answers with something else."""
    match rehearsal and rehearsal.name:
        case "rate limit":
            return _rate_limit(model_id)
        case "overloaded":
            return ApiError(
                503,
                "UNAVAILABLE",
                "This model is currently experiencing high demand. Spikes in demand are usually temporary. "
                "Please try again later.",
            )
        case "bad key":
            return _bad_key()
    return None


def _with_words(name: str, rest: str, *, chinese: bool) -> Rehearsal:
    seconds = 0.0
    if name == "slow":
        seconds = DEFAULT_SECONDS
        if number := _SECONDS.match(rest):
            seconds, rest = min(float(number[1]), MAX_SECONDS), rest[number.end() :]
    return Rehearsal(name, rest.strip(_SEPARATORS), seconds, chinese)


def _rate_limit(model_id: str) -> ApiError:
    violation = {
        "quotaMetric": "generativelanguage.googleapis.com/generate_content_requests",
        "quotaId": "GenerateRequestsPerMinutePerProjectPerModel",
        "quotaDimensions": {"location": "global", "model": model_id},
        "quotaValue": "10",
    }
    details: list[dict[str, Any]] = [
        {"@type": f"{TYPE}QuotaFailure", "violations": [violation]},
        {"@type": f"{TYPE}RetryInfo", "retryDelay": "7s"},
    ]
    message = "You exceeded your current quota. Please retry in 7s."
    return ApiError(429, "RESOURCE_EXHAUSTED", message, details, retry_after=7)


def _bad_key() -> ApiError:
    message = "API key not valid. Please pass a valid API key."
    info = {
        "@type": f"{TYPE}ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }
    localized = {"@type": f"{TYPE}LocalizedMessage", "locale": "en-US", "message": message}
    return invalid_argument(message, [info, localized])
