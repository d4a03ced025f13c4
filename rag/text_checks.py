"""Has every article the words that its vectors were made of?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rag.catalogue import Catalogue
from rag.chunking import VERSION, chunk_article
from rag.errors import RagError
from rag.health import Fault

if TYPE_CHECKING:
    from rag.embedding import Embedder


def text_faults(catalogue: Catalogue, embedder: Callable[[], Embedder]) -> Iterator[Fault]:
    """Articles whose chunks, cut again, have other hashes than those that were stored with the vectors.

    Finds a changed character also where the file that it was read from is gone, or is no text. Says nothing where the
    model is another one: it would cut other chunks.
    """
    try:
        yield from _altered(catalogue, embedder())
    except RagError:  # `model_faults` tells
        return


def _altered(catalogue: Catalogue, model: Embedder) -> Iterator[Fault]:
    if (catalogue.setting("embedder"), catalogue.setting("chunking")) != (model.identity, str(VERSION)):
        return
    ask = catalogue.connection.execute
    for pk, name in ask("SELECT pk, id FROM articles"):
        stored = {row[0] for row in ask("SELECT hash FROM chunks WHERE article = ?", (pk,))}
        try:
            article = catalogue.article(name)
        except (ValueError, TypeError):  # parts that cannot be read: `paragraph_checks` tells
            continue
        chunks = chunk_article(article, model.count_tokens, model.max_tokens)
        if {hashlib.sha256(chunk.text.encode()).digest() for chunk in chunks} != stored:
            yield Fault("altered", name, pk)
