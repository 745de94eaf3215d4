"""The one panel that all three tabs share: where to send, which model, which shape, how many.

Its choices follow provider and model at once; a choice that is still valid stays.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from html import escape as text
from typing import Any

import gradio as gr

from playground.catalogue import Catalogue, ModelRow
from playground.providers.client import Provider
from playground.providers.credentials import Credentials, clean_key
from playground.request import AUTO
from playground.settings import Settings
from playground.ui.figures import dollars, size_name
from playground.ui.localized import Localized
from playground.ui.words import Words, words

SHAPES = ("1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3", "5:4", "4:5", "21:9", "1:4", "4:1", "1:8", "8:1")
COUNTS = ("1", "2", "3", "4", "5", "6", "7", "8")
SETTINGS = (
    "aspect_ratio",
    "shape_more",
    "model",
    "fineprint",
    "image_size",
    "count",
    "response_modalities",
    "output_format",
)
CONNECTION = ("provider", "base_url", "key", "key_note")
BOTH, IMAGE_ONLY = "TEXT,IMAGE", "IMAGE"


@dataclass(frozen=True)
class Panel:
    """The widgets of the panel, named as the fields of `ImageRequest` where they are one."""

    provider: gr.Dropdown
    base_url: gr.Textbox
    key: gr.Textbox
    key_note: gr.HTML
    connection: gr.HTML
    pill: gr.Button
    prompt: gr.Textbox
    aspect_ratio: gr.Radio
    shape_more: gr.Button
    settings: gr.Button
    model: gr.Dropdown
    fineprint: gr.HTML
    image_size: gr.Radio
    count: gr.Radio
    response_modalities: gr.Radio
    output_format: gr.Radio
    price: gr.HTML


@dataclass(frozen=True)
class Choice:
    """The panel's values, as they come from the widgets."""

    provider: str
    model: str
    aspect_ratio: str
    image_size: str
    count: str
    response_modalities: str
    output_format: str
    key: str = ""
    base_url: str = ""
    mode: str = "text"


