"""The form: its widgets by name, and the values that they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import gradio as gr

from playground.catalogue import Auth
from playground.modes import FIRST, MODES
from playground.providers.credentials import Credentials, clean_key
from playground.providers.looks import AUTHS
from playground.request import SETTINGS
from playground.text import is_blank

_OWN = ("provider", "model", "key", "base_url", "auth", "quirks")
_WAYS: Mapping[str, Auth] = {auth: auth for auth in AUTHS}


@dataclass(frozen=True)
class Panel:
    """The widgets of the panel.

    Attributes:
        auth: how the key travels to an address that was typed; "" as the provider's row says.
        quirks: what a check-up has found of that address, see `Choice`; nobody sees the field.
        kept: the connections that the browser keeps.
        connection: what a check of the connection found out.
        versus_calls: what a comparison would send, call by call.
        summary: the button with the settings' one line, which unfolds them.
        settings: setting name -> its control.
    """

    provider: gr.Dropdown
    base_url: gr.Textbox
    auth: gr.Dropdown
    quirks: gr.Textbox
    kept: gr.HTML
    key: gr.Textbox
    key_note: gr.HTML
    connection: gr.HTML
    pill: gr.Button
    prompt: gr.Textbox
    shape_more: gr.Button
    summary: gr.Button
    model: gr.Dropdown
    fineprint: gr.HTML
    versus_calls: gr.HTML
    price: gr.HTML
    writer: gr.HTML
    settings: Mapping[str, gr.Radio | gr.CheckboxGroup]

    @property
    def widgets(self) -> list[Any]:
        """All of them."""
        single = (getattr(self, one.name) for one in fields(self) if one.name != "settings")
        return [*single, *self.settings.values()]

    @property
    def values(self) -> dict[str, Any]:
        """Name -> widget of all that `Choice` is made of, but for the mode."""
        own = {name: getattr(self, name) for name in _OWN}
        return {**own, **self.settings}

    @property
    def in_settings(self) -> list[Any]:
        """What the settings' fold holds."""
        return [self.shape_more, self.model, self.fineprint, self.versus_calls, *self.settings.values()]

    @property
    def in_connection(self) -> list[Any]:
        """What the connection's fold holds."""
        return [self.provider, self.base_url, self.key, self.auth, self.key_note, self.kept]


@dataclass(frozen=True)
class Choice:
    """The panel's values.

    Attributes:
        settings: setting name -> its value as one word, see `Setting.spelled`.
        quirks: the address and what is not as it should be there, as words, see `checkup.quirks_of`.
        mode: the tab.
    """

    provider: str
    model: str
    settings: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    base_url: str = ""
    auth: str = ""
    quirks: str = ""
    mode: str = FIRST

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Choice:
        """The choice from the widgets' values by name; what is no text or shows nothing is ""."""
        texts = {
            name: value for name, value in values.items() if isinstance(value, str) and not is_blank(value)
        }
        texts |= {"versus": ticked(values)}
        named = {setting.name for setting in SETTINGS}
        own = {name: texts.get(name, "") for name in values.keys() - named}
        mode = {"mode": FIRST} if own.get("mode", FIRST) not in MODES else {}
        return cls(**own | mode, settings={name: texts.get(name, "") for name in named})

    @property
    def values(self) -> dict[str, str]:
        """Name -> value, as `Panel.values` has the widgets."""
        return {**{name: getattr(self, name) for name in _OWN}, **self.settings}

    def having(self, **settings: str) -> Choice:
        """The same with other values for some settings."""
        return replace(self, settings={**self.settings, **settings})


def ticked(values: Mapping[str, object]) -> str:
    """What is ticked to be compared, as one word: a page has it as a list."""
    found = values.get("versus")
    found = found.split(",") if isinstance(found, str) else found
    return ",".join(one for one in found if isinstance(one, str)) if isinstance(found, list) else ""


def credentials(key: str | None, base_url: str | None, auth: str = "") -> Credentials:
    """Key and address as typed. Raises InvalidRequest for a key that cannot be one."""
    return Credentials(key=clean_key(key), base_url=(base_url or "").strip() or None, auth=_WAYS.get(auth))
