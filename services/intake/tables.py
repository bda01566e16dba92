"""Intake's tables: what people wrote (sealed), which desk it went to, and what the person sees of it.

No row says where a request came from, and no two rows share a value by which two routes of one person could be joined.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, MetaData, Text, UniqueConstraint, false, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis import tables
from lifecycle import in_force

AWARE: Any = DateTime(timezone=True)


class ItemKind(StrEnum):
    """What was sealed. A parties item names people; desks open it for the purpose `routing` alone. Of a file that she
    sent, FILE is the cleaned copy and ORIGINAL what she sent; the item says what it is, its chunks hold it. IDENTITY is
    who reported, for the custodian alone: no desk and no code opens it.
    """

    ANSWERS = "answers"
    PARTIES = "parties"
    MESSAGE = "message"
    FILE = "file"
    ORIGINAL = "original"
    IDENTITY = "identity"


class Direction(StrEnum):
    """Who wrote an item."""

    PERSON = "person"
    DESK = "desk"


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=tables.NAMING))):
    """A registry of one's own: its metadata holds the tables of this service and no other's."""


class AccessCodeRow(Base, table=True):
    """A person's list of routes. Found by a keyed digest of the access code, opened by the code alone; no time."""

    __tablename__ = "access_codes"
    lookup_digest: bytes = Field(primary_key=True)
    sealed_routes: bytes


class UnsettledLodging(Base, table=True):
    """A lodging between its first commit and its last. `lookup_digest` is that of a code that began with it."""

    __tablename__ = "unsettled_lodgings"
    request_digest: bytes = Field(primary_key=True)
    lookup_digest: bytes | None
    started_at: datetime = Field(sa_type=AWARE, index=True)


class Report(Base, table=True):
    """One route of one person. `body_digest` is keyed with the request's own idempotency key, which nobody keeps."""

    __tablename__ = "reports"
    report_id: UUID = Field(primary_key=True)
    lifecycle: str = Field(sa_type=Text)
    service: str = Field(sa_type=Text)
    office: str = Field(sa_type=Text)
    mode: str = Field(sa_type=Text)
    language: str = Field(sa_type=Text)
    lodged_at: datetime = Field(sa_type=AWARE)
    next_date: datetime | None = Field(sa_type=AWARE)
    route_public_key: bytes | None
    body_digest: bytes
    opened_at: datetime | None = Field(sa_type=AWARE)
    erased_at: datetime | None = Field(sa_type=AWARE)


class Passing(Base, table=True):
    """A desk that had a report and has passed it on, and to which: once for each desk."""

    __tablename__ = "passings"
    report_id: UUID = Field(primary_key=True, foreign_key="reports.report_id")
    service: str = Field(primary_key=True, sa_type=Text)
    office: str = Field(primary_key=True, sa_type=Text)
    to_service: str = Field(sa_type=Text)
    to_office: str = Field(sa_type=Text)
    to_desk: str = Field(sa_type=Text)
    begun_at: datetime = Field(sa_type=AWARE)
    done_at: datetime | None = Field(sa_type=AWARE)


class Item(Base, table=True):
    """One sealed thing under a data key of its own; `number` orders the items of a report."""

    __tablename__ = "items"
    __table_args__: ClassVar[Any] = (UniqueConstraint("report_id", "number"),)
    item_id: UUID = Field(primary_key=True)
    report_id: UUID = Field(foreign_key="reports.report_id")
    number: int
    kind: ItemKind = Field(sa_type=Text)
    direction: Direction = Field(sa_type=Text)
    day: date
    ciphertext: bytes


class FileChunk(Base, table=True):
    """A part of a file, sealed under the key of its item (chassis.sealed_streams), and deleted with it."""

    __tablename__ = "file_chunks"
    item_id: UUID = Field(primary_key=True, foreign_key="items.item_id", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    ciphertext: bytes


class Exclusion(Base, table=True):
    """Somebody who never gets contents of this report: named as a party or refused. A tag names nobody."""

    __tablename__ = "exclusions"
    report_id: UUID = Field(primary_key=True, foreign_key="reports.report_id")
    tag: bytes = Field(primary_key=True)


class Person(Base, table=True):
    """In which unit somebody works: all that intake keeps of the people directory."""

    __tablename__ = "people"
    staff_id: str = Field(sa_type=Text, primary_key=True)
    unit: str = Field(sa_type=Text)


class Consent(Base, table=True):
    """Each consent apart, dated and versioned (invariant 15); a new version is a new row. `action_id`: the act of hers
    that made it. `proven`: how often a desk was shown it while it stood.
    """

    __tablename__ = "consents"
    report_id: UUID = Field(primary_key=True, foreign_key="reports.report_id")
    consent: str = Field(sa_type=Text, primary_key=True)
    version: int = Field(primary_key=True)
    given: bool
    at: datetime = Field(sa_type=AWARE)
    action_id: UUID | None = None
    proven: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class RouteCase(Base, table=True):
    """What the person sees of a case, as its desk last told. `next_clock`: whose date it is. `closed`: nobody handles
    it any more.
    """

    __tablename__ = "route_cases"
    report_id: UUID = Field(primary_key=True, foreign_key="reports.report_id")
    lifecycle: str = Field(sa_type=Text, primary_key=True)
    number: int = Field(primary_key=True)
    version: int
    state: str = Field(sa_type=Text)
    next_date: datetime | None = Field(sa_type=AWARE)
    next_clock: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})
    offers: list[dict[str, Any]] = Field(sa_type=JSONB)
    wording_key: str = Field(sa_type=Text)
    closed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    sealed_facts: bytes | None = None