class PanelView:
    """What the panel shows for a choice. Pure, but for the widgets it is given to update."""

    def __init__(self, catalogue: Catalogue, provider: Provider, settings: Settings) -> None:
        self._catalogue = catalogue
        self._provider = provider
        self._settings = settings

    def first_choice(self) -> Choice:
        """What the panel starts with: the first provider whose key is here, else the demo; one picture."""
        ready = [name for name, row in self._catalogue.providers.items() if row.needs_key]
        with_key = [name for name in ready if self._provider.has_key(name)]
        provider = with_key[0] if with_key else self.demo
        return self.valid(Choice(provider, "", AUTO, "1K", "1", BOTH, AUTO))

    def valid(self, choice: Choice) -> Choice:
        """The choice with everything that its provider and model do not know set back."""
        row = self._catalogue.provider(choice.provider)
        model = (choice.model or "").strip() or row.default_model
        able = self._catalogue.model(choice.provider, model)
        answers = _answers(able)
        return replace(
            choice,
            model=model,
            aspect_ratio=choice.aspect_ratio if choice.aspect_ratio in able.aspect_ratios else AUTO,
            image_size=self._size(choice.image_size, able),
            count=choice.count if choice.count in COUNTS else "1",
            response_modalities=(
                choice.response_modalities if choice.response_modalities in answers else answers[0]
            ),
            output_format=choice.output_format if choice.output_format in able.output_formats else AUTO,
        )

    def _size(self, wanted: str, able: ModelRow) -> str:
        """The wanted size, else the model's own; nothing is asked of a model that nobody knows."""
        if wanted in (AUTO, *able.image_sizes) and able is not self._catalogue.unknown_model:
            return wanted
        known = able.default_image_size in able.image_sizes and able is not self._catalogue.unknown_model
        return able.default_image_size if known else AUTO

    def with_provider(self, choice: Choice) -> Choice:
        """The choice after the provider changed: its model stays when the new provider has it too."""
        row = self._catalogue.provider(choice.provider)
        model = choice.model if choice.model in row.models else row.default_model
        return self.valid(replace(choice, model=model, base_url="", key=""))

    @property
    def demo(self) -> str:
        """The id of the provider that needs nothing: the catalogue's first."""
        return next(iter(self._catalogue.providers))

    def able(self, choice: Choice) -> ModelRow:
        return self._catalogue.model(choice.provider, choice.model)

    # ── choices ─────────────────────────────────────────────────────────────────────────────────────────

    def providers(self, _: Words) -> list[tuple[str, str]]:
        """Providers that can be reached: without an address of their own only where one may be typed."""
        return [
            (row.name, provider)
            for provider, row in self._catalogue.providers.items()
            if row.base_url is not None or self._settings.visitor_base_url
        ]

    def models(self, provider: str, spoken: Words) -> list[tuple[str, str]]:
        colon = "：" if spoken.language == "zh" else ": "
        named = []
        for model, row in self._catalogue.provider(provider).models.items():
            tagline = spoken.get(f"models.{model}")
            named.append((f"{row.name or model}{colon}{tagline}" if tagline else row.name or model, model))
        return named

    def shapes(self, choice: Choice, spoken: Words) -> list[tuple[str, str]]:
        able = self.able(choice).aspect_ratios
        known = [shape for shape in SHAPES if shape in able]
        others = [shape for shape in able if shape not in SHAPES]
        auto = spoken("shapes.auto" if choice.mode == "text" else "shapes.match")
        return [(auto, AUTO), *((spoken.get(f"shapes.{s}", s), s) for s in (*known, *others))]

    def sizes(self, choice: Choice, spoken: Words) -> list[tuple[str, str]]:
        named = [(size_name(size), size) for size in self.able(choice).image_sizes]
        return [(spoken("panel.auto"), AUTO), *named]

    def formats(self, choice: Choice, spoken: Words) -> list[tuple[str, str]]:
        named = [(name.upper(), name) for name in self.able(choice).output_formats]
        return [(spoken("panel.auto"), AUTO), *named]

    def answers(self, choice: Choice, spoken: Words) -> list[tuple[str, str]]:
        names = {BOTH: "panel.modalities_both", IMAGE_ONLY: "panel.modalities_image"}
        return [(spoken(names[answer]), answer) for answer in _answers(self.able(choice))]

    # ── texts ───────────────────────────────────────────────────────────────────────────────────────────

    def pictures(self, count: str, spoken: Words) -> str:
        return spoken("panel.one_picture") if count == "1" else spoken("panel.pictures", count=count)

    def cost(self, choice: Choice, spoken: Words) -> str:
        """What Generate says at its right: how many, and what they cost."""
        pictures = self.pictures(choice.count, spoken)
        if self._catalogue.provider(choice.provider).free:
            return spoken("panel.cost_free", pictures=pictures)
        price = self.able(choice).price(choice.image_size)
        if price is None:
            return spoken("panel.cost_unknown", pictures=pictures)
        return spoken("panel.cost_known", pictures=pictures, price=dollars(price * int(choice.count)))

    def summary(self, choice: Choice, spoken: Words) -> str:
        """The fold's one line: the settings in words."""
        shape = spoken("shape_names.auto") if choice.aspect_ratio == AUTO else choice.aspect_ratio
        size = spoken("panel.auto") if choice.image_size == AUTO else size_name(choice.image_size)
        name = self.able(choice).name or choice.model
        line = spoken.listed((name, size, shape, self.pictures(choice.count, spoken)))
        return spoken("panel.settings", summary=line)

    def fineprint(self, choice: Choice, spoken: Words) -> str:
        row, able = self._catalogue.provider(choice.provider), self.able(choice)
        size = able.default_image_size if choice.image_size == AUTO else choice.image_size
        price = able.price(choice.image_size)
        model_id = able.id_for(choice.model, choice.image_size)
        facts = [f"<code>{text(model_id)}</code>"]
        if row.free:
            facts.append(f"<span>{text(spoken('panel.free'))}</span>")
        elif price is None:
            facts.append(f"<span>{text(spoken('panel.price_unknown'))}</span>")
        else:
            each = spoken("panel.price_each", price=dollars(price), size=size_name(size))
            facts.append(f"<span>{text(each)}</span>")
        seconds = None if row.free else able.seconds(choice.image_size)
        if seconds:
            facts.append(f"<span>{text(spoken('panel.usual', seconds=f'{seconds:.0f}'))}</span>")
        if able.advised_images and choice.mode != "text" and able.advised_images.total < 14:
            advised = spoken("panel.advised", total=able.advised_images.total)
            facts.append(f"<span>{text(advised)}</span>")
        if able.retirement and not row.free:
            gone = able.retirement
            note = spoken(f"panel.{gone.state}", date=gone.date, successor=gone.successor)
            facts.append(f'<span class="retiring">{text(note)}</span>')
        facts.append(f"<span>{text(spoken('panel.model_id_info'))}</span>")
        return f'<div class="fineprint">{"".join(facts)}</div>'

    def price_html(self, choice: Choice, spoken: Words) -> str:
        return f'<span id="price-text">{text(self.cost(choice, spoken))}</span>'

    def connection(self, choice: Choice, spoken: Words) -> tuple[str, bool]:
        """What the pill says, and whether a call could be made."""
        row = self._catalogue.provider(choice.provider)
        if choice.provider == self.demo:
            return spoken("connection.demo"), False
        if not row.base_url and not (choice.base_url or "").strip():
            return spoken("connection.needs_address", provider=row.name), False
        if row.needs_key and not (choice.key or "").strip() and not self._own_key(choice):
            return spoken("connection.needs_key", provider=row.name), False
        return spoken("connection.ready", provider=row.name), False

    def checked_pill(self, choice: Choice, spoken: Words, *, sure: bool) -> Any:
        """The pill after a check: green only when the provider has really answered."""
        row = self._catalogue.provider(choice.provider)
        if not sure or choice.provider == self.demo:
            return gr.update()
        return gr.update(value=spoken("connection.connected", provider=row.name), elem_classes=["on"])

    def key_note(self, choice: Choice, spoken: Words) -> str:
        row = self._catalogue.provider(choice.provider)
        if choice.provider == self.demo:
            note = spoken("connection.no_key_needed")
        elif not row.needs_key:
            note = spoken("connection.takes_no_key", provider=row.name)
        elif self._own_key(choice):
            note = spoken("connection.key_from_server", provider=row.name)
        else:
            note = spoken("connection.key_info")
        return f"<p>{text(note)}</p>"

    def _own_key(self, choice: Choice) -> bool:
        return self._provider.has_key(choice.provider) and not (choice.base_url or "").strip()

    # ── the widgets ─────────────────────────────────────────────────────────────────────────────────────

    def updates(
        self, panel: Panel, choice: Choice, language: str, given: Choice | None = None
    ) -> dict[Any, Any]:
        """One update for every widget whose choices or texts hang on the choice.

        Values that are as `given` are not sent back: the person may have typed on meanwhile.
        """
        updates = self._updates(panel, choice, language)
        for field in fields(Choice) if given is not None else ():
            widget = getattr(panel, field.name, None)
            if widget in updates and getattr(given, field.name) == getattr(choice, field.name):
                updates[widget].pop("value", None)
        return updates

    def _updates(self, panel: Panel, choice: Choice, language: str) -> dict[Any, Any]:
        spoken = words(language)
        row = self._catalogue.provider(choice.provider)
        able = self.able(choice)
        pill, is_ready = self.connection(choice, spoken)
        shapes = self.shapes(choice, spoken)
        return {
            panel.provider: gr.update(value=choice.provider),
            panel.base_url: gr.update(
                value=choice.base_url,
                visible=row.base_url is None and self._settings.visitor_base_url,
            ),
            panel.key: gr.update(visible=row.needs_key),
            panel.key_note: gr.update(value=self.key_note(choice, spoken)),
            panel.connection: gr.update(value=""),
            panel.pill: gr.update(value=pill, elem_classes=["on"] if is_ready else []),
            panel.prompt: gr.update(placeholder=spoken(_HINTS.get(choice.mode, "prompt.hint"))),
            panel.aspect_ratio: gr.update(choices=shapes, value=choice.aspect_ratio),
            panel.shape_more: gr.update(
                value=spoken("panel.shape_all", count=len(shapes)), visible=len(shapes) > 6
            ),
            panel.settings: gr.update(value=self.summary(choice, spoken)),
            panel.model: gr.update(choices=self.models(choice.provider, spoken), value=choice.model),
            panel.fineprint: gr.update(value=self.fineprint(choice, spoken)),
            panel.image_size: gr.update(
                choices=self.sizes(choice, spoken), value=choice.image_size, visible=bool(able.image_sizes)
            ),
            panel.count: gr.update(value=choice.count),
            panel.response_modalities: gr.update(
                choices=self.answers(choice, spoken), value=choice.response_modalities
            ),
            panel.output_format: gr.update(
                choices=self.formats(choice, spoken),
                value=choice.output_format,
                visible=bool(able.output_formats),
            ),
            panel.price: gr.update(value=self.price_html(choice, spoken)),
        }


