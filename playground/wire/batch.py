"""The dialect of Google's Batch API: the file of requests, the creation, the operation, the file of answers.

Facts from ai.google.dev/api/batch-api, ai.google.dev/api/files and google-genai 3.6.1 (`batches.py`): a line
of the input is `{"key":…, "request":{…}}`, one of the answers `{"key":…, "response":{…}}` or `{"key":…,
"error":{…}}` with a number of `google.rpc.Code`; states begin with BATCH_STATE_, at Vertex with JOB_STATE_.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

from playground.errors import ProviderError, UnreadableAnswer
from playground.result import ImageResult, RawAnswer
from playground.wire.address import models_path
from playground.wire.faults import read_error
from playground.wire.outcomes import STATUS_NUMBERS
from playground.wire.receiving import Receiving
from playground.wire.sending import PictureFile, RequestBody
from playground.wire.text import plain_text
from playground.wire.values import count_of, flag_of, list_of, pick, text_of

METHOD: Final = "batchGenerateContent"
UPLOAD_URL: Final = "x-goog-upload-url"
"""The header that names the address of an upload that was started."""
State = Literal["waiting", "running", "succeeded", "failed", "cancelled", "expired"]

_STATES: Final[dict[str, State]] = {
    "PENDING": "waiting",
    "QUEUED": "waiting",
    "RUNNING": "running",
    "CANCELLING": "running",
    "SUCCEEDED": "succeeded",
    "PARTIALLY_SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
    "EXPIRED": "expired",
}
_CODES: Final = {
    1: "CANCELLED",
    3: "INVALID_ARGUMENT",
    4: "DEADLINE_EXCEEDED",
    5: "NOT_FOUND",
    7: "PERMISSION_DENIED",
    8: "RESOURCE_EXHAUSTED",
    9: "FAILED_PRECONDITION",
    11: "OUT_OF_RANGE",
    13: "INTERNAL",
    14: "UNAVAILABLE",
    16: "UNAUTHENTICATED",
}
"""Numbers of `google.rpc.Code` that mean something to us -> their names."""
_KEY = re.compile(r'"key"\s{0,9}:\s{0,9}"((?:[^"\\]|\\.){1,200})"')
_NAME = re.compile(r"(?:batches|files)/[\w.-]{1,200}", re.ASCII)


@dataclass(frozen=True)
class RemoteBatch:
    """A batch as its provider tells of it.

    Attributes:
        name: "batches/…".
        display_name: what we called it.
        state: how far it is.
        answers: "files/…" with the answers; "" while there are none.
        said: why it failed, in the provider's words.
        total, done: how many requests it has, and how many were answered or failed; 0 where not told.
    """

    name: str
    display_name: str
    state: State
    answers: str = ""
    said: str = ""
    total: int = 0
    done: int = 0


def batch_path(base_url: str, name: str = "", method: str = "") -> str:
    """The URL of a batch or file by its name, of a method of it, or of the list of batches.

    Raises:
        InvalidRequest: "base_url_invalid".
        UnreadableAnswer: the name is none.
    """
    if name and not _NAME.fullmatch(name):
        raise UnreadableAnswer("unreadable_answer")
    root = models_path(base_url).removesuffix("/models")
    return f"{root}/{quote(name) or 'batches'}{':' if method else ''}{method}"


def upload_path(base_url: str) -> str:
    """The URL at which an upload is started. Raises InvalidRequest "base_url_invalid"."""
    root, _, version = models_path(base_url).removesuffix("/models").rpartition("/")
    return f"{root}/upload/{version}/files"


def upload_start(display_name: str, byte_count: int) -> tuple[dict[str, str], bytes]:
    """Headers and body that start a resumable upload of JSON lines."""
    headers = {
        "X-Goog-Upload-Protocol": "resumable",
        "X-Goog-Upload-Command": "start",
        "X-Goog-Upload-Header-Content-Length": str(byte_count),
        "X-Goog-Upload-Header-Content-Type": "application/jsonl",
    }
    return headers, json.dumps({"file": {"display_name": display_name}}).encode()


def upload_whole() -> dict[str, str]:
    """Headers of the one piece of an upload."""
    return {
        "X-Goog-Upload-Protocol": "resumable",
        "X-Goog-Upload-Command": "upload, finalize",
        "X-Goog-Upload-Offset": "0",
    }


def batch_input(rows: Iterable[tuple[str, RequestBody]]) -> RequestBody:
    """The file of requests, one a line, each under its key: sent like any body, pictures from their files."""
    texts: list[bytes] = [b""]
    files: list[PictureFile] = []
    for key, body in rows:
        texts[-1] += b'{"key":%s,"request":' % json.dumps(key).encode() + body.texts[0]
        texts += body.texts[1:]
        texts[-1] += b"}\n"
        files += body.files
    return RequestBody(tuple(texts), tuple(files))


def batch_creation(display_name: str, file: str) -> bytes:
    """The body that creates a batch of an uploaded file."""
    batch = {"displayName": display_name, "inputConfig": {"fileName": file}}
    return json.dumps({"batch": batch}).encode()


def read_file_name(content: bytes) -> str:
    """The name of an uploaded file. Raises UnreadableAnswer."""
    name = text_of(pick(_object(content), "file"), "name")
    if not _NAME.fullmatch(name):
        raise UnreadableAnswer("unreadable_answer")
    return name


def read_batch(content: bytes) -> RemoteBatch:
    """The batch that an operation tells of. Raises UnreadableAnswer."""
    batch = _batch(_object(content))
    if batch is None:
        raise UnreadableAnswer("unreadable_answer", raw=content[:2000].decode("utf-8", "replace"))
    return batch


def read_batches(content: bytes) -> tuple[list[RemoteBatch], str]:
    """The batches of a page of their list, and the token of the next page. Raises UnreadableAnswer."""
    document = _object(content)
    items = list_of(document, "operations") or list_of(document, "batches")
    return [one for one in map(_batch, items) if one is not None], text_of(document, "nextPageToken")


def _batch(operation: Any) -> RemoteBatch | None:
    metadata = pick(operation, "metadata") or operation
    name = text_of(operation, "name") or text_of(metadata, "name")
    if not _NAME.fullmatch(name):
        return None
    error, stats = pick(operation, "error"), pick(metadata, "batchStats")
    outputs = (pick(operation, "response"), pick(metadata, "output"), pick(metadata, "dest"))
    files = (text_of(one, key) for one in outputs for key in ("responsesFile", "fileName"))
    counts = [count_of(stats, f"{kind}RequestCount") or 0 for kind in ("successful", "failed")]
    return RemoteBatch(
        name,
        text_of(metadata, "displayName"),
        _state(operation, metadata, error),
        next(filter(None, files), ""),
        plain_text(text_of(error, "message"), 300),
        count_of(stats, "requestCount") or 0,
        sum(counts),
    )


def _state(operation: Any, metadata: Any, error: Any) -> State:
    told = text_of(metadata, "state") or text_of(operation, "state")
    state = _STATES.get(told.upper().rpartition("STATE_")[2])
    if state is not None:
        return state
    if not flag_of(operation, "done"):
        return "waiting"
    return "failed" if error else "succeeded"


def _object(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise UnreadableAnswer("unreadable_answer", raw=content[:2000].decode("utf-8", "replace"))
    return document


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class AnswerLine:
    """One line of the file of answers, its pictures in files.

    Attributes:
        number: from 0.
        broken: what ended it early, a cap or the disk's limit.
    """

    number: int
    receiving: Receiving
    broken: ProviderError | None = None

    def read(self) -> tuple[str, ImageResult | ProviderError]:
        """The key of its request, "" where it has none, and what it brought. Does CPU work.

        The files of the pictures are the caller's from here on; without a result none is left.
        """
        with self.receiving as receiving:
            try:
                result = receiving.result("application/json", self.broken)
            except ProviderError as error:
                return _key_of(error.answer), _named(error)
            return _key_of(result.answer), result

    def abandon(self) -> None:
        """Leaves no file behind."""
        with self.receiving:
            pass


class AnswerLines:
    """Takes the file of answers in pieces of any size, and hands over each line as soon as it has come."""

    def __init__(self, folder: Path | None, on_line: Callable[[AnswerLine], None]) -> None:
        """`folder` is where long pictures become temporary files; None keeps them in memory."""
        self._folder = folder
        self._on_line = on_line
        self._receiving: Receiving | None = None
        self._broken: ProviderError | None = None
        self._count = 0

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes. Raises OSError for the disk."""
        for piece, is_end in _until_newlines(chunk):
            if self._receiving is None and not piece.strip():
                continue
            self._receiving = self._receiving or Receiving(self._folder)
            if self._broken is None:
                try:
                    self._receiving.feed(piece)
                except UnreadableAnswer as error:
                    self._broken = error
            if is_end:
                self.close()

    def close(self) -> None:
        """What has come of a line is all of it."""
        if self._receiving is not None:
            line = AnswerLine(self._count, self._receiving, self._broken)
            self._receiving, self._broken, self._count = None, None, self._count + 1
            self._on_line(line)

    def abandon(self) -> None:
        """Leaves no file of a line that is not whole."""
        if self._receiving is not None:
            with self._receiving:
                pass
            self._receiving = None


def _until_newlines(chunk: bytes) -> Iterator[tuple[bytes, bool]]:
    start = 0
    while (end := chunk.find(b"\n", start)) >= 0:
        yield chunk[start:end], True
        start = end + 1
    yield chunk[start:], False


def _key_of(answer: RawAnswer | None) -> str:
    """The key of a line; also that of an inline answer, which is in its metadata."""
    text = answer.text.decode("utf-8", "replace") if answer else ""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        found = _KEY.search(text)
        return found[1] if found else ""
    return text_of(line, "key") or text_of(pick(line, "metadata"), "key")


def _named(error: ProviderError) -> ProviderError:
    """The same error; where it has but a number of `google.rpc.Code`, what that number means."""
    text = error.answer.text if error.answer else b""
    try:
        told = pick(json.loads(text), "error")
    except (ValueError, RecursionError):
        return error
    name = _CODES.get(count_of(told, "code") or 0)
    if name is None or text_of(told, "status"):
        return error
    status = STATUS_NUMBERS.get(name, 500)
    named = read_error(status, {}, json.dumps({"error": {**told, "code": status, "status": name}}).encode())
    named.answer = error.answer
    return named
