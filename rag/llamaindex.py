"""The store as a LlamaIndex retriever: each node is a paragraph, with what it takes to cite it.

    from llama_index.core.query_engine import RetrieverQueryEngine
    from rag.llamaindex import ArticleRetriever

    with ArticleRetriever.from_store("vectorstore") as retriever:
        response = RetrieverQueryEngine.from_args(retriever, llm=llm).query("Who said what?")
        for node in response.source_nodes:
            print(node.node_id, node.metadata["quotes"])

Or the whole chain as a query engine, with statements that have been checked:

    from rag.llamaindex import CitedQueryEngine

    with CitedQueryEngine.from_store("vectorstore", llm=llm) as engine:
        response = engine.query("Who said what?")
        print(response, response.metadata["statements"])

Importing LlamaIndex takes two seconds, so this room is nobody's but a LlamaIndex program's.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.llms import LLM
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from rag.answering import PASSAGES
from rag.catalogue import readable_errors
from rag.confidence import question_terms
from rag.config import read_config
from rag.engine import Engine
from rag.extraction import candidates, choose, sentence_text, weigh
from rag.llm_llamaindex import LlamaIndexModel
from rag.parts import CATALOGUE
from rag.quoting import answer_text
from rag.render_json import answer_record
from rag.schema import Filters, Passage, Sentence

SHOWN = frozenset({"title", "publisher", "published"})
"""Metadata that a model reads above the paragraph, as our own embedder does. Ids, paths and offsets would only tempt it
to cite them from memory; they stay in the node for the program."""


class ArticleRetriever(BaseRetriever):
    """Retrieves paragraphs; a node's id is the paragraph's (`moscow-elites#12`), its text is verbatim.

    Metadata: paragraph_id, article_id, n, title, authors, publisher, published, url, path, line, page, start, end
    (offsets of the paragraph in its article's text), and what it best answers the question with: quote_spans
    (`[[start, end], …]`, in the article's text too) and quotes (their words).

    It may be used from several threads. `max_per_article` 0 sets no limit. Raises RagError, as the engine does.
    """

    def __init__(
        self, engine: Engine, *, k: int = PASSAGES, filters: Filters | None = None, max_per_article: int = 0
    ) -> None:
        super().__init__()
        self.engine = engine
        self.k = k
        self.filters = filters
        self.max_per_article = max_per_article
        self._thread = threading.get_ident()

    @classmethod
    def from_store(
        cls, folder: str | Path, *, k: int = PASSAGES, filters: Filters | None = None, max_per_article: int = 0
    ) -> ArticleRetriever:
        """Over the store in `folder`, with the settings `rag` would use here. Close it, or use it in a `with`."""
        engine = Engine(read_config(store=Path(folder)))
        return cls(engine, k=k, filters=filters, max_per_article=max_per_article)

    def __enter__(self) -> ArticleRetriever:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the engine; the next query opens it again."""
        self.engine.close()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        question = query_bundle.query_str
        with self.engine_here() as engine, readable_errors(engine.store / CATALOGUE):
            retriever = engine.retriever
            vector = retriever.encode(question)
            passages = retriever.search(question, vector, self.k, self.filters, self.max_per_article)
            terms = question_terms(retriever.catalogue, question)
            vector = retriever.meaning(question, vector)
            weighed = weigh(passages, terms, retriever.reading)
        nodes = []
        for passage in passages:
            choices = choose(candidates(vector, terms, [one for one in weighed if one.passage is passage]))
            quotes = {sentence for choice in choices for place in choice.places for sentence in place.sentences}
            nodes.append(_node(passage, sorted(quotes, key=lambda sentence: sentence.start)))
        return nodes

    @contextmanager
    def engine_here(self) -> Iterator[Engine]:
        """The engine; for any other thread (LlamaIndex starts some) one of its own, for a catalogue is not shared."""
        if threading.get_ident() == self._thread:
            yield self.engine
            return
        with Engine(self.engine.config, self.engine.warn) as own:
            own.embedder = self.engine.embedder
            own.language_model = self.engine.language_model
            yield own


class CitedQueryEngine(BaseQueryEngine):
    """Answers as `rag ask` does: every statement in the response is cited and has been checked against its source.

    `str(response)` is the answer with its marks, or the abstention; `response.source_nodes` are the cited paragraphs
    in the order of their numbers; `response.metadata` is what `rag ask --json` prints (answered, statements,
    citations, left_out, …). Drops into an agent (`QueryEngineTool`) or a chat engine (`CondenseQuestionChatEngine`).
    With `llm` (any LlamaIndex LLM) that model writes; else the configured one, else the articles' own sentences.
    May be used from several threads. Raises RagError, as the engine does.
    """

    def __init__(
        self, engine: Engine, *, llm: LLM | None = None, filters: Filters | None = None, max_per_article: int = 0
    ) -> None:
        super().__init__(None)
        self._retriever = ArticleRetriever(engine, filters=filters, max_per_article=max_per_article)
        self.engine = engine
        if llm is not None:
            engine.language_model = LlamaIndexModel.of(llm)

    @classmethod
    def from_store(
        cls, folder: str | Path, *, llm: LLM | None = None, filters: Filters | None = None, max_per_article: int = 0
    ) -> CitedQueryEngine:
        """Over the store in `folder`, with the settings `rag` would use here. Close it, or use it in a `with`."""
        engine = Engine(read_config(store=Path(folder)))
        return cls(engine, llm=llm, filters=filters, max_per_article=max_per_article)

    def __enter__(self) -> CitedQueryEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the engine; the next query opens it again."""
        self.engine.close()

    def retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """The paragraphs an answer would be made from."""
        return self._retriever.retrieve(query_bundle)

    def _query(self, query_bundle: QueryBundle) -> Response:
        with self._retriever.engine_here() as engine:
            answer = engine.ask(query_bundle.query_str, self._retriever.filters, self._retriever.max_per_article)
        nodes = [_node(citation.passage, citation.quotes) for citation in answer.citations]
        return Response(answer_text(answer), nodes, answer_record(answer))

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}


def _node(passage: Passage, quotes: Sequence[Sentence]) -> NodeWithScore:
    paragraph = passage.paragraph
    metadata = _metadata(passage) | {
        "quote_spans": [[sentence.start, sentence.end] for sentence in quotes],
        "quotes": [sentence_text(passage, (sentence,)) for sentence in quotes],
    }
    hidden = [key for key, value in metadata.items() if key not in SHOWN or not value]
    node = TextNode(
        id_=passage.paragraph_id,
        text=paragraph.text,
        start_char_idx=paragraph.start,
        end_char_idx=paragraph.end,
        metadata=metadata,
        excluded_embed_metadata_keys=hidden,
        excluded_llm_metadata_keys=hidden,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=passage.article_id)},
    )
    return NodeWithScore(node=node, score=passage.score)


def _metadata(passage: Passage) -> dict[str, Any]:
    paragraph, facts = passage.paragraph, passage.metadata
    return {
        "paragraph_id": passage.paragraph_id,
        "article_id": passage.article_id,
        "n": paragraph.n,
        "title": facts.title,
        "authors": list(facts.authors),
        "publisher": facts.publisher,
        "published": facts.published,
        "url": facts.url,
        "path": passage.path,
        "line": paragraph.line,
        "page": paragraph.page,
        "start": paragraph.start,
        "end": paragraph.end,
    }
