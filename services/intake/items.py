"""Sealing what a person wrote to her desk and to her own code, and opening it again with the code."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.desk_keys import DeskPublicKey
from chassis.keystore import Keystore, Wrap
from chassis.sealing import (
    ROUTE,
    DeskPrivateKey,
    Sealed,
    SealNotOpened,
    desk_label,
    item_context,
    open_sealed,
    seal,
    unwrap,
    wrap,
    wrap_context,
)
from contracts.ids import new_id
from services.intake.tables import Direction, Item, ItemKind

logger = logging.getLogger(__name__)

CUSTODIAN: Final = desk_label("intake", "custodian")
"""Whom identities are sealed to, and nobody else (invariant 2)."""

_UNOPENED: Final = {
    Direction.DESK: "a desk's message does not open",
    Direction.PERSON: "what the person sent does not open",
}


@dataclass(frozen=True)
class SealedItem:
    """An item on its way to its two stores: the wraps go to the key store first."""

    item_id: UUID
    kind: ItemKind
    ciphertext: bytes
    wraps: tuple[Wrap, ...]


def seal_item(
    report_id: UUID, kind: ItemKind, content: Mapping[str, Any], desk: DeskPublicKey, route_public: bytes
) -> SealedItem:
    """Under a fresh id and a fresh key, wrapped to the desk and to the person's own route key."""
    item_id = new_id()
    sealed, data_key = seal(plain_of(content), item_id=item_id, context=item_context(report_id))
    return SealedItem(item_id, kind, sealed.ciphertext, wraps_of_key(report_id, item_id, data_key, desk, route_public))


def seal_identity(report_id: UUID, staff_id: str, custodian_public: bytes) -> SealedItem:
    """Who reported, for the custodian alone."""
    item_id = new_id()
    content = plain_of({"staff_id": staff_id})
    sealed, data_key = seal(content, item_id=item_id, context=item_context(report_id))
    wrapped = wrap(data_key, custodian_public, context=wrap_context(report_id, item_id, CUSTODIAN))
    return SealedItem(item_id, ItemKind.IDENTITY, sealed.ciphertext, (Wrap(item_id, CUSTODIAN, report_id, wrapped),))


def plain_of(content: Mapping[str, Any]) -> bytes:
    """An item's contents as they are sealed."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def wraps_of_key(
    report_id: UUID, item_id: UUID, data_key: bytes, desk: DeskPublicKey, route_public: bytes
) -> tuple[Wrap, ...]:
    """An item's key for the desk and for the person's own route."""
    return tuple(
        Wrap(item_id, label, report_id, wrap(data_key, public, context=wrap_context(report_id, item_id, label)))
        for label, public in ((desk.label, desk.public), (ROUTE, route_public))
    )


async def open_items(
    keystore: Keystore, items: Sequence[Item], route_key: DeskPrivateKey
) -> dict[UUID, dict[str, Any]]:
    """The contents of one route's items by id, opened in memory. An item whose wrap is destroyed is left out, and so is
    one that does not open, as a desk's message that was not sealed as agreed: none closes her inbox to her, its own
    part or another's.
    """
    wraps = await keystore.wraps_of([item.item_id for item in items], ROUTE) if items else {}
    opened = {}
    for item in items:
        if item.item_id in wraps:
            try:
                opened[item.item_id] = content_of(item, data_key_of(item, wraps[item.item_id], route_key))
            except (SealNotOpened, ValueError) as error:
                logger.error(_UNOPENED[item.direction], extra={"error": type(error).__name__})  # noqa: TRY400
    return opened


def data_key_of(item: Item, wrapped: bytes, route_key: DeskPrivateKey) -> bytes:
    """Raises SealNotOpened."""
    return unwrap(wrapped, route_key, context=wrap_context(item.report_id, item.item_id, ROUTE))


def content_of(item: Item, data_key: bytes) -> dict[str, Any]:
    """Raises SealNotOpened, and ValueError for what no desk of ours has sealed."""
    plain = open_sealed(Sealed(item.item_id, item.ciphertext), data_key, context=item_context(item.report_id))
    content = json.loads(plain)
    if item.direction == Direction.DESK and not (isinstance(content, dict) and isinstance(content.get("text"), str)):
        raise ValueError("not a message")
    return dict(content)


async def items_of(session: AsyncSession, report_ids: Sequence[UUID]) -> list[Item]:
    """Oldest first within each report."""
    found = select(Item).where(col(Item.report_id).in_(report_ids)).order_by(col(Item.report_id), col(Item.number))
    return list((await session.scalars(found)).all())


async def add_items(
    session: AsyncSession, report_id: UUID, sealed: Sequence[SealedItem], now: datetime, direction: Direction
) -> None:
    """Number them after the report's last item; the caller holds the report's lock. Of the time, the day is kept."""
    last = await session.scalar(select(func.max(col(Item.number))).where(col(Item.report_id) == report_id))
    session.add_all(
        Item(
            item_id=item.item_id,
            report_id=report_id,
            number=number,
            kind=item.kind,
            direction=direction,
            day=now.date(),
            ciphertext=item.ciphertext,
        )
        for number, item in enumerate(sealed, (last or 0) + 1)
    )
