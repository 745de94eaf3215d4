"""Errors in the shape that Google's API sends: `{"error": {code, message, status, details}}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Details = Sequence[Mapping[str, Any]]

TYPE = "type.googleapis.com/google.rpc."


class ApiError(Exception):
    """An answer that is an error.

    Attributes:
        http_status: status of the HTTP answer, and `error.code`.
        status: Google's status name, e.g. "INVALID_ARGUMENT".
        message: the sentence that a person reads.
        details: `google.rpc` messages for programs.
        retry_after: seconds for the `Retry-After` header, or None to send none.
    """

    def __init__(
        self,
        http_status: int,
        status: str,
        message: str,
        details: Details = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.status = status
        self.message = message
        self.details = tuple(details)
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """The JSON document."""
        error: dict[str, Any] = {"code": self.http_status, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = [dict(detail) for detail in self.details]
        return {"error": error}


def invalid_argument(message: str, details: Details = ()) -> ApiError:
    """A 400 for a request that can never succeed as it is."""
    return ApiError(400, "INVALID_ARGUMENT", message, details)


def invalid_value(field: str, description: str = "Invalid value", suffix: str = "") -> ApiError:
    """A 400 that names the field: its path in snake case with dots, as Google spells it."""
    violation = {"field": field, "description": description}
    details = [{"@type": f"{TYPE}BadRequest", "fieldViolations": [violation]}]
    return invalid_argument(f"Invalid value at '{field}'{suffix}", details)


def not_found(model_id: str, version: str, method: str) -> ApiError:
    """A 404 for a model or a method that is not served."""
    return ApiError(
        404,
        "NOT_FOUND",
        f"models/{model_id} is not found for API version {version}, or is not supported for {method}. "
        "Call ListModels to see the list of available models and their supported methods.",
    )


def too_large(limit: int) -> ApiError:
    """A 413 for a body of more than `limit` bytes."""
    return ApiError(413, "INVALID_ARGUMENT", f"Request payload size exceeds the limit: {limit} bytes.")


def unusable_picture() -> ApiError:
    """A 400 for a picture that cannot be decoded, or whose MIME type is not one of the accepted ones."""
    return invalid_argument("Unable to process input image.")
