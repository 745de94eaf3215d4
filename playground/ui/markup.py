"""Small pieces of HTML. Everything that did not come from us goes through `text`."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

LOGO = (
    '<svg viewBox="0 0 26 26" aria-hidden="true"><rect x="1.75" y="4.75" width="22.5" height="16.5" rx="2" '
    'fill="none" stroke="currentColor" stroke-width="1.5"/>'
    '<rect class="mark" x="8" y="8.5" width="10" height="9" rx="1"/>'
    '<path d="M4.5 8v1.6M4.5 12.2v1.6M4.5 16.4V18M21.5 8v1.6M21.5 12.2v1.6M21.5 16.4V18" '
    'stroke="currentColor" stroke-width="1.5" stroke-linecap="round"/></svg>'
)


def text(value: object) -> str:
    """`value` as text that cannot become markup."""
    return html.escape(str(value), quote=True)


def lines(value: object) -> str:
    """As `text`, with line ends kept."""
    return text(value).replace("\n", "<br>")


def deed(name: str, label: str, *, css: str = "", **data: object) -> str:
    """A button whose press becomes the event `name`, with `data` along."""
    attributes = "".join(f' data-{key.replace("_", "-")}="{text(value)}"' for key, value in data.items())
    classes = f' class="{css}"' if css else ""
    return f'<button type="button"{classes} data-do="{name}"{attributes}>{text(label)}</button>'


def press(attributes: str, label: str, css: str = "") -> str:
    """A button that a script of ours knows by its attributes, which are not escaped."""
    classes = f' class="{css}"' if css else ""
    return f'<button type="button"{classes} {attributes}>{text(label)}</button>'


def code(value: Mapping[str, Any] | str) -> str:
    """JSON or plain text, set as it is."""
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return f'<pre tabindex="0">{text(shown)}</pre>'
