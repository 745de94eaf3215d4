"""A check-up of an address in words: what was found for free, what one picture has shown, and it as a row."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from markupsafe import Markup

from playground.catalogue import Catalogue
from playground.jobs.checkup import Found
from playground.providers.looks import Look
from playground.ui.explain import explain
from playground.ui.form import Choice
from playground.ui.rendering import render
from playground.ui.words import Words

_MOST_NAMES: Final = 6
_QUIET_SECONDS: Final = 30.0
"""Proxies cut a line on which nothing comes for a minute, some for half of one."""


@dataclass(frozen=True)
class Examined:
    """What a check-up knows: of one picture only after a press.

    Attributes:
        choice: provider and model, the address mended and the way of the key set.
        pasted: the address as it was typed.
        manners: how it reports a refusal, see `Provider.manners`; "" where that was not tried.
    """

    choice: Choice
    pasted: str
    look: Look
    found: Found | None = None
    manners: str = ""

    @property
    def host(self) -> str:
        return urlsplit(self.look.base_url).netloc


def report(examined: Examined, catalogue: Catalogue, price: str, words: Words) -> Markup:
    """The whole report. `price` is what the picture costs that shows the rest."""
    lines = [*_free(examined, catalogue, words), *_paid(examined, words)]
    return render(
        "checkup",
        words,
        lines=lines,
        price="" if examined.found else price,
        row=as_row(examined, catalogue),
        kept=json.dumps(kept(examined), ensure_ascii=False),
    )


def kept(examined: Examined) -> dict[str, Any]:
    """What the browser keeps of it, for that address: never the key."""
    found = examined.found
    quirks = {} if found is None else {**asdict(found), "error": None, "silence": None}
    return {
        "name": examined.host,
        "provider": examined.choice.provider,
        "base_url": examined.look.base_url,
        "auth": examined.choice.auth,
        "model": examined.choice.model,
        "quirks": {name: value for name, value in quirks.items() if value is not None},
    }


QUIRKS: Final = (
    *("shape_no", "size_no", "declared_no", "came_text", "came_link", "came_elsewhere", "streamed_no"),
)
"""What may not be as it should at an address, by the names of its words."""


def quirks_of(examined: Examined) -> str:
    """What one picture has shown, or what was known before it, for `Choice.quirks`."""
    found = examined.found
    if found is None or found.came == "nothing":
        return f"{examined.look.base_url} {' '.join(known(examined.choice.quirks))}".strip()
    missed = [
        f"{name}_no" for name in ("shape", "size", "declared", "streamed") if getattr(found, name) is False
    ]
    return " ".join([examined.look.base_url, *filter(QUIRKS.__contains__, [f"came_{found.came}", *missed])])


def known(quirks: str, base_url: str | None = None) -> tuple[str, ...]:
    """The quirks in a word of a form; none where they are another address's."""
    address, *found = quirks.split(" ") if quirks else [""]
    is_its = base_url is None or address.rstrip("/") == base_url.strip().rstrip("/")
    return tuple(one for one in QUIRKS if is_its and one in found)


def quirks(words: Words) -> str:
    """What the page's script says of a kept connection that is not as it should be, as JSON."""
    return json.dumps({name: words(f"checkup.{name}") for name in QUIRKS}, ensure_ascii=False)


Line = tuple[str, str]
"""How a finding is marked, "ok", "bad" or "", and what it says."""


def _free(examined: Examined, catalogue: Catalogue, words: Words) -> Iterator[Line]:
    look = examined.look
    yield "ok", words("checkup.reachable", host=examined.host)
    if look.base_url != examined.pasted.strip():
        yield "", words("checkup.repaired", address=look.base_url)
    if look.auths:
        ways = words.names(words(f"checkup.way_{_way(auth)}") for auth in look.auths)
        yield "ok", words("checkup.auth", ways=ways)
    else:
        yield "", words("checkup.auth_open" if look.is_open else "connection.no_listing")
    if not look.models:
        if look.auths:
            yield "", words("checkup.no_list")
        return
    known = [model for model in look.models if catalogue.find(model)]
    yield "", words("checkup.models", count=len(look.models), known=len(known), names=_names(known, words))
    if examined.choice.model not in look.models:
        yield "bad", words("checkup.model_missing", model=examined.choice.model)


def _way(auth: str) -> str:
    return auth.replace("-", "_")


def _names(models: Sequence[str], words: Words) -> str:
    key = "checkup.names" if len(models) <= _MOST_NAMES else "checkup.names_some"
    return words(key, names=words.names(models[:_MOST_NAMES])) if models else ""


def _paid(examined: Examined, words: Words) -> Iterator[Line]:
    found = examined.found
    if found is None:
        return
    if found.error is not None:
        explained = explain(found.error, words)
        said = words("refusal.quoted", said=explained.said) if explained.said else ""
        yield "bad", words.together(explained.what, said)
    else:
        yield "ok" if found.came == "inline" else "bad", words(f"checkup.came_{found.came}")
    for name in ("shape", "size", "declared", "streamed"):
        value = getattr(found, name)
        if value is not None:
            mark = "ok" if value else "" if name == "streamed" else "bad"
            yield mark, words(f"checkup.{name}_{'yes' if value else 'no'}")
    if found.silence is not None:
        seconds = words.number(found.silence, 1)
        yield "bad" if found.silence > _QUIET_SECONDS else "", words("checkup.silence", seconds=seconds)
    if examined.manners:
        yield "bad" if examined.manners == "none" else "", words(f"checkup.refusal_{examined.manners}")


def as_row(examined: Examined, catalogue: Catalogue) -> str:
    """The same as TOML for `PLAYGROUND_PROVIDERS`: what the gateway does not obey is not offered there."""
    host, choice, found = examined.host, examined.choice, examined.found
    name = re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-") or "gateway"
    variable = f"{re.sub(r'[^A-Z0-9]+', '_', host.upper()).strip('_')}_API_KEY"
    variable = f"GATEWAY_{variable}" if variable[0].isdigit() else variable
    listed = [model for model in examined.look.models if catalogue.find(model)]
    facts = {
        "name": host,
        "base_url": examined.look.base_url,
        "auth": choice.auth or catalogue.provider(choice.provider).auth,
        "key_env": [variable],
        "default_model": choice.model,
    }
    lines = [f"[providers.{name}]", *_pairs(facts)]
    for model in dict.fromkeys((choice.model, *listed)):
        row = catalogue.model(choice.provider, model)
        row = catalogue.find(model) or row
        obeyed = {
            "name": row.name or model,
            "aspect_ratios": [] if found and found.shape is False else list(row.aspect_ratios),
            "image_sizes": [] if found and found.size is False else list(row.image_sizes),
            "default_image_size": row.default_image_size,
            "max_images": row.max_images,
        }
        lines += ["", f"[providers.{name}.models.{json.dumps(model, ensure_ascii=False)}]", *_pairs(obeyed)]
    return "\n".join(lines) + "\n"


def _pairs(values: dict[str, Any]) -> list[str]:
    """JSON's texts, numbers and lists of them are TOML's, too."""
    return [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