class Reminder(Base, table=True):
    """A day on which a person wants to be asked how it is, sealed under her access code. `owner` recognises the code
    to whoever has it, and leads to nothing else here.
    """

    __tablename__ = "reminders"
    reminder_id: UUID = Field(primary_key=True)
    owner: bytes = Field(index=True)
    sealed: bytes
    forget_on: date = Field(index=True)


class KeptPlace(Base, table=True):
    """A draft that somebody asked to keep: found by a keyed digest of a code of its own, opened by that code alone."""

    __tablename__ = "kept_places"
    digest: bytes = Field(primary_key=True)
    sealed: bytes
    forget_on: date = Field(index=True)


class DraftFile(Base, table=True):
    """A file of a draft that was not sent: it goes with its session, or with the place that was kept. What it is and
    its key lie in the draft alone, once it has come; one that no draft has is on its way until `coming_until`, which is
    moved as long as it comes.
    """

    __tablename__ = "draft_files"
    __table_args__: ClassVar[Any] = (CheckConstraint("num_nonnulls(of_session, of_place) = 1", name="one_holder"),)
    file_id: UUID = Field(primary_key=True)
    of_session: bytes | None = Field(foreign_key="web_sessions.digest", ondelete="CASCADE", index=True)
    of_place: bytes | None = Field(foreign_key="kept_places.digest", ondelete="CASCADE", index=True)
    coming_until: datetime = Field(sa_type=AWARE, sa_column_kwargs={"server_default": func.now()})


class DraftChunk(Base, table=True):
    """A part of its cleaned copy, or of its original, sealed under the key of the file (chassis.sealed_streams). Where
    the file has no row any more, it is swept: nobody who leaves waits for that.
    """

    __tablename__ = "draft_chunks"
    file_id: UUID = Field(primary_key=True)
    original: bool = Field(primary_key=True)
    number: int = Field(primary_key=True)
    ciphertext: bytes


class MailWish(Base, table=True):
    """That she chose to have mails on this route. Where to, when and in which language lies sealed to the
    notifications' delivery key; `wish_id` is part of the seal.
    """

    __tablename__ = "mail_wishes"
    report_id: UUID = Field(primary_key=True, foreign_key="reports.report_id")
    wish_id: UUID
    sealed: bytes


class MailNotice(Base, table=True):
    """A reference by which notifications comes for the address of one mail."""

    __tablename__ = "mail_notices"
    recipient_ref: UUID = Field(primary_key=True)
    report_id: UUID = Field(foreign_key="reports.report_id", index=True)
    day: date = Field(index=True)


class IdentityRelease(Base, table=True):
    """That a handler asks who reports, and what the custodian made of it: a request that nobody answers goes; one that
    is refused (ended, and never given) goes after the days it would have had; one that is agreed to stays, so that the
    reporter can see to whom it was given. `public_key`: whom it is sealed to, that handler alone. `agrees`: her own
    answer where one is needed, none before she has given it.
    """

    __tablename__ = "identity_releases"
    release_id: UUID = Field(primary_key=True)
    report_id: UUID = Field(foreign_key="reports.report_id", index=True)
    service: str = Field(sa_type=Text)
    lifecycle: str = Field(sa_type=Text)
    purpose: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    staff_id: str = Field(sa_type=Text)
    public_key: bytes
    asked_at: datetime = Field(sa_type=AWARE)
    agrees: bool | None = None
    given_at: datetime | None = Field(default=None, sa_type=AWARE)
    until: datetime | None = Field(default=None, sa_type=AWARE)
    ended_at: datetime | None = Field(default=None, sa_type=AWARE)


class PersonAction(Base, table=True):
    """An action that the person has sent: sent again, it is answered and not passed on again. `refused`: by which code
    her desk has said that it could not be taken.
    """

    __tablename__ = "person_actions"
    report_id: UUID = Field(primary_key=True, foreign_key="reports.report_id")
    action_id: UUID = Field(primary_key=True)
    refused: str | None = Field(default=None, sa_type=Text)


tables.define(Base.metadata)
in_force.define(Base.metadata)
