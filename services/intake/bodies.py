"""What a person may send, field by field. Names of answers are fixed: whatever she says herself is a value, sealed."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from services.intake.domain.ways import Affected, Said

LONGEST_TEXT = 10_000
"""Characters of one answer or message."""

Words = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
# The last part refuses a line break at the end, which `$` alone would let pass.
StaffIdText = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$(?!\n)")]
Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$(?!\n)")]
Language = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$(?!\n)")]
People = Annotated[list[StaffIdText], Meta(max_length=20)]
CaseNumber = Annotated[int, Meta(ge=1, le=1_000_000)]


class Answers(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Each is optional, and none asks why not, for proof or for details that hurt (invariants 17, 18)."""

    what_happened: Words | None = None
    wish: Words | None = None
    when_and_where: Words | None = None
    who_is_involved: Words | None = None
    others_present: Words | None = None
    effects: Words | None = None
    support_needs: Words | None = None
    earlier_steps: Words | None = None
    fear_of_retaliation: Words | None = None
    how_to_address_me: Words | None = None
    safe_times: Words | None = None

    def given(self) -> dict[str, str]:
        return {name: text for name in self.__struct_fields__ if (text := getattr(self, name)) is not None}


class Parties(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    affected_individual: StaffIdText | None = None
    alleged_offender: People = []
    recipient: StaffIdText | None = None
    """The manager she tells, where the route is for one; whom she asks to listen, on the way to a talk."""
    reporter: StaffIdText | None = None
    """Who writes, where it is for somebody else and not anonymous: whoever reports is protected."""


class Consents(Struct, forbid_unknown_fields=True, kw_only=True):
    ethics_contact: bool = False
    """Whether the ethics office may contact whoever writes."""


class LodgeReport(Struct, forbid_unknown_fields=True, kw_only=True):
    route: Code
    mode: Literal["confidential", "anonymous"]
    language: Language = "en"
    answers: Answers = field(default_factory=Answers)
    parties: Parties = field(default_factory=Parties)
    not_these_people: People = []
    about_offices: Annotated[list[Code], Meta(max_length=20)] = []
    """Offices whose people it is about: what she writes is never sealed to one of them."""
    consents: Consents = field(default_factory=Consents)
    choices: Annotated[dict[Code, Annotated[str, Meta(max_length=64)]], Meta(max_length=20)] = {}
    """What the route asks for beside words (policy: route.<name>.asks); each may be left out."""
    watch_for_retaliation: bool = True
    take_over: Annotated[list[UUID], Meta(max_length=200)] = []
    """Items of hers on earlier routes. With the people whom she named, she goes over as who she is on this one."""


class Lodged(Struct, omit_defaults=True, kw_only=True):
    """`access_code` is there for a new code alone, and shown this once."""

    next_date: datetime | None
    access_code: str | UnsetType = UNSET


class SendMessage(Struct, forbid_unknown_fields=True, kw_only=True):
    report_id: UUID
    text: Words


class Act(Struct, forbid_unknown_fields=True, kw_only=True):
    """An action of the person's own. `facts` are facts of procedure; what she says in words goes into `texts`."""

    report_id: UUID
    lifecycle: Code
    number: CaseNumber
    action_id: UUID
    action: Code
    facts: Annotated[dict[Code, bool | int | str], Meta(max_length=20)] = {}
    texts: Annotated[dict[Code, Words], Meta(max_length=5)] = {}


class AddParties(Struct, forbid_unknown_fields=True, kw_only=True):
    """More people whom she does not want to deal with it. Nobody is ever taken off that list."""

    report_id: UUID
    action_id: UUID
    not_these_people: Annotated[People, Meta(min_length=1)]


class GiveName(Struct, forbid_unknown_fields=True, kw_only=True):
    """To a route on which she wrote without one: `name`, `staff_id` or both; to one that has a name and no number,
    `staff_id` alone. `for_somebody_else`: she did not write of what happened to herself.
    """

    report_id: UUID
    action_id: UUID
    name: Words | None = None
    staff_id: StaffIdText | None = None
    for_somebody_else: bool = False
    watch_for_retaliation: bool = True


class AnswerConsent(Struct, forbid_unknown_fields=True, kw_only=True):
    """Her answer anew, for one of her routes."""

    report_id: UUID
    consent: Literal["ethics_contact"]
    given: bool


class AnswerRelease(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether a handler may learn who she is, where the purpose needs her yes."""

    report_id: UUID
    release_id: UUID
    agreed: bool


class ReleaseSeen(Struct, kw_only=True):
    """To which role her identity was given, or is asked for, and for what. `asked`: it needs her yes; `agrees`: her
    answer so far. `since` and `until` are days; none before it was given.
    """

    release_id: UUID
    purpose: str
    role: str
    asked: bool
    agrees: bool | None
    since: date | None
    until: date | None
    over: bool


class CaseSeen(Struct, kw_only=True):
    """`next_clock`: the clock that `next_date` is of, empty where none runs. `facts`: who deals with it, by the part
    they have, and what else she is told of it.
    """

    lifecycle: str
    number: int
    state: str
    next_date: datetime | None
    next_clock: str
    wording_key: str
    offers: list[dict[str, Any]]
    facts: dict[str, str]


class MessageSeen(Struct, kw_only=True):
    item_id: UUID
    from_: Literal["you", "desk"] = field(name="from")
    text: str
    day: date


class AnswerSeen(Struct, kw_only=True):
    item_id: UUID
    name: str
    text: str


class PartiesSeen(Struct, kw_only=True):
    item_id: UUID
    affected_individual: str | None
    alleged_offender: list[str]
    not_these_people: list[str]
    recipient: str | None
    reporter: str | None = None
    about_offices: list[str]


class FileSeen(Struct, kw_only=True):
    """The cleaned copy of a file she sent; `removed`: what that copy has no more (services.intake.files.kinds)."""

    item_id: UUID
    name: str
    media_type: str
    size: int
    removed: list[str]
    day: date


class RefusedAction(Struct, kw_only=True):
    """An action of hers that could not be taken, and the rule's word why."""

    action_id: UUID
    code: str


class RouteSeen(Struct, kw_only=True):
    """`closed`: what was written on this route has been destroyed. `named`: it was sent, or is by now, with a name,
    and `numbered`: with her staff number too. `ethics_contact`: her newest answer to that. `mails_ended`: she had
    mails, and has none any more, by a no of hers or because her code was replaced.
    """

    report_id: UUID
    route: str
    lodged_at: datetime
    next_date: datetime | None
    closed: bool
    named: bool
    numbered: bool
    cases: list[CaseSeen]
    refused_actions: list[RefusedAction]
    messages: list[MessageSeen]
    answers: list[AnswerSeen]
    parties: list[PartiesSeen]
    files: list[FileSeen]
    releases: list[ReleaseSeen]
    ethics_contact: bool
    mails: bool
    mails_ended: bool


class AskWays(Struct, forbid_unknown_fields=True, kw_only=True):
    """What she chose to say of her situation, each of it optional (services.intake.domain.ways)."""

    danger_now: Said = "not_said"
    weapon: Said = "not_said"
    self_harm: Said = "not_said"
    sexual_assault: Said = "not_said"
    recent: Said = "not_said"
    minor: Said = "not_said"
    affected_is: Affected = "not_said"
    threats: Said = "not_said"
    fears_retaliation: Said = "not_said"
    power_over_me: Said = "not_said"
    feels_safe_to_talk: Said = "not_said"


class SetReminder(Struct, forbid_unknown_fields=True, kw_only=True):
    """After how long she wants to be asked how it is: lengths of the policy (informal.checkin and its further ones)."""

    after: Literal["first", "second", "third"]


class ReminderSet(Struct, omit_defaults=True, kw_only=True):
    """`access_code` is there for a new code alone, and shown this once."""

    reminder_id: UUID
    on: date
    access_code: str | UnsetType = UNSET


class ReminderSeen(Struct, kw_only=True):
    """`due`: the day has come."""

    reminder_id: UUID
    on: date
    due: bool


class Inbox(Struct, kw_only=True):
    """`given_anew`: for how many of the code's routes another code was given, which it opens no more."""

    routes: list[RouteSeen]
    reminders: list[ReminderSeen]
    given_anew: int