_HINTS = {"edit": "prompt.hint_edit", "compose": "prompt.hint_compose"}


def _answers(able: ModelRow) -> tuple[str, ...]:
    """What may be asked for, the default first."""
    return (BOTH, IMAGE_ONLY) if "TEXT" in able.response_modalities else (IMAGE_ONLY,)


def credentials(key: str | None, base_url: str | None) -> Credentials:
    """Key and address as typed. Raises InvalidRequest for a key that cannot be one."""
    return Credentials(key=clean_key(key), base_url=(base_url or "").strip() or None)


def build_connection(localized: Localized, view: PanelView, first: Choice) -> dict[str, Any]:
    """The fields of the connection panel, invisible until it is opened."""
    made: dict[str, Any] = {}
    made["provider"] = localized.make(
        gr.Dropdown,
        says={"label": lambda w: w("connection.provider")},
        choices=view.providers(words("en")),
        value=first.provider,
        visible=False,
        interactive=True,
        filterable=False,
        elem_id="provider",
    )
    made["base_url"] = localized.make(
        gr.Textbox,
        says={
            "label": lambda w: w("connection.base_url"),
            "placeholder": lambda w: w("connection.base_url_hint"),
        },
        interactive=True,
        visible=False,
        elem_id="base_url",
    )
    made["key"] = localized.make(
        gr.Textbox,
        says={"label": lambda w: w("connection.key"), "placeholder": lambda w: w("connection.key_hint")},
        type="password",
        visible=False,
        interactive=True,
        elem_id="key",
        html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
    )
    made["key_note"] = localized.make(
        gr.HTML, says={"value": lambda w: view.key_note(first, w)}, visible=False, apply_default_css=False
    )
    return made


