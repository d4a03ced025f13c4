"""Everything a model server does wrong, through the whole chain: what is shown, left out, said, and asked again."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from model_chain import KEY, QUESTION, Chain
from scripted_server import ScriptedServer

ENDED = "The dockers of Porthaven ended their strike on 4 November 2024, after nineteen days."
RISE = "The union of the dockers accepted a pay rise of 5.5 percent."
JOBS = "Mira Sand leads the union of the dockers."
ABSTENTION = "Your articles do not answer this."
NOTHING_LEFT = {"answered": True, "statements": []}
"""How a model drops every statement it is told to correct."""
STATEMENTS = {"ENDED": ENDED, "RISE": RISE, "END": ENDED[:-1], "ACCEPTED": RISE[:-1]}
WORDS = re.compile("|".join(STATEMENTS))


def statements(*pairs: tuple[str, str]) -> dict[str, object]:
    """A reply as the schema asks for it; sources are names of paragraphs or numbers."""
    return {"answered": True, "statements": [{"text": text, "sources": [f"@{name}"]} for text, name in pairs]}


def say(chain: Chain, reply: object, **how: object) -> None:
    """The next reply: text, or what becomes JSON. `ENDED` in it is the statement, `@rise` a number in the prompt."""
    text = reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)
    text = chain.numbered(WORDS.sub(lambda word: STATEMENTS[word[0]], text))
    chain.server.say(text if reply is not None else None, **how)  # type: ignore[arg-type]


# --- false statements -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lie:
    """A statement that its source does not bear out: `why` is said of it."""

    text: str
    source: str
    why: str


LIES = {
    "changed figure": Lie("The union of the dockers accepted a pay rise of 6.5 percent.", "rise", "6.5"),
    "changed date": Lie("The dockers of Porthaven ended their strike on 14 November 2024.", "end", "14 November 2024"),
    "changed month": Lie("The dockers of Porthaven ended their strike in October 2024.", "end", "October 2024"),
    "changed duration": Lie("The dockers of Porthaven ended their strike after ninety days.", "end", "not 90 but 19"),
    "changed name": Lie("Mira Sand accused Otto Brand of hiding the profits of the harbour company.", "hiding", "Otto"),
    "swapped names": Lie(
        "During the strike Tom Ruder accused Mira Sand of hiding the profits of the harbour company.", "hiding",
        "the other way round",
    ),
    "added not": Lie("The dockers of Porthaven did not end their strike on 4 November 2024.", "end", "not"),
    "removed not": Lie("Lorries are allowed on the bridge, since its deck carries twelve tonnes at most.", "lorries",
                       "not"),
    "invented quotation": Lie("Mira Sand said: “The company has betrayed us all.”", "jobs", "betrayed us all"),
    "quotation put together": Lie("Mira Sand said: “We got all that we wanted, and 1,400 of us know it.”", "jobs",
                                  "not in"),
    "opposite": Lie("Their union rejected a pay rise of 5.5 percent.", "rise", "rejected"),
    "from nowhere": Lie("Penguins in Patagonia breed twice a year.", "end", "Patagonia"),
}  # fmt: skip


@pytest.mark.parametrize("lie", [pytest.param(lie, id=name) for name, lie in LIES.items()])
def test_a_false_statement_is_sent_back_with_the_reason_and_left_out(chain: Chain, lie: Lie) -> None:
    say(chain, statements((RISE, "rise"), (lie.text, lie.source)))
    say(chain, NOTHING_LEFT)
    asked = chain.ask()
    answer = asked.answer
    assert (asked.exit_code, len(chain.server.requests)) == (0, 2)
    assert answer["text"] == f"{RISE} [1]"
    assert [s["text"] for s in answer["left_out"]] == [lie.text]
    assert answer["left_out"][0]["support"] == "unsupported"
    assert answer["left_out"][0]["citations"] == []
    (reason, *_) = answer["left_out"][0]["reasons"]
    assert lie.why in "; ".join(answer["left_out"][0]["reasons"])
    assert any("1 statement of the model was left out" in note for note in answer["notes"])
    repair = chain.server.requests[1]["messages"][-1]["content"]
    assert lie.text in repair
    assert reason in repair
    assert RISE not in repair  # only what failed is to be corrected


@pytest.mark.parametrize("lie", [pytest.param(LIES[name], id=name) for name in LIES if name.startswith("changed")])
def test_a_false_statement_alone_leaves_the_articles_own_sentences(chain: Chain, lie: Lie) -> None:
    say(chain, statements((lie.text, lie.source)))
    say(chain, statements((lie.text, lie.source)))  # it insists
    answer = chain.ask().answer
    assert len(chain.server.requests) == 2
    assert answer["answered"]
    assert answer["mode"] == "extractive"
    assert lie.text not in answer["text"]
    assert [s["text"] for s in answer["left_out"]] == [lie.text]
    assert any("the articles; these are their own sentences" in note for note in answer["notes"])


def test_more_certain_than_its_source_is_shown_as_partly_supported(chain: Chain) -> None:
    text = "The harbour company will buy two new cranes after the strike."
    say(chain, statements((text, "cranes")))
    answer = chain.ask().answer
    (statement,) = answer["statements"]
    assert (statement["text"], statement["support"]) == (text, "partial")
    assert "may" in statement["reasons"][0]
    assert (answer["left_out"], len(chain.server.requests)) == ([], 1)


def test_what_is_only_partly_supported_is_said_to_be_so_in_plain_text(chain: Chain) -> None:
    say(chain, statements(("The harbour company will buy two new cranes after the strike.", "cranes")))
    shown = chain.ask("--format", "terminal").stdout
    assert "Only partly supported" in shown


def test_the_wrong_number_for_a_true_statement_is_put_right(chain: Chain) -> None:
    say(chain, statements((RISE, "lorries"), (ENDED, "rise")))
    answer = chain.ask().answer
    assert answer["text"] == f"{RISE} [1] {ENDED} [2]"
    assert [citation["quote"][:11] for citation in answer["citations"]] == ["Their union", "The dockers"]
    assert [s["support"] for s in answer["statements"]] == ["supported", "supported"]
    assert len(chain.server.requests) == 1


def test_a_quotation_that_is_slightly_off_gets_the_exact_words(chain: Chain) -> None:
    said = "“We did not get all what we wanted, but nobody on these quays will lose a job,” said Mira Sand."
    say(chain, statements((said, "jobs")))
    answer = chain.ask().answer
    exact = "“We did not get all that we wanted, but nobody on these quays will lose a job,” said Mira Sand."
    assert answer["text"] == f"{exact} [1]"


def test_a_repair_that_works_takes_the_place_of_what_failed(chain: Chain) -> None:
    say(chain, statements((ENDED, "end"), ("The union of the dockers accepted 6.5 percent.", "rise"), (JOBS, "jobs")))
    say(chain, statements((RISE, "rise")))
    answer = chain.ask().answer
    assert answer["text"] == f"{ENDED} [1] {RISE} [2] {JOBS} [3]"
    assert (answer["left_out"], answer["notes"]) == ([], [])
    assert answer["tokens"] == {"prompt": 200, "completion": 40}


def test_a_repair_cannot_bring_in_statements_nobody_asked_for(chain: Chain) -> None:
    say(chain, statements((ENDED, "end"), ("The union of the dockers accepted 6.5 percent.", "rise")))
    say(chain, statements((RISE, "rise"), (JOBS, "jobs"), ("The bridge cost 41 million euros.", "cost")))
    assert chain.ask().answer["text"] == f"{ENDED} [1] {RISE} [2]"


@pytest.mark.parametrize(
    ("status", "waits", "requests"), [(500, 2, 4), (429, 2, 4), (400, 0, None), (401, 0, 2)], ids=str
)
def test_a_repair_that_is_answered_with_an_error_keeps_what_held(
    chain: Chain, status: int, waits: int, requests: int | None
) -> None:
    lie = LIES["changed figure"]
    say(chain, statements((ENDED, "end"), (lie.text, lie.source)))
    chain.server.fail(status, times=4)
    asked = chain.ask()
    assert asked.exit_code == 0
    assert asked.answer["text"] == f"{ENDED} [1]"
    assert [s["text"] for s in asked.answer["left_out"]] == [lie.text]
    assert any("could not be asked to put its statements right" in note for note in asked.answer["notes"])
    assert len(chain.waits) == waits
    assert requests is None or len(chain.server.requests) == requests


# --- marks and forms ------------------------------------------------------------------------------------------------

FORMS = {
    "numbers out of range": "END [9][@end]. ACCEPTED [42, @rise, 0].",
    "only numbers out of range": "END [9]. ACCEPTED [99].",
    "no marks at all": "ENDED RISE",
    "double brackets": "END [[@end]]. ACCEPTED [[@rise]].",
    "lenticular brackets": "END【@end】. ACCEPTED【@rise】.",
    "round brackets": "END (@end). ACCEPTED (@rise).",
    "footnotes": "ENDED[^@end] RISE[^@rise]\n\n[^@end]: The Coast Courier\n[^@rise]: The Coast Courier",
    "source in words": "END [Source @end]. ACCEPTED [source: @rise].",
    "tool marks": "END【@end†source】. ACCEPTED【@rise†L1-L3】.",
    "marks as links": "END [@end](https://evil.example/?q=1). ACCEPTED [[@rise]](#s).",
    "own source list": "END [@end]. ACCEPTED [@rise].\n\nSources:\n[1] The Moon Gazette\n[2] Nowhere, 1999",
    "own references": "ENDED [@end] RISE [@rise]\n\n**References**\n\n1. Moon Gazette, https://moon.example",
    "text before and after": "Sure! Here is what the sources say:\n\nENDED [@end] RISE [@rise]\n\nI hope this helps!"
    " Let me know if you have further questions.",
    "headings, bold, bullets": "## The end of the strike\n\n- **ENDED** [@end]\n- *RISE* [@rise]\n\n---\n",
    "table": "| What | Source |\n|---|---|\n| ENDED | [@end] |\n| RISE | [@rise] |\n",
    "code": "ENDED [@end]\n\n```python\nrows[1] = 'The bridge cost 99 euros [2]'\n```\n\nRISE [@rise]",
    "a mark inside code": "ENDED [@end] RISE `[@cost]` [@rise]",
    "thoughts": "<think>They ask for [3] and the bridge cost 99 euros.</think>ENDED [@end] RISE [@rise]",
    "an image that leaks": "ENDED [@end] ![x](https://evil.example/?q=strike) RISE [@rise]",
    "markup": "<p>ENDED [@end]</p><script>alert(1)</script><p><b>RISE</b> [@rise]</p>",
    "said twice": "ENDED [@end] RISE [@rise] ENDED [@end]",
    "special tokens": "<|assistant|>ENDED [@end] RISE [@rise]<|im_end|>",
    "JSON in a fence": "```json\n" + json.dumps(statements((ENDED, "end"), (RISE, "rise"))) + "\n```",
    "JSON after words": "Here you are:\n" + json.dumps(statements((ENDED, "end"), (RISE, "rise"))),
    "JSON with trailing commas": """{"answered": true, "statements": [
        {"text": "ENDED", "sources": [@end,],}, {"text": "RISE", "sources": [@rise],},],}""",
    "JSON as Python": """{'answered': True, 'statements': [
        {'text': 'ENDED', 'sources': [@end]}, {'text': 'RISE', 'sources': [@rise]}]}""",
    "JSON with other names": """{"answer": [
        {"sentence": "ENDED", "citations": ["[@end]"]}, {"sentence": "RISE", "citations": "@rise"}]}""",
    "JSON with marks in its text": """{"answered": true, "statements": [
        {"text": "ENDED [@end]", "sources": [77]}, {"text": "RISE [@rise]", "sources": []}]}""",
    "JSON with an answer of one string": '{"answer": "ENDED [@end] RISE [@rise]"}',
    "JSON with numbers out of range": """{"answered": true, "statements": [
        {"text": "ENDED", "sources": [-1, @end, 9, 1e9]}, {"text": "RISE", "sources": [8.5, null, true, @rise]}]}""",
}  # fmt: skip


@pytest.mark.parametrize("reply", [pytest.param(reply, id=name) for name, reply in FORMS.items()])
def test_true_statements_are_shown_alike_however_they_are_sent(chain: Chain, reply: str) -> None:
    say(chain, reply)
    asked = chain.ask()
    answer = asked.answer
    assert answer["text"] == f"{ENDED} [1] {RISE} [2]"
    assert [citation["quote"][:11] for citation in answer["citations"]] == ["The dockers", "Their union"]
    assert (answer["mode"], answer["model"], answer["left_out"], answer["notes"]) == ("model", "scripted", [], [])
    assert (asked.exit_code, len(chain.server.requests)) == (0, 1)
    assert asked.stderr.startswith("rag: scripted · 100 tokens read, 20 written · ")
    assert asked.stderr.count("\n") == 1


def test_a_range_of_numbers_that_reaches_too_far_ends_at_the_last_source(chain: Chain) -> None:
    say(chain, f"{ENDED[:-1]} [1-99].")
    answer = chain.ask().answer
    assert answer["statements"][0]["text"] == ENDED
    assert "[9" not in answer["text"]


def test_nothing_a_model_writes_is_live_in_markdown_and_html(chain: Chain) -> None:
    reply = (
        f"{ENDED} [@end] ![x](https://evil.example/?q=strike) <img src=x onerror=alert(1)> [go](https://evil.example)"
    )
    for form in ("markdown", "html"):
        say(chain, reply)
        chain.server.say_json(NOTHING_LEFT)
        shown = chain.ask("--format", form).stdout
        assert "evil.example" not in shown
        assert "onerror" not in shown
        chain.server._scripts.clear()


# --- replies that stop, refuse, or are none ------------------------------------------------------------------------


@dataclass(frozen=True)
class Ending:
    """A reply that ends in an unusual way; `shown` is the answer's text, `note` is among its notes."""

    reply: object
    shown: str = f"{ENDED} [1]"
    note: str = ""
    how: Mapping[str, object] = field(default_factory=dict)


