"""The packs that cases are pinned to, kept beside them: whatever becomes of the files, a case can be read by its own.

A pack is kept in the transaction that pins a case to it. What cases were pinned to before that is looked for among the
files when a process starts, and for as long as it is missing.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import after_commit, fetch
from chassis.web.health import Unready
from lifecycle.desk import Desk
from policy.entry import PolicyBroken
from policy.load import load, packs_to_follow, restored
from policy.model import Policy

log = logging.getLogger(__name__)

_LOOK_EVERY: Final = 5.0
_KEEP: Final = sa.text(
    "insert into policy_packs (content_hash, content) values (:content_hash, :content)"
    " on conflict (content_hash) do nothing"
)
_KEPT: Final = sa.text(
    "select content_hash, content from policy_packs where not content_hash = any(cast(:known as text[]))"
)
_PINNED: Final = sa.text("""
    select distinct policy_name || '/' || policy_version as pin, policy_hash from cases
    where erased_at is null and not policy_hash = any(cast(:known as text[])) order by 1, 2
""")


def define(metadata: sa.MetaData) -> None:
    """Adds the table of kept packs to the metadata of a service that has cases."""
    sa.Table(
        "policy_packs",
        metadata,
        sa.Column("content_hash", sa.Text, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
    )


async def keep(session: AsyncSession, desk: Desk, policy: Policy) -> None:
    """Beside a case that is pinned to it."""
    if policy.content_hash in desk.packs.kept:
        return
    await fetch(session, _KEEP, {"content_hash": policy.content_hash, "content": policy.content})
    after_commit(session, lambda: desk.packs.kept.update({policy.content_hash: policy}))


async def learn(session: AsyncSession, desk: Desk) -> None:
    """What others have kept since. What this release cannot read is as good as not kept."""
    for one in await fetch(session, _KEPT, {"known": list(desk.packs.kept)}):
        with contextlib.suppress(PolicyBroken):
            desk.packs.kept[one["content_hash"]] = restored(one["content"], one["content_hash"])


async def find(desk: Desk) -> None:
    """Keeps what cases are pinned to and nobody has kept yet, wherever among the packs it is. Done before a process
    answers or acts.
    """
    async with desk.database.transaction() as session:
        await learn(session, desk)
        rows = await fetch(session, _PINNED, {"known": list(desk.packs.kept)})
        unkept = {(str(one["pin"]), str(one["policy_hash"])) for one in rows}
        there = {one.content_hash: one for one in (_of_files(desk) if unkept else ())}
        for content_hash in {content_hash for _, content_hash in unkept} & there.keys():
            await keep(session, desk, there[content_hash])
    missing = frozenset(one for one in unkept if one[1] not in there)
    for pin, content_hash in sorted(missing - desk.packs.missing):
        log.error("a policy pack that cases go by is missing", extra={"policy": pin, "content_hash": content_hash})
    desk.packs.missing = missing


async def follow(desk: Desk) -> None:
    """Part of every process: what another has kept is known here a few seconds later, and what somebody puts back."""
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        if desk.packs.missing:
            await find(desk)
        else:
            async with desk.database.transaction() as session:
                await learn(session, desk)


async def check(desk: Desk) -> None:
    """For readiness. Raises Unready."""
    if desk.packs.missing:
        gone = " and ".join(
            f"{pin} with the contents {content_hash}" for pin, content_hash in sorted(desk.packs.missing)
        )
        raise Unready(
            f"Cases go by {gone}, which nobody has. Put that version's files back beside what is there, as a version of"
            " its own (docs/policy-guide.md); it is found within seconds."
        )


def _of_files(desk: Desk) -> Iterator[Policy]:
    yield desk.policy
    for pin in packs_to_follow():
        try:
            yield load(*pin.split("/"))
        except PolicyBroken:
            continue
