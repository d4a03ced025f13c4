"""Does the cited text say this? Verdicts on statements, with the packaged embedder."""

from __future__ import annotations

import pytest
from checking import check, check_lightly, evidence_of, kinds, real_embedder
from hypothesis import given, settings
from hypothesis import strategies as st
from store_helpers import CHESS, FLOOD, VOTE, FakeEmbedder

from rag.evidence import Evidence, Line, gather
from rag.extraction import Weighed
from rag.sentences import split_sentences
from rag.verbatim import quotations
from rag.verification import MOST_QUOTES, Verifier

PARAGRAPHS = [text for article in (VOTE, FLOOD, CHESS) for text in article.split("\n\n")]
FLOODED = (
    "A flood closed the railway between Ostrava and Brno for three days, the operator reported on 5 November 2024."
)
ANY_TEXT = st.text(max_size=120) | st.lists(
    st.sampled_from('“ ” " ‘ ’ ( ) . , $ % 20 -5 3.5 million not may Anna Berg US 5 May 2024 on Tuesday … — no'.split())
).map(" ".join)


@pytest.mark.parametrize(
    ("statement", "source", "finding"),
    [
        ("A flood closed the railway for four days.", FLOODED, "figure instead"),
        ("The repair cost 90 million crowns.", "The repair cost 90 billion crowns.", "figure instead"),
        ("Inflation rose to $20 in May.", "Inflation rose to 20 % in May.", "figure instead"),
        ("The dam is 20 kilometres long.", "The dam is 20 metres long.", "figure instead"),
        ("The talks lasted three weeks.", "The talks lasted three days.", "figure instead"),
        ("The talks ended after 12 days with a deal.", "The talks ended with a deal.", "figure"),
        (FLOODED.replace("5 Nov", "6 Nov"), FLOODED, "date"),
        (FLOODED.replace("2024", "2021"), FLOODED, "date"),
        ("A flood closed the railway on Friday.", FLOODED, "date"),
        (FLOODED.replace("Ostrava", "Lisbon"), FLOODED, "name instead"),
        ("Peter Marlowe won the election in Norway.", "Anna Berg won the election in Norway.", "name instead"),
        ("Russia attacked Ukraine in February.", "Ukraine attacked Russia in February.", "names swapped"),
        ("The dam is not safe.", "The dam is safe.", "negation"),
        ("The dam is safe.", "The dam is not safe.", "negation"),
        ("Ministers said taxes would not rise.", "Ministers did not say taxes would rise.", "negation"),
        ("The minister supports the law.", "The minister opposes the law.", "opposite"),
        ("More ships came than last year.", "Fewer ships came than last year.", "opposite"),
        ("She said “we will never leave” to all.", "She spoke to all.", "quotation"),
        ("The blast left 20 dead and 5 wounded.", "The blast left 5 dead and 20 wounded.", "names swapped"),
        ("The blast left 20 dead.", "The blast left 5 dead and 20 wounded.", "figure instead"),
    ],
)
def test_what_contradicts_its_source_is_unsupported_and_the_reason_is_named(
    statement: str, source: str, finding: str
) -> None:
    verdict = check(statement, source)
    assert verdict.support == "unsupported"
    assert finding in kinds(verdict)


@pytest.mark.parametrize(
    ("statement", "source", "finding"),
    [
        ("The firm will sell the plant.", "The firm may sell the plant.", "hedge"),
        ("In Portugal the tax would pay for forty turbines off the coast.", PARAGRAPHS[1], "name"),
    ],
)
def test_what_goes_further_than_its_source_is_partial(statement: str, source: str, finding: str) -> None:
    verdict = check(statement, source)
    assert verdict.support == "partial"
    assert kinds(verdict) == [finding]


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("Ukraine was attacked by Russia in February.", "Russia attacked Ukraine in February."),
        ("50,000 people fled the city.", "Nearly fifty thousand people fled the city."),
        ("Inflation rose to 20 percent in May.", "Inflation rose to 20 % in May."),
        ("Mr Putin met the Chinese leader.", "Putin met the Chinese leader."),
        ("The United States sent two ships.", "The US sent 2 ships."),
        ("The US sent two ships.", "The United States sent two ships."),
        ("The minister said Monday that taxes would rise.", "The minister said on Monday that taxes would rise."),
        ("The firm hasn't sold the plant.", "The firm has not sold the plant."),
        ("MINISTER RESIGNS AFTER FLOOD IN OSTRAVA.", "The minister resigned after a flood in Ostrava."),
        ("For three days the railway between Ostrava and Brno was closed by a flood.", FLOODED),
        ("Clara Holm, the energy minister, said forty turbines would be paid for by the tax.", PARAGRAPHS[1]),
        ("Norway's parliament approved the budget in March.", "The Norwegian parliament approved the budget in March."),
        ("The project costs $3.5bn.", "The project costs 3.5 billion dollars."),
        ("The mayor said “it may rain”.", "The mayor said “it may rain”."),
    ],
)
def test_harmless_rewording_is_supported(statement: str, source: str) -> None:
    verdict = check(statement, source)
    assert (verdict.support, verdict.findings) == ("supported", ())


