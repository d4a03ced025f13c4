"""LLMs of LlamaIndex: its own mock, and LM Studio's class against a scripted server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback
from scripted_server import ScriptedServer

from rag.errors import ConfigError, ContextError, ModelError, RagError
from rag.llm import Message, load_llm
from rag.llm_llamaindex import LlamaIndexModel
from rag.llm_stream import CHARACTERS

QUESTION = [Message("system", "Answer."), Message("user", "When does the ferry leave?")]
MOCK = "llama_index.core.llms.MockLLM"
STUDIO = "llama_index.llms.lmstudio.LMStudio"
KEY = "sk-secret-123"


class Scripted(CustomLLM):
    """Says `texts`, each the whole text so far where `whole`; then raises `error`."""

    texts: tuple[str, ...] = ()
    error: str = ""
    whole: bool = False
    temperature: float = 0.5
    api_key: str = ""
    model_name: str = "m"

    @property
    def metadata(self) -> LLMMetadata:
        if not self.model_name:
            raise ValueError("unknown model")
        return LLMMetadata(context_window=5000, model_name=self.model_name)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        raise NotImplementedError

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        def pieces() -> CompletionResponseGen:
            for text in self.texts:
                yield CompletionResponse(text=text, delta=None if self.whole else text)
            if self.error:
                raise RuntimeError(self.error)

        return pieces()


SCRIPTED = f"{__name__}.Scripted"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


def refusal(dotted: str, kind: type[RagError], **arguments: object) -> str:
    with pytest.raises(kind) as caught:
        LlamaIndexModel(dotted, arguments)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- the mock of LlamaIndex --------------------------------------------------------------------------------------


def test_the_mock_of_llamaindex_replies() -> None:
    model = load_llm(llamaindex=MOCK, arguments={"max_tokens": 3})
    seen: list[str] = []
    reply = model.complete(QUESTION, on_text=seen.append, schema={"type": "object"}, max_tokens=50)
    assert reply.text == "".join(seen) != ""
    assert reply.finish == "stop"
    assert not reply.cached
    assert model.name == "MockLLM"
    assert model.context == 3900
    model.close()


def test_settings_overrule_the_context_window() -> None:
    assert load_llm(llamaindex=MOCK, context=1234).context == 1234


# --- a class that speaks over the network ------------------------------------------------------------------------


def test_a_real_class_replies_over_the_wire(server: ScriptedServer) -> None:
    server.say("It leaves at nine [1].")
    arguments = {"model_name": "scripted", "base_url": server.base_url, "context_window": 6000}
    model = load_llm("ignored", llamaindex=STUDIO, arguments=arguments)
    seen: list[str] = []
    reply = model.complete(QUESTION, on_text=seen.append)
    assert (reply.text, reply.finish) == ("It leaves at nine [1].", "stop")
    assert "".join(seen) == reply.text
    assert (model.name, model.context) == ("scripted", 6000)
    request = server.requests[0]
    assert request["messages"] == [{"role": m.role, "content": m.content} for m in QUESTION]
    assert request["options"]["temperature"] == 0.0


def test_a_class_is_as_warm_as_its_sample_or_its_arguments_say(server: ScriptedServer) -> None:
    arguments: dict[str, object] = {"model_name": "scripted", "base_url": server.base_url}
    for settings, samples in ((arguments, (0, 1, 0)), (arguments | {"temperature": 0.3}, (0, 1))):
        model = LlamaIndexModel(STUDIO, settings)
        for sample in samples:
            server.say("yes")
            model.complete(QUESTION, sample=sample)
    assert [request["options"]["temperature"] for request in server.requests] == [0.0, 0.7, 0.0, 0.3, 0.3]


def test_a_reply_that_was_too_long_or_cut_says_so(server: ScriptedServer) -> None:
    model = LlamaIndexModel(STUDIO, {"model_name": "scripted", "base_url": server.base_url})
    server.say("At nine", finish="length")
    assert model.complete(QUESTION).finish == "length"
    server.say("At nine", finish=None)
    assert model.complete(QUESTION).finish == "cut"
    server.cut("At nine")
    assert model.complete(QUESTION).finish == "cut"


def test_a_fault_of_the_class_is_one_line(server: ScriptedServer) -> None:
    model = LlamaIndexModel(STUDIO, {"model_name": "scripted", "base_url": server.base_url})
    server.fail(500)
    with pytest.raises(ModelError, match=r"lmstudio\.LMStudio failed \(HTTPStatusError: .*500.*--no-model$") as caught:
        model.complete(QUESTION)
    assert "\n" not in str(caught.value)


def test_the_reader_can_stop_a_class(server: ScriptedServer) -> None:
    server.hang("It leaves")

    def stop(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LlamaIndexModel(STUDIO, {"model_name": "m", "base_url": server.base_url}).complete(QUESTION, on_text=stop)
    assert server.hung_up.wait(10)


# --- classes of all kinds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "whole"),
    [(["It ", "leaves"], False), (["It ", "It leaves"], True), (["<think>x</think>It leaves"], False)],
)
def test_pieces_and_whole_texts_are_understood(texts: list[str], whole: bool) -> None:
    seen: list[str] = []
    reply = LlamaIndexModel(SCRIPTED, {"texts": texts, "whole": whole}).complete(QUESTION, on_text=seen.append)
    assert reply.text == "".join(seen) == "It leaves"


def test_a_class_that_never_stops_is_stopped() -> None:
    reply = LlamaIndexModel(SCRIPTED, {"texts": ["word " * 10_000] * 10}).complete(QUESTION)
    assert (len(reply.text), reply.finish) == (CHARACTERS, "length")


def test_an_error_after_the_first_words_cuts_the_reply() -> None:
    reply = LlamaIndexModel(SCRIPTED, {"texts": ["It leaves"], "error": "gone"}).complete(QUESTION)
    assert (reply.text, reply.finish) == ("It leaves", "cut")


@pytest.mark.parametrize(
    ("said", "kind", "message"),
    [
        (f"bad key {KEY}\n\x1b[31m", ModelError, "failed (RuntimeError: bad key [key]); check [model.arguments], or"),
        ("maximum context length is 10", ContextError, "failed (RuntimeError: maximum context length is 10)"),
    ],
)
def test_what_a_class_raises_is_one_line_without_the_key(said: str, kind: type[ModelError], message: str) -> None:
    with pytest.raises(ModelError) as caught:
        LlamaIndexModel(SCRIPTED, {"error": said, "api_key": KEY}).complete(QUESTION)
    assert type(caught.value) is kind
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_class_that_does_not_know_its_model_has_the_usual_window() -> None:
    model = LlamaIndexModel(SCRIPTED, {"model_name": ""})
    assert (model.name, model.context) == ("Scripted", 8192)
    assert LlamaIndexModel(SCRIPTED, {"model_name": "m"}).context == 5000


def test_the_identity_tells_arguments_apart_but_knows_no_key() -> None:
    def identity(**arguments: object) -> str:
        return LlamaIndexModel(SCRIPTED, arguments).identity

    assert identity(model_name="a") == identity(model_name="a", api_key=KEY) != identity(model_name="b")
    assert identity(texts=["a"]) != identity(texts=["b"])


@pytest.mark.parametrize(
    ("dotted", "said"),
    [
        ("llama_index.llms.anthropic.Anthropic", "run: pip install llama-index-llms-anthropic, or answer without"),
        ("llama_index.llms.google_genai.GoogleGenAI", "run: pip install llama-index-llms-google-genai, or"),
        ("llama_index.core.llms.NoSuchLLM", "there is no llama_index.core.llms.NoSuchLLM; check [model] llamaindex"),
        ("no_such_package.Class", "check [model] llamaindex"),
        ("Class", "check [model] llamaindex"),
        ("..", "check [model] llamaindex"),
    ],
)
def test_a_class_that_is_not_there_says_how_to_get_it(dotted: str, said: str) -> None:
    assert said in refusal(dotted, ModelError)


@pytest.mark.parametrize("dotted", ["pathlib.Path", "os.path.join", "llama_index.core.llms.ChatMessage"])
def test_what_is_no_llm_is_refused(dotted: str) -> None:
    assert f"{dotted} is no LLM of LlamaIndex" in refusal(dotted, ConfigError)


@pytest.mark.parametrize(
    ("dotted", "arguments"),
    [
        (STUDIO, {}),
        (STUDIO, {"model_name": "m", "context_window": "many"}),
        (SCRIPTED, {"texts": 7, "api_key": KEY}),
        (SCRIPTED, {"api_key": [KEY]}),
    ],
)
def test_wrong_arguments_are_named_without_the_key(dotted: str, arguments: dict[str, object]) -> None:
    message = refusal(dotted, ConfigError, **arguments)
    assert message.startswith(f"{dotted} does not take its arguments: ")
    assert message.endswith("; check [model.arguments]")
    assert KEY not in message
