"""Bibliographies are read back: BibTeX by bibtexparser, CSL-JSON against the shape that its specification gives."""

from __future__ import annotations

import json
import re

import bibtexparser
import pytest
from bibtexparser.middlewares import SeparateCoAuthors, SplitNameParts
from briefing_records import BRIEFING, NOTHING_FOUND, UNDATED, WRITTEN, hostile_briefing
from hypothesis import given, settings
from hypothesis import strategies as st
from rendering_records import HOSTILE as HOSTILE_TEXT
from rendering_records import make_article, make_citation

from rag.bibliography import bibtex, csl_json, entries, person
from rag.briefing_schema import Briefing
from rag.sanitising import UNSAFE
from rag.schema import Metadata

unhurried = settings(deadline=None, max_examples=60)

KEY = re.compile("[a-z0-9-]+")
NAME = {"family", "given", "literal"}
CSL_FIELDS = {
    "id": str,
    "type": str,
    "title": str,
    "author": list,
    "container-title": str,
    "issued": dict,
    "URL": str,
    "language": str,
    "note": str,
}


def read_bibtex(text):
    """Entries by key, every field as the file has it but for the braces around it."""
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    return {entry.key: {field.key: field.value for field in entry.fields} for entry in library.entries}


def names_of(text):
    """Authors as BibTeX takes their names apart."""
    library = bibtexparser.parse_string(text, append_middleware=[SeparateCoAuthors(), SplitNameParts()])
    assert not library.failed_blocks
    return [
        [(" ".join((*name.von, *name.last)), " ".join(name.first)) for name in entry.fields_dict["author"].value]
        for entry in library.entries
        if "author" in entry.fields_dict
    ]


def unescaped(value):
    """What LaTeX would print of a field, by the few commands that are written."""
    value = re.sub(r"\\([&%$#_])", r"\1", value)
    signs = {"textbackslash": "\\", "textbraceleft": "{", "textbraceright": "}", "textasciitilde": "~",
             "textasciicircum": "^", "textless": "<", "textgreater": ">", "textbar": "|"}  # fmt: skip
    return re.sub(r"\\(text[a-z]+)\{\}", lambda found: signs[found[1]], value)


def briefing_of(*records):
    """A briefing that cites the first paragraph of an article for each metadata."""
    articles = [make_article(f"id{i}", each, f"/a{i}.txt", ["One."]) for i, each in enumerate(records)]
    citations = tuple(make_citation(i, article, 1, 0) for i, article in enumerate(articles, start=1))
    return Briefing("topic", "Title", "extractive", citations=citations)


def test_each_article_is_there_once():
    cited = list(dict.fromkeys(citation.passage.article_id for citation in BRIEFING.citations))
    assert len(read_bibtex(bibtex(BRIEFING))) == len(json.loads(csl_json(BRIEFING))) == len(cited) < 10


def test_an_article_in_bibtex():
    assert bibtex(BRIEFING).startswith(
        "@article{blom2025council,\n"
        "  title = {{Council doubles the money for the harbour}},\n"
        "  author = {Blom, Ida},\n"
        "  journal = {The Kestrel Courier},\n"
        "  date = {2025-12-10},\n"
        "  year = {2025},\n"
        "  month = {12},\n"
        "  url = {https://courier.example/news/council-vote},\n"
        "  language = {en},\n"
        "  note = {Cited as [1] (paragraph 2), [5] (paragraph 1), [10] (paragraph 3)},\n"
        "}\n\n@article{coast2025closed,\n"
    )


def test_an_article_in_csl():
    assert json.loads(csl_json(BRIEFING))[2] == {
        "id": "blom2025dredger",
        "type": "article-newspaper",
        "title": "Dredger for Kestrel Harbour delayed until spring",
        "author": [{"family": "Blom", "given": "Ida"}, {"family": "Rask", "given": "Jon"}],
        "container-title": "The Kestrel Courier",
        "issued": {"date-parts": [[2025, 10, 27]]},
        "URL": "https://courier.example/news/dredger-delayed?ref=front",
        "language": "en",
        "note": "Cited as [3] (paragraph 3), [4] (paragraph 4)",
    }


