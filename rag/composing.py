from __future__ import annotations


class Composer: ...


class Composed: ...
