"""Invented articles and the briefings made of them, for the tests of what is shown.

BRIEFING has every section; WRITTEN is by a language model, with a doubtful statement and some that were left out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from rendering_records import FERRY, HARBOUR, WEB, make_article, make_passage
from rendering_records import HOSTILE as HOSTILE_TEXT

from rag.briefing_schema import Briefing, Coverage, Covered, Difference, Event, Facet, Side, Voice
from rag.citations import Claim, number_statements
from rag.findings import Finding
from rag.schema import Metadata, Statement

COUNCIL = make_article(
    "council-vote",
    Metadata(
        "Council doubles the money for the harbour",
        ("Ida Blom",),
        "The Kestrel Courier",
        "2025-12-10",
        "https://courier.example/news/council-vote",
        "en",
    ),
    "/news/council-vote.txt",
    [
        "The council of Kestrel voted on Tuesday to spend 8.5 million crowns on the harbour.",
        "Seven members were in favour and four against.",
        "“We are paying twice for one ship,” said Arvid Holm, who leads the opposition.",
    ],
    [
        "The dredger will not arrive before the middle of March.",
        "According to Mara Lindqvist, the harbour master, the quay could be open to large ships again in May.",
    ],
    ["It is not known who will pay the difference."],
)

YARD = make_article(
    "yard-interview",
    Metadata(
        "“We never promised a date”: the yard on the late dredger",
        ("R. Oduya", "Tove Sand"),
        "Norhaven Post",
        "2026-01-15",
        "https://post.example/yard-interview",
        "en",
    ),
    "https://post.example/yard-interview",
    [
        "The yard in Norhaven now expects to hand over the dredger at the end of April.",
        "“Steel was never the problem, the drawings were,” said Petra Wiik, who runs the yard.",
        "She denied that the yard had ever promised delivery in September.",
    ],
    [
        "The council has set aside 8.5 million crowns for the work.",
        "Whether the yard must pay for the delay is unclear, and neither side would say.",
    ],
)

BULLETIN = make_article(
    "coast-bulletin",
    Metadata("What the closed quay costs the coast", (), "Coast Bulletin", "2025-11-06", None, "en"),
    "/news/bulletins/coast-bulletin.md",
    [
        "Freight for Kestrel has been landed at Norhaven since 1 October and goes on by road.",
        "Hauliers put the cost at 90,000 crowns a week.",
        "The dredger will not arrive before the middle of March.",
        "The harbour office puts it at 60,000.",
    ],
    [
        "“Every week of this costs us a customer,” said Jonas Ek, a haulier.",
        "No one has yet said whether the rail link will be used.",
    ],
)

REGATTA = make_article(
    "summer-regatta",
    Metadata("Regatta moved to the outer basin", ("Jon Rask",), "The Kestrel Courier", "2025-11", None, "en"),
    "/news/summer-regatta.txt",
    ["The regatta moves to the outer basin because of the dredging."],
)

ARTICLES = (FERRY, WEB, HARBOUR, REGATTA, BULLETIN, COUNCIL, YARD)


def place(article, n, index):
    """Sentence `index` of paragraph `n`, as a claim names it."""
    return make_passage(article, n), article.paragraphs[n - 1].sentences[index]


def verbatim(article, n, index, *others):
    """A claim in the words of a sentence, which `others` say as well."""
    sentence = article.paragraphs[n - 1].sentences[index]
    places = ((article, n, index), *others)
    return Claim(article.text[sentence.start : sentence.end], tuple(place(*where) for where in places))


def written(text, *places, support="supported", findings=()):
    """A claim in words of its own."""
    return Claim(text, tuple(place(*where) for where in places), support, findings)


def coverage_of(articles, statements, citations, searched):
    """What `rag.briefing` counts, counted here once more."""
    article_of = {citation.number: citation.passage.article_id for citation in citations}
    lines = Counter(name for s in statements for name in {article_of[n] for n in s.citations if n in article_of})
    covered = tuple(Covered(a.id, a.metadata, a.path, lines[a.id]) for a in articles)
    dates = sorted(a.metadata.published for a in articles if a.metadata.published)
    publishers = Counter(a.metadata.publisher or "" for a in articles)
    return Coverage(
        searched=searched,
        articles=covered,
        publishers=tuple(sorted(publishers.items(), key=lambda item: (-item[1], item[0]))),
        months=tuple(sorted(Counter(date[:7] for date in dates).items())),
        first=dates[0] if dates else None,
        last=dates[-1] if dates else None,
        undated=len(articles) - len(dates),
    )


def _briefing() -> Briefing:
    late = verbatim(COUNCIL, 2, 0, (BULLETIN, 1, 2), (HARBOUR, 3, 1))
    claims = [
        # key points
        late,
        verbatim(HARBOUR, 4, 0),
        verbatim(COUNCIL, 1, 0),
        verbatim(BULLETIN, 1, 0),
        verbatim(HARBOUR, 4, 6),
        # timeline
        verbatim(FERRY, 1, 1),
        verbatim(HARBOUR, 4, 1),
        verbatim(BULLETIN, 1, 0),
        verbatim(COUNCIL, 1, 0, (HARBOUR, 4, 7)),
        late,
        verbatim(YARD, 1, 0),
        # voices
        verbatim(HARBOUR, 3, 1),
        verbatim(COUNCIL, 2, 1),
        verbatim(YARD, 1, 1),
        verbatim(YARD, 1, 2),
        verbatim(BULLETIN, 2, 0),
        # differences
        late,
        verbatim(YARD, 1, 0),
        verbatim(HARBOUR, 4, 2),
        verbatim(YARD, 2, 0, (COUNCIL, 1, 0)),
        verbatim(HARBOUR, 4, 0),
        verbatim(YARD, 1, 1),
        verbatim(BULLETIN, 1, 1),
        verbatim(BULLETIN, 1, 3),
        # open
        verbatim(COUNCIL, 3, 0),
        verbatim(YARD, 2, 1),
        verbatim(BULLETIN, 2, 1),
    ]
    statements, citations = number_statements(claims)
    s = iter(statements)
    points = (
        Facet("The delay", (next(s), next(s))),
        Facet("Money and freight", (next(s), next(s))),
        Facet("Who is not affected", (next(s),)),
    )
    record, june, october, vote, march, april = (next(s) for _ in range(6))
    timeline = (
        Event("2024", "year", record, "2024"),
        Event("2025-06", "month", june, "in June"),
        Event("2025-10-01", "day", october, "since 1 October"),
        Event("2025-12-09", "day", vote, "on Tuesday"),
        Event("2026-03", "month", march, "the middle of March"),
        Event("2026-04-30", "day", april, "at the end of April"),
    )
    voices = (
        Voice("Mara Lindqvist", "the harbour master", (next(s), next(s))),
        Voice("Petra Wiik", "who runs the yard", (next(s), next(s))),
        Voice("Jonas Ek", "", (next(s),)),
    )
    differences = (
        Difference("date", "arrival of the dredger", (
            Side("the middle of March", next(s), "2025-12-10", False),
            Side("the end of April", next(s), "2026-01-15", True),
        )),
        Difference("figure", "million crowns for the work", (
            Side("4.2 million", next(s), "2025-10-27", False),
            Side("8.5 million", next(s), "2026-01-15", True),
        )),
        Difference("claim", "the reason for the delay", (
            Side("a shortage of steel", next(s), "2025-10-27", False),
            Side("the drawings", next(s), "2026-01-15", True),
        )),
        Difference("figure", "the cost a week", (
            Side("90,000 crowns", next(s), "2025-11-06", False),
            Side("60,000", next(s), "2025-11-06", False),
        )),
    )  # fmt: skip
    return Briefing(
        topic="Kestrel harbour dredger",
        title="Kestrel harbour and the late dredger",
        mode="extractive",
        points=points,
        timeline=timeline,
        voices=voices,
        differences=differences,
        open=tuple(s),
        missing=("compensation for the ferries",),
        citations=citations,
        coverage=coverage_of(ARTICLES, statements, citations, 214),
        notes=("The publisher “Courier” was read as “The Kestrel Courier”.",),
        seconds={"retrieval": 0.31, "briefing": 2.5},
    )


def _written() -> Briefing:
    claims = [
        written("Large ships stay away until at least mid-March, because the dredger is late.", (HARBOUR, 3, 1)),
        written("Everyone in Kestrel expects the work to cost 8.5 million crowns.", (COUNCIL, 1, 0), (YARD, 2, 0),
                support="partial", findings=(Finding("words", "“Everyone”"),)),
        written("Fishing boats are not affected.", (HARBOUR, 4, 5)),
        written("The yard says that “steel was never the problem”.", (YARD, 1, 1)),
    ]  # fmt: skip
    statements, citations = number_statements(claims)
    return Briefing(
        topic="Kestrel harbour",
        title="Kestrel harbour",
        mode="model",
        model="small-model-1",
        language="en",
        sections=("points", "voices", "open", "coverage"),
        points=(Facet("", statements[:3]),),
        voices=(Voice("Petra Wiik", "who runs the yard", (statements[3],)),),
        citations=citations,
        coverage=coverage_of(ARTICLES[2:], statements, citations, 7),
        notes=("2 statements of the model were left out: no paragraph it was shown bears them out",),
        seconds={"retrieval": 0.3, "model": 41.2},
        tokens={"prompt": 9120, "completion": 804},
        left_out=(
            Statement("The dredger cost 50 million crowns.", (), "unsupported",
                      ("the figure 50 million is not in what the model was shown",)),
            Statement("The harbour will be sold to a hotel chain.", (), "unsupported",
                      ("nothing in what the model was shown says this",)),
        ),
    )  # fmt: skip


def _undated() -> Briefing:
    """Two articles without a date, one of them without a publisher."""
    plain = replace(HARBOUR, metadata=replace(HARBOUR.metadata, published=None))
    bare = replace(BULLETIN, metadata=Metadata(BULLETIN.metadata.title))
    claims = [
        verbatim(plain, 4, 0),
        verbatim(bare, 1, 0),
        verbatim(bare, 1, 0),
        verbatim(bare, 1, 1),
        verbatim(bare, 1, 3),
    ]
    statements, citations = number_statements(claims)
    first, second, event, more, less = statements
    sides = (Side("90,000 crowns", more, None, False), Side("60,000", less, None, False))
    return Briefing(
        topic="freight",
        title="Freight",
        mode="extractive",
        points=(Facet("", (first, second)),),
        timeline=(Event("2025-10-01", "day", event, "since 1 October"),),
        differences=(Difference("figure", "the cost a week", sides),),
        citations=citations,
        coverage=coverage_of((plain, bare), statements, citations, 2),
    )


def hostile_briefing(text, url="javascript:alert(1)", word="") -> Briefing:
    """`text` in every field that a file, a page or a model can fill; `word` stands in the articles too."""
    metadata = Metadata(text, (text, text), text, text, url, text)
    article = make_article(text, metadata, f"/{text}", [f"{text}.", text, f"{word}."], [text], kinds={2: "caption"})
    page = make_article(f"{text}2", metadata, f"https://x.example/{text}", [text, word or text])
    claims = [
        verbatim(article, 1, 0, (page, 1, 0)),
        written(text, (article, 1, 1), support="partial"),
        verbatim(article, 1, 2),
        verbatim(page, 1, 1),
    ]
    statements, citations = number_statements(claims)
    first, second, third, fourth = statements
    second = replace(second, reasons=(text, text), citations=(*second.citations, 99))
    bare = Statement(text, (98,), "unsupported", (text,))
    return Briefing(
        topic=text,
        title=text,
        mode="model",
        points=(Facet(text, (first, second)),),
        timeline=(
            Event("2024", "year", third, text),
            Event("2024-02-30", "day", fourth, text),
            Event(text, "day", first, text),
        ),
        voices=(Voice(text, text, (first, bare)),),
        differences=(Difference("claim", text, (Side(text, first, text, False), Side(word, second, None, False))),),
        open=(fourth,),
        missing=(text, word),
        citations=citations,
        coverage=coverage_of((article, page), (*statements, bare), citations, 2),
        model=text,
        language="en",
        notes=(text,),
        left_out=(replace(bare, citations=()),),
    )


BRIEFING = _briefing()
WRITTEN = _written()
UNDATED = _undated()
NOTHING_FOUND = Briefing(
    topic="the regatta of 1931",
    title="The regatta of 1931",
    mode="extractive",
    coverage=Coverage(searched=7),
    nearest=(
        make_passage(REGATTA, 1, 0.38, 1, None),
        make_passage(HARBOUR, 4, 0.212, 3, 1),
        make_passage(WEB, 1, 0.2, None, 2),
        make_passage(HARBOUR, 1, 0.1, 9, None),
    ),
    notes=("No article is by “Smith”, so the author was not used as a filter.",),
)
LONG_WORD = "Donaudampfschifffahrt" * 12
HOSTILE = hostile_briefing(HOSTILE_TEXT, word=LONG_WORD)
