"""The sources of an answer under its picture, and a provider's own HTML where it can do nothing."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from playground.result import ImageResult, Source
from playground.ui import results
from playground.ui.words import words_for
from tests.made_jobs import drawn, job

NASTY = '"><script>alert(1)</script>'


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def shown(result: ImageResult) -> Tags:
    return Tags(str(results.done(job(replace(drawn(), result=result)), words_for("en"))))


def test_each_source_is_one_press_away() -> None:
    page, picture = "https://e.invalid/p?a=1&b=2", "https://e.invalid/q"
    tags = shown(ImageResult(sources=(Source(page, NASTY), Source(picture, "q", is_picture=True))))
    links = {link["href"]: link for link in tags.named("a")}
    for address in (page, picture):
        assert links[address]["target"] == "_blank"
        assert "noopener" in str(links[address]["rel"])
    assert not tags.named("script")


def test_the_providers_html_stays_in_a_frame_without_scripts() -> None:
    tags = shown(ImageResult(search_suggestions=NASTY))
    (frame,) = tags.named("iframe")
    assert set(str(frame["sandbox"]).split()) == {"allow-popups", "allow-popups-to-escape-sandbox"}
    assert str(frame["srcdoc"]).endswith(NASTY)
    assert "default-src 'none'" in str(frame["srcdoc"])
    assert not tags.named("script")


def test_an_answer_without_a_search_shows_none() -> None:
    assert not shown(ImageResult()).named("iframe")
