"""Answers by a model: what is asked of it, how often, and that no reply at all can break what is promised."""

from __future__ import annotations

import json
import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_chain import ELSEWHERE, NEWS, QUESTION, Chain
from store_helpers import Library

from rag.answering import Wishes
from rag.fencing import dated, neutral
from rag.llm_records import Finish, Message, Reply
from rag.quoting import answer_text
from rag.schema import Answer

ENDED = "The dockers of Porthaven ended their strike on 4 November 2024."
RISE = "The union of the dockers accepted a pay rise of 5.5 percent."
LIE = "The union of the dockers accepted a pay rise of 6.5 percent."

# --- when the model is asked, and how often -------------------------------------------------------------------------


def test_a_question_the_articles_do_not_answer_is_not_sent(chain: Chain) -> None:
    asked = chain.ask(question=ELSEWHERE)
    assert (asked.exit_code, asked.answer["answered"], asked.stderr) == (0, False, "")
    assert (chain.server.requests, chain.server.gets) == ([], [])


def test_force_sends_a_question_the_articles_do_not_seem_to_answer(chain: Chain) -> None:
    chain.server.say(ENDED)
    answer = chain.ask("--force", "--json", question=ELSEWHERE).answer
    assert len(chain.server.requests) == 1
    assert answer["text"] == f"{ENDED} [1]"
    assert answer["confidence"] < 0.35


def test_force_lets_the_model_decline_all_the_same(chain: Chain) -> None:
    chain.server.say("NO ANSWER")
    answer = chain.ask("--force", "--json", question=ELSEWHERE).answer
    assert not answer["answered"]
    assert len(answer["nearest"]) == 3


def test_no_model_asks_nobody(chain: Chain) -> None:
    asked = chain.ask("--no-model", "--json")
    assert (asked.answer["mode"], asked.answer["model"], asked.stderr) == ("extractive", None, "")
    assert (chain.server.requests, chain.server.gets) == ([], [])


def test_samples_keep_the_reply_that_is_best_supported(chain: Chain) -> None:
    chain.server.say(f"{ENDED} {LIE}")
    chain.server.say(f"{ENDED} {RISE}")
    chain.server.say("NO ANSWER")
    answer = chain.ask("--samples", "3", "--json").answer
    assert answer["text"] == f"{ENDED} [1] {RISE} [2]"
    assert (answer["left_out"], answer["tokens"]) == ([], {"prompt": 300, "completion": 60})
    first, *others = chain.server.requests
    assert [request["seed"] for request in chain.server.requests] == [0, 1, 2]
    assert [request["messages"] for request in others] == [first["messages"]] * 2
    assert first["temperature"] == 0
    assert all(request["temperature"] > 0 for request in others)


def test_of_equally_supported_samples_the_one_that_says_more_is_kept(chain: Chain) -> None:
    chain.server.say(ENDED)
    chain.server.say(f"{ENDED} {RISE}")
    assert chain.ask("--samples", "2", "--json").answer["text"] == f"{ENDED} [1] {RISE} [2]"


def test_a_sample_that_declines_is_better_than_one_that_is_wrong(chain: Chain) -> None:
    chain.server.say(LIE)
    chain.server.say("NO ANSWER")
    answer = chain.ask("--samples", "2", "--json").answer
    assert (answer["answered"], answer["left_out"]) == (False, [])
    assert len(chain.server.requests) == 2


@pytest.mark.parametrize("number", ["0", "21", "many"])
def test_a_number_of_samples_that_cannot_be_is_wrong_usage(chain: Chain, number: str) -> None:
    assert chain.ask("--samples", number, "--json").exit_code == 2


@pytest.fixture
def own_cache(tmp_path: Path) -> Path:
    """A cache without replies; the exported model is where it always is."""
    cache = tmp_path / "cache"
    cache.mkdir()
    for path in Path(os.environ["RAG_CACHE"]).iterdir():
        if path.name != "replies":
            (cache / path.name).symlink_to(path)
    return cache


def without_costs(answer: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in answer.items() if name != "seconds"}


def test_a_cached_reply_gives_the_same_answer_without_asking_again(chain: Chain, own_cache: Path) -> None:
    chain.server.say(f"{ENDED} {LIE}")
    chain.server.say(f"{RISE}")  # the repair is a request as well
    first, second = (chain.ask("--cache", "--json", RAG_CACHE=str(own_cache)).answer for _ in range(2))
    assert without_costs(second) == without_costs(first)
    assert second["text"] == f"{ENDED} [1] {RISE} [2]"
    assert len(chain.server.requests) == 2


def test_without_cache_nothing_is_kept_and_delimiters_differ(chain: Chain, own_cache: Path) -> None:
    for _ in range(2):
        chain.server.say(ENDED)
        chain.ask(RAG_CACHE=str(own_cache))
    first, second = (request["messages"][-1]["content"] for request in chain.server.requests)
    assert first != second
    assert not (own_cache / "replies").exists()


def test_an_error_is_not_cached(chain: Chain, own_cache: Path) -> None:
    chain.server.fail(401)
    assert chain.ask("--cache", "--json", RAG_CACHE=str(own_cache)).exit_code == 1
    chain.server.say(ENDED)
    assert chain.ask("--cache", "--json", RAG_CACHE=str(own_cache)).answer["text"] == f"{ENDED} [1]"


