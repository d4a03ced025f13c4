"""Metadata of a web page, best witness first: JSON-LD, then meta elements, then what trafilatura makes of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from rag.dates import iso_date
from rag.fields import author_names, collapse, language_code, make_metadata, merge, web_address
from rag.linkeddata import article_data
from rag.schema import Metadata

_META_DATES = (
    *("article:published_time", "og:article:published_time", "og:published_time", "datepublished", "date.published"),
    *("dc.date.issued", "dcterms.issued", "dc.date", "dcterms.created", "dcterms.date", "parsely-pub-date"),
    *("sailthru.date", "pubdate", "publishdate", "publish-date", "publish_date", "published-date", "published_time"),
    *("publication_date", "citation_publication_date", "citation_date", "article.published", "date"),
)
"""Names under which pages say when they were first published, by how surely they mean that."""
_META_TITLES = ("og:title", "twitter:title", "dc.title", "dcterms.title", "citation_title", "headline")
_META_PUBLISHERS = ("og:site_name", "dc.publisher", "dcterms.publisher", "citation_publisher")
_META_AUTHORS = ("author", "article:author", "dc.creator", "dcterms.creator", "citation_author", "parsely-author")


def page_metadata(tree: Any, described: Any, url: str | None, saved_from: str | None) -> Metadata:
    """All that `tree` says of itself.

    `described`: trafilatura's document of the same tree; `url`: where it was fetched; `saved_from`: the browser's note.
    """
    scripts = (script.text or "" for script in tree.iter("script") if "ld+json" in (script.get("type") or ""))
    metas = _metas(tree)
    language = language_code(tree.get("lang") or tree.get("xml:lang") or "")
    address = _canonical(tree, url or saved_from) or web_address(url) or saved_from
    found = merge(
        make_metadata({"url": address}, "meta" if address not in (url, saved_from) else "url"),
        make_metadata({"language": language}, "meta"),
        article_data(scripts),
        _from_metas(metas, language),
        _from_trafilatura(described, metas, address),
    )
    return replace(found, title=_without_publisher(found.title, found.publisher))


def _metas(tree: Any) -> dict[str, list[str]]:
    """`name`, `property` or `itemprop` in lower case → contents."""
    metas: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = collapse(element.get("content") or "")
        for attribute in ("name", "property", "itemprop"):
            if content and element.get(attribute):
                metas.setdefault(element.get(attribute).strip().lower(), []).append(content)
    return metas


def _from_metas(metas: dict[str, list[str]], language: str | None) -> Metadata:
    def contents(names: tuple[str, ...]) -> Iterator[str]:
        return (content for name in names for content in metas.get(name, ()))

    dates = (iso_date(content, languages=[language] if language else None) for content in contents(_META_DATES))
    authors = (author_names(metas[name]) for name in _META_AUTHORS if name in metas)
    return make_metadata(
        {
            "title": next(contents(_META_TITLES), None),
            "authors": next(filter(None, authors), None),
            "publisher": next((name for name in contents(_META_PUBLISHERS) if not web_address(name)), None),
            "published": next(filter(None, dates), None),
        },
        "meta",
    )


def _from_trafilatura(described: Any, metas: dict[str, list[str]], url: str | None) -> Metadata:
    """What the meta elements did not say: read off the page (`text`), or off its address (`url`)."""
    if described is None:
        return Metadata()
    contents = {content.casefold() for values in metas.values() for content in values}
    published = iso_date(described.date) if described.date else None
    host = (urlsplit(url).hostname or "") if url else ""
    publisher = collapse(described.sitename or "")
    in_address = published is not None and url is not None and _digits(published) in _digits(url)
    found = {
        "title": (collapse(described.title or ""), "text"),
        "authors": (author_names(described.author), "text"),
        # without a name it gives the host, which `metadata` makes a better name of
        "publisher": ("" if publisher.lower() in host else publisher, "text"),
        "published": (published, "url" if in_address else "text"),
    }

    def origin(value: object, guess: str) -> str:
        return "meta" if isinstance(value, str) and value.casefold() in contents else guess

    return merge(*(make_metadata({name: value}, origin(value, guess)) for name, (value, guess) in found.items()))


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _canonical(tree: Any, url: str | None) -> str | None:
    """The page's own address for itself; not a front page that some templates put on every article."""
    for element in tree.iter("link"):
        if "canonical" in (element.get("rel") or "").lower().split() and element.get("href"):
            address = web_address(_joined(url, element.get("href")))
            break
    else:
        properties = (element for element in tree.iter("meta") if element.get("property") == "og:url")
        address = next((web_address(_joined(url, e.get("content") or "")) for e in properties), None)
    if address and url and urlsplit(address).path in ("", "/") and urlsplit(url).path not in ("", "/"):
        return None
    return address


def _joined(url: str | None, href: str) -> str:
    try:
        return urljoin(url or "", href.strip())
    except ValueError:
        return ""


def _without_publisher(title: str, publisher: str | None) -> str:
    """`Headline | The Outlet` → `Headline`."""
    for mark in (" | ", " - ", " – ", " — ", " :: ", " · "):
        head, found, tail = title.rpartition(mark)
        if found and publisher and tail.strip().casefold() == publisher.casefold():
            return head.strip()
    return title
