"""Evidence as judged sets name it, found in a store: places, sentences, paragraphs, articles, and what is missing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from articles import read, sentences
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from store_helpers import make_article
from strategies import articles

from rag.catalogue import Catalogue
from rag.eval_schema import Gold, JudgedQuestion, Place, Reference
from rag.locating import Locator, alike, sentences_in
from rag.schema import EVIDENCE, paragraph_id

HARBOUR = make_article(
    "harbour",
    "The port of Lunde buys “two cranes” – from Brenn.",
    "It paid nine million. A mayor’s café paid for the rest.",
    "The two cranes stand.",
    path="/news/harbour.txt",
)
FERRY = make_article("ferry", "A ferry sails.", path="/news/ferry.txt")


class Store:
    """A catalogue that articles are put into."""

    def __init__(self, path):
        self.catalogue = Catalogue.create(path)

    def put(self, *added):
        with self.catalogue.transaction():
            for article in added:
                self.catalogue.put_article(article, (), len(article.paragraphs) + 1, b"")

    def locate(self, *references):
        return Locator(self.catalogue).locate(JudgedQuestion("q", "Who?", references))

    def said(self, gold):
        """The words of the evidence."""
        texts = []
        for place in gold.evidence:
            article = self.catalogue.article(place.paragraph_id.split("#")[0])
            (paragraph,) = (p for p in article.paragraphs if paragraph_id(article.id, p.n) == place.paragraph_id)
            assert paragraph.start <= place.start < place.end <= paragraph.end
            texts.append(article.text[place.start : place.end])
        return texts


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "catalogue.sqlite3")
    store.put(HARBOUR, FERRY)
    yield store
    store.catalogue.close()


def phrase(contains, **more):
    return Reference(contains=contains, **({"file": "harbour.txt"} | more))


# --- phrases -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contains", "said"),
    [
        ("nine million", "nine million"),
        ("  nine\n   million ", "nine million"),
        ("buys \"two cranes\" - from", "buys “two cranes” – from"),
        ("buys «two\u00a0cranes» — from", "buys “two cranes” – from"),
        ("A mayor's caf\u0065\u0301", "A mayor’s café"),
        ("nine mil\u00adlion", "nine million"),
        ("NINE Million", "nine million"),
        ("buys “two", "buys “two"),
        ("(nine|ten) million.*", None),
        ("nine millions", None),
        ("\u200b", None),
    ],
)  # fmt: skip
def test_a_phrase_is_found_however_it_is_typed(store, contains, said):
    gold = store.locate(phrase(contains))
    assert store.said(gold) == ([said] if said else [])
    assert gold.missing == (said is None)
    assert bool(gold) == (said is not None)


def test_the_levels_of_what_is_found(store):
    """The evidence are the words, and the sentence is the one that holds them."""
    first, start = HARBOUR.paragraphs[0], HARBOUR.text.index("two cranes")
    gold = store.locate(phrase("buys “two cranes”"))
    assert gold == Gold(
        ("harbour",), ("harbour#1",), ((Place("harbour#1", first.start, first.end),),),
        (Place("harbour#1", start - 6, start + 11),),
    )  # fmt: skip


def test_the_right_case_goes_first(store):
    assert store.said(store.locate(phrase("It"))) == ["It"]
    assert store.said(store.locate(phrase("IT PAID"))) == ["It paid"]


def test_a_phrase_that_stands_twice_is_evidence_twice(store):
    gold = store.locate(phrase("two cranes"))
    assert gold.paragraphs == ("harbour#1", "harbour#3")
    assert store.said(gold) == ["two cranes", "two cranes"]
    assert len(gold.sentences) == 1, "one piece: to find either sentence is to find it"
    assert len(gold.sentences[0]) == 2


def test_offsets_tell_which_one_is_meant(store):
    for near, number in ((0, 1), (30, 1), (95, 3), (10**6, 3)):
        gold = store.locate(phrase("two cranes", start=near, end=near + 10))
        assert gold.paragraphs == (f"harbour#{number}",)


def test_a_phrase_may_begin_in_one_paragraph_and_end_in_the_next(store):
    gold = store.locate(phrase("from Brenn. It paid nine"))
    assert store.said(gold) == ["from Brenn.", "It paid nine"]
    assert gold.paragraphs == ("harbour#1", "harbour#2")
    assert len(gold.sentences) == 1


def test_a_phrase_may_be_looked_for_in_one_paragraph_only(store):
    assert store.locate(Reference(paragraph="harbour#3", contains="two cranes")).paragraphs == ("harbour#3",)
    assert store.locate(Reference(paragraph="harbour#2", contains="two cranes")).missing == 1
    assert store.locate(Reference(article="harbour", contains="two cranes")).paragraphs == ("harbour#1", "harbour#3")


def test_what_cannot_be_cited_is_evidence_only_where_nothing_else_is(store):
    """A heading that repeats the words of a paragraph is not what an answer should have quoted."""
    store.put(replace(read("# Ships at last\n\nShips at last reached Brenn.\n"), id="ships", path="/news/ships.txt"))
    kinds = {p.n: p.kind for p in store.catalogue.article("ships").paragraphs}
    (heading,) = (n for n, kind in kinds.items() if kind not in EVIDENCE)
    (body,) = (n for n, kind in kinds.items() if kind in EVIDENCE)
    assert store.locate(Reference(file="ships.txt", contains="Ships at last")).paragraphs == (f"ships#{body}",)
    only = Reference(paragraph=f"ships#{heading}", contains="Ships at last")
    assert store.locate(only).paragraphs == (f"ships#{heading}",)


# --- offsets in the file -----------------------------------------------------------------------------------------

RAW = (
    "# Prices\n\nThe port **paid** nine [million](https://example.org/m) crowns. It was late.\n\nThe port paid again.\n"
)


@pytest.fixture
def prices(store):
    store.put(replace(read(RAW, "markdown"), id="prices", path="/news/prices.md"))

    def locate(contains, *, given=True):
        start = RAW.index(contains)
        end = start + len(contains)
        return store.locate(Reference(file="prices.md", contains=contains if given else "", start=start, end=end))

    return locate


def test_where_markup_stands_between_the_words_their_sentence_is_meant(store, prices):
    gold = prices("**paid** nine [million](https://example.org/m)")
    assert store.said(gold) == ["The port paid nine million crowns."]
    assert gold.sentences == (gold.evidence,)


def test_offsets_alone_name_the_sentences_that_were_read_from_there(store, prices):
    assert store.said(prices("It was late", given=False)) == ["It was late."]
    both = prices("[million](https://example.org/m) crowns. It was late.", given=False)
    assert store.said(both) == ["The port paid nine million crowns.", "It was late."]
    assert prices("\n\n", given=False).missing == 1


def test_offsets_count_in_the_file_and_not_in_what_is_shown(store):
    """The link is long in the file and short in the text, where the second `We saw` stands at what is the first's
    offset in the file.
    """
    raw = "Off [Brenn](https://example.org/a-long-address-of-a-page) we sail. We saw it. It was a very long way. "
    raw += "It was long. "
    store.put(replace(read(raw + "We saw it.\n", "markdown"), id="links", path="/news/links.md"))
    text = store.catalogue.article("links").text
    assert text.rindex("We saw") == raw.index("We saw")
    gold = store.locate(
        Reference(file="links.md", contains="We saw", start=text.rindex("We saw"), end=text.rindex("it"))
    )
    assert [place.start for place in gold.evidence] == [text.index("We saw")]


# --- paragraphs, articles, files ---------------------------------------------------------------------------------


def test_a_whole_paragraph_is_no_sentence_and_no_phrase(store):
    assert store.locate(Reference(paragraph="harbour#2")) == Gold(("harbour",), ("harbour#2",))


def test_a_whole_article_or_file_is_no_paragraph(store):
    assert store.locate(Reference(article="ferry")) == Gold(("ferry",))
    assert store.locate(Reference(file="harbour.txt"), Reference(article="ferry")) == Gold(("harbour", "ferry"))


def test_a_phrase_may_only_name_its_paragraph(store):
    assert store.locate(phrase("nine million", whole=True)) == Gold(("harbour",), ("harbour#2",))


def test_a_question_without_references_has_no_gold(store):
    assert store.locate() == Gold()
    assert not store.locate()


@pytest.mark.parametrize(
    "reference",
    [
        Reference(file="other.txt"), Reference(file="other.txt", contains="cranes"), Reference(article="other"),
        Reference(paragraph="other#1"), Reference(paragraph="ferry#2"), Reference(paragraph="ferry#one"),
        Reference(file="ferry.txt", contains="cranes"), Reference(file="/news/ferry.txt"), Reference(),
        Reference(file="ferry.txt", start=0, end=5), Reference(paragraph="#1"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_missing(store, reference):
    assert store.locate(reference) == Gold(missing=1)
    assert store.locate(reference, Reference(article="ferry"), reference) == Gold(("ferry",), missing=2)


def test_a_copy_of_an_article_is_known_by_its_name_too(store):
    with store.catalogue.transaction():
        store.catalogue.put_duplicate("/old/copy.txt", "/old/copy.txt", "harbour")
    assert store.locate(phrase("nine million", file="copy.txt")) == store.locate(phrase("nine million"))


def test_files_of_one_name_are_all_meant(store):
    """Either sentence is the evidence."""
    store.put(make_article("other", "Nobody paid nine million.", path="/other/harbour.txt"))
    gold = store.locate(phrase("nine million"))
    assert gold.articles == ("harbour", "other")
    assert gold.paragraphs == ("harbour#2", "other#1")
    assert [[place.paragraph_id for place in piece] for piece in gold.sentences] == [["harbour#2", "other#1"]]


def test_two_references_to_one_place_are_one_piece_of_evidence(store):
    gold = store.locate(phrase("nine million"), phrase("paid nine million"), phrase("nine  million"))
    assert len(gold.sentences) == 1
    assert store.said(gold) == ["nine million", "paid nine million"]
    assert gold.paragraphs == ("harbour#2",)


# --- sentences ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ((0, 10), (5, 15), True), ((0, 10), (6, 16), False), ((0, 100), (40, 42), True), ((0, 10), (10, 20), False),
        ((0, 3), (2, 4), True), ((7, 9), (7, 9), True), ((0, 10), (20, 30), False),
    ],
)  # fmt: skip
def test_stretches_are_alike_from_half_of_the_shorter_one_on(one, other, answer):
    assert alike(one, other) is alike(other, one) is answer


def test_sentences_that_hold_only_the_edge_of_a_place_do_not_stand_for_it():
    article = read("The port of Lunde paid. It bought two cranes from Brenn. Then it paid again.\n")
    text, name = article.text, paragraph_id(article.id, 1)
    place = Place(name, text.index("paid."), text.index("from") + 4)
    held = list(sentences_in(article, [place]))
    assert [text[one.start : one.end] for one in held] == ["It bought two cranes from Brenn."]
    assert list(sentences_in(article, [replace(place, paragraph_id="other#1")])) == []


# --- what is true of every phrase --------------------------------------------------------------------------------

quick = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def stored(tmp_path_factory, written):
    store = Store(tmp_path_factory.mktemp("store") / "catalogue.sqlite3")
    article = replace(read(written.raw, written.markup), id="any", path="/news/any.txt")
    store.put(article)
    return store, article


@quick
@given(articles(), st.data())
def test_every_phrase_of_an_article_is_found_in_its_paragraphs(tmp_path_factory, written, data):
    store, article = stored(tmp_path_factory, written)
    words = list(re.finditer(r"\S+", article.text))
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, min(len(words) - 1, first + 12)))
    wanted = [word.group() for word in words[first : last + 1]]
    gold = store.locate(Reference(file="any.txt", contains=data.draw(st.sampled_from([" ", "\n", "  "])).join(wanted)))
    said = store.said(gold)
    assert gold.missing == 0
    assert said
    # A phrase may end in another paragraph, and then each place holds some of its words.
    assert all(set(text.split()) <= set(wanted) or " ".join(wanted) in text for text in said)
    assert {place.paragraph_id for place in gold.evidence} == set(gold.paragraphs)
    store.catalogue.close()


@quick
@given(articles(), st.data())
def test_every_sentence_is_found_by_where_it_stands_in_the_file(tmp_path_factory, written, data):
    """Whatever markup the file has, and however often the words stand in it."""
    store, article = stored(tmp_path_factory, written)
    paragraph = data.draw(st.sampled_from([p for p in article.paragraphs if p.kind in EVIDENCE]))
    at = data.draw(st.integers(0, len(paragraph.sentences) - 1))
    sentence = paragraph.sentences[at]
    assume(sentence.raw_start is not None)
    raw = written.raw[sentence.raw_start : sentence.raw_end]
    contains = data.draw(st.sampled_from([raw, sentences(article, paragraph)[at], ""]))
    gold = store.locate(Reference(file="any.txt", contains=contains, start=sentence.raw_start, end=sentence.raw_end))
    store.said(gold)
    held = Place(paragraph_id("any", paragraph.n), sentence.start, sentence.end)
    assert held in {place for piece in gold.sentences for place in piece}
    store.catalogue.close()
