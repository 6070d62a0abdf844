"""How two accounts are linked: a code from the one, typed with the other, and a yes from both, who see each other."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections import OrderedDict, deque
from typing import Any, Final

import attrs
import peewee
from attrs import frozen

from butler.clock import Clock
from butler.errors import CommandError
from butler.model import Person
from butler.services.identity.links import Links, Who
from butler.store.database import Database
from butler.store.table import Table, create_tables

GOOD_FOR: Final = dt.timedelta(minutes=10)
TRIES, WITHIN = 5, 600.0
"""So many wrong codes may somebody give in so many seconds."""
_LETTERS: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_MOST: Final = 10_000


@frozen
class Offer:
    """A code that somebody asked for, and who gave it, if anybody did."""

    account: str
    name: str
    channel: str
    """Where the code was asked for: there its owner is told of who gave it."""
    until: float
    other: str = ""
    other_name: str = ""

    @property
    def other_shown(self) -> str:
        """Whom its owner is asked about."""
        return shown(self.other_name, self.other)


def shown(name: str, account: str) -> str:
    """An account as people recognise it: ``Ann on matrix (@ann:example.org)``."""
    platform, _, own = account.partition(":")
    return f"{name or own} on {platform} ({own})"


class OfferRow(Table):
    """One offer; the code itself is kept nowhere."""

    code = peewee.TextField(unique=True)
    account = peewee.TextField(primary_key=True)
    name = peewee.TextField()
    channel = peewee.TextField()
    until = peewee.DoubleField()
    other = peewee.TextField()
    other_name = peewee.TextField()

    class Meta:
        table_name = "host_link_offers"


class Linking:
    """The way to a link. Offers outlive a restart; at most one for each account."""

    def __init__(self, database: Database, clock: Clock, links: Links) -> None:
        self._database = database
        self._clock = clock
        self._links = links
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    async def start(self) -> None:
        """Make the table; what has run out is deleted."""
        now = self._clock.now().timestamp()
        await self._database.write(lambda: _prune(now))

    async def offer(self, person: Person, channel: str) -> str:
        """A code for an account, good for ten minutes; a former one is not good any more."""
        code = "".join(secrets.choice(_LETTERS) for _ in range(8))
        until = (self._clock.now() + GOOD_FOR).timestamp()
        offer = Offer(person.id, person.name, channel, until)
        await self._database.write(lambda: _save(offer, _hash(code)))
        return f"{code[:4]}-{code[4:]}"

    async def look(self, person: Person, code: str) -> Offer:
        """Whose code that is. Raises ``CommandError`` for one that is wrong, too old, or the person's own."""
        self._may_try(person.id)
        found = await self._database.read(lambda: _by_code(_hash(_plain(code))))
        if found is None or found.until <= self._clock.now().timestamp():
            self._wrong[person.id].append(self._clock.monotonic())
            raise CommandError(
                "that code is wrong or too old", remedy="ask for a new one with the other account, and type it here"
            )
        if found.other not in ("", person.id):
            raise CommandError("that code was used already", remedy="ask for a new one with the other account")
        if found.account in self._links.accounts(person.id):
            raise CommandError("that code is your own", remedy="type it with the account that you want to link")
        return found

    def _may_try(self, account: str) -> None:
        tries = self._wrong.setdefault(account, deque(maxlen=TRIES))
        self._wrong.move_to_end(account)
        if len(self._wrong) > _MOST:
            self._wrong.popitem(last=False)
        if len(tries) == TRIES and self._clock.monotonic() - tries[0] < WITHIN:
            raise CommandError(f"that were {TRIES} wrong codes", remedy="try again in ten minutes")

    async def agree(self, person: Person, code: str) -> Offer:
        """Who typed the code said yes; now its owner is to be asked. Raises ``CommandError`` as :meth:`look`."""
        found = await self.look(person, code)
        asked = attrs.evolve(found, other=person.id, other_name=person.name)
        await self._database.write(lambda: _answer(asked))
        return asked

    async def waiting(self, person: Person) -> Offer | None:
        """The offer of an account to which somebody said yes, and its owner not yet."""
        found = await self._database.read(lambda: _of(person.id))
        if found is None or not found.other or found.until <= self._clock.now().timestamp():
            return None
        return found

    async def confirm(self, person: Person, other: str) -> Who:
        """The owner of the code said yes to an account: they are linked. Raises ``CommandError`` if nothing waits."""
        found = await self.waiting(person)
        if found is None or found.other != other:
            raise CommandError("nobody waits to be linked with you", remedy="begin anew: ask for a code")
        await self._database.write(lambda: _drop(person.id))
        return await self._links.link(person.id, other)

    async def refuse(self, person: Person) -> bool:
        """The owner of the code said no, or thought better of it. False: there was no code."""
        return await self._database.write(lambda: _drop(person.id)) > 0

    async def export_person(self, person: str) -> list[dict[str, Any]]:
        """The offers that name a person."""
        found = await self._database.read(lambda: _naming(person))
        return [{"account": each.account, "other": each.other} for each in found]

    async def forget_person(self, person: str, _: str) -> int:
        """Drop the offers that name a person."""
        return await self._database.write(lambda: _drop(person) + _drop_other(person))


def _plain(code: str) -> str:
    return "".join(code.upper().split()).replace("-", "")[:64]


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _offer(row: Any) -> Offer:
    return Offer(row.account, row.name, row.channel, row.until, row.other, row.other_name)


def _prune(now: float) -> None:
    create_tables([OfferRow])
    OfferRow.delete().where(OfferRow.until <= now).execute()


def _save(offer: Offer, code: str) -> None:
    OfferRow.delete().where(OfferRow.account == offer.account).execute()
    OfferRow.insert(code=code, **attrs.asdict(offer)).execute()


def _answer(offer: Offer) -> None:
    change = {"other": offer.other, "other_name": offer.other_name}
    OfferRow.update(change).where(OfferRow.account == offer.account).execute()


def _by_code(code: str) -> Offer | None:
    row = OfferRow.get_or_none(OfferRow.code == code)
    return None if row is None else _offer(row)


def _of(account: str) -> Offer | None:
    row = OfferRow.get_or_none(OfferRow.account == account)
    return None if row is None else _offer(row)


def _naming(person: str) -> list[Offer]:
    return [_offer(row) for row in OfferRow.select().where((OfferRow.account == person) | (OfferRow.other == person))]


def _drop(account: str) -> int:
    return int(OfferRow.delete().where(OfferRow.account == account).execute())


def _drop_other(account: str) -> int:
    return int(OfferRow.delete().where(OfferRow.other == account).execute())
