"""The journal's tables, as plain SQL that SQLite and PostgreSQL both take.

The journal makes a message durable, so it is first and it is fast: few columns, few indexes, no models.
``host_inbox`` is at once the queue of what has to be looked at, and the log of what was said.
"""

from __future__ import annotations

from typing import Final

RECEIVED: Final = 0
"""Journaled; no plugin has seen it, as far as the store knows."""
OBSERVED: Final = 1
"""``on_message`` and the votes are done, their effects committed; turns are open."""
DONE: Final = 2
"""Nothing is left to do."""

FIRST: Final = 2**40
"""The number before a store's first message. Those below are for older messages that are brought in later."""

CHANGING: Final = frozenset({"edit", "deletion"})
"""Events that change or take away a message that was said."""

OPEN, ANSWERED, SENT = "open", "answered", "sent"
ENDED: Final = ("closed", "silent", "stopped", "failed", "interrupted")
"""The states of a turn that are final; a turn runs open, answered, sent, closed, or ends early."""

WAITING: Final = 0
DELIVERED: Final = 1
GIVEN_UP: Final = 2
DRAFT: Final = 3
"""A reply that is shown while it is made; it waits once it is whole."""

TABLES: Final = (
    """create table if not exists host_inbox (
        seq bigint primary key,
        id text not null unique,
        kind text not null,
        guild text not null,
        channel text not null,
        author text not null,
        at double precision not null,
        text text not null,
        body text not null,
        state smallint not null
    )""",
    "create index if not exists host_inbox_channel on host_inbox (channel, seq)",
    f"create index if not exists host_inbox_open on host_inbox (seq) where state < {DONE}",
    "create index if not exists host_inbox_at on host_inbox (at)",
    "create index if not exists host_inbox_author on host_inbox (author)",
    """create table if not exists host_turns (
        id bigint primary key,
        seq bigint not null,
        who text not null,
        state text not null,
        answer text not null,
        unique (seq, who)
    )""",
    "create index if not exists host_turns_open on host_turns (seq) where state in ('open', 'answered', 'sent')",
    """create table if not exists host_outbox (
        id bigint primary key,
        key text not null unique,
        turn bigint not null,
        seq bigint not null,
        owner text not null,
        channel text not null,
        action text not null,
        state smallint not null,
        not_before double precision not null,
        made double precision not null,
        sent text not null
    )""",
    f"create index if not exists host_outbox_open on host_outbox (id) where state = {WAITING}",
    "create index if not exists host_outbox_turn on host_outbox (turn)",
    "create index if not exists host_outbox_sent on host_outbox (sent)",
    """create table if not exists host_records (
        seq bigint primary key,
        id text not null,
        channel text not null,
        at double precision not null,
        body text not null
    )""",
    "create index if not exists host_records_id on host_records (id)",
    "create index if not exists host_records_at on host_records (at)",
    """create table if not exists host_reactions (
        target text not null,
        person text not null,
        emoji text not null,
        primary key (target, person, emoji)
    )""",
    """create table if not exists host_cursors (
        name text primary key,
        value text not null
    )""",
)
