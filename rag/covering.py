"""How much a briefing rests on: which articles speak of the topic, whose they are, over what time, which were used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rag.briefing_schema import Coverage, Covered
from rag.schema import Citation, Passage, Statement


def cover(
    passages: Iterable[Passage], statements: Sequence[Statement], citations: Sequence[Citation], searched: int
) -> Coverage:
    """`passages` are those on the topic, `searched` is how many articles pass the filters."""
    article_of = {citation.number: citation.passage.article_id for citation in citations}
    lines = Counter(name for s in statements for name in {article_of[n] for n in s.citations})
    found = {passage.article_id: passage for passage in (*passages, *(c.passage for c in citations))}
    order = sorted(
        found.values(), key=lambda p: (p.metadata.published is None, p.metadata.published or "", p.article_id)
    )
    articles = tuple(Covered(p.article_id, p.metadata, p.path, lines[p.article_id]) for p in order)
    dates = [article.metadata.published for article in articles if article.metadata.published]
    names = Counter((article.metadata.publisher or "").strip() for article in articles)
    return Coverage(
        searched,
        articles,
        tuple(sorted(names.items(), key=lambda one: (-one[1], not one[0], one[0]))),
        tuple(sorted(Counter(date[:7] for date in dates).items())),
        dates[0] if dates else None,
        max(dates) if dates else None,
        len(articles) - len(dates),
    )