OWN = "The dockers of Porthaven ended their strike on 4 November 2024, after nineteen days in which no ship was"
"""How the articles' own sentences begin, which stand in for a reply of which nothing is left."""
TWO = """{"answered": true, "statements": [{"text": "ENDED", "sources": [@end]}, """
LONGEST, EMPTY = {"finish": "length"}, "held no statement"
ENDINGS = {
    "JSON cut off": Ending(TWO + '{"text": "The union of the dockers accep', note="reached its longest", how=LONGEST),
    "JSON cut off before a source": Ending(TWO + '{"text": "RISE", "sources": [', note="reached its longest",
                                           how=LONGEST),
    "JSON cut off in its numbers": Ending(TWO + '{"text": "RISE", "sources": [@rise', note="reached its longest",
                                          how=LONGEST),
    "JSON cut off, it says by itself": Ending(TWO + '{"text": "The union of the dockers accep'),
    "the longest reply": Ending("ENDED [@end] The union accepted a pay rise of 5", note="reached its longest",
                                how=LONGEST),
    "the whole reply twice": Ending("ENDED [@end] ENDED [@end]"),
    "not streamed though asked to": Ending("ENDED [@end]", how={"whole": True}),
    "no finish reason": Ending("ENDED [@end]", how={"finish": None}, note="broke off"),
    "empty content": Ending("", OWN, EMPTY),
    "no content": Ending(None, OWN, EMPTY, {"whole": True}),
    "white space": Ending(" \n\n\t ", OWN, EMPTY),
    "only marks": Ending("[1][2][3]", OWN, EMPTY),
    "only courtesy": Ending("Sure! Here is the answer:", OWN, EMPTY),
    "only a thought": Ending("<think>They want to know how the strike ended [1].", OWN, EMPTY),
    "no statements in JSON": Ending(NOTHING_LEFT, OWN, EMPTY),
    "refusal of the model": Ending(None, ABSTENTION, "refused", {"refusal": "I can't help with that.", "pieces": []}),
    "refusal in words": Ending("I'm sorry, but I can't help with that.", ABSTENTION),
    "content filter": Ending("ENDED [@end] The", ABSTENTION, "refused", {"finish": "content_filter"}),
    "cannot answer": Ending("I cannot answer this from the sources provided.", ABSTENTION),
    "no answer, as asked for": Ending("NO ANSWER", ABSTENTION),
    "no answer in JSON": Ending('{"answered": false, "statements": []}', ABSTENTION),
    "no answer, and a statement": Ending(
        '{"answered": false, "statements": [{"text": "ENDED", "sources": [1]}]}', ABSTENTION),
    "sources do not say": Ending("The sources do not mention how the strike ended [1][2].", ABSTENTION),
}  # fmt: skip


