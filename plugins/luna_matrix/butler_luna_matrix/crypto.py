"""Encrypted rooms, where ``butler-luna-matrix[e2e]`` is installed: nio keeps the keys, below the data folder (LUNA-4).

Every device of the people in a room gets the keys, verified or not: there is nobody here who could compare emoji.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path

import nio
import structlog
from nio.crypto import ENCRYPTION_ENABLED
from nio.exceptions import EncryptionError, LocalProtocolError

from butler_luna_matrix.line import JSON

log = structlog.get_logger("butler.luna_matrix")

INSTALLED: bool = ENCRYPTION_ENABLED
HOW = "pip install 'butler-luna-matrix[e2e]' and start again, or use a room without encryption"
ROUNDS = 5
"""So often the homeserver is asked for keys after one sync; what is still missing then is asked for after the next."""
KEPT = ("next_batch", "to_device", "device_lists", "device_one_time_keys_count")
"""What nio has to see of a sync."""


class Crypto:
    """The keys of one login. Begin it once the login is known."""

    def __init__(self, client: nio.AsyncClient, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._locks: dict[str, asyncio.Lock] = {}

    async def begin(self) -> None:
        """Open the kept keys, or make new ones and publish them. Raises ``PlatformError``."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._client.store_path = str(self._folder)
        self._client.load_store()
        await self._settle()

    def close(self) -> None:
        """Let go of the file with the keys."""
        store = self._client.store
        if store is not None:
            store.database.close()

    async def absorb(self, news: JSON) -> None:
        """Take in the keys that a sync brings, before its messages are looked at. Raises ``PlatformError``."""
        part = {key: news[key] for key in KEPT if key in news}
        response = nio.SyncResponse.from_dict(part)
        if isinstance(response, nio.SyncResponse):
            await self._client.receive_response(response)
            await self._settle()

    async def _settle(self) -> None:
        client = self._client
        for _ in range(ROUNDS):
            if client.should_upload_keys:
                await client.keys_upload()
            elif client.should_query_keys:
                await client.keys_query()
            elif client.should_claim_keys:
                await client.keys_claim(client.get_users_for_key_claiming())
            else:
                break
        if client.outgoing_to_device_messages:
            await client.send_to_device_messages()

    def opened(self, room: str, raw: JSON) -> JSON:
        """An event as it was written; as it came where its key is missing."""
        if raw.get("type") != "m.room.encrypted":
            return raw
        sealed = nio.Event.parse_encrypted_event({**raw, "room_id": room})
        if not isinstance(sealed, nio.MegolmEvent):
            return raw
        sealed.room_id = room
        try:
            found = self._client.decrypt_event(sealed)
        except EncryptionError as error:
            log.debug("no key for a message", room=room, id=raw.get("event_id"), reason=str(error))
            return raw
        source = getattr(found, "source", None)
        if not isinstance(source, dict) or not isinstance(source.get("content"), dict):
            return raw
        return {**raw, "type": source.get("type", raw["type"]), "content": source["content"]}

    async def sealed(self, room: str, kind: str, content: JSON, members: Collection[str]) -> tuple[str, JSON]:
        """An event as only these may read it. Raises ``PlatformError``."""
        client = self._client
        async with self._locks.setdefault(room, asyncio.Lock()):
            known = client.rooms.get(room)
            if known is None:
                known = client.rooms[room] = nio.MatrixRoom(room, client.user_id, encrypted=True)
            if set(known.users) != set(members):
                client.invalidate_outbound_session(room)
                known.members_synced = False
                await client.joined_members(room)
            if client.should_query_keys:
                await client.keys_query()
            if client.olm.should_share_group_session(room):
                await self._share(room)
            kind, sealed = client.encrypt(room, kind, content)
        if "m.relates_to" in content:  # homeserver and clients look for it outside
            sealed["m.relates_to"] = content["m.relates_to"]
        return kind, sealed

    async def _share(self, room: str) -> None:
        try:
            await self._client.share_group_session(room, ignore_unverified_devices=True)
        except LocalProtocolError as error:  # somebody else is about it
            log.debug("keys are being shared already", room=room, reason=str(error))
