"""From an article to the pieces that are embedded: whole paragraphs with their context, or part of a long one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag.schema import EVIDENCE, Article, Chunk, Metadata, Paragraph

VERSION = 1
"""Raised when the same article would be cut into other chunks; stored vectors of another version are refused."""
SMALL = 60
"""Characters. A paragraph shorter than this ("Take X, for example.") is embedded together with the next one."""
CONTEXT_SHARE = 4
"""The context takes at most 1/4 of the embedder's budget, so that a long title never crowds out the text."""

CountTokens = Callable[[Sequence[str]], list[int]]


def chunk_article(article: Article, count_tokens: CountTokens, max_tokens: int) -> list[Chunk]:
    """Chunks that cover every evidence paragraph once (a paragraph too long for the embedder by several, overlapping).

    `max_tokens` is the embedder's budget for one text. The context (title, publisher, date, heading) stands before
    each chunk and is embedded with it, never cited.
    """
    groups = _groups([p for p in article.paragraphs if p.kind in EVIDENCE])
    contexts = [_context(article.metadata, group[0].heading) for group in groups]
    bodies = [" ".join(p.text for p in group) for group in groups]
    sizes = count_tokens(bodies)
    distinct = list(dict.fromkeys(contexts))
    context_sizes = dict(zip(distinct, count_tokens(distinct), strict=True))
    chunks = []
    for group, context, body, size in zip(groups, contexts, bodies, sizes, strict=True):
        if context_sizes[context] > max_tokens // CONTEXT_SHARE:
            context = ""
        budget = max_tokens - context_sizes.get(context, 0)
        whole = [(tuple(p.n for p in group), body)]
        pieces = whole if size <= budget else _split(group, article.text, count_tokens, budget)
        chunks += [Chunk(numbers, f"{context}\n{piece}".strip()) for numbers, piece in pieces]
    return chunks


def _context(metadata: Metadata, heading: str) -> str:
    facts = [metadata.title, metadata.publisher or "", metadata.published or "", heading]
    return ". ".join(fact for fact in facts if fact)


def _groups(paragraphs: Sequence[Paragraph]) -> list[list[Paragraph]]:
    """Each paragraph on its own, very short ones together with the next under the same heading."""
    groups: list[list[Paragraph]] = []
    for paragraph in paragraphs:
        last = groups[-1] if groups else None
        if last and sum(len(p.text) for p in last) < SMALL and last[-1].heading == paragraph.heading:
            last.append(paragraph)
        else:
            groups.append([paragraph])
    return groups


def _split(
    group: Sequence[Paragraph], text: str, count_tokens: CountTokens, budget: int
) -> list[tuple[tuple[int, ...], str]]:
    """Runs of whole sentences within the budget, with the numbers of the paragraphs they are from.

    Each run begins with the last sentence of the one before, where that fits.
    """
    sentences = [(p.n, text[s.start : s.end]) for p in group for s in p.sentences]
    sizes = count_tokens([sentence for _, sentence in sentences])
    runs: list[range] = []
    first, used = 0, 0
    for i, size in enumerate(sizes):
        if i > first and used + size > budget:
            runs.append(range(first, i))
            overlaps = sizes[i - 1] + size <= budget
            first, used = (i - 1, sizes[i - 1]) if overlaps else (i, 0)
        used += size
    runs.append(range(first, len(sizes)))
    return [
        (tuple(dict.fromkeys(sentences[i][0] for i in run)), " ".join(sentences[i][1] for i in run)) for run in runs
    ]