@pytest.mark.parametrize("ending", [pytest.param(ending, id=name) for name, ending in ENDINGS.items()])
def test_a_reply_that_ends_badly_leaves_what_was_finished_and_holds(chain: Chain, ending: Ending) -> None:
    say(chain, ending.reply, **ending.how)
    asked = chain.ask()
    answer = asked.answer
    assert asked.exit_code == 0
    assert answer["text"].startswith(ending.shown) if ending.shown == OWN else answer["text"] == ending.shown
    assert answer["mode"] == ("model" if ending.shown == f"{ENDED} [1]" else answer["mode"])
    assert answer["answered"] == (ending.shown != ABSTENTION)
    assert any(ending.note in note for note in answer["notes"]) if ending.note else not answer["notes"]
    assert answer["left_out"] == []
    assert (chain.waits, len(chain.server.requests)) == ([], 1)
    assert asked.stderr.startswith("rag: scripted · ")
    assert asked.stderr.count("\n") == 1


BREAKS: dict[str, Callable[[ScriptedServer, str], None]] = {
    "in mid-token": lambda server, text: server.cut(f"{text} The union of the dockers accep"),
    "by an error object": lambda server, text: server.send(
        _event(text) + _event(" The uni") + b'data: {"error": {"message": "out of memory", "code": 500}}\n\n'),
    "by what is not UTF-8": lambda server, text: server.send(_event(text) + b"data: \xff\xfe{\n\n"),
    "without [DONE]": lambda server, text: server.send(_event(text) + _event(" The union of the")),
    "by what is no JSON": lambda server, text: server.send(_event(text) + b"data: {oops}\n\n"),
    "by a web page": lambda server, text: server.send(_event(text) + b"data: <html>502</html>\n\n"),
}  # fmt: skip