@pytest.mark.parametrize(("day", "support"), [("5 November", "supported"), ("6 November", "unsupported")])
def test_a_day_of_the_week_means_a_date_near_the_day_of_the_article(day: str, support: str) -> None:
    source = "The flood closed the railway on Tuesday."
    assert check(f"The flood closed the railway on {day}.", source, published="2024-11-07").support == support
    assert check(f"The flood closed the railway on {day}.", source).support != "supported"


@pytest.mark.parametrize(("day", "support"), [("Tuesday", "supported"), ("Wednesday", "unsupported")])
def test_a_date_means_a_day_of_the_week(day: str, support: str) -> None:
    assert check(f"The flood closed the railway on {day}.", FLOODED).support == support


def test_a_quotation_is_put_right_in_the_verdict() -> None:
    verdict = check(
        "She called it “the harbor of lost ships and men”.", "She called it “the harbour of lost ships and men”."
    )
    assert verdict.text == "She called it “the harbour of lost ships and men”."
    assert verdict.support == "supported"


@pytest.mark.parametrize(
    ("language", "source", "right", "wrong"),
    [
        ("de", "Im Jahr 2021 starben zwanzig Menschen in Berlin.", "zwanzig", "dreißig"),
        ("de", "Der Fluss stieg am Montag um 50.000 Liter.", "50.000", "60.000"),
        ("ru", "В 2021 году в Москве погибли 200 человек.", "200", "300"),
        ("ru", "Семь кораблей затонули у Одессы.", "Семь", "Девять"),
    ],
)
def test_other_languages(language: str, source: str, right: str, wrong: str) -> None:
    assert check(source, source, language=language).support == "supported"
    assert check(source.replace(right, wrong), source, language=language).support == "unsupported"


def test_publisher_and_title_of_the_article_are_no_invented_names() -> None:
    facts = {"publisher": "Brno Herald", "title": "A Flood"}
    assert "name" not in kinds(check("A flood closed the railway, the Brno Herald wrote.", FLOODED, **facts))
    assert "name instead" in kinds(check("A flood closed the railway, the Lisbon Herald wrote.", FLOODED, **facts))


def verify(statement: str, cited: list[str], shown: list[str]) -> tuple[str, list[str]]:
    """The support, and the paragraphs that are quoted."""
    by_text = {text: evidence_of(text, n) for n, text in enumerate(dict.fromkeys([*cited, *shown]), 1)}
    verifier = Verifier(real_embedder())
    verdict = verifier.verify(statement, [by_text[t] for t in cited], [by_text[t] for t in shown])
    return verdict.support, list(dict.fromkeys(quote.passage.paragraph.text for quote in verdict.quotes))


def test_a_statement_that_another_shown_paragraph_bears_out_is_cited_to_that() -> None:
    statement = "Fishing crews have protested against the turbines since 2021."
    assert verify(statement, [CHESS], [CHESS, PARAGRAPHS[2], FLOODED]) == ("supported", [PARAGRAPHS[2]])
    assert verify(statement, [], [CHESS, PARAGRAPHS[2]]) == ("supported", [PARAGRAPHS[2]])


def test_what_nothing_bears_out_stays_with_what_it_cites() -> None:
    support, quoted = verify("The champion bought a yacht.", [PARAGRAPHS[0]], [PARAGRAPHS[0], PARAGRAPHS[2]])
    assert support == "unsupported"
    assert quoted in ([PARAGRAPHS[0]], [])