@pytest.mark.parametrize(
    ("published", "date", "parts"),
    [
        ("2025-10-27", {"date": "2025-10-27", "year": "2025", "month": "10"}, {"date-parts": [[2025, 10, 27]]}),
        ("2025-10", {"date": "2025-10", "year": "2025", "month": "10"}, {"date-parts": [[2025, 10]]}),
        ("2025", {"date": "2025", "year": "2025"}, {"date-parts": [[2025]]}),
        ("2025-02-30", {}, {"literal": "2025-02-30"}),
        (None, {}, None),
    ],
)
def test_dates_are_given_at_the_precision_known(published, date, parts):
    briefing = briefing_of(Metadata("A title", published=published))
    (fields,) = read_bibtex(bibtex(briefing)).values()
    assert {name: fields[name] for name in ("date", "year", "month") if name in fields} == date
    assert json.loads(csl_json(briefing))[0].get("issued") == parts


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ida Blom", ("Blom", "Ida")),
        ("R. Oduya", ("Oduya", "R.")),
        ("J.D. O’Brien", ("O’Brien", "J.D.")),
        ("IDA BLOM", ("BLOM", "IDA")),
        ("Jan van der Berg", ("van der Berg", "Jan")),
        ("Мара Линдквист", ("Линдквист", "Мара")),
        ("Reuters", None),
        ("Reuters Staff", None),
        ("The Associated Press", None),
        ("AFP Berlin", None),
        ("Ida Blom and Jon Rask", None),
        ("Ida Blom, Kestrel", None),
        ("John Smith Jr.", None),
        ("山田 太郎", None),
        ("", None),
    ],
)
def test_only_names_of_persons_are_taken_apart(name, parts):
    assert person(name) == parts


def test_names_are_read_as_they_were_meant():
    authors = ("Jan van der Berg", "Reuters Staff", "Ida Blom and Jon Rask", "R. Oduya")
    briefing = briefing_of(Metadata("A title", authors))
    assert names_of(bibtex(briefing)) == [
        [("van der Berg", "Jan"), ("{Reuters Staff}", ""), ("{Ida Blom and Jon Rask}", ""), ("Oduya", "R.")]
    ]
    assert json.loads(csl_json(briefing))[0]["author"][1] == {"literal": "Reuters Staff"}


def test_keys_are_the_same_every_time_and_told_apart():
    one = Metadata("Harbour closed", ("Ida Blom",), "Courier", "2025")
    briefing = briefing_of(*[one] * 30, Metadata("Ærø ferry", ("Åsa Ørsted",), None, "2024"), Metadata("港の船"))
    keys = [entry.key for entry in entries(briefing)]
    assert keys == [entry.key for entry in entries(briefing)]
    assert len(set(keys)) == len(keys) == 32
    # ids are sorted as text, so id1 comes before id10
    assert [keys[0], keys[1], keys[10]] == ["blom2025harbour", "blom2025harbourb", "blom2025harbourc"]
    assert keys[30:] == ["orsted2024aero", "articleid31"]


def test_kinds_of_sources():
    metadata = [Metadata("A", publisher="P"), Metadata("B", url="https://x.example/b"), Metadata("C")]
    items = json.loads(csl_json(briefing_of(*metadata)))
    assert [item["type"] for item in items] == ["article-newspaper", "webpage", "document"]
    assert re.findall("@([a-z]+)", bibtex(briefing_of(*metadata))) == ["article", "misc", "misc"]
    assert json.loads(csl_json(briefing_of(Metadata(""))))[0]["title"] == "[Untitled]"


def test_nothing_cited_is_an_empty_bibliography():
    assert bibtex(NOTHING_FOUND) == ""
    assert json.loads(csl_json(NOTHING_FOUND)) == []


def check_csl(text):
    for item in json.loads(text):
        assert {"id", "type", "title", "note"} <= item.keys() <= CSL_FIELDS.keys()
        assert all(isinstance(value, CSL_FIELDS[name]) for name, value in item.items())
        assert all(name and name.keys() <= NAME for name in item.get("author", []))
        assert item.get("issued", {"literal": ""}).keys() in ({"date-parts"}, {"literal"})


@pytest.mark.parametrize("briefing", [BRIEFING, WRITTEN, UNDATED])
def test_what_is_cited_can_be_read(briefing):
    check_csl(csl_json(briefing))
    assert list(read_bibtex(bibtex(briefing))) == [item["id"] for item in json.loads(csl_json(briefing))]


@unhurried
@given(
    st.text(st.characters(exclude_categories=()), max_size=40)
    | st.text("\\{}@,=\"%#&$_~^<>|' \nab1", max_size=40)
    | st.sampled_from([HOSTILE_TEXT, "}\n@article{a,", "\\input{/etc/passwd}", "a and b", "%", "\\"])
)
def test_any_text_comes_back_and_starts_no_command(text):
    briefing = hostile_briefing(text, url=f"https://x.example/{text}", word="word")
    output = bibtex(briefing)
    assert not UNSAFE.search(output.replace("\n", ""))
    read = read_bibtex(output)
    assert list(read) == [entry.key for entry in entries(briefing)]
    assert all(KEY.fullmatch(key) for key in read)
    for item in json.loads(csl_json(briefing)):
        fields = read[item["id"]]
        assert unescaped(fields["title"].removeprefix("{").removesuffix("}")) == item["title"]
        assert fields["url"] == item["URL"]
        assert unescaped(fields["journal"]) == item["container-title"] if "container-title" in item else True
        for value in (value for name, value in fields.items() if name != "url"):
            assert {*re.findall(r"\\([A-Za-z]+)", value)} <= {
                *("textbackslash", "textbraceleft", "textbraceright", "textasciitilde", "textasciicircum"),
                *("textless", "textgreater", "textbar"),
            }
    check_csl(csl_json(briefing))