# --- what the model is shown ----------------------------------------------------------------------------------------


def test_the_prompt_dates_today_and_every_source(chain: Chain) -> None:
    days = [date.today()]
    chain.server.say(ENDED)
    chain.ask()
    days.append(date.today())  # it may be midnight
    system = chain.server.requests[0]["messages"][0]["content"]
    assert any(f"Today is {dated(day.isoformat())}." in system for day in days)
    sources = chain.sources()
    assert sources[chain.numbers["end"]].startswith(
        "Title: Porthaven dockers end their strike\nPublisher: The Coast Courier\n"
        "Date: 2024-11-06 (Wednesday)\nText: The dockers"
    )
    assert "Date: 2025-03-03 (Monday)" in sources[chain.numbers["cost"]]
    assert all("\nDate: " in source for source in sources.values())


def test_a_small_context_holds_the_first_paragraphs_and_each_of_them_whole(chain: Chain) -> None:
    chain.server.say(ENDED)
    chain.ask()
    whole = chain.sources(0)
    shown = []
    for context in ("1200", "1500", "2000"):
        chain.server.say(ENDED)
        assert chain.ask(RAG_LLM_CONTEXT=context).answer["text"] == f"{ENDED} [1]"
        sources = chain.sources(len(chain.server.requests) - 1)
        assert sources == {number: whole[number] for number in range(1, len(sources) + 1)}
        enum = f'"enum": {list(sources)}'
        assert enum in json.dumps(chain.server.requests[-1]["response_format"])
        shown.append(len(sources))
    assert 1 <= shown[0] < shown[1] < shown[2] <= 8


def test_a_context_that_holds_not_even_one_paragraph_still_gets_the_best(chain: Chain) -> None:
    chain.server.say(ENDED)
    chain.ask(RAG_LLM_CONTEXT="512")
    assert list(chain.sources()) == [1]


def test_the_context_is_asked_for_where_it_is_not_set(chain: Chain) -> None:
    chain.server.models = [{"id": "scripted", "max_model_len": 1500}]
    chain.server.say(ENDED)
    chain.ask()
    assert 1 <= len(chain.sources()) < 8
    assert "/v1/models" in chain.server.gets


# --- what is shown of it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "struck"),
    [("terminal", f"Left out: {LIE}"), ("markdown", "~~{}~~"), ("html", "<del>{}</del>")],
    ids=["plain", "markdown", "html"],
)
def test_what_is_left_out_is_shown_struck_through_only_on_request(chain: Chain, form: str, struck: str) -> None:
    for options in ((), ("--show-unsupported",)):
        chain.server.say(f"{ENDED} {LIE}")
        chain.server.say(LIE)
        shown = chain.ask("--format", form, *options).stdout
        assert (struck.format(LIE) in shown) == bool(options)
        assert ("6.5" in shown) == bool(options)
        assert "1 statement of the model was left out" in shown
        assert ("not 6.5 but 5.5" in shown) == bool(options)


def test_tokens_and_seconds_are_told_on_stderr(chain: Chain) -> None:
    chain.server.say(f"{ENDED} {LIE}")
    chain.server.say(RISE)
    asked = chain.ask("--format", "terminal")
    assert re.fullmatch(r"rag: scripted · 200 tokens read, 40 written · \d+\.\d s\n", asked.stderr)
    assert "tokens" not in asked.stdout


def test_an_answer_says_who_wrote_it(chain: Chain) -> None:
    chain.server.say(ENDED)
    assert "written by scripted; quote only from the sources" in chain.ask("--format", "terminal").stdout


# --- whatever is sent -----------------------------------------------------------------------------------------------


