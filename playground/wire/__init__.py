"""The generateContent dialect: bytes in, values out, no network.

`request_body` makes what is sent and `Receiving` takes what comes back, both piece by piece: whoever moves
the bytes knows nothing of their inside. `decode` reads an answer that has arrived whole; `why_no_picture` and
`read_error` make of an answer without a picture, and of an HTTP error, what a person is told.
"""

from __future__ import annotations

from playground.wire.address import model_path, models_path, repaired
from playground.wire.answer import decode
from playground.wire.batch import METHOD as BATCH_METHOD
from playground.wire.batch import (
    UPLOAD_URL,
    AnswerLine,
    AnswerLines,
    RemoteBatch,
    batch_creation,
    batch_input,
    batch_path,
    read_batch,
    read_batches,
    read_file_name,
    upload_path,
    upload_start,
    upload_whole,
)
from playground.wire.body import body_with, elided, request_body
from playground.wire.faults import read_error, unread_success
from playground.wire.no_picture import why_no_picture
from playground.wire.receiving import Receiving
from playground.wire.scanner import Caps
from playground.wire.sending import RequestBody

__all__ = [
    "BATCH_METHOD",
    "UPLOAD_URL",
    "AnswerLine",
    "AnswerLines",
    "Caps",
    "Receiving",
    "RemoteBatch",
    "RequestBody",
    "batch_creation",
    "batch_input",
    "batch_path",
    "body_with",
    "decode",
    "elided",
    "model_path",
    "models_path",
    "read_batch",
    "read_batches",
    "read_error",
    "read_file_name",
    "repaired",
    "request_body",
    "unread_success",
    "upload_path",
    "upload_start",
    "upload_whole",
    "why_no_picture",
]