def _event(text: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}).encode() + b"\n\n"


@pytest.mark.parametrize("break_off", [pytest.param(play, id=name) for name, play in BREAKS.items()])
def test_a_stream_that_breaks_leaves_its_finished_sentences(
    chain: Chain, break_off: Callable[[ScriptedServer, str], None]
) -> None:
    break_off(chain.server, chain.numbered(f"{ENDED} [@end]"))
    asked = chain.ask()
    assert (asked.exit_code, asked.answer["text"], asked.answer["left_out"]) == (0, f"{ENDED} [1]", [])
    (note,) = asked.answer["notes"]
    assert "broke off" in note
    assert "only its finished statements were read" in note
    assert (chain.waits, len(chain.server.requests)) == ([], 1)


def test_a_stream_that_breaks_in_a_mark_keeps_the_sentence_before_it(chain: Chain) -> None:
    chain.server.cut(chain.numbered(f"{ENDED} [@end] {RISE} [@end"))
    assert chain.ask().answer["text"] == f"{ENDED} [1] {RISE} [2]"


def test_a_reply_that_goes_round_in_circles_says_it_once(chain: Chain) -> None:
    say(chain, "ENDED [@end] " * 60)
    answer = chain.ask().answer
    assert answer["text"] == f"{ENDED} [1]"
    assert "in circles" in answer["notes"][0]
    assert len(chain.server.requests) == 1


