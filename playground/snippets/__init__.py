"""The same call as a program makes it: a request as code in several languages, from the body that is sent;
and code that somebody pasted as a request again.

The key is no part of it: a snippet reads it from an environment variable. Pictures are named as files, whose
base64 the snippet makes itself.
"""

from __future__ import annotations

from playground.snippets.languages import LANGUAGES, Language
from playground.snippets.reading import Exchange, Pasted, Said, read
from playground.snippets.writing import DEMO_ADDRESS, NO_ADDRESS, Call, call_of, file_name

__all__ = [
    "DEMO_ADDRESS",
    "LANGUAGES",
    "NO_ADDRESS",
    "Call",
    "Exchange",
    "Language",
    "Pasted",
    "Said",
    "call_of",
    "file_name",
    "read",
]
