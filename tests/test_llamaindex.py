"""The store in a LlamaIndex program: nodes that can be cited, in a query engine that knows nothing of us."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from llama_index.core.base.response.schema import Response
from llama_index.core.bridge.pydantic import Field
from llama_index.core.chat_engine import CondenseQuestionChatEngine
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata, MockLLM
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.query_engine import CitationQueryEngine, RetrieverQueryEngine
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle
from llama_index.core.tools import QueryEngineTool

from rag.config import Config
from rag.engine import Engine
from rag.errors import InputError, StoreEmptyError
from rag.llamaindex import ArticleRetriever, CitedQueryEngine
from rag.schema import ABSTENTION, Filters

FERRY = """---
title: New ferry timetable
author: [Ada Holm, Bo Lee]
publisher: The Harbour Post
date: 2024-11-06
url: https://harbour.example/ferry
---
The island council met on Tuesday evening. The ferry to Lunde leaves at nine in the morning. It returns at five.

Tickets cost forty crowns for adults. Children under seven travel free on every crossing of the sound.
"""
BRIDGE = """# The bridge stays closed

Engineers found cracks in the northern pillar of the bridge. Repairs will take until the spring.

No lorry may cross before then, the road office said. The ferry carries lorries at night.
"""
QUESTION = "When does the ferry to Lunde leave?"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two articles."""
    folder = tmp_path_factory.mktemp("llamaindex")
    articles = folder / "articles"
    articles.mkdir()
    (articles / "ferry.md").write_text(FERRY, encoding="utf-8")
    (articles / "bridge.md").write_text(BRIDGE, encoding="utf-8")
    with ArticleRetriever.from_store(folder / "store") as retriever:
        retriever.engine.ingest([str(articles)])
    return folder / "store"


@pytest.fixture
def engine(store: Path, engine_at: Callable[..., Engine]) -> Engine:
    return engine_at(store)


@pytest.fixture
def retriever(engine: Engine) -> Iterator[ArticleRetriever]:
    with ArticleRetriever(engine) as opened:
        yield opened


def assert_citable(found: NodeWithScore, engine: Engine) -> None:
    """The node leads to a paragraph of the store, and says of it nothing but the truth."""
    node, facts = found.node, found.node.metadata
    view = engine.show(node.node_id)
    paragraph, article = view.paragraph, view.article
    assert paragraph is not None
    assert node.get_content(MetadataMode.NONE) == paragraph.text == article.text[facts["start"] : facts["end"]]
    assert facts["paragraph_id"] == node.node_id == f"{facts['article_id']}#{facts['n']}"
    assert (facts["line"], facts["page"], facts["path"]) == (paragraph.line, paragraph.page, article.path)
    assert [article.text[start:end] for start, end in facts["quote_spans"]] == facts["quotes"]
    spans = [[sentence.start, sentence.end] for sentence in paragraph.sentences]
    assert facts["quote_spans"]
    assert facts["quote_spans"] == [span for span in spans if span in facts["quote_spans"]]


def test_a_query_engine_answers_from_nodes_that_can_be_cited(retriever: ArticleRetriever, engine: Engine) -> None:
    response = RetrieverQueryEngine.from_args(retriever, llm=MockLLM()).query(QUESTION)
    assert isinstance(response, Response)
    assert len(response.source_nodes) == 4
    for found in response.source_nodes:
        assert_citable(found, engine)


def test_the_best_node_quotes_the_sentence_that_answers(retriever: ArticleRetriever) -> None:
    best = retriever.retrieve(QUESTION)[0]
    assert best.node.metadata["quotes"] == ["The ferry to Lunde leaves at nine in the morning."]


def test_nodes_are_what_the_engine_finds(retriever: ArticleRetriever, engine: Engine) -> None:
    nodes = retriever.retrieve(QUESTION)
    passages = engine.search(QUESTION, retriever.k).passages
    assert [(n.node_id, n.score) for n in nodes] == [(p.paragraph_id, p.score) for p in passages]


def test_a_node_knows_its_article(retriever: ArticleRetriever) -> None:
    node = retriever.retrieve(QUESTION)[0].node
    facts = {name: node.metadata[name] for name in ("title", "authors", "publisher", "published", "url")}
    assert facts == {
        "title": "New ferry timetable",
        "authors": ["Ada Holm", "Bo Lee"],
        "publisher": "The Harbour Post",
        "published": "2024-11-06",
        "url": "https://harbour.example/ferry",
    }
    assert node.ref_doc_id == node.metadata["article_id"]
    assert Path(node.metadata["path"]).name == "ferry.md"


@pytest.mark.parametrize("mode", [MetadataMode.LLM, MetadataMode.EMBED])
def test_a_model_reads_title_publisher_and_date_where_they_are_known(
    retriever: ArticleRetriever, mode: MetadataMode
) -> None:
    nodes = {Path(n.node.metadata["path"]).name: n.node for n in retriever.retrieve(QUESTION)}
    shown = {name: node.get_metadata_str(mode).splitlines() for name, node in nodes.items()}
    ferry = ["title: New ferry timetable", "publisher: The Harbour Post", "published: 2024-11-06"]
    assert shown == {"ferry.md": ferry, "bridge.md": ["title: The bridge stays closed"]}


def test_the_prompt_holds_the_paragraphs_and_no_paths(retriever: ArticleRetriever) -> None:
    """MockLLM says back what it is given: here the whole prompt."""
    prompt = str(RetrieverQueryEngine.from_args(retriever, llm=MockLLM()).query(QUESTION))
    assert "Children under seven travel free on every crossing of the sound." in prompt
    assert "publisher: The Harbour Post" in prompt
    assert "ferry.md" not in prompt