def test_chunks_sent_twice_make_wrong_figures_that_are_left_out(chain: Chain) -> None:
    pieces = ["The union of the dockers accepted a pay rise of ", *["5", "5", ".5", ".5"], " percent. ", JOBS]
    chain.server.say("", pieces=pieces)
    chain.server.say_json(NOTHING_LEFT)
    answer = chain.ask().answer
    assert answer["text"] == f"{JOBS} [1]"
    assert "55.5.5" in answer["left_out"][0]["text"]


def test_json_of_something_else_is_no_answer(chain: Chain) -> None:
    chain.server.say_json({"weather": "sunny", "temperature": 21})
    chain.server.say_json(NOTHING_LEFT)
    answer = chain.ask().answer
    assert answer["mode"] == "extractive"
    assert "weather" not in answer["text"]


def test_a_model_that_cannot_answer_gives_the_same_answer_as_abstaining(chain: Chain) -> None:
    say(chain, "I cannot answer this from the sources provided.")
    said_no = chain.ask().answer
    abstained = chain.ask(RAG_THRESHOLD="1").answer
    assert not said_no["answered"]
    told = {"mode", "model", "seconds", "tokens"}  # who declined, and what it cost
    assert {k: v for k, v in said_no.items() if k not in told} == {k: v for k, v in abstained.items() if k not in told}
    assert len(said_no["nearest"]) == 3
    assert len(chain.server.requests) == 1