def build_settings(localized: Localized, view: PanelView, first: Choice) -> dict[str, Any]:
    """Shape, model, size, number of pictures, and what few people change; invisible until opened."""
    made: dict[str, Any] = {}
    with gr.Column(elem_id="ratiobox"):
        made["aspect_ratio"] = localized.make(
            gr.Radio,
            says={"label": lambda w: w("panel.shape"), "choices": lambda w: view.shapes(first, w)},
            value=first.aspect_ratio,
            visible=False,
            elem_id="ratio",
            interactive=True,
        )
        count = len(view.shapes(first, words("en")))
        made["shape_more"] = localized.make(
            gr.Button,
            says={"value": lambda w: w("panel.shape_all", count=count)},
            visible=False,
            elem_id="moreratios",
        )
    with gr.Column(elem_id="modelbox"):
        made["model"] = localized.make(
            gr.Dropdown,
            says={
                "label": lambda w: w("panel.model"),
                "choices": lambda w: view.models(first.provider, w),
            },
            value=first.model,
            allow_custom_value=True,
            interactive=True,
            visible=False,
            elem_id="model",
        )
        made["fineprint"] = localized.make(
            gr.HTML,
            says={"value": lambda w: view.fineprint(first, w)},
            visible=False,
            apply_default_css=False,
        )
    with gr.Column(elem_id="sizecount"):
        made["image_size"] = localized.make(
            gr.Radio,
            says={"label": lambda w: w("panel.size"), "choices": lambda w: view.sizes(first, w)},
            value=first.image_size,
            visible=False,
            elem_id="size",
            elem_classes="seg",
            interactive=True,
        )
        made["count"] = localized.make(
            gr.Radio,
            says={"label": lambda w: w("panel.count")},
            choices=list(COUNTS),
            value=first.count,
            visible=False,
            elem_id="count",
            elem_classes="seg",
            interactive=True,
        )
    with gr.Column(elem_id="answerformat"):
        made["response_modalities"] = localized.make(
            gr.Radio,
            says={
                "label": lambda w: w("panel.modalities"),
                "choices": lambda w: view.answers(first, w),
            },
            value=first.response_modalities,
            visible=False,
            elem_id="modalities",
            elem_classes="seg",
            interactive=True,
        )
        made["output_format"] = localized.make(
            gr.Radio,
            says={"label": lambda w: w("panel.format"), "choices": lambda w: view.formats(first, w)},
            value=first.output_format,
            visible=False,
            elem_id="format",
            elem_classes="seg",
            interactive=True,
        )
    return made