def test_two_paragraphs_may_bear_a_statement_out_together() -> None:
    one, two = "Clara Holm is the minister of energy.", "The harbour of Brennvik was closed on Friday."
    statement = "Clara Holm is the minister of energy, and the harbour of Brennvik was closed on Friday."
    support, quoted = verify(statement, [one, two], [one, two])
    assert (support, sorted(quoted)) == ("supported", sorted([one, two]))


def test_a_paragraph_that_is_not_cited_bears_out_all_of_a_statement_or_nothing() -> None:
    """Else a name that some paragraph holds would make up for one that the cited paragraph has not."""
    jobs = "The head of the union said that no jobs would be lost."
    company = "Tom Ruder, director of the harbour company, greeted the guests."
    support, _ = verify("Tom Ruder is head of the union.", [jobs], [jobs, company])
    assert support == "unsupported"


def test_a_name_counts_where_something_is_said_of_it() -> None:
    jobs = "The head of the union said that no jobs would be lost."
    company = "The guests were greeted by Tom Ruder."
    support, _ = verify("Tom Ruder, head of the union, said that no jobs would be lost.", [jobs, company], [])
    assert support == "partial"


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("The bridge of Kell is closed.", "The bridge of Kell is 412 metres long and carries two lanes."),
        ("Bread in Tolm is poisoned.", "Bread in Tolm is sold at the market on Fridays."),
        ("The ferry over the Lenne is free for everybody.", "The ferry over the Lenne runs every hour."),
    ],
)
def test_a_short_statement_needs_its_predicate_in_the_source(statement: str, source: str) -> None:
    assert check(statement, source).support != "supported"


def test_a_fragment_is_judged_with_the_question_it_answers() -> None:
    source = evidence_of("Russia lost 1,500 soldiers a day in October.")
    verifier = Verifier(real_embedder())
    asked = verifier.verify("1,500 soldiers", [source], [source], "How many troops are in the Kursk region?")
    assert asked.support != "supported"


def test_last_week_counts_from_the_date_of_the_source() -> None:
    verdict = check("The dockers ended their strike last week.", "Last week the dockers ended their long strike.")
    assert (verdict.support, verdict.findings[0].kind) == ("partial", "deictic")


def test_a_source_that_denies_nothing_bears_out_no_denial() -> None:
    source = "Her team distrusts career officials, because transcripts of calls leaked in Kell."
    verdict = check("Her team distrusts career officials, and Kell says that he did not.", source)
    assert verdict.support != "supported"


def test_stuttering_is_no_statement() -> None:
    verdict = check("The The dockers dockers ended ended their strike.", "The dockers ended their strike.")
    assert verdict.support == "unsupported"


def test_quotes_are_the_fewest_sentences_that_hold_most_of_it() -> None:
    source = "It was a cold day. The bridge opened in 1931. Trains crossed it daily. Its steel came from Ostrava."
    texts = [line.text for line in check("The bridge opened in 1931.", source).quotes]
    assert texts == ["The bridge opened in 1931."]
    both = check("The bridge opened in 1931, and its steel came from Ostrava.", source).quotes
    assert {line.text for line in both} == {"The bridge opened in 1931.", "Its steel came from Ostrava."}


@pytest.mark.parametrize("statement", ["", " ", "…", "It was so.", "“”"])
def test_a_statement_that_says_nothing_is_supported_by_nothing(statement: str) -> None:
    assert check(statement, "Rain fell on the town.").support != "supported"


def test_no_evidence_is_no_support() -> None:
    verdict = Verifier(FakeEmbedder()).verify("A flood.", [], [])
    assert (verdict.support, verdict.probability, verdict.quotes) == ("unsupported", 0.0, ())
    assert kinds(verdict) == ["meaning"]
    empty = Evidence(evidence_of("A flood.").passage, ())
    assert Verifier(FakeEmbedder()).verify("A flood.", [empty], [empty]).support == "unsupported"


class FixedJudge:
    def __init__(self, opinion: float) -> None:
        self.opinion = opinion
        self.asked: list[tuple[str, list[str]]] = []

    def judge(self, statement: str, lines: list[Line]) -> float:
        self.asked.append((statement, [line.text for line in lines]))
        return self.opinion