# --- servers that fail ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Failure:
    """A server that gives no reply: `says` is in the message, `waits` are slept before repetitions."""

    script: Callable[[Chain], None]
    says: tuple[str, ...]
    requests: int
    waits: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ("--json",)


def _echo(status: int) -> Callable[[Chain], None]:
    """A failure that repeats the key."""
    return lambda c: c.server.fail(status, {"error": {"message": f"Incorrect API key provided: {KEY}"}})


FAILURES = {
    "401": Failure(_echo(401), ("refused the key (401)", "RAG_LLM_API_KEY"), 1),
    "403": Failure(_echo(403), ("refused the key (403)", "RAG_LLM_API_KEY"), 1),
    "401 for Markdown": Failure(_echo(401), ("refused the key (401)",), 1, options=("--format", "markdown")),
    "404 model": Failure(lambda c: c.server.fail(404, {"error": {"message": "model 'scripted' not found"}}),
                         ("knows no model 'scripted'", "RAG_LLM_MODEL"), 1),
    "429 for ever": Failure(lambda c: c.server.fail(429, times=3), ("over its limit",), 3, 2),
    "429 with a key in it": Failure(lambda c: [_echo(429)(c) for _ in range(3)], ("[key]",), 3, 2),
    "429 without credit": Failure(
        lambda c: c.server.fail(429, {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}),
        ("no credit left",), 1),
    "429 with a long wait": Failure(lambda c: c.server.fail(429, headers={"Retry-After": "3600"}),
                                    ("asks to wait 3600 s",), 1),
    "500 for ever": Failure(lambda c: c.server.fail(500, times=3), ("failed (500", "server's log"), 3, 2),
    "500 with a traceback": Failure(
        lambda c: c.server.fail(500, "Fault:\n  line 1\n\x1b[31mred\x1b[0m\n" * 40, times=3), ("failed (500: Fault",),
        3, 2, options=("--format", "terminal")),
    "502 page": Failure(lambda c: [c.server.page(502) for _ in range(3)], ("failed (502)",), 3, 2),
    "HTML error page": Failure(lambda c: c.server.page(), ("web page", "usually ends in /v1"), 1),
    "HTML with 404": Failure(lambda c: c.server.page(404), ("web page (404)", "usually ends in /v1"), 1),
    "hang": Failure(lambda c: c.server.hang(), ("sent nothing for 1 s", "RAG_LLM_TIMEOUT"), 1,
                    environment={"RAG_LLM_TIMEOUT": "1"}),
    "context overflow for ever": Failure(lambda c: [c.server.overflow() for _ in range(4)],
                                         ("cannot hold so long a prompt", "RAG_LLM_CONTEXT"), 4),
    "JSON that is no reply": Failure(lambda c: c.server.fail(200, {"hello": "world"}),
                                     ("did not answer as a chat endpoint does",), 1),
    "nothing at all": Failure(lambda c: [c.server.send(b"") for _ in range(3)], ("chat endpoint",), 1),
    "broken before the first word": Failure(lambda c: [c.server.cut("", pieces=[]) for _ in range(3)],
                                            ("broke the connection",), 3, 2),
    "an error object with status 200": Failure(
        lambda c: c.server.fail(200, {"error": {"message": "no such model", "code": 404}}), ("no such model",), 1),
    "400 whatever is asked": Failure(lambda c: c.server.fail(400, times=3), ("refused the request (400",), 3),
}  # fmt: skip


