"""Gradio's parts in our tokens: `static/theme.css` is the one source for both themes.

The stylesheet comes by `<link>`, because Gradio rewrites what is given as `css=`: it drops `@supports` and
`@container` and keeps only a prefixed copy of what stands in `@media`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from playground.pixels import sides
from playground.ui.rendering import render
from playground.ui.words import DEFAULT, LANGUAGES, words_for

STATIC = Path(str(resources.files("playground.ui") / "static"))
"""The folder of our stylesheets, modules and pictures."""
TITLE = "Image Playground · 图像工坊"
_WHEN_UNREACHABLE = """playground.catch(() => addEventListener("load", () => {
  const notices = Array.from(document.querySelectorAll("template[data-unreachable]"), (told) => {
    const notice = told.content.firstElementChild.cloneNode(true);
    notice.textContent = notice.textContent.replaceAll("{path}", new URL(document.baseURI).pathname);
    return notice;
  });
  document.body.prepend(...notices);
}))"""
"""The page's script is not there to tell it."""
_CALLED = """for (const [tag, code] of Object.entries(%s))
  gradio_config.i18n_translations[tag] = gradio_config.i18n_translations[code];"""
"""Gradio compares what a browser calls its language exactly. The texts come once, and not for each name."""
_TOKENS = {
    "body_background_fill": "var(--desk)",
    "body_text_color": "var(--ink)",
    "body_text_color_subdued": "var(--ink-3)",
    "background_fill_primary": "var(--table)",
    "background_fill_secondary": "var(--desk)",
    "border_color_primary": "var(--line)",
    "border_color_accent": "var(--accent)",
    "color_accent": "var(--accent)",
    "color_accent_soft": "var(--accent-soft)",
    "block_background_fill": "transparent",
    "block_border_width": "0px",
    "block_padding": "0px",
    "block_shadow": "none",
    "block_label_background_fill": "transparent",
    "block_label_text_color": "var(--ink-2)",
    "block_title_text_color": "var(--ink-2)",
    "block_info_text_color": "var(--ink-3)",
    "input_background_fill": "var(--field)",
    "input_border_color": "var(--edge)",
    "input_placeholder_color": "var(--ink-3)",
    "input_shadow": "none",
    "input_shadow_focus": "none",
    "link_text_color": "var(--accent)",
    "button_primary_background_fill": "var(--accent)",
    "button_primary_text_color": "var(--on-accent)",
    "button_secondary_background_fill": "var(--field)",
    "button_secondary_text_color": "var(--ink)",
    "checkbox_label_background_fill": "transparent",
    "checkbox_label_border_width": "0px",
    "panel_background_fill": "var(--table)",
    "loader_color": "var(--accent)",
    "shadow_drop": "none",
    "layout_gap": "var(--s4)",
    "form_gap_width": "0px",
}


def theme() -> gr.themes.Base:
    """A Gradio theme that says nothing of its own. Plain strings as fonts, so that none is fetched."""
    base = gr.themes.Base(
        font=["var(--sans)"],
        font_mono=["var(--mono)"],
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
    )
    dark = {f"{name}_dark": value for name, value in _TOKENS.items() if hasattr(base, f"{name}_dark")}
    return base.set(**_TOKENS, **dark)


def head(ratios: Iterable[str]) -> str:
    """What goes into the page's head: title, description, stylesheet, script, icon; the icons of `ratios`.

    "languages" tells the script which there are, in the order of the button, and what each is called in
    HTML: "en=en zh=zh-CN". What the first module imports is named too, so that all are asked for at once.
    """
    called = {tag: code for code, language in LANGUAGES.items() for tag in language.browsers}
    languages = " ".join(f"{code}={language.html}" for code, language in LANGUAGES.items())
    imports = "".join(
        f'<link rel="modulepreload" href="{look(f"js/{name}.js")}">'
        for name in ("dom", "form", "moving", "press", "connection", "gradio_requests", "kept_form")
    )
    return (
        f"<title>{TITLE}</title>"
        '<meta name="description" content="Make and edit pictures with the Gemini image API, or with a demo '
        'that needs no key.">'
        f'<meta name="languages" content="{languages}">'
        f'<link rel="stylesheet" href="{look("theme.css")}">{shape_icons(ratios)}'
        f'<script>window.playground = import("./{look("js/page.js")}")</script>{imports}'
        f"<script>{_WHEN_UNREACHABLE}</script>"
        f"<script>{_CALLED % json.dumps(called)}</script>"
        f'<link rel="icon" href="{_data_uri("icon.svg")}">'
    )


def shape_icons(ratios: Iterable[str]) -> Markup:
    """A rule for each ratio: the icon of its shape, as large as the others, in a field of 40 x 34 pixels."""
    shapes = []
    for ratio in ratios:
        across, down = sides(ratio) or (1, 1)
        quotient = across / down
        width = min(40, 22.5 * quotient**0.5, 34 * quotient)
        shapes.append((ratio, max(round(width), 1), max(round(width / quotient), 1)))
    return render("shapes", words_for(DEFAULT), shapes=shapes)


def look(name: str) -> str:
    """The address of a static file of ours. Browsers keep it, and notice a new release by its folder."""
    return f"look/{version()}/{name}"


@lru_cache(maxsize=1)
def version() -> str:
    """Letters of the hash over all files of this release: the folder in which browsers find the static ones.

    Not a query behind each name: modules import each other by relative addresses, which keep only the folder.
    A page that stays open while a server is renewed notices by this folder that it no longer fits: Gradio
    names handlers by their number.
    """
    package = Path(str(resources.files("playground")))
    digest = hashlib.sha256(gr.__version__.encode())
    for path in sorted(package.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(package).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def _data_uri(name: str) -> str:
    """A small picture within the page itself: one request less."""
    data = (STATIC / name).read_bytes()
    return f"data:image/svg+xml;base64,{base64.b64encode(data).decode()}"
