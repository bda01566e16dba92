"""An invented organisation in memory around the pure core: who reports to whom, who is in conflict, what runs.

Everything that decides is the house's own: engine, tables, packs, which conflict keeps whom out. What the services keep
in databases is kept here in plain fields: lines and their history, exclusions, the pack that a case began with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from lifecycle import engine, handover
from lifecycle.access import KEEPS_OUT
from lifecycle.exclusions import FOR_DECIDERS, FOR_HANDLERS, Conflict
from lifecycle.model import Action, Actor, ActorKind, Case, Effect, EffectKind, Fact, Refused
from lifecycle.routing import DECIDERS
from lifecycle.table import Field, FieldKind, Rule
from policy.model import BY_ASSIGNMENT, Policy, Role
from services.ombuds.domain import informal_resolution, mediation
from services.support.domain import referral_acts
from services.workflow.domain import sea_report
from tests.invariants.matters import PEOPLE, Change, Held, Lines, Matter, Pick, part_of
from tests.lifecycles import ACTION, BY_NAME, MANY, NOW, PERSON, POLICY, SYSTEM, owners, texts, valid_facts

OTHER_NUMBERS = {"report.window": 6, "review.request": 30, "review.appeal": 60, "keep.substantiated": 84}
OTHER_PACK = replace(
    POLICY,
    content_hash="of-another-pack",
    deadlines={
        key: replace(one, amount=OTHER_NUMBERS.get(key) if one.amount is None else one.amount + one.amount // 2)
        for key, one in POLICY.deadlines.items()
    },
)
"""What another organisation might have decided: half as much time again, and windows where this one has set none."""
PACKS = (POLICY, OTHER_PACK)
LODGED = (
    *("informal_resolution", "supervisor_request", "formal_report", "sea_report", "support_referral", "retaliation"),
    "data_request",
    *("emergency_separation", "danger_alert", "interim_measure", "respondent", "review", "mediation", "query"),
    *("recommendation", "misdirected_report"),
)
"""What may be opened: what she lodges first, then what somebody of the staff or another case opens."""
RELEASES = {
    ("informal_resolution", informal_resolution.LISTENER): informal_resolution.REASSIGN,
    ("mediation", mediation.MEDIATOR): mediation.RELEASE,
    ("support_referral", Role.SPECIALIST): referral_acts.RELEASE,
}
"""By which action of the system somebody loses a part; without one by the bare step `recuse`."""
KEEP_OUT = frozenset({"keep_out_actor", "conflict_declared"})
"""Asked for by whoever says that they are in conflict."""
NAMED: Mapping[str, tuple[Role, ...]] = {
    "focal_point": informal_resolution.LISTENERS,
    "support_contact": (Role.WELFARE_OFFICER,),
    "consent_taker": (Role.WELFARE_OFFICER,),
    "specialist": (Role.SPECIALIST, Role.WELFARE_OFFICER),
}
"""Who may be named in a field that is not called like a role."""
BY_STATE = {
    name: {state.name: [rule for rule in one.rules if state.name in rule.states] for state in one.states}
    for name, one in BY_NAME.items()
}


@dataclass
class Organisation:
    now: datetime = NOW
    pack: Policy = POLICY
    lines: Lines = field(default_factory=Lines)
    matters: list[Matter] = field(default_factory=list)
    cases: list[Held] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    """Those that no invariant has been asked about yet."""

    def __post_init__(self) -> None:
        self.appointments = POLICY.appointments
        self.people = sorted(PEOPLE)
        self.staff = sorted({*self.people, *(one.staff_id for one in self.appointments)})

    def policy_of(self, held: Held) -> Policy:
        """The pack that the case began with, with today's appointments."""
        same = held.pack.appointments is self.appointments
        return held.pack if same else replace(held.pack, appointments=self.appointments)

    # Whom it concerns, and who must not see it.

    def lodge(self, pick: Pick) -> Matter:
        report_id = UUID(int=0x4000_8000_0000_0000_0000 + len(self.matters))
        her, offender, other, refused = (pick.of(self.people) for _ in range(4))
        offenders = (offender, other) if pick.once_in(3) else (offender,)
        matter = Matter(report_id, her, offenders, {refused} if pick.once_in(2) else set())
        self.matters.append(matter)
        return matter

    def tag(self, held: Held) -> None:
        """Everybody in conflict with the parties, by the lines as they are now. Adds, and takes nothing away."""
        matter = held.matter
        found: list[tuple[Iterable[str], Conflict]] = [
            (matter.refused, Conflict.REFUSED),
            ({matter.her, *matter.offenders}, Conflict.PARTY),
        ]
        for party in (matter.her, *matter.offenders):
            first, whole = self.lines.of(party, self.now)
            found += [(first, Conflict.FIRST_LINE), (whole, Conflict.WHOLE_LINE)]
        for people, conflict in found:
            for one in people:
                held.kept_out.setdefault(one, set()).add(conflict)
        self.release_the_unfit(held)

    def declare(self, held: Held, staff_id: str) -> None:
        held.kept_out.setdefault(staff_id, set()).add(Conflict.DECLARED)
        self.release_the_unfit(held)

    def release_the_unfit(self, held: Held) -> None:
        """Whoever came into conflict loses the part, by a step that gives no reason."""
        for role, name in dict(held.case.assigned).items():
            if held.is_open and role not in BY_ASSIGNMENT and self.in_conflict(held, name, role):
                if action := RELEASES.get((held.case.lifecycle, role)):
                    released = self._apply(held, action, SYSTEM, {}, frozenset())
                    assert isinstance(released, Case), f"{action} is refused: {released}"
                else:
                    released = handover.recuse(held.case, role, self.now)
                self._keep(held, released, None)

    def in_conflict(self, held: Held, staff_id: str, role: Role) -> bool:
        return held.in_conflict(staff_id, role, self.policy_of(held).roles_of(staff_id, self.now))

    def actor(self, held: Held, staff_id: str) -> Actor:
        """The person as an actor in the case, as lifecycle.access has it."""
        part, assigned = part_of(staff_id), held.case.assigned
        if concerns := frozenset(role for role, name in assigned.items() if name == part):
            return Actor(ActorKind.STAFF, part, concerns)
        conflicts = held.kept_out.get(staff_id, set())
        if parts := frozenset(role for role, name in assigned.items() if name == staff_id) & BY_ASSIGNMENT:
            out = any(not conflicts.isdisjoint(KEEPS_OUT[role]) for role in parts)
            return Actor(ActorKind.STAFF, staff_id, parts, excluded=out)
        roles = self.policy_of(held).roles_of(staff_id, self.now)
        left = roles & DECIDERS if conflicts & FOR_HANDLERS else roles
        out = bool(conflicts & FOR_DECIDERS) or (bool(conflicts) and not left)
        return Actor(ActorKind.STAFF, staff_id, left, excluded=out)

    def actors(self, held: Held) -> Iterator[Actor]:
        yield PERSON
        yield SYSTEM
        for one in {*held.case.assigned.values(), *self.staff, *held.matter.offenders}:
            yield self.actor(held, one.removeprefix("part:"))

    def who_might(self, held: Held) -> Iterator[Actor]:
        """Whom the table of the state that the case is in is for. Also who is in conflict: where that is everybody, the
        next body in the table of desks stands in for them (invariant 32).
        """
        by = frozenset[Role | ActorKind]().union(*(rule.by for rule in self.rules(held)))
        yield from (actor for actor in (PERSON, SYSTEM) if actor.kind in by)
        for one in {name.removeprefix("part:") for name in held.case.assigned.values()}:
            yield self.actor(held, one)
        for one in self.policy_of(held).appointments:
            if one.role in by:
                yield Actor(ActorKind.STAFF, one.staff_id, frozenset({one.role}))

    def rules(self, held: Held) -> list[Rule]:
        """The lines of the table for the state that the case is in."""
        return BY_STATE[held.case.lifecycle][held.case.state]

    # What happens.

    def open(self, lifecycle: str, matter: Matter, pick: Pick) -> Held:
        opening = BY_NAME[lifecycle].opening
        facts = {one.name: self._opening_fact(one, pick) for one in opening.fields if one.required or pick.once_in(2)}
        number = 1 + sum(one.matter is matter and one.case.lifecycle == lifecycle for one in self.cases)
        pack = replace(self.pack, appointments=self.appointments)
        case = engine.open_case(BY_NAME[lifecycle], matter.report_id, number, facts, self.now, pack)
        held = Held(matter, case, self.pack)
        self.cases.append(held)
        self.tag(held)
        self.ring(held)
        return held

    def _opening_fact(self, one: Field, pick: Pick) -> Fact:
        match one.kind:
            case FieldKind.TIME:
                return (self.now - timedelta(days=pick.below(3))).isoformat()
            case FieldKind.CHOICE:
                return pick.of(one.options(self.pack))
            case FieldKind.NUMBER:
                return 1
            case FieldKind.FLAG:
                return pick.once_in(2)
            case _:
                return "en"

    def whose_turn(self, held: Held, pick: Pick) -> tuple[Rule, Actor] | None:
        """A line of the table for the state that the case is in, and somebody who may be meant by it."""
        rules = self.rules(held)
        if held.is_open and pick.below(12):
            # Most of what is done ends nothing.
            rules = [rule for rule in rules if rule.to is None or not held.lifecycle.state_of[rule.to].closed]
        onwards = [rule for rule in rules if rule.to not in (None, held.case.state)]
        if not rules:
            return None
        rule = pick.of(onwards) if onwards and pick.below(4) else pick.of(rules)
        kinds = [{ActorKind.PERSON: PERSON, ActorKind.SYSTEM: SYSTEM}[one] for one in ActorKind if one in rule.by]
        policy = self.policy_of(held)
        appointed = {one.staff_id for one in policy.appointments if one.role in rule.by and one.holds(self.now)}
        parts = {name.removeprefix("part:") for name in held.case.assigned.values()}
        again = appointed.intersection(step.by for step in held.case.steps)
        staff = sorted(again if again and pick.once_in(4) else parts if parts and pick.below(3) else appointed)
        who = [*kinds, *(one for one in (self.actor(held, one) for one in staff) if one.roles & rule.by)]
        return (rule, pick.of(who)) if who else None

    def act(self, held: Held, rule: Rule, actor: Actor, pick: Pick) -> Case | Refused | None:
        """Takes the action with facts that mostly are such as it asks for; None where its service would not let it
        come so far: somebody is named who must not be, or what it waits for in another case has not come.
        """
        if rule.action == sea_report.FORMAL_ERASED and not any(
            one.erased and one.matter is held.matter and one.case.lifecycle == "formal_report" for one in self.cases
        ):
            return None
        facts = self.facts(held, rule, pick)
        if facts is None:
            return None
        words = texts(rule)
        if words and pick.once_in(8):
            words -= {pick.of(sorted(words))}
        after = self._apply(held, rule.action, actor, facts, words)
        if isinstance(after, Case):
            self._keep(held, after, actor, words, pick)
            self.ring(held)
        return after

    def facts(self, held: Held, rule: Rule, pick: Pick) -> dict[str, Fact] | None:
        """None where nobody is left who could be named."""
        policy, known = self.policy_of(held), held.case.facts
        found = valid_facts(rule, self.now, policy)
        one_of = [one for one in rule.fields if one.kind is FieldKind.STAFF and not one.required]
        chosen = pick.of(one_of) if one_of else None
        for one in rule.fields:
            if one.kind is FieldKind.STAFF:
                found.pop(one.name, None)
                if one.required or one is chosen:
                    free = self._nameable(held, one, rule)
                    if not free:
                        return None
                    found[one.name] = pick.of(free)
            elif one.kind is not FieldKind.TEXT and (one.required or pick.below(3)):
                found[one.name] = self._fact(held, one, found.get(one.name), pick)
        if "until_at" in found and "until_at" in known and "from_at" not in found:
            later = datetime.fromisoformat(str(known["until_at"])) + timedelta(days=10 * (1 - pick.below(2)))
            found["until_at"] = later.isoformat()
            found["review_at"] = min(later, self.now + timedelta(days=10)).isoformat()
        return found

    def _fact(self, held: Held, one: Field, usual: Fact | None, pick: Pick) -> Fact:
        known = held.case.facts.get(one.name.removeprefix("signed_") if pick.below(4) else one.name)
        match one.kind:
            case FieldKind.CHOICE:
                options = one.options(self.policy_of(held), held.case.facts)
                return known if known in options and pick.once_in(2) else pick.of(options)  # type: ignore[return-value]
            case FieldKind.FLAG:
                return not pick.once_in(6)
            case FieldKind.REFERENCE if one.name in {"part", "respondent"}:
                return part_of(pick.of(held.matter.offenders))
            case FieldKind.REFERENCE:
                return known if isinstance(known, str) and pick.below(4) else "a1b2"
            case FieldKind.NUMBER:
                return 1_000_000 if pick.below(3) else pick.below(20)
            case _:
                return usual or (self.now + timedelta(days=20)).isoformat()

    def _nameable(self, held: Held, one: Field, rule: Rule) -> list[str]:
        if one.name == "manager":
            return [staff_id for staff_id in self.people if not self.in_conflict(held, staff_id, Role.MANAGER)]
        roles = owners(rule) if one.name == "hold_owner" else NAMED.get(one.name) or (Role(one.name),)
        part = next((role for role, source in rule.assigns.items() if source == one.name), roles[0])
        policy = self.policy_of(held)
        named = sorted({found.staff_id for role in roles for found in policy.appointed(role, self.now)})
        return [staff_id for staff_id in named if not self.in_conflict(held, staff_id, part)]

    def _apply(
        self, held: Held, name: str, actor: Actor, facts: Mapping[str, Fact], words: frozenset[str]
    ) -> Case | Refused:
        action = Action(ACTION, name, facts, words)
        return engine.apply(held.lifecycle, held.case, action, actor, self.now, self.policy_of(held))

    def ring(self, held: Held) -> None:
        """Everything that is due by now; as after a worker's absence, at whatever time it is."""
        for _ in range(MANY):
            due = engine.next_due(held.lifecycle, held.case, self.policy_of(held))
            if held.erased or due is None or due.at > self.now:
                return
            rung = engine.on_due(held.lifecycle, held.case, due, self.now, self.policy_of(held))
            assert rung.version == held.case.version + 1, f"{due} did not ring"
            assert engine.on_due(held.lifecycle, rung, due, self.now, self.policy_of(held)) is rung, "nothing twice"
            self._keep(held, rung, None)
        raise AssertionError(f"{held.case.lifecycle} rings without end")

    def pass_time(self, by: timedelta) -> None:
        self.now += by
        for held in list(self.cases):
            self.ring(held)

    def _keep(
        self,
        held: Held,
        after: Case,
        actor: Actor | None,
        words: frozenset[str] = frozenset(),
        pick: Pick | None = None,
    ) -> None:
        before, held.case = held.case, after
        held.texts[after.version] = words
        if not held.is_open and held.closed_at is None:
            held.closed_at = self.now
        self.changes.append(Change(held, before, after, actor, self.now, self.policy_of(held)))
        for effect in after.effects:
            self._follow(held, effect, actor, pick)

    def _follow(self, held: Held, effect: Effect, actor: Actor | None, pick: Pick | None) -> None:
        if effect.kind is EffectKind.ERASE:
            held.erased = True
        elif effect.kind is EffectKind.EMIT and effect.name in KEEP_OUT:
            assert actor is not None
            assert actor.staff_id is not None
            self.declare(held, actor.staff_id)
        elif effect.kind is EffectKind.OPEN and pick is not None:
            there = [one for one in self.cases if one.matter is held.matter and one.case.lifecycle == effect.name]
            if not any(one.is_open for one in there) and len(there) < 2:
                self.open(effect.name, held.matter, pick)