@pytest.mark.parametrize("failure", [pytest.param(failure, id=name) for name, failure in FAILURES.items()])
def test_a_server_that_fails_is_one_line_with_a_way_out(chain: Chain, failure: Failure) -> None:
    failure.script(chain)
    asked = chain.ask(*failure.options, **failure.environment)
    assert (asked.exit_code, asked.stdout) == (1, "")
    assert asked.stderr.startswith(f"rag: the language model at {chain.server.base_url} ")
    assert asked.stderr.endswith(", or answer without a model: --no-model\n")
    assert asked.stderr.count("\n") == 1
    assert "\x1b" not in asked.stderr
    assert all(words in asked.stderr for words in failure.says), asked.stderr
    assert len(chain.server.requests) == failure.requests
    assert len(chain.waits) == failure.waits
    assert all(headers["authorization"] == f"Bearer {KEY}" for headers in chain.server.headers)


def test_a_refused_connection_is_one_line_with_a_way_out(chain: Chain) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, but nobody listens
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        asked = chain.ask(RAG_LLM_BASE_URL=address)
    assert (asked.exit_code, asked.stdout, asked.stderr.count("\n")) == (1, "", 1)
    assert "cannot be reached; start its server" in asked.stderr
    assert asked.stderr.endswith("--no-model\n")
    assert len(chain.waits) == 2


def test_a_server_that_wants_a_key_says_so(chain: Chain) -> None:
    chain.server.fail(401)
    asked = chain.ask(RAG_LLM_API_KEY="")
    assert "wants a key (401); check RAG_LLM_API_KEY" in asked.stderr
    assert asked.exit_code == 1


@pytest.mark.parametrize(
    ("status", "headers", "waited"),
    [(429, {"Retry-After": "7"}, 7.0), (429, {"retry-after-ms": "250"}, 0.25), (503, {"Retry-After": "2"}, 2.0)],
    ids=["429 seconds", "429 milliseconds", "503 seconds"],
)
def test_a_busy_server_is_given_the_time_it_asks_for(
    chain: Chain, status: int, headers: dict[str, str], waited: float
) -> None:
    chain.server.fail(status, headers=headers)
    say(chain, f"{ENDED} [@end]")
    asked = chain.ask()
    assert asked.answer["text"] == f"{ENDED} [1]"
    assert chain.waits == [waited]
    assert len(chain.server.requests) == 2