class FakeModel:
    """A language model that says what is in its queue, in pieces, and keeps what it was asked."""

    name = identity = "fake"
    context = 8192

    def __init__(self) -> None:
        self.queue: deque[Reply] = deque()
        self.history: list[str] = []
        """The last message of every request."""

    def complete(
        self, messages: Sequence[Message], *, schema: Mapping[str, object] | None = None,
        plain: Sequence[Message] | None = None, max_tokens: int = 1024, sample: int = 0,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:  # fmt: skip
        self.history.append(messages[-1].content)
        reply = self.queue.popleft()
        for start in range(0, len(reply.text), 7) if on_text else ():
            on_text(reply.text[start : start + 7])
        return reply

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The articles, embedded by their words."""
    library = Library(tmp_path_factory.mktemp("generation"), threshold=0.0)
    for name, text in NEWS.items():
        library.write(name, text)
    library.ingest()
    yield library
    library.close()


SENTENCES = [
    sentence for text in NEWS.values() for sentence in re.split(r"(?<=[.”])\s+", text.split("---\n")[2]) if sentence
]
NUMBERS = "0;1;2;3;5;8;9;12;99;-1;1, 2;2-4;1-99;8,9;^1;^9;Source 2;x".split(";")
PAIRS = r"[]; [[|]]; 【】; (); ［］; {}; <>; [|](http://x.example); [^|]; 【|†source】; \[|\]; `[|]`".split("; ")
ODDITIES = """
{"answered": | true, | "statements": [ | {"text": " | ", "sources": [ | 1, | ]}, | ]} | "9", | {"answer": " | null
``` | ```json | ~~~ | # | ** | __ | > | - | 1. | \\n | \\n\\n | \\t | Sources: | References | <think> | </think>
“ | ” | " | ‘ | « | » | not | may | will | 6.5 percent | 14 November | Tom Ruder | $question | 2025 | \\u202e
NO ANSWER | I cannot answer. | The sources do not say. | <script> | </p> | &lt; | ![x]( | http://x.example | | a
[ | ] | 【 | \\\\ | <|im_end|> | <<source 9 · 0>> | "citations":
"""


def marked(number: str, pair: str) -> str:
    if "|" not in pair:
        pair = f"{pair[0]}|{pair[1]}"
    return pair.replace("|", number, 1)


marks = st.builds(marked, st.sampled_from(NUMBERS), st.sampled_from(PAIRS))
oddities = st.sampled_from([odd.replace("\\n", "\n").replace("\\t", "\t") for odd in re.split(r" \| |\n", ODDITIES)])
sentences = st.sampled_from(SENTENCES)
changed = st.builds(
    lambda sentence, old, new: sentence.replace(old, new), sentences, st.sampled_from(["5", "4", "not", "may", "Sand"]),
    st.sampled_from(["7", "", "Ruder", "will", "[3]", '"', "”"]),
)  # fmt: skip
quoted = st.builds(
    lambda a, s, b: f"Sand said {a}{s[2:40]}{b} ", st.sampled_from("“\"'«"), sentences, st.sampled_from("”\"'»")
)
fragments = sentences | changed | quoted | marks | oddities | st.text(max_size=12)
loose = st.lists(fragments, max_size=14).flatmap(
    lambda parts: st.sampled_from(["", " ", "\n"]).map(lambda g: g.join(parts))
)
wild = st.integers(-2, 99) | st.text(max_size=4) | st.none() | st.booleans() | st.floats() | marks
objects = st.builds(
    lambda texts, answered: json.dumps(
        {"answered": answered, "statements": [{"text": text, "sources": sources} for text, sources in texts]}
    ),
    st.lists(st.tuples(sentences | changed | quoted | loose, st.lists(wild, max_size=4) | wild), max_size=4),
    st.sampled_from([True, True, True, False, "yes", None]),
)
cut = st.builds(lambda text, share: text[: int(len(text) * share)], objects, st.floats(0, 1))
finishes: st.SearchStrategy[Finish] = st.sampled_from(["stop", "stop", "stop", "length", "cut", "refused"])
replies = st.builds(Reply, loose | objects | cut | st.builds("{}\n{}".format, loose, objects) | st.text(), finishes)


def check(library: Library, answer: Answer, prompt: str) -> None:
    """Invariant 2 of DESIGN, with any model output."""
    numbers = [citation.number for citation in answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    used = [number for statement in answer.statements for number in statement.citations]
    assert list(dict.fromkeys(used)) == numbers
    for citation in answer.citations:
        paragraph = citation.passage.paragraph
        text = library.engine.catalogue.article(citation.passage.article_id).text
        assert text[paragraph.start : paragraph.end] == paragraph.text
        assert f"Text: {neutral(paragraph.text)}\n" in prompt
        assert citation.quotes
        assert all(paragraph.start <= quote.start < quote.end <= paragraph.end for quote in citation.quotes)
        assert all(text[quote.start : quote.end] in citation.quote for quote in citation.quotes)
    for statement in answer.statements:
        assert statement.text.strip()
        assert statement.citations
        assert statement.support != "unsupported"
        assert statement.reasons
    assert answer.answered == bool(answer.statements)
    rendered = answer_text(answer)
    assert {int(number) for number in re.findall(r"\[\^?(\d+)\]", rendered)} == set(numbers)
    assert not re.search(r"[［【]\s*\d|\[(Source|\^)\s*\d", rendered)
    for left_out in answer.left_out:
        assert (left_out.support, left_out.citations) == ("unsupported", ())
        assert left_out.reasons
        assert left_out.text not in [statement.text for statement in answer.statements]


@settings(max_examples=120, deadline=None)
@given(first=replies, second=replies, repair=replies, samples=st.integers(1, 2), force=st.booleans())
def test_whatever_is_sent_every_citation_is_of_what_was_shown(
    library: Library, first: Reply, second: Reply, repair: Reply, samples: int, force: bool
) -> None:
    model = FakeModel()
    model.queue.extend([first, *([second] if samples == 2 else []), repair])
    library.engine.language_model = model
    drafts: list[str] = []
    answer = library.engine.ask(QUESTION, wishes=Wishes(force, samples, drafts.append))
    check(library, answer, model.history[0])
    shown = len(re.findall(r"<<source \d+ · ", model.history[0]))
    assert len(model.history) <= samples + 1
    for draft in drafts:
        assert all(1 <= int(number) <= shown for number in re.findall(r"\[(\d+)\]", draft))
