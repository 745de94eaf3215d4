"""What the panel says and offers for a choice: it follows provider and model, and a valid choice stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr
from markupsafe import Markup

from playground import pixels
from playground.catalogue import Catalogue, ModelRow, ProviderRow
from playground.demo import rehearsals
from playground.modes import FIRST, MODES, mode_of
from playground.providers.client import Provider
from playground.providers.looks import AUTHS
from playground.request import AUTO, MAX_COUNT, SETTINGS, Setting, Variant, Versus
from playground.settings import Settings
from playground.ui import checkup, versus
from playground.ui.figures import price_of, size_name
from playground.ui.form import Choice, Panel
from playground.ui.rendering import render
from playground.ui.words import Words, words_for

_USUAL_SHAPES = (AUTO, "1:1", "4:3", "3:4", "16:9", "9:16")
"""What most people look for; all other shapes follow, from the squarest to the longest."""

_IGNORED = {"aspect_ratio": "shape_no", "image_size": "size_no"}
"""Setting -> what a check-up calls it that a gateway does not obey it."""

_CLASSES = {"image_size": ["seg"]}
"""The classes that such a control has in any case, see `settings_panel`."""

_FIRST_IN_SUMMARY = ("image_size", "aspect_ratio", "count")


class PanelView:
    """What the panel shows for a choice. Pure, but for the widgets it is given to update."""

    def __init__(self, catalogue: Catalogue, provider: Provider, settings: Settings) -> None:
        self._catalogue = catalogue
        self._provider = provider
        self._settings = settings
        rows = [catalogue.unknown_model, *(row for _, _, row in catalogue.rows())]
        self._not_everywhere = frozenset(
            setting.name
            for setting in SETTINGS
            if not isinstance(setting, Versus) and not all(setting.offered(row) for row in rows)
        )

    def first_choice(self) -> Choice:
        """What the panel starts with: the first provider whose key is here, else the demo; one picture."""
        ready = [name for name, row in self._catalogue.providers.items() if row.needs_key]
        with_key = [name for name in ready if self._provider.has_key(name)]
        provider = with_key[0] if with_key else self.demo
        return self.valid(Choice(provider, ""))

    def valid(self, choice: Choice) -> Choice:
        """The choice with everything that its provider and model do not know set back."""
        row = self._row(choice.provider)
        model = (choice.model or "").strip() or row.default_model
        able = self._catalogue.model(choice.provider, model)
        settings = {
            setting.name: self._valid(setting, choice.settings.get(setting.name, ""), able)
            for setting in SETTINGS
            if not isinstance(setting, Versus)
        }
        auth = choice.auth if choice.auth in AUTHS and self.takes_address(choice) else ""
        its = checkup.known(choice.quirks, choice.base_url) if self.takes_address(choice) else ()
        quirks = choice.quirks if its else ""
        known = replace(choice, model=model, settings=settings, auth=auth, quirks=quirks)
        return known.having(versus=self._ticked(known, choice.settings.get("versus", "")))

    def _ticked(self, choice: Choice, wanted: str) -> str:
        """What of a comparison can still be ticked."""
        can_be = versus.ticks(choice, self._catalogue, self._connected)
        return ",".join(one for one in wanted.split(",") if one in can_be)

    @property
    def _connected(self) -> list[str]:
        """The providers that can be called without anything from the visitor, the demo left out."""
        return [one for one in self._catalogue.providers if one != self.demo and self._provider.has_key(one)]

    def _valid(self, setting: Setting, wanted: str, able: ModelRow) -> str:
        """The wanted value, else what the form starts with; nothing is preselected for an unknown model."""
        options, is_known = setting.options(able), able is not self._catalogue.unknown_model
        if wanted in options and (is_known or not setting.preselected):
            return wanted
        first = str(getattr(able, setting.preselected)) if setting.preselected and is_known else ""
        return first if first in options else options[0]

    def with_provider(self, choice: Choice) -> Choice:
        """The choice after the provider changed: its model stays when the new provider has it too."""
        row = self._row(choice.provider)
        model = choice.model if choice.model in row.models else row.default_model
        return self.valid(replace(choice, model=model, base_url="", key="", auth="", quirks=""))

    def is_offered(self, provider: str) -> bool:
        """Whether it is a row at all: a page from before a restart may name one that left."""
        return provider in self._catalogue.providers

    def _row(self, provider: str) -> ProviderRow:
        """The provider's row; an empty one where it is not offered, so that the panel goes on working."""
        gone = {
            "name": provider,
            "base_url": "",
            "auth": "none",
            "models_from": provider or "nobody",
            "default_model": "",
        }
        return self._catalogue.providers.get(provider) or ProviderRow.model_validate(gone)

    @property
    def demo(self) -> str:
        """The id of the provider that needs nothing: the catalogue's first."""
        return next(iter(self._catalogue.providers))

    def takes_address(self, choice: Choice) -> bool:
        """Whether the visitor types the provider's address."""
        row = self._row(choice.provider)
        return row.base_url is None and self._settings.visitor_base_url

    def able(self, choice: Choice) -> ModelRow:
        return self._catalogue.model(choice.provider, choice.model)

    # ── choices ─────────────────────────────────────────────────────────────────────────────────────────

    def providers(self, words: Words) -> list[tuple[str, str]]:
        """Providers that can be reached: without an address of their own only where one may be typed."""
        return [
            (_called(row, words), provider)
            for provider, row in self._catalogue.providers.items()
            if row.base_url is not None or self._settings.visitor_base_url
        ]

    def models(self, provider: str, words: Words) -> list[tuple[str, str]]:
        named = []
        for model, row in self._row(provider).models.items():
            name, tagline = row.name or model, words.get(f"models.{model}")
            named.append(
                (words("panel.model_choice", name=name, tagline=tagline) if tagline else name, model)
            )
        return named

    def options(self, setting: Setting, choice: Choice, words: Words) -> list[tuple[str, str]]:
        """(what it is called, value) for each value of a setting."""
        if isinstance(setting, Versus):
            can_be = versus.ticks(choice, self._catalogue, self._connected)
            return [(self._tick(one, choice, words), one) for one in can_be]
        values = setting.options(self.able(choice))
        if setting.name == "aspect_ratio":
            values = tuple(sorted(values, key=_place))
        return [(self._named(setting, value, words, choice.mode), value) for value in values]

    def _named(self, setting: Setting, value: str, words: Words, mode: str = FIRST) -> str:
        """What a value is called; the shape that follows a picture has a name of its own."""
        if value != AUTO:
            return words.get(f"settings.{setting.name}.values.{value}", value)
        own = words.get(f"settings.{setting.name}.values.auto", words("panel.auto"))
        return (
            own if not mode_of(mode).max_images else words.get(f"settings.{setting.name}.values.match", own)
        )

    def _tick(self, tick: str, choice: Choice, words: Words) -> str:
        """What something is called that can be ticked: a model, a size or a shape."""
        one = Variant.of(tick)
        if not one.model:
            return one.aspect_ratio or size_name(one.image_size)
        name = self._catalogue.model(one.provider, one.model).name or one.model
        provider = _called(self._row(one.provider), words)
        return name if one.provider == choice.provider else f"{name} · {provider}"

    @staticmethod
    def shown(setting: Setting, value: str) -> Any:
        """A setting's value as its control has it."""
        return [one for one in value.split(",") if one] if isinstance(setting, Versus) else value

    # ── a comparison ────────────────────────────────────────────────────────────────────────────────────────

    def calls(self, choice: Choice) -> list[versus.Call]:
        """The calls that a press would make for what is ticked; none where nothing is."""
        return versus.calls(choice, self._catalogue) if versus.ticked(choice) else []

    def others(self, choice: Choice) -> list[str]:
        """What is sent beside the call that is chosen, as `ImageRequest.versus` has it."""
        wanted = self.valid(choice)
        return [str(one.variant) for one in versus.sendable(self.calls(wanted)) if str(one.variant)]

    def versus_calls(self, choice: Choice, words: Words) -> Markup:
        """Every call with its price, what cannot be sent crossed out, and the total."""
        every = self.calls(choice)
        names = versus.names([self._asked(one.choice, words) for one in every])
        too_many = words("versus.too_many", count=len(versus.sendable(every)), most=MAX_COUNT)
        return render(
            "versus_calls",
            words,
            calls=[
                {"name": name, "price": price_of(one.price, words), "lacks": self._lacks(one, words)}
                for name, one in zip(names, every, strict=True)
            ],
            total=too_many if versus.is_too_many(every) else self.cost(choice, words),
        )

    def _asked(self, choice: Choice, words: Words) -> versus.Asked:
        """What a choice is called in each of its parts."""
        settings, row = choice.settings, self._row(choice.provider)
        model = self.able(choice).name or choice.model
        shape, size = (
            settings["aspect_ratio"],
            versus.size_of(settings["image_size"], self.able(choice), words),
        )
        return versus.Asked(_called(row, words), model, words("panel.auto") if shape == AUTO else shape, size)

    def _lacks(self, call: versus.Call, words: Words) -> str:
        """What a model cannot do that a call would ask for."""
        if not call.lacks:
            return ""
        called = words(f"settings.{call.lacks}.label")
        value = self._named(SETTING[call.lacks], call.choice.settings[call.lacks], words).partition("\n")[0]
        return words("versus.lacks", setting=called, value=value)

    # ── texts ───────────────────────────────────────────────────────────────────────────────────────────

    def pictures(self, count: str, words: Words) -> str:
        return words("panel.pictures", count=count)

    def cost(self, choice: Choice, words: Words) -> str:
        """What Generate says at its right: how many, and what they cost."""
        count, prices = self._count(choice), [one.price for one in self._sent(choice)]
        pictures, known = self.pictures(count, words), [one for one in prices if one is not None]
        if len(known) < len(prices):
            return words("panel.cost_unknown", pictures=pictures)
        if not any(known):
            return words("panel.cost_free", pictures=pictures)
        price = sum(known) * int(count) / len(prices)
        return words("panel.cost_known", pictures=pictures, price=words.dollars(price))

    def _sent(self, choice: Choice) -> list[versus.Call]:
        """Each kind of call that a press makes."""
        return versus.sendable(versus.calls(choice, self._catalogue))

    def _count(self, choice: Choice) -> str:
        """How many calls a press makes."""
        return str(len(self._sent(choice))) if versus.ticked(choice) else choice.settings["count"]

    def summary(self, choice: Choice, words: Words) -> str:
        """The fold's one line: the settings in words."""
        rest = (setting.name for setting in SETTINGS if setting.name not in _FIRST_IN_SUMMARY)
        briefs = (self._brief(name, choice, words) for name in (*_FIRST_IN_SUMMARY, *rest))
        line = words.listed((self.able(choice).name or choice.model, *filter(None, briefs)))
        return words("panel.settings", summary=line)

    def _brief(self, name: str, choice: Choice, words: Words) -> str:
        """A setting in the summary; "" for one that has no words for it."""
        value = choice.settings[name]
        if name == "count":
            return self.pictures(self._count(choice), words)
        if name == "versus" and not versus.ticked(choice):
            return ""
        setting = SETTING[name]
        if value == setting.spelled(setting.default):
            return words.get(f"settings.{name}.brief_auto")
        called = self._named(setting, value, words).partition("\n")[0]
        brief = words.get(f"settings.{name}.brief").format(value=called)
        return words("checkup.ignored", value=brief) if _is_ignored(name, choice) else brief

    def fineprint(self, choice: Choice, words: Words) -> Markup:
        """What is known of the model: its id, price, usual time, and when it is taken away."""
        able, size = self.able(choice), choice.settings["image_size"]
        retirement = None if self._is_free(choice) else able.retirement
        return render(
            "fineprint",
            words,
            model_id=able.id_for(choice.model, size),
            facts=[*self._prices(choice, words), *self._advice(choice, words), *self._found(choice, words)],
            retirement=retirement
            and words(f"panel.{retirement.state}", date=retirement.date, successor=retirement.successor),
        )

    def _is_free(self, choice: Choice) -> bool:
        return self._row(choice.provider).free

    def _prices(self, choice: Choice, words: Words) -> list[str]:
        """What a picture costs, and how long it takes."""
        able, size = self.able(choice), choice.settings["image_size"]
        if self._is_free(choice):
            return [words("panel.free")]
        price, seconds = able.price(size), able.seconds(size)
        usual = [words("panel.usual", seconds=words.number(seconds))] if seconds else []
        usual += [words("panel.thinking_billed")] if SETTING["thinking_level"].offered(able) else []
        if price is None:
            return [words("panel.price_unknown"), *usual]
        name = size_name(able.default_image_size if size == AUTO else size)
        return [words("panel.price_each", price=words.dollars(price), size=name), *usual]

    def _advice(self, choice: Choice, words: Words) -> list[str]:
        """Up to how many pictures work best, in a tab that takes some."""
        advised, most = self.able(choice).advised_images, max(mode.max_images for mode in MODES.values())
        if advised and mode_of(choice.mode).max_images and advised.total < most:
            return [words("panel.advised", total=advised.total)]
        return []

    def _found(self, choice: Choice, words: Words) -> list[str]:
        """What else a check-up has found of the address."""
        found = checkup.known(choice.quirks, choice.base_url)
        return [words(f"checkup.{one}") for one in found if one not in _IGNORED.values()]

    def price_html(self, choice: Choice, words: Words) -> Markup:
        advised = self.able(choice).advised_images
        return render(
            "price",
            words,
            text=self.cost(choice, words),
            advised=advised.total if advised else "",
            most=self.able(choice).max_images,
            provider=self._row(choice.provider),
        )

    def writer(self, choice: Choice, words: Words) -> Markup:
        """What the provider's text model can do for the prompt, and for how much."""
        model = self._row(choice.provider).text_model
        price = each = "" if model is None else words("panel.price_unknown")
        if model is not None and self._is_free(choice):
            price = each = words("history.free")
        elif model is not None and model.price is not None:
            price = words("panel.about", price=words.dollars(model.price))
            each = words("writing.each", price=price)
        return render("writer", words, price=price, each=each, most=mode_of(choice.mode).max_images)

    def connection(self, choice: Choice, words: Words) -> str:
        """What the pill says before any check."""
        row = self._row(choice.provider)
        if not self.is_offered(choice.provider):
            return words("connection.not_offered", provider=_called(row, words))
        if choice.provider == self.demo:
            return words("connection.demo")
        if not row.base_url and not (choice.base_url or "").strip():
            return words("connection.needs_address", provider=_called(row, words))
        if row.needs_key and not (choice.key or "").strip() and not self._own_key(choice):
            return words("connection.needs_key", provider=_called(row, words))
        return words("connection.ready", provider=_called(row, words))

    def checked_pill(self, choice: Choice, words: Words, *, sure: bool) -> Any:
        """The pill after a check: green only when the provider has really answered."""
        row = self._row(choice.provider)
        if not sure or choice.provider == self.demo:
            return gr.update()
        return gr.update(
            value=words("connection.connected", provider=_called(row, words)), elem_classes=["on"]
        )

    def ways(self, choice: Choice, words: Words) -> list[tuple[str, str]]:
        """The ways in which a key can travel to an address that was typed, the provider's usual one first."""
        usual = self._row(choice.provider).auth
        named = [(words(f"checkup.way_{auth.replace('-', '_')}"), auth) for auth in AUTHS]
        first = [words("connection.auth_usual", way=name) for name, auth in named if auth == usual]
        return [(first[0] if first else words("panel.auto"), ""), *named]

    def key_note(self, choice: Choice, words: Words) -> str:
        row = self._row(choice.provider)
        if not self.is_offered(choice.provider):
            note = words("connection.choose_other", provider=_called(row, words))
        elif choice.provider == self.demo:
            note = words("connection.no_key_needed")
        elif not row.needs_key:
            note = words("connection.takes_no_key", provider=_called(row, words))
        elif self._own_key(choice):
            note = words("connection.key_from_server", provider=_called(row, words))
        else:
            note = words("connection.key_info")
        tries = rehearsals.REHEARSALS if choice.provider == self.demo else ()
        is_servers = self.is_offered(choice.provider) and row.needs_key and self._own_key(choice)
        return render("key_note", words, text=note, names=tries, is_servers=is_servers)

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
        if not self.is_offered(choice.provider):  # what the page offers is as old as what was chosen there
            updates[panel.provider]["choices"] = self.providers(words_for(language))
        before = {} if given is None else given.values
        for name, widget in panel.values.items():
            if widget in updates and before.get(name) == choice.values[name]:
                updates[widget].pop("value", None)
        return updates

    def _updates(self, panel: Panel, choice: Choice, language: str) -> dict[Any, Any]:
        words = words_for(language)
        row = self._row(choice.provider)
        return {
            panel.provider: gr.update(value=choice.provider),
            panel.base_url: gr.update(
                value=choice.base_url,
                visible=self.takes_address(choice),
            ),
            panel.auth: gr.update(
                value=choice.auth, visible=self.takes_address(choice), choices=self.ways(choice, words)
            ),
            panel.quirks: gr.update(value=choice.quirks),
            panel.key: gr.update(visible=row.needs_key),
            panel.key_note: gr.update(value=self.key_note(choice, words)),
            panel.connection: gr.update(value=""),
            panel.pill: gr.update(value=self.connection(choice, words), elem_classes=[]),
            panel.prompt: gr.update(placeholder=words(f"prompt.hints.{mode_of(choice.mode).id}")),
            panel.summary: gr.update(value=self.summary(choice, words)),
            panel.model: gr.update(choices=self.models(choice.provider, words), value=choice.model),
            panel.fineprint: gr.update(value=self.fineprint(choice, words)),
            panel.versus_calls: gr.update(value=self.versus_calls(choice, words)),
            panel.price: gr.update(value=self.price_html(choice, words)),
            panel.writer: gr.update(value=self.writer(choice, words)),
            **self._controls(panel, choice, words),
        }

    def _controls(self, panel: Panel, choice: Choice, words: Words) -> dict[Any, Any]:
        """The settings' own widgets. One that some models lack is there only where it can be chosen."""
        updates: dict[Any, Any] = {}
        for setting in SETTINGS:
            offered = bool(setting.offered(self.able(choice)))
            update = gr.update(
                value=self.shown(setting, choice.settings[setting.name]),
                choices=self.options(setting, choice, words),
            )
            if setting.name in self._not_everywhere:
                update["visible"] = offered
            if setting.name in _IGNORED:
                is_ignored = _is_ignored(setting.name, choice)
                told = words(f"checkup.{_IGNORED[setting.name]}_here") if is_ignored else ""
                classes = [*_CLASSES.get(setting.name, ()), *(["ignored"] if is_ignored else [])]
                update |= {"info": told, "elem_classes": classes}
            updates[panel.settings[setting.name]] = update
        shapes = self.options(SETTING["aspect_ratio"], choice, words)
        updates[panel.shape_more] = gr.update(
            value=words("panel.shape_all", count=len(shapes)), visible=len(shapes) > 6
        )
        return updates


def _is_ignored(name: str, choice: Choice) -> bool:
    """Whether a check-up has found that the address does not obey a setting."""
    return _IGNORED.get(name) in checkup.known(choice.quirks, choice.base_url)


def _called(row: ProviderRow, words: Words) -> str:
    """The provider's name: its own, or what a language has for a word that is none."""
    return words.get(f"providers.{row.name}", row.name)


def _place(shape: str) -> tuple[int, float, bool]:
    """Where a shape stands among the others; of two that mirror each other the wide one comes first."""
    if shape in _USUAL_SHAPES:
        return _USUAL_SHAPES.index(shape), 0.0, False
    across, down = pixels.sides(shape) or (1, 1)
    return len(_USUAL_SHAPES), max(across / down, down / across), across < down


SETTING = {setting.name: setting for setting in SETTINGS}
"""Name -> row."""