def test_a_server_that_recovers_is_no_error(chain: Chain) -> None:
    chain.server.fail(500)
    chain.server.page(502)
    say(chain, f"{ENDED} [@end]")
    assert chain.ask().answer["text"] == f"{ENDED} [1]"
    first, second = chain.waits
    assert 0 < first < second


def test_a_reply_that_hangs_after_its_first_sentence_is_cut_there(chain: Chain) -> None:
    chain.server.hang(chain.numbered(f"{ENDED} [@end] The union"))
    asked = chain.ask(RAG_LLM_TIMEOUT="1")
    assert asked.answer["text"] == f"{ENDED} [1]"
    assert any("broke off" in note for note in asked.answer["notes"])
    assert chain.server.hung_up.wait(30)


# --- prompts that do not fit, formats that are refused --------------------------------------------------------------


def test_a_prompt_that_is_too_long_is_sent_again_with_fewer_paragraphs(chain: Chain) -> None:
    chain.server.overflow()
    chain.server.overflow()
    say(chain, f"{ENDED} [@end] Lorries are not allowed on the bridge [@lorries].")
    chain.server.say_json(NOTHING_LEFT)
    asked = chain.ask()
    first, second, third, repair = (chain.sources(request) for request in range(4))
    assert [len(sources) for sources in (first, second, third)] == [8, 4, 2]
    assert all(second[n] == first[n] for n in second)  # the best ones, whole
    assert asked.answer["text"] == f"{ENDED} [1]"
    assert [s["text"] for s in asked.answer["left_out"]] == ["Lorries are not allowed on the bridge."]
    assert list(repair) == [1, 2]
    schema = json.dumps(chain.server.requests[2]["response_format"])
    assert '"enum": [1, 2]' in schema


def test_an_endpoint_without_structured_output_is_asked_for_text_with_marks(chain: Chain) -> None:
    chain.server.refuse("response_format")
    say(chain, f"{ENDED} [@end]")
    asked = chain.ask()
    assert asked.answer["text"] == f"{ENDED} [1]"
    first, second = chain.server.requests
    assert "response_format" not in second
    assert "Reply with JSON only" in first["messages"][0]["content"]
    assert "JSON" not in second["messages"][0]["content"]
    assert "square brackets" in second["messages"][0]["content"]
    assert "NO ANSWER" in second["messages"][0]["content"]
    assert first["messages"][1] == second["messages"][1]


def test_an_endpoint_without_structured_output_is_asked_for_text_in_repairs_too(chain: Chain) -> None:
    chain.server.refuse("response_format", status=422, said="json_schema is not supported by this model")
    lie = LIES["changed figure"]
    say(chain, f"{ENDED} [@end] {lie.text} [@rise]")
    say(chain, f"{RISE} [@rise]")
    assert chain.ask().answer["text"] == f"{ENDED} [1] {RISE} [2]"
    repair = chain.server.requests[2]
    assert "response_format" not in repair
    assert "JSON" not in repair["messages"][0]["content"]


@pytest.mark.parametrize("parameter", ["seed", "temperature", "stream_options", "max_tokens"])
def test_a_parameter_that_is_refused_is_left_out(chain: Chain, parameter: str) -> None:
    chain.server.refuse(parameter)
    say(chain, f"{ENDED} [@end]")
    assert chain.ask().answer["text"] == f"{ENDED} [1]"
    first, second = chain.server.requests
    assert parameter in first
    assert parameter not in second


def test_the_question_reaches_the_model_once_and_last(chain: Chain) -> None:
    say(chain, f"{ENDED} [@end]")
    chain.ask()
    prompt = chain.server.requests[0]["messages"][-1]["content"]
    assert prompt.endswith(f"Question: {QUESTION}")
