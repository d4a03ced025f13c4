"""Invented articles and the records made of them, for the tests of what is shown."""

from __future__ import annotations

from rag.schema import (
    Answer,
    Article,
    ArticleSummary,
    Citation,
    Duplicate,
    Failure,
    IngestReport,
    Metadata,
    Paragraph,
    Passage,
    SearchResult,
    Sentence,
    Span,
    Statement,
    View,
    paragraph_id,
)


def make_article(article_id, metadata, path, *paragraphs, kinds=None, lines=True, pages=False):
    """An article whose paragraphs are given as lists of sentences; the raw file has 10 characters before the text."""
    kinds, made, position, heading = kinds or {}, [], 0, ""
    for n, sentences in enumerate(paragraphs, start=1):
        text, start, spans = " ".join(sentences), position, []
        for sentence in sentences:
            end = position + len(sentence)
            line = 2 * n - 1 if lines else None
            spans.append(Sentence(position, end, position + 10, end + 10, line))
            position = end + 1
        kind = kinds.get(n, "body")
        raw = (Span(start + 10, start + len(text) + 10),)
        line, page = (2 * n - 1 if lines else None), (n if pages else None)
        made.append(Paragraph(n, kind, text, start, start + len(text), tuple(spans), raw, line, page, heading))
        heading = text if kind == "heading" else heading
        position = start + len(text) + 2
    whole = "\n\n".join(paragraph.text for paragraph in made)
    return Article(article_id, path, path, metadata, whole, tuple(made))


def make_passage(article, n, score=0.5, dense=None, lexical=None):
    paragraph = article.paragraphs[n - 1]
    return Passage(
        *(paragraph_id(article.id, n), article.id, paragraph, article.path, article.metadata, score, dense, lexical),
        *(0.0 if dense is None else 0.7123, 0.0 if lexical is None else 8.25),
    )


def make_citation(number, article, n, *sentences):
    passage = make_passage(article, n)
    return Citation(number, passage, tuple(passage.paragraph.sentences[index] for index in sentences))


HARBOUR = make_article(
    "harbour-dredger",
    Metadata(
        "Dredger for Kestrel Harbour delayed until spring",
        ("Ida Blom", "Jon Rask"),
        "The Kestrel Courier",
        "2025-10-27",
        "https://courier.example/news/dredger-delayed?ref=front",
        "en",
    ),
    "/news/harbour-dredger.txt",
    ["The harbour at Kestrel will stay closed to deep-draught ships through the winter."],
    ["A delay no one planned"],
    [
        "The council met on Tuesday evening.",
        "“The dredger will not arrive before the middle of March, and until then no ship that draws more than six "
        "metres can use the main quay,” said Mara Lindqvist, the harbour master.",
        "Two members of the council were absent.",
    ],
    [
        "The yard that is building the dredger has blamed a shortage of steel for the delay.",
        "It first promised delivery in June, then in September, and in the last week of September it stopped "
        "giving dates.",
        "The council had set aside 4.2 million crowns for the work, a sum that three of its members called too small "
        "even before the price of steel began to rise.",
        "A second yard, in Norhaven, offered in August to lend an older vessel free of charge.",
        "The offer was declined because the older vessel needs a crew of eleven, and the harbour employs four people.",
        "Fishing boats are not affected.",
        "Ferries to the outer islands draw less than two metres and will keep to their timetable.",
        "A vote on the extra money is expected in December.",
    ],
    ["Children watched the old dredger leave in 2019."],
    kinds={2: "heading", 5: "caption"},
)

FERRY = make_article(
    "ferry-report",
    Metadata("Annual report of the island ferries", (), None, "2024", None, "en"),
    "/news/reports/ferry-report.pdf",
    ["Passenger numbers rose.", "The line carried 212,000 people, a record.", "Complaints fell by a third."],
    ["New timetables apply from May."],
    lines=False,
    pages=True,
)

WEB = make_article(
    "steel-prices",
    Metadata("Steel dearer than ever", ("R. Oduya",), "Norhaven Post", "2025-09", "https://post.example/steel#prices"),
    "https://post.example/steel#prices",
    ["Steel plate cost a fifth more in September than a year before.", "Shipyards buy most of it."],
    lines=True,
)

ANSWER = Answer(
    question="Why can large ships not use Kestrel harbour?",
    answered=True,
    mode="extractive",
    statements=(
        Statement(HARBOUR.text[slice(HARBOUR.paragraphs[2].sentences[1].start, HARBOUR.paragraphs[2].sentences[1].end)],
                  (1,), "supported"),
        Statement("The yard that is building the dredger has blamed a shortage of steel for the delay.",
                  (2, 3), "supported"),
        Statement("The line carried 212,000 people, a record.", (4,), "partial",
                  ("the sentence does not name the harbour",)),
    ),
    citations=(
        make_citation(1, HARBOUR, 3, 1),
        make_citation(2, HARBOUR, 4, 0, 4),
        make_citation(3, WEB, 1, 0),
        make_citation(4, FERRY, 1, 1),
    ),
    confidence=0.8312499,
    notes=("The publisher “Courier” was read as “The Kestrel Courier”.",),
    seconds={"retrieval": 0.0412345, "answering": 0.2},
)  # fmt: skip

MODEL_ANSWER = Answer(
    question="When will the dredger arrive?",
    answered=True,
    mode="model",
    model="small-model-1",
    statements=(
        Statement("It is expected in mid-March at the earliest.", (1,), "supported"),
        Statement("The yard lacks steel.", (2, 9), "unsupported", ("a source number was made up",)),
        Statement("Steel plate cost a fifth more in September than a year before.", (3,), "supported"),
    ),
    citations=(make_citation(1, HARBOUR, 3, 1), make_citation(2, HARBOUR, 4, 0), make_citation(3, WEB, 1, 0)),
    confidence=0.5,
)