def test_a_judge_counts_half_and_sees_the_statement_and_its_quotes() -> None:
    evidence = [evidence_of("The bridge opened in 1931.")]
    plain = Verifier(real_embedder()).verify("The bridge opened in 1931.", evidence, evidence)
    judge = FixedJudge(0.0)
    judged = Verifier(real_embedder(), judge).verify("The bridge opened in 1931.", evidence, [])
    assert judged.probability == pytest.approx(plain.probability / 2)
    assert judge.asked == [("The bridge opened in 1931.", ["The bridge opened in 1931."])]
    assert judged.support == "partial"


def test_no_judge_is_asked_about_what_contradicts_its_source() -> None:
    evidence, judge = [evidence_of("The bridge opened in 1931.")], FixedJudge(1.0)
    verdict = Verifier(real_embedder(), judge).verify("The bridge opened in 1938.", evidence, [])
    assert verdict.support == "unsupported"
    assert judge.asked == []


def test_evidence_is_gathered_by_paragraph_in_the_order_of_the_passages() -> None:
    first, second = evidence_of("One. Two.", 1), evidence_of("Three.", 2)
    weighed = [Weighed(line.passage, line.sentence, line.vector) for e in (second, first) for line in e.lines]
    assert [[line.text for line in e.lines] for e in gather(weighed)] == [["Three."], ["One.", "Two."]]


# --- what holds of every statement ----------------------------------------------------------------------------------


@pytest.mark.parametrize("paragraph", PARAGRAPHS)
def test_a_sentence_is_supported_by_the_paragraph_it_stands_in(paragraph: str) -> None:
    evidence = evidence_of(paragraph)
    for sentence in [line.text for line in evidence.lines]:
        verdict = Verifier(real_embedder()).verify(sentence, [evidence], [evidence])
        assert (verdict.support, verdict.findings, verdict.text) == ("supported", (), sentence)
        assert sentence in [line.text for line in verdict.quotes]


def test_two_sentences_in_one_statement_contradict_neither_of_them() -> None:
    text = "It rained in Oslo on the first of the days. It did not stop before noon."
    assert check(text, text).findings == ()


@given(ANY_TEXT, st.lists(ANY_TEXT, max_size=3))
@settings(deadline=None)
def test_any_text_gets_a_verdict_with_quotes_from_what_was_shown(statement: str, sources: list[str]) -> None:
    verdict = check_lightly(statement, *sources)
    assert 0 <= verdict.probability <= 1
    assert verdict.support == "supported" or verdict.findings
    assert len(verdict.quotes) <= MOST_QUOTES + len(sources)
    assert all(line.text in line.passage.paragraph.text for line in verdict.quotes)
    assert all(line.passage.paragraph.text in sources for line in verdict.quotes)
    if "quotation" not in kinds(verdict):
        for start, end in quotations(verdict.text):
            quoted = verdict.text[start:end].strip(" \t\n.,;:!?-–—\"'“”‘’")
            assert "…" in quoted or any(quoted in source for source in sources) or not sources


@given(ANY_TEXT)
@settings(deadline=None)
def test_a_sentence_of_any_text_contradicts_nothing_in_itself(text: str) -> None:
    grave = {"figure instead", "name instead", "names swapped", "negation", "opposite", "hedge", "name", "figure"}
    for line in evidence_of(text, embedder=FakeEmbedder()).lines:
        if len(split_sentences(line.text)) == 1:
            assert not set(kinds(check_lightly(line.text, line.text))) & grave


def test_work_grows_with_the_sentences_and_no_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines laid beside a statement of 4,000 characters: as many for 60 sentences as for six."""
    from rag import support, verification

    counts = []
    for many in (6, 60):
        calls: list[int] = []

        def counted(ours: tuple, theirs: tuple, calls: list[int] = calls, align=support.align) -> object:
            calls.append(len(ours) * len(theirs))
            return align(ours, theirs)

        with monkeypatch.context() as patch:
            patch.setattr(support, "align", counted)
            patch.setattr(verification, "align", counted)
            check_lightly("Ships of Oslo sank. " * 200, " ".join(f"Ship {n} sank near Oslo." for n in range(many)))
        counts.append(len(calls))
    assert counts[0] == counts[1]
