"""URLs of the generateContent dialect, joined from whatever base a person pasted."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urlsplit

from playground.errors import InvalidRequest

DEFAULT_VERSION = "v1beta"
_MAX_BASE_CHARACTERS = 2_000
# A version counts only at the end: Cloudflare's gateway has a "/v1/" of its own at the start of its path.
_TAIL = re.compile(r"(?:/(?P<version>v1beta|v1alpha|v1))?(?:/models(?:/[^/:]*|/[^:]*:\w+)?)?$")
_OPENAI_TAIL = re.compile(
    r"(?:/v1)?/(?:chat/completions|completions|responses|messages|images/(?:generations|edits))/?$"
)
"""What resellers show for OpenAI's clients: the same host answers Gemini's calls below another path."""
_FULL_WIDTH = {sign: sign - 0xFEE0 for sign in range(0xFF01, 0xFF5F)}
"""Signs of a Chinese keyboard -> ASCII."""
_AROUND = "\"'`“”‘’<>()[]{},;，。、"
_THIS_MACHINE = re.compile(r"(?:localhost|127\.[\d.]+|\[::1\])(?::|/|$)", re.IGNORECASE)
_DOT_SEGMENT = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)


def repaired(pasted: str) -> str:
    """A base as it was probably meant: without what came along when it was copied, and with a scheme.

    White space, quotes, full-width signs, a query (which may hold a key), OpenAI's paths and whatever stands
    behind the version go; the version stays only where it is not the usual one. What cannot be mended is
    returned as it is, to be refused.
    """
    seen = pasted.translate(_FULL_WIDTH)
    text = "".join(sign for sign in seen if sign.isprintable() and not sign.isspace()).strip(_AROUND)
    text = _OPENAI_TAIL.sub("", re.split(r"[?#]", text)[0])
    if text and "://" not in text:
        scheme = "http" if _THIS_MACHINE.match(text) else "https"
        text = f"{scheme}://{text.lstrip('/')}"
    try:
        path = models_path(text)
    except InvalidRequest:
        return text
    return path.removesuffix("/models").removesuffix(f"/{DEFAULT_VERSION}")


def model_path(base_url: str, model_id: str, method: str = "generateContent") -> str:
    """The full URL of `method` for a model.

    Args:
        base_url: http(s) address; a path, a version, `/models` or a whole method URL may follow.
        model_id: as typed; a leading "models/" is dropped and the rest cannot leave its path segment.
        method: "generateContent" or "streamGenerateContent".

    Raises:
        InvalidRequest: "base_url_invalid" (field "base_url") or "model_missing" (field "model").
    """
    model = model_id.strip().removeprefix("models/").strip()
    if not model:
        raise InvalidRequest("model_missing", field="model")
    return f"{models_path(base_url)}/{quote(model, safe='', errors='replace')}:{method}"


def models_path(base_url: str) -> str:
    """The URL that lists a base's models. Raises InvalidRequest "base_url_invalid" (field "base_url")."""
    parts = _checked(base_url)
    path = parts.path.rstrip("/")
    tail = _TAIL.search(path)
    version = (tail["version"] if tail else None) or DEFAULT_VERSION
    root = path[: tail.start()].rstrip("/") if tail else path
    return f"{parts.scheme}://{parts.netloc}{root}/{version}/models"


def _checked(base_url: str) -> SplitResult:
    """The base in parts. The standard parser drops line breaks silently, so the text is looked at first."""
    if len(base_url) > _MAX_BASE_CHARACTERS:
        raise _refused("length")
    if not base_url or any(
        sign.isspace() or not sign.isprintable() or sign in '?#\\<>"' for sign in base_url
    ):
        raise _refused("characters")
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError:
        raise _refused("address") from None
    if parts.scheme not in ("http", "https"):
        raise _refused("scheme")
    if "@" in parts.netloc:
        raise _refused("userinfo")
    if not parts.hostname or port == 0:
        raise _refused("host")
    if _DOT_SEGMENT.search(parts.path):
        raise _refused("path")
    return parts


def _refused(problem: str) -> InvalidRequest:
    """The base itself is not repeated: a key may have been pasted into it."""
    return InvalidRequest("base_url_invalid", field="base_url", problem=problem)