WRITTEN_ANSWER = Answer(
    question="Why is Kestrel harbour closed to large ships?",
    answered=True,
    mode="model",
    model="small-model-1",
    statements=(
        Statement("Large ships are kept out of Kestrel until at least mid-March, because the dredger is late.", (1,),
                  "supported", ("borne out by the quoted words",)),
        Statement("Everyone in Norhaven expects a vote on the money in December.", (2,), "partial",
                  ("“Everyone”, “Norhaven” cannot be found in [2]",)),
        Statement("Fishing boats are not affected.", (2,), "supported", ("quoted word for word",)),
        Statement("The harbour master said that “no ship that draws more than six metres can use the main quay”.", (1,),
                  "supported", ("borne out by the quoted words",)),
    ),
    citations=(make_citation(1, HARBOUR, 3, 1), make_citation(2, HARBOUR, 4, 5, 7)),
    confidence=0.91,
    notes=(
        "ferry-report#2 was kept from the model: it tells a model what to answer",
        "2 statements of the model were left out: no paragraph it was shown bears them out",
    ),
    seconds={"retrieval": 0.05, "answering": 3.4, "model": 3.21},
    left_out=(
        Statement("The dredger cost 50 million crowns.", (), "unsupported",
                  ("the figure 50 million is not in what the model was shown",)),
        Statement("The harbour will be sold to a hotel chain, and every ferry to the outer islands will stop for good.",
                  (), "unsupported", ("nothing in what the model was shown says this",)),
    ),
    tokens={"prompt": 1812, "completion": 120},
)  # fmt: skip
"""By a language model: paraphrases, a whole sentence, a quotation, a doubtful statement, and what was left out."""

ABSTENTION_ANSWER = Answer(
    question="Who won the regatta?",
    answered=False,
    mode="extractive",
    confidence=0.11,
    nearest=(
        make_passage(HARBOUR, 4, 0.412, 3, 1),
        make_passage(FERRY, 1, 0.38, 1, None),
        make_passage(WEB, 1, 0.2, None, 2),
        make_passage(HARBOUR, 1, 0.1, 9, None),
    ),
    notes=("No article is by “Smith”, so the author was not used as a filter.",),
)

SEARCH = SearchResult(
    "steel shortage",
    (make_passage(HARBOUR, 4, 0.91234567, 1, 2), make_passage(WEB, 1, 0.7, None, 1), make_passage(FERRY, 1, 0.3, 7)),
    ("Only articles since 2024 were searched.",),
)

VIEW = View(HARBOUR, HARBOUR.paragraphs[2], HARBOUR.paragraphs)
WHOLE = View(FERRY, None, FERRY.paragraphs)

ARTICLES = [
    ArticleSummary(HARBOUR.id, HARBOUR.metadata, HARBOUR.path, 5, ("/news/copies/dredger (1).txt",)),
    ArticleSummary(FERRY.id, FERRY.metadata, FERRY.path, 2),
    ArticleSummary(WEB.id, WEB.metadata, WEB.path, 1),
]

REPORT = IngestReport(
    *(2, 1, 0, 1),
    failed=(Failure("/news/scan.pdf", "no text in it; run it through OCR first"),),
    duplicates=(Duplicate("/news/copies/dredger (1).txt", "harbour-dredger"),),
    articles=3,
    paragraphs=1408,
    seconds=1.2345,
    notes=("1 hidden file was left out.",),
)

HOSTILE = (
    "\x1b[31mred \x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\ \x1b]52;c;cm0=\x07 \u202eesrever\u202c "
    "<script>alert(1)</script> <img src=x onerror=alert(1)> &amp; [bold]x[/bold] [link=https://evil.example]y[/link] "
    "![i](https://evil.example/i.png) [l](javascript:alert(1)) [l]: https://evil.example <https://evil.example> "
    "https://evil.example/a www.evil.example mail@evil.example @someone `code` **b** __b__ ~~s~~ $x$ ==m== %%h%% "
    "|a|b| \" onmouseover=\"alert(1)\" ' {{ x }}\r\n# h\n- [ ] t\n1. l\n\n---\n```\n\tcode \u200b\U000e0041\x9b2J\x00 "
    ":smile: end"
)  # fmt: skip
"""What a page might hold that is not meant for people."""


def hostile_records(text, url="javascript:alert(1)"):
    """Every kind of record with `text` in every field that a file, a page or a model can fill."""
    metadata = Metadata(text, (text, text), text, text, url, text)
    article = make_article(text, metadata, f"/{text}", [f"{text}.", text], [text], kinds={2: "caption"})
    page = make_article(text, metadata, f"https://x.example/{text}", [text])
    statements = (
        Statement(text, (1, 2), "partial", (text,)),
        Statement(f"{text}.", (1,), "supported"),
        Statement(text, (7,), "unsupported", (text, text)),
    )
    answer = Answer(
        *(text, True, "model", statements, (make_citation(1, article, 1, 0), make_citation(2, page, 1, 0)), 0.5),
        model=text,
        notes=(text,),
        seconds={text: 1.0},
    )
    nearest = (make_passage(article, 1, 0.5, 1, 1), make_passage(page, 1))
    abstention = Answer(text, False, "extractive", nearest=nearest, notes=(text,))
    search = SearchResult(text, nearest, (text,))
    view = View(article, article.paragraphs[0], article.paragraphs)
    whole = View(article, None, article.paragraphs)
    summaries = [ArticleSummary(text, metadata, f"/{text}", 1, (f"/{text}", text))]
    report = IngestReport(failed=(Failure(text, text),), duplicates=(Duplicate(f"/{text}", text),), notes=(text,))
    return answer, abstention, search, view, whole, summaries, report
