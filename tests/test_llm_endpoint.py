"""The client of chat endpoints, against a scripted one: replies, repetition, refusals, faults and what is said."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from scripted_server import ScriptedServer

from rag.errors import ConfigError, ContextError, ModelError
from rag.llm import Message, estimate_tokens, load_llm
from rag.llm_endpoint import OpenAIModel
from rag.llm_stream import CHARACTERS

QUESTION = [Message("system", "Answer from the paragraphs."), Message("user", "When does the ferry leave?")]
SCHEMA: dict[str, object] = {"type": "object", "properties": {"text": {"type": "string"}}}
KEY = "sk-secret-1234567890"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def slept() -> list[float]:
    """Seconds the client would have waited."""
    return []


Build = Callable[..., OpenAIModel]


@pytest.fixture
def build(server: ScriptedServer, slept: list[float]) -> Iterator[Build]:
    """Models of the scripted server, closed at the end."""
    built: list[OpenAIModel] = []

    def model(name: str = "scripted", **settings: Any) -> OpenAIModel:
        settings = {"base_url": server.base_url, "api_key": KEY, "sleep": slept.append, **settings}
        built.append(OpenAIModel(name, **settings))
        return built[-1]

    yield model
    for one in built:
        one.close()
        one.close()


def failure(model: OpenAIModel, kind: type[ModelError] = ModelError) -> str:
    with pytest.raises(ModelError) as caught:
        model.complete(QUESTION)
    said = str(caught.value)
    assert type(caught.value) is kind
    assert "\n" not in said
    assert KEY not in said
    assert said.endswith("--no-model")
    assert len(said) < 450
    return said


# --- replies -----------------------------------------------------------------------------------------------------


def test_a_reply_is_streamed_piece_by_piece(server: ScriptedServer, build: Build) -> None:
    server.say("It leaves at nine [1].", pieces=["It leaves", " at", " nine [1]."])
    seen: list[str] = []
    reply = build().complete(QUESTION, on_text=seen.append)
    assert (reply.text, reply.finish, reply.cached) == ("It leaves at nine [1].", "stop", False)
    assert (reply.prompt_tokens, reply.completion_tokens) == (100, 20)
    assert seen == ["It leaves", " at", " nine [1]."]
    request = server.requests[0]
    assert request["messages"][1] == {"role": "user", "content": "When does the ferry leave?"}
    assert (request["model"], request["temperature"], request["seed"], request["max_tokens"]) == (
        "scripted",
        0,
        0,
        1024,
    )
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_a_server_that_does_not_stream_is_understood(server: ScriptedServer, build: Build) -> None:
    server.say("It leaves at nine [1].", whole=True)
    seen: list[str] = []
    reply = build().complete(QUESTION, on_text=seen.append)
    assert (reply.text, reply.finish, reply.prompt_tokens) == ("It leaves at nine [1].", "stop", 100)
    assert seen == ["It leaves at nine [1]."]


def test_further_samples_are_warmer_and_seeded(server: ScriptedServer, build: Build) -> None:
    server.say("one")
    build().complete(QUESTION, sample=2, max_tokens=50)
    request = server.requests[0]
    assert (request["temperature"], request["seed"], request["max_tokens"]) == (0.7, 2, 50)


def test_without_a_key_no_key_of_the_environment_is_sent(
    server: ScriptedServer, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-server")
    server.say("yes")
    build(api_key="").complete(QUESTION)
    assert server.headers[0]["authorization"] == "Bearer none"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (["<think>Let me see.</think>\n\nAt nine."], "At nine."),
        (["<th", "ink>Let me", " see.</thi", "nk>", "\n\n", "At nine."], "At nine."),
        (["At <b>nine</b>, ", "a <", "3."], "At <b>nine</b>, a <3."),
        (["At nine", " <thin"], "At nine <thin"),
        (["<think>never ends"], ""),
        (["Let me see.</think>\n\nAt nine."], "At nine."),
    ],
)
def test_thoughts_are_no_part_of_a_reply(server: ScriptedServer, build: Build, said: list[str], text: str) -> None:
    server.say("", pieces=said, thoughts="The question is about a ferry.")
    seen: list[str] = []
    assert build().complete(QUESTION, on_text=seen.append).text == text
    if "Let me" not in said[0]:
        assert "".join(seen) == text


def test_halves_of_characters_are_joined_or_replaced(server: ScriptedServer, build: Build) -> None:
    server.say("", pieces=["a\ud83d", "\ude00b", "\ude00", "\ud83d"])
    text = build().complete(QUESTION).text
    assert text == "a\U0001f600b\ufffd"
    assert text.encode()


@pytest.mark.parametrize(
    ("finish", "read"),
    [("stop", "stop"), ("length", "length"), ("content_filter", "refused"), ("tool_calls", "stop"), (None, "cut")],
)
def test_how_a_reply_ended(server: ScriptedServer, build: Build, finish: str | None, read: str) -> None:
    server.say("At nine", finish=finish)
    server.say("At nine", finish=finish, whole=True)
    model = build()
    assert model.complete(QUESTION).finish == read
    assert model.complete(QUESTION).finish == read


def test_a_refusal_is_a_reply(server: ScriptedServer, build: Build) -> None:
    server.say(None, refusal="I cannot help with that.")
    reply = build().complete(QUESTION)
    assert (reply.text, reply.finish) == ("I cannot help with that.", "refused")


def test_an_empty_reply_is_a_reply(server: ScriptedServer, build: Build) -> None:
    server.say("")
    server.say(None, whole=True)
    model = build()
    assert model.complete(QUESTION).text == model.complete(QUESTION).text == ""


# --- broken streams ----------------------------------------------------------------------------------------------


def test_a_stream_cut_in_mid_token_keeps_what_came(server: ScriptedServer, build: Build) -> None:
    server.cut("It leaves at ni")
    reply = build().complete(QUESTION)
    assert (reply.text, reply.finish) == ("It leaves at ni", "cut")
    assert len(server.requests) == 1


EVENT = b'data: {"choices": [{"delta": {"content": "At nine"}}]}\n\n'


@pytest.mark.parametrize(
    "broken",
    [
        b'data: {"choices": [{"delta"\n\n',
        b'data: {"choices": [{"delta": {"content": "caf\xe9\xff"}}]}\n\n',
        b'data: {"error": {"message": "out of memory", "code": 500}}\n\n',
        b"data: [1, 2]\n\n",
    ],
)
def test_a_stream_that_breaks_keeps_what_came(server: ScriptedServer, build: Build, broken: bytes) -> None:
    server.send(EVENT + broken)
    reply = build().complete(QUESTION)
    assert (reply.text, reply.finish) == ("At nine", "cut")


@pytest.mark.parametrize(
    "variant",
    [
        EVENT.replace(b"\n", b"\r\n"),
        b": keep-alive\n\nevent: message\nid: 7\n" + EVENT,
        b"\xef\xbb\xbf" + EVENT.replace(b"data: ", b"data:"),
        EVENT.replace(b"\n\n", b"\n"),
        b'data: {"choices": [{"delta": {"content": [{"type": "text", "text": "At nine"}]}}]}\n\n',
        b'data: {"choices": [{"text": "At nine"}]}\n\n',
        b'data: {"choices": [{"delta": null}]}\n\ndata: {"choices": [null]}\n\ndata: {"choices": null}\n\n' + EVENT,
        EVENT + b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\ndata: {nonsense\n\n',
    ],
)
def test_variations_of_the_protocol_are_understood(server: ScriptedServer, build: Build, variant: bytes) -> None:
    server.send(variant)
    assert build().complete(QUESTION).text == "At nine"


def test_a_server_that_never_stops_is_stopped(server: ScriptedServer, build: Build) -> None:
    server.say("", pieces=["word " * 2000] * 100)
    reply = build().complete(QUESTION)
    assert (len(reply.text), reply.finish) == (CHARACTERS, "length")


def test_thoughts_that_never_stop_are_stopped(server: ScriptedServer, build: Build) -> None:
    server.say("", thoughts="hm " * CHARACTERS)
    reply = build().complete(QUESTION)
    assert (reply.text, reply.finish) == ("", "length")


def test_a_reply_that_takes_too_long_is_cut(server: ScriptedServer, build: Build) -> None:
    ticks = iter(range(0, 100_000, 400))
    server.hang("It leaves")
    reply = build(clock=lambda: next(ticks), timeout=0.2).complete(QUESTION)
    assert (reply.text, reply.finish) == ("It leaves", "cut")
    assert reply.seconds >= 800
    assert server.hung_up.wait(10)


def test_heartbeats_do_not_keep_a_reply_waiting_for_ever(server: ScriptedServer, build: Build) -> None:
    ticks = iter(range(0, 100_000, 400))
    server.send(b": still thinking\n\n" * 5000)
    assert "did not finish its reply in time" in failure(build(clock=lambda: next(ticks)))


# --- refused wishes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 404, 422, 501])
def test_structured_output_is_given_up_where_it_is_refused_and_that_is_remembered(
    server: ScriptedServer, build: Build, status: int
) -> None:
    server.refuse("response_format", status)
    server.say("first")
    server.say("second")
    model = build()
    assert [model.complete(QUESTION, schema=SCHEMA).text for _ in range(2)] == ["first", "second"]
    assert ["response_format" in request for request in server.requests] == [True, False, False]
    form = server.requests[0]["response_format"]
    assert form == {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": SCHEMA}}
    assert all("seed" in request for request in server.requests)


@pytest.mark.parametrize("parameter", ["stream_options", "seed", "temperature"])
def test_what_an_endpoint_does_not_take_is_left_out(server: ScriptedServer, build: Build, parameter: str) -> None:
    server.refuse(parameter)
    server.say("yes")
    assert build().complete(QUESTION, sample=1).text == "yes"
    assert [parameter in request for request in server.requests] == [True, False]


def test_models_with_another_name_for_the_limit_get_it(server: ScriptedServer, build: Build) -> None:
    said = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    server.refuse("max_tokens", 400, said)
    server.refuse("temperature", 400, "Unsupported value: 'temperature' does not support 0. Only the default (1) is.")
    server.say("yes")
    assert build().complete(QUESTION).text == "yes"
    assert server.requests[-1]["max_completion_tokens"] == 1024
    assert not {"max_tokens", "temperature"} & server.requests[-1].keys()


@pytest.mark.parametrize("parameter", ["response_format", "stream_options", "seed", "temperature"])
def test_a_refusal_without_words_is_found_out(server: ScriptedServer, build: Build, parameter: str) -> None:
    server.refuse(parameter, 400, "Bad Request")
    server.say("first")
    server.say("second")
    model = build()
    assert model.complete(QUESTION, schema=SCHEMA).text == "first"
    asked = len(server.requests)
    assert model.complete(QUESTION, schema=SCHEMA).text == "second"
    assert len(server.requests) == asked + 1


def test_a_guess_that_did_not_help_is_taken_back(server: ScriptedServer, build: Build) -> None:
    server.fail(400, {"error": "no such thing"}, times=3)
    model = build()
    with pytest.raises(ModelError, match=r"refused the request \(400: no such thing\); check RAG_LLM_MODEL"):
        model.complete(QUESTION, schema=SCHEMA)
    server.say("yes")
    assert model.complete(QUESTION, schema=SCHEMA).text == "yes"
    assert "response_format" in server.requests[-1]


# --- repetition --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503])
def test_a_busy_server_is_asked_again(server: ScriptedServer, build: Build, slept: list[float], status: int) -> None:
    server.fail(status, times=2)
    server.say("yes")
    assert build().complete(QUESTION).text == "yes"
    assert 0.375 <= slept[0] <= 0.625
    assert 0.75 <= slept[1] <= 1.25


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after-ms": "250", "Retry-After": "7"}, 0.25),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
    ],
)
def test_the_wish_of_a_busy_server_is_honoured(
    server: ScriptedServer, build: Build, slept: list[float], headers: dict[str, str], waited: float
) -> None:
    server.fail(429, headers=headers)
    server.say("yes")
    build().complete(QUESTION)
    assert slept == [waited]


@pytest.mark.parametrize("wish", ["soon", "nan", "-4", ""])
def test_a_wish_without_sense_is_not(server: ScriptedServer, build: Build, slept: list[float], wish: str) -> None:
    server.fail(429, headers={"Retry-After": wish})
    server.say("yes")
    build().complete(QUESTION)
    assert 0.375 <= slept[0] <= 0.625


@pytest.mark.parametrize("wish", ["61", "3600", "inf", "Thu, 01 Jan 2150 00:00:00 GMT"])
def test_too_long_a_wait_is_told_at_once(server: ScriptedServer, build: Build, slept: list[float], wish: str) -> None:
    server.fail(429, headers={"Retry-After": wish})
    assert "asks to wait" in failure(build())
    assert slept == []


def test_a_stream_that_ends_before_its_first_word_is_asked_for_again(
    server: ScriptedServer, build: Build, slept: list[float]
) -> None:
    server.cut("")
    server.send(b'data: {"choices": [{"delta": {"role": "assistant"}}]}\n\n')
    server.say("yes")
    assert build().complete(QUESTION).text == "yes"
    assert len(slept) == 2
    for _ in range(3):
        server.cut("")
    assert "broke the connection before it had answered" in failure(build())


# --- faults ------------------------------------------------------------------------------------------------------

ECHO = {"error": {"message": f"the key {KEY} is\n\x1b[31mnot known", "code": "invalid_api_key"}}


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, ECHO, "refused the key (401); check RAG_LLM_API_KEY"),
        (403, ECHO, "refused the key (403); check RAG_LLM_API_KEY"),
        (404, {"error": {"message": "model 'scripted' not found"}}, "knows no model 'scripted' (404: model"),
        (404, {"detail": "Not Found"}, "knows no model 'scripted' (404: Not Found); check RAG_LLM_MODEL"),
        (400, ECHO, "(400: the key [key] is not known)"),
        (429, {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}, "has no credit left"),
        (418, "x" * 100_000, "xxx…)"),
        (418, "", "refused the request (418)"),
        (418, "[]", "refused the request (418: [])"),
        (418, {"error": {"message": {"deep": [1]}}}, '(418: {"deep": [1]})'),
        (404, "<html>nginx</html>", "sent a web page (404) instead of a reply; check RAG_LLM_BASE_URL"),
    ],
)
def test_a_refusal_says_what_to_do(
    server: ScriptedServer, build: Build, slept: list[float], status: int, body: object, said: str
) -> None:
    server.fail(status, body, times=3)
    message = failure(build())
    assert said in message
    assert server.base_url in message
    assert slept == []


def test_a_server_that_wants_a_key_says_so(server: ScriptedServer, build: Build) -> None:
    server.fail(401)
    assert "wants a key (401); check RAG_LLM_API_KEY" in failure(build(api_key=""))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (429, "is over its limit (429: scripted failure 429); try again later"),
        (500, "failed (500: scripted failure 500); try again, see the server's log"),
    ],
)
def test_a_server_that_stays_busy_is_given_up(
    server: ScriptedServer, build: Build, slept: list[float], status: int, said: str
) -> None:
    server.fail(status, times=3)
    assert said in failure(build())
    assert len(slept) == 2
    assert len(server.requests) == 3


def test_a_web_page_is_no_reply(server: ScriptedServer, build: Build) -> None:
    server.page()
    assert "sent a web page instead of a reply; check RAG_LLM_BASE_URL" in failure(build())
    server.fail(502, "<html>Bad Gateway</html>", times=3)
    assert "failed (502); try again" in failure(build())


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"OK", b'{"answer": 42}', b'{"choices": [', b"data: [DONE]\n\n"])
def test_other_things_are_no_reply(server: ScriptedServer, build: Build, raw: bytes) -> None:
    server.send(raw)
    assert "did not answer as a chat endpoint does; check RAG_LLM_BASE_URL" in failure(build())


@pytest.mark.parametrize(
    "body",
    [
        {
            "error": {
                "message": "This model's maximum context length is 8192 tokens.",
                "code": "context_length_exceeded",
            }
        },
        {"error": {"message": "request (5031 tokens) exceeds the available context size (4096 tokens)"}},
        {"error": {"message": "the prompt is larger than the context window", "type": "exceed_context_size_error"}},
        {"object": "error", "message": "This model's maximum context length is 4096 tokens; max_tokens is too large"},
    ],
)
def test_too_long_a_prompt_is_an_error_of_its_own(server: ScriptedServer, build: Build, body: object) -> None:
    server.fail(400, body)
    assert "cannot hold so long a prompt (400: " in failure(build(), ContextError)
    assert len(server.requests) == 1


def test_an_error_in_place_of_the_first_word_is_told(server: ScriptedServer, build: Build) -> None:
    server.overflow()
    server.send(b'data: {"error": {"message": "exceeds the available context size", "code": 400}}\n\n')
    model = build()
    failure(model, ContextError)
    failure(model, ContextError)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_a_server_that_is_not_there_says_so(build: Build, slept: list[float]) -> None:
    message = failure(build(base_url=f"http://127.0.0.1:{free_port()}/v1"))
    assert "cannot be reached; start its server, check RAG_LLM_BASE_URL" in message
    assert len(slept) == 2


def test_a_silent_server_is_given_up(server: ScriptedServer, build: Build, slept: list[float]) -> None:
    server.hang()
    assert "sent nothing for 0.2 s; try again, set RAG_LLM_TIMEOUT higher" in failure(build(timeout=0.2))
    assert server.hung_up.wait(10)
    assert slept == []


def test_a_server_that_falls_silent_has_replied(server: ScriptedServer, build: Build) -> None:
    server.hang("It leaves")
    assert build(timeout=0.2).complete(QUESTION).finish == "cut"


# --- interrupts --------------------------------------------------------------------------------------------------


def test_an_interrupt_while_a_server_is_silent_closes_the_connection(server: ScriptedServer, build: Build) -> None:
    server.hang()

    def press() -> None:
        server.asked.wait(10)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    finger = threading.Thread(target=press)
    finger.start()
    with pytest.raises(KeyboardInterrupt):
        build().complete(QUESTION)
    finger.join()
    assert server.hung_up.wait(10)


@pytest.mark.parametrize("error", [KeyboardInterrupt, BrokenPipeError])
def test_what_the_reader_raises_closes_the_connection(
    server: ScriptedServer, build: Build, error: type[BaseException]
) -> None:
    server.hang("It leaves")

    def stop(_: str) -> None:
        raise error

    with pytest.raises(error):
        build().complete(QUESTION, on_text=stop)
    assert server.hung_up.wait(10)


# --- what is known of the model ----------------------------------------------------------------------------------


def test_nothing_is_sent_before_it_is_needed(server: ScriptedServer, build: Build) -> None:
    model = build("some-model")
    assert (model.name, model.identity) == ("some-model", f"openai:{server.base_url}:some-model")
    assert KEY not in model.identity
    assert server.gets == []


def test_the_only_model_of_a_server_needs_no_name(server: ScriptedServer, build: Build) -> None:
    server.say("yes")
    model = build("")
    model.complete(QUESTION)
    assert (model.name, server.requests[0]["model"]) == ("scripted", "scripted")
    assert server.gets == ["/v1/models"]


def test_of_several_models_one_is_to_be_chosen(server: ScriptedServer, build: Build) -> None:
    server.models[:] = [{"id": f"model-{i}"} for i in range(12)]
    with pytest.raises(
        ConfigError, match=r"set RAG_LLM_MODEL to one of .*: model-0, .*model-9 and 2 more.*--no-model$"
    ):
        _ = build("").name


@pytest.mark.parametrize(
    ("listing", "said"),
    [
        ({"data": []}, "has no model; load one there"),
        ({"models": 1}, "did not answer as a chat endpoint does"),
        ("<html>", "sent a web page instead"),
    ],
)
def test_a_listing_without_a_model_says_so(server: ScriptedServer, build: Build, listing: object, said: str) -> None:
    server.pages["/v1/models"] = listing
    assert said in failure(build(""))


PROPS = {"default_generation_settings": {"n_ctx": 4096}}


@pytest.mark.parametrize(
    ("entry", "pages", "window"),
    [
        ({"max_model_len": 32768}, {"/props": PROPS}, 32768),
        ({"context_length": 131072}, {}, 131072),
        ({"meta": {"n_ctx_train": 8192}}, {"/props": PROPS}, 4096),
        ({"meta": {"n_ctx_train": 2048}}, {}, 2048),
        ({}, {"/api/v0/models/scripted": {"loaded_context_length": 6000, "max_context_length": 32768}}, 6000),
        ({}, {"/api/ps": {"models": [{"name": "scripted:latest", "context_length": 16384}]}}, 16384),
        ({}, {"/api/ps": {"models": []}}, 4096),
        ({}, {}, 8192),
        ({"max_model_len": "many", "meta": 3}, {"/props": [1], "/api/ps": "<html>"}, 8192),
    ],
)
def test_the_context_window_is_asked_for_once(
    server: ScriptedServer, build: Build, entry: dict[str, object], pages: dict[str, object], window: int
) -> None:
    server.models[:] = [{"id": "another"}, {"id": "scripted", **entry}]
    server.pages.update(pages)
    model = build()
    assert model.context == window
    assert model.context_reason
    asked = list(server.gets)
    assert model.context == window
    assert server.gets == asked


def test_a_context_window_that_is_set_is_not_asked_for(server: ScriptedServer, build: Build) -> None:
    assert build(context=2000).context == 2000
    assert server.gets == []


def test_a_server_that_is_down_has_the_usual_window(build: Build) -> None:
    assert build(base_url=f"http://127.0.0.1:{free_port()}/v1").context == 8192


# --- addresses and keys ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
def test_v1_is_added_where_it_lacks(server: ScriptedServer, build: Build, suffix: str) -> None:
    server.say("yes")
    assert build(base_url=server.base_url.removesuffix("/v1") + suffix).complete(QUESTION).text == "yes"


@pytest.mark.parametrize(
    "address", ["localhost:8080/v1", "ftp://host/v1", "http://", "http://host:port/v1", "http://[x"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="RAG_LLM_BASE_URL must be an address such as"):
        OpenAIModel("m", base_url=address)


def test_a_password_in_the_address_is_shown_nowhere(build: Build) -> None:
    model = build(base_url=f"http://me:hush@127.0.0.1:{free_port()}/v1")
    assert "hush" not in model.identity + failure(model)


@pytest.mark.parametrize("key", ["sk-\u2026", "two\nlines"])
def test_a_key_that_cannot_be_sent_is_refused(key: str) -> None:
    with pytest.raises(ConfigError, match="RAG_LLM_API_KEY holds characters") as caught:
        OpenAIModel("m", api_key=key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "warnings"),
    [("http://example.org/v1", 1), ("https://example.org/v1", 0), ("http://localhost:1/v1", 0), ("http://[::1]/v1", 0)],
)
def test_a_key_without_encryption_is_warned_of(address: str, warnings: int) -> None:
    said: list[str] = []
    OpenAIModel("m", base_url=address, api_key=KEY, warn=said.append)
    assert len(said) == warnings
    assert KEY not in "".join(said)


def test_no_proxy_stands_before_this_machine(
    server: ScriptedServer, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    server.say("yes")
    assert build().complete(QUESTION).text == "yes"


# --- the choice --------------------------------------------------------------------------------------------------


def test_settings_choose_an_endpoint(server: ScriptedServer) -> None:
    server.say("yes")
    model = load_llm("scripted", base_url=server.base_url, api_key=KEY, context=1000)
    assert isinstance(model, OpenAIModel)
    assert model.complete(QUESTION).text == "yes"
    assert model.context == 1000
    model.close()


def test_a_name_alone_means_openai() -> None:
    assert load_llm("gpt-x").identity == "openai:https://api.openai.com/v1:gpt-x"


def test_without_settings_there_is_no_model() -> None:
    with pytest.raises(ConfigError, match="no language model is set; set RAG_LLM_BASE_URL or RAG_LLM_MODEL"):
        load_llm()


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("", 0),
        ("a b c d", 4),
        ("2025", 4),
        ("The ferry leaves at nine.", 6),
        ("渡船九点开", 5),
        ("\ud800", 1),
        ("...", 3),
    ],
)
def test_tokens_are_estimated_cautiously(text: str, least: int) -> None:
    assert least <= estimate_tokens(text) <= max(least, len(text.encode("utf-8", "surrogatepass")))
