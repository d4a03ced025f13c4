"""Everything that can go wrong in a way the user can act on.

RagError                 one line: what happened, and what to do next
├── ConfigError          a setting is unknown, malformed or contradicts another
├── InputError           a path, question, id or option that cannot be used
│   ├── LoadError        one file or page could not be read as an article
│   └── NotFoundError    no such article or paragraph in the store
├── StoreError           the store cannot be opened, read or written
│   ├── StoreBusyError   another process is writing and --no-wait was given
│   ├── StoreEmptyError  nothing has been ingested yet
│   ├── StoreMismatchError  the store was made with other settings or by a newer version
│   └── UnsoundError     the vector store's folder would crash who opens it
└── ModelError           an embedding or language model cannot be loaded or reached
    └── ContextError     what a language model was to read is longer than it can hold

Raised where the cause is known; shown once, by `cli`, on stderr. Exit code 1, except InputError from wrong usage: 2.
"""

from __future__ import annotations


class RagError(Exception):
    """Base of all: `str(error)` is one line that a user can act on."""


class ConfigError(RagError):
    """A setting is unknown, malformed or contradicts another one."""


class InputError(RagError):
    """A path, question, id or option that cannot be used."""


class LoadError(InputError):
    """One file or page could not be read as an article."""


class NotFoundError(InputError):
    """There is no such article or paragraph in the store."""


class StoreError(RagError):
    """The store cannot be opened, read or written."""


class StoreBusyError(StoreError):
    """Another process is writing to the store."""


class StoreEmptyError(StoreError):
    """Nothing has been ingested yet."""


class StoreMismatchError(StoreError):
    """The store was made with other settings, or by a newer version of this program."""


class UnsoundError(StoreError):
    """The folder of the vector store is damaged such that it is not to be opened; `rag rebuild` makes it anew."""


class ModelError(RagError):
    """An embedding or language model cannot be loaded or reached."""


class ContextError(ModelError):
    """What a language model was to read is longer than it can hold."""
