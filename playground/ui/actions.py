"""What can be done with a result, a row each: buttons, events and what a press calls follow from it.

To add one, write a row here, what it does in `action_handlers`, and its words in both languages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from markupsafe import Markup

from playground.history import SavedPicture
from playground.ui import action_handlers as do
from playground.ui.addresses import address
from playground.ui.rendering import render
from playground.ui.words import Words


class Place(Enum):
    """Where a button stands."""

    RESULT = "under a picture of a result or under a refusal, beside the form and in the history"
    GENERATION = "under a generation that is open in the history"
    WALL = "above several pictures of a result, for all of them"
    TITLE = "beside the name of a generation in the history"


@dataclass(frozen=True)
class Subject:
    """What a button is about.

    Attributes:
        generation: id of the job, which is also that of the generation in the history.
        picture: the picture above the button; None for a generation without one.
        title: what people read as its name: the beginning of the prompt.
        is_on: a toggle is pressed down.
        prompt: all of it; "" where there is no job or generation to tell it, as under a refusal.
    """

    generation: str
    picture: SavedPicture | None
    title: str = ""
    is_on: bool = False
    prompt: str = ""

    def data(self, name: str) -> str:
        """What a button carries along as `name`: "job", "entry" or "picture" ("<generation>/<file>")."""
        if name == "picture":
            return f"{self.generation}/{self.picture.name}" if self.picture else ""
        return self.generation


def _has_picture(subject: Subject) -> bool:
    return subject.picture is not None


def _is_result(subject: Subject) -> bool:
    return subject.picture is not None and not subject.picture.name.startswith("input-")


def _has_prompt(subject: Subject) -> bool:
    return bool(subject.prompt)


def _copies_prompt(subject: Subject, words: Words) -> Mapping[str, str]:
    return {"data-copy-text": subject.prompt, "data-done": words("done.copied")}


def _stars(subject: Subject, _: Words) -> Mapping[str, str]:
    return {"data-star": subject.data("picture")}


def _stars_all(subject: Subject, _: Words) -> Mapping[str, str]:
    return {"data-star": subject.generation}


def _shares(subject: Subject, _: Words) -> Mapping[str, str]:
    return {"data-share": subject.generation, "aria-haspopup": "dialog"}


def _as_one(subject: Subject, _: Words) -> Mapping[str, str]:
    return {"href": f"history/grid/{subject.generation}"}


def _download(subject: Subject) -> str:
    """What is locked outside of a region was made here: the original is what came, beside it."""
    return "done.download_locked" if subject.picture and subject.picture.locked else "done.download"


def _always(_: Subject) -> bool:
    return True


@dataclass(frozen=True)
class Action:
    """One thing that can be done.

    Attributes:
        name: of the event, and of what the button says it does.
        words: key of the label; a function where it follows from the subject.
        css: classes; the one that begins with "ic-" is the icon.
        place: where the button stands; in the order of the table.
        carries: what goes along with the event: "job", "entry" or "picture", see `Subject.data`.
        handler: what the server does; None for a link, and where the page's script acts itself.
        starts_job: the handler sends a request and shows its progress; the others fill in the form.
        applies: whether there is a button for this subject.
        attributes: what the page's script knows the button by, where it acts itself; a function where they
            follow from the subject.
        hint: key of the words that explain it under the pointer.
        downloads: it is a link to the original, or to what `attributes` names as "href".
        toggles: it is pressed down or not, and its label is for those who cannot see the icon.
        is_rare: in the history it waits in a menu, where it does not crowd what is used most.
        is_quick: it stands at each of several pictures, too, as an icon.
        key: the letter that presses it, while the focus is on a result or in the viewer; what has one stands
            in the viewer, too.
    """

    name: str
    words: str | Callable[[Subject], str]
    css: str
    place: Place
    carries: str = ""
    handler: do.Handler | None = None
    starts_job: bool = False
    applies: Callable[[Subject], bool] = _has_picture
    attributes: Mapping[str, str] | Callable[[Subject, Words], Mapping[str, str]] = field(
        default_factory=dict
    )
    hint: str = ""
    downloads: bool = False
    toggles: bool = False
    is_rare: bool = False
    is_quick: bool = False
    key: str = ""

    def key_of_label(self, subject: Subject) -> str:
        """The key of what the button says."""
        return self.words if isinstance(self.words, str) else self.words(subject)

    def html_attributes(self, subject: Subject, words: Words) -> dict[str, str]:
        """All attributes of the button for a subject."""
        own = self.attributes(subject, words) if callable(self.attributes) else self.attributes
        found = {"class": self.css, **own}
        told = [words(self.hint)] if self.hint else []
        if self.key:
            found["aria-keyshortcuts"] = self.key
            told.append(words("viewer.key", key=self.key))
        if told:
            found["title"] = words.together(*told)
        if self.downloads:
            source = f"{address(subject.picture)}?download" if subject.picture else ""
            return {"href": source, **found, "download": ""}
        found["type"] = "button"
        if self.handler:
            found |= {"data-do": self.name, f"data-{self.carries}": subject.data(self.carries)}
            found["data-starts-job" if self.starts_job else "data-fills-form"] = ""
        if self.toggles:
            label = words(self.key_of_label(subject), prompt=subject.title)
            found |= {"aria-pressed": str(subject.is_on).lower(), "aria-label": label}
        return found


ACTIONS = (
    Action("download", _download, "ic ic-down first", Place.RESULT, downloads=True, is_quick=True, key="D"),
    Action(
        "edit",
        "done.edit",
        "ic ic-edit",
        Place.RESULT,
        "picture",
        do.edit,
        hint="done.edit_hint",
        is_quick=True,
        key="E",
    ),
    Action(
        "compose", "done.compose", "ic ic-add", Place.RESULT, "picture", do.compose, is_rare=True, key="A"
    ),
    Action(
        "continue",
        "done.continue",
        "ic ic-next",
        Place.RESULT,
        "picture",
        do.continue_,
        hint="done.continue_hint",
        is_quick=True,
    ),
    Action(
        "compare",
        "done.compare",
        "ic ic-compare",
        Place.RESULT,
        attributes={"data-compare": ""},
        is_rare=True,
        key="C",
    ),
    Action(
        "star",
        "history.star",
        "star",
        Place.RESULT,
        applies=_is_result,
        attributes=_stars,
        toggles=True,
        is_quick=True,
        key="S",
    ),
    Action(
        "again", "done.again", "ic ic-again", Place.RESULT, "job", do.again, starts_job=True, is_rare=True
    ),
    Action(
        "details",
        "done.details",
        "ic ic-info last",
        Place.RESULT,
        applies=_always,
        attributes={"data-details": "", "aria-expanded": "false"},
    ),
    Action(
        "download_all",
        "done.download_all",
        "text-link",
        Place.WALL,
        applies=_always,
        attributes={"data-download-all": ""},
    ),
    Action("grid", "done.grid", "text-link", Place.WALL, applies=_always, attributes=_as_one, downloads=True),
    Action("reuse", "history.reuse", "ic ic-form", Place.GENERATION, "entry", do.reuse, applies=_always),
    Action(
        "copy_prompt",
        "history.copy_prompt",
        "ic ic-copy",
        Place.GENERATION,
        applies=_has_prompt,
        attributes=_copies_prompt,
        is_rare=True,
    ),
    Action(
        "copy",
        "history.copy",
        "ic ic-recipe",
        Place.GENERATION,
        attributes={"data-with-recipe": ""},
        is_rare=True,
        hint="history.copy_hint",
    ),
    Action(
        "share",
        "share.open",
        "ic ic-code",
        Place.GENERATION,
        applies=_always,
        attributes=_shares,
        is_rare=True,
    ),
    Action(
        "zip",
        "history.zip",
        "ic ic-zip",
        Place.GENERATION,
        applies=_always,
        attributes={"data-zip-one": ""},
        is_rare=True,
    ),
    Action(
        "report",
        "history.report",
        "ic ic-down",
        Place.GENERATION,
        applies=_always,
        attributes={"data-report-one": ""},
        is_rare=True,
        hint="history.report_hint",
    ),
    Action(
        "delete",
        "history.delete",
        "ic ic-bin grave",
        Place.GENERATION,
        applies=_always,
        attributes={"data-delete": ""},
        is_rare=True,
    ),
    Action(
        "star_all",
        "history.star",
        "star",
        Place.TITLE,
        applies=_always,
        attributes=_stars_all,
        toggles=True,
    ),
)


QUICK = tuple(action for action in ACTIONS if action.is_quick)
"""What stands at each of several pictures."""

VIEWER = tuple(action for action in ACTIONS if action.key)
"""What stands under a picture in the viewer."""


def events(*places: Place) -> tuple[str, ...]:
    """The names of what the buttons of these places may trigger at the server."""
    return tuple(action.name for action in ACTIONS if action.handler and action.place in places)


_BAR = {Place.RESULT: "actions"}
"""Place -> class of the row that its buttons stand in."""


def buttons(place: Place, subject: Subject, words: Words, labels: Mapping[str, str] | None = None) -> Markup:
    """The buttons of a place that apply to a subject; `labels` says some in other words, by name."""
    there = [action for action in ACTIONS if action.place is place]
    return _row(there, subject, words, labels or {}, _BAR.get(place))


def past_buttons(subject: Subject, words: Words, labels: Mapping[str, str] | None = None) -> Markup:
    """All that can be done with a result of the history: what is rare waits in a menu."""
    there = [action for action in ACTIONS if action.place in (Place.RESULT, Place.GENERATION)]
    return _row(there, subject, words, labels or {}, "actions", has_menu=True)


def quick_buttons(subject: Subject, words: Words) -> Markup:
    """The buttons at one of several pictures; the stylesheet shows their icons only."""
    return _row(QUICK, subject, words, {}, "actions quick")


def viewer_buttons(subject: Subject, words: Words) -> Markup:
    """The buttons under a picture in the viewer."""
    return _row(VIEWER, subject, words, {}, "actions")


def _row(
    actions: Sequence[Action],
    subject: Subject,
    words: Words,
    labels: Mapping[str, str],
    css: str | None,
    *,
    has_menu: bool = False,
) -> Markup:
    row: list[dict[str, object]] = []
    menu: list[dict[str, object]] = []
    for action in actions:
        if action.applies(subject):
            shown: dict[str, object] = {
                "tag": "a" if action.downloads else "button",
                "attributes": action.html_attributes(subject, words),
                "label": ""
                if action.toggles
                else labels.get(action.name) or words(action.key_of_label(subject)),
            }
            (menu if has_menu and action.is_rare else row).append(shown)
    return render("actions", words, actions=row, menu=menu, css=css)