def test_ids_survive_the_citation_engine_of_llamaindex(retriever: ArticleRetriever, engine: Engine) -> None:
    """It cuts nodes and numbers the pieces; what is needed to cite them stays in the metadata."""
    response = CitationQueryEngine.from_args(None, retriever=retriever, llm=MockLLM()).query(QUESTION)
    known = {node.node_id for node in retriever.retrieve(QUESTION)}
    assert {found.node.metadata["paragraph_id"] for found in response.source_nodes} == known


def test_k_filters_and_limit(engine: Engine) -> None:
    ferry = ArticleRetriever(engine, filters=Filters(publishers=("harbour post",))).retrieve(QUESTION)
    assert {node.node.metadata["title"] for node in ferry} == {"New ferry timetable"}
    assert len(ArticleRetriever(engine, k=1).retrieve(QUESTION)) == 1
    assert len(ArticleRetriever(engine, max_per_article=1).retrieve(QUESTION)) == 2


def test_other_threads_and_event_loops_may_ask(retriever: ArticleRetriever) -> None:
    here = [node.node_id for node in retriever.retrieve(QUESTION)]
    with ThreadPoolExecutor(2) as pool:
        there = list(pool.map(retriever.retrieve, [QUESTION] * 4))
    assert [[node.node_id for node in nodes] for nodes in there] == [here] * 4
    response = asyncio.run(RetrieverQueryEngine.from_args(retriever, llm=MockLLM()).aquery(QUESTION))
    assert [node.node_id for node in response.source_nodes] == here


def test_errors_are_our_own(retriever: ArticleRetriever, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="question is empty"):
        retriever.retrieve("  ")
    with pytest.raises(StoreEmptyError, match="rag ingest"):
        ArticleRetriever(Engine(Config(store=tmp_path))).retrieve(QUESTION)


def test_the_engine_does_not_know_llamaindex() -> None:
    code = "import sys, rag.engine, rag.answering; sys.exit('llama_index' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_node_of_the_shared_articles_can_be_cited(
    shared_seeds: Path, tmp_path: Path, engine_at: Callable[..., Engine]
) -> None:
    engine = engine_at(tmp_path / "store")
    engine.ingest([str(shared_seeds)])
    nodes = ArticleRetriever(engine, k=1000).retrieve("What did Patrushev say about Trump?")
    assert len(nodes) > 100
    for found in nodes:
        assert_citable(found, engine)


class Scripted(CustomLLM):
    """An LLM of LlamaIndex that says what it was told to say, and keeps what it was asked."""

    queue: list[str]
    history: list[str] = Field(default_factory=list)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=8192, model_name="scripted")

    def complete(self, prompt: str, formatted: bool = False, **kwargs: object) -> CompletionResponse:
        self.history.append(prompt)
        return CompletionResponse(text=self.queue.pop(0))

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: object) -> CompletionResponseGen:
        text = self.complete(prompt).text
        yield CompletionResponse(text=text, delta=text)


TRUE = "The ferry to Lunde leaves at nine in the morning [1]."


def test_a_response_carries_checked_statements(engine: Engine) -> None:
    llm = Scripted(queue=[f"{TRUE} It returns at eleven [1].", ""])
    response = CitedQueryEngine(engine, llm=llm).query(QUESTION)
    assert isinstance(response, Response)
    assert str(response) == TRUE.replace(" [1].", ". [1]")
    assert response.metadata is not None
    assert response.metadata["mode"] == "model"
    assert response.metadata["model"] == "scripted"
    assert [statement["support"] for statement in response.metadata["statements"]] == ["supported"]
    assert [statement["text"] for statement in response.metadata["left_out"]] == ["It returns at eleven."]
    [node] = response.source_nodes
    assert node.node_id == response.metadata["citations"][0]["paragraph_id"]
    assert node.metadata["quotes"] == ["The ferry to Lunde leaves at nine in the morning."]
    assert len(llm.history) == 2, "the statement that failed went back once"


def test_without_a_model_the_response_quotes(engine: Engine) -> None:
    response = CitedQueryEngine(engine).query(QUESTION)
    assert "leaves at nine in the morning. [1]" in str(response)
    assert response.metadata is not None
    assert response.metadata["mode"] == "extractive"


def test_what_is_not_answered_is_declined(engine: Engine) -> None:
    llm = Scripted(queue=[])
    response = CitedQueryEngine(engine, llm=llm).query("Which team won the football World Cup in 1930?")
    assert str(response) == ABSTENTION
    assert response.source_nodes == []
    assert llm.history == [], "below the threshold no model is asked"


def test_it_drops_into_a_tool_and_a_chat_engine(engine: Engine) -> None:
    llm = Scripted(queue=[TRUE, TRUE])
    cited = CitedQueryEngine(engine, llm=llm)
    tool = QueryEngineTool.from_defaults(cited, name="articles", description="Answers from articles.")
    assert "[1]" in tool.call(QUESTION).content
    memory = ChatMemoryBuffer.from_defaults(token_limit=1000)  # the default one leaves a database open
    chat = CondenseQuestionChatEngine.from_defaults(cited, llm=llm, memory=memory)
    assert "nine in the morning. [1]" in str(chat.chat(QUESTION))


def test_it_answers_in_another_thread(store: Path) -> None:
    with CitedQueryEngine.from_store(store, filters=Filters(publishers=("Harbour",))) as cited:
        response = asyncio.run(cited.aquery(QUESTION))
        nodes = cited.retrieve(QueryBundle(QUESTION))
    assert "[1]" in str(response)
    assert {node.metadata["publisher"] for node in nodes} == {"The Harbour Post"}
