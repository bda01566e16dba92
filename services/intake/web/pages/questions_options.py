"""The ways side by side: the same six rows for each of them, in the same order, with equal weight. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chassis.web.pages.words import N_
from policy.model import Confidence, Deadline, Policy


@dataclass(frozen=True, slots=True)
class Option:
    """One way, in words. `limit`: the policy's key for how long it is open, none where nothing limits it; `unset`: what
    is said where the organisation has not set it.
    """

    name: str
    who: str
    can: str
    cannot: str
    might: str
    stop: str
    limit: str = ""
    unset: str = ""


OPTIONS: Final[Mapping[str, Option]] = {
    "support_referral": Option(
        N_("Help and support, nothing else"),
        who=N_("Those who arrange the help."),
        can=N_("Find a doctor, a counsellor, a lawyer or a safe place."),
        cannot=N_("Look into what happened."),
        might=N_("For each service you are asked what may be passed on."),
        stop=N_("Yes, at any time."),
    ),
    "sea_report": Option(
        N_("Tell of harm to a child, or to somebody the organisation helps"),
        who=N_("The oversight office. Others only as far as they must know."),
        can=N_("Act at once, and bring help at the same time."),
        cannot=N_("Keep it between us. Whoever works here must report it."),
        might=N_("An inquiry. The person harmed decides about taking part."),
        stop=N_("You can stop taking part. The inquiry may go on."),
    ),
    "informal_resolution": Option(
        N_("Talk with a focal point or the ombudsperson"),
        who=N_("One person who listens. The organisation is not told."),
        can=N_("Listen, and think it through with you. Speak with others, if you agree."),
        cannot=N_("Look into it, decide, or change somebody's work."),
        might=N_("It gets better, or you choose another way."),
        stop=N_("Yes, at any time. What was written is then destroyed."),
    ),
    "supervisor_request": Option(
        N_("Ask a supervisor or manager to act"),
        who=N_("The manager you choose. Others, as you agree with the manager."),
        can=N_("Speak with the other person. Change how the team works."),
        cannot=N_("Look into it, or decide who is right."),
        might=N_("Serious things must be reported. You say what you would like."),
        stop=N_("Yes. The manager may still act so that it does not go on. You are told first."),
    ),
    "direct_approach": Option(
        N_("Speak to the person yourself"),
        who=N_("The other person, and whoever you tell."),
        can=N_("Help you prepare. Remind you later, if you like."),
        cannot=N_("Be there, or send a message for you."),
        might=N_("It may help early. It may also make things worse."),
        stop=N_("Yes. Nothing is kept but a reminder, if you want one."),
    ),
    "formal_report": Option(
        N_("Make a formal report"),
        who=N_("The oversight office. Later those who decide, and the other person as far as is fair."),
        can=N_("Look into it. Ask for measures that keep you apart."),
        cannot=N_("Promise a result, or that nobody guesses who you are."),
        might=N_("An inquiry can take months. You may be asked to tell more."),
        stop=N_("You can stop taking part. The office may go on where others are at risk."),
        limit="report.window",
        unset=N_("There may be a time limit. Ask the oversight office or your focal point."),
    ),
    "retaliation": Option(
        N_("Protection from being punished for speaking up"),
        who=N_("The ethics office. Others only if it asks them to look into it or to decide."),
        can=N_("Agree with you on what keeps you safer. Ask for a decision to be stopped."),
        cannot=N_("Look into what you first spoke up about."),
        might=N_("Another office may look into it."),
        stop=N_("Yes, at any time."),
        limit="ret.window",
        unset=N_("There may be a time limit. Ask the ethics office or your focal point."),
    ),
    "data_request": Option(
        N_("Ask what is held about you"),
        who=N_("The data protection officer."),
        can=N_("Tell you what may be told, put it right, or say why not."),
        cannot=N_("Say what others may have told, or whether anybody has. That is the same for everybody."),
        might=N_("You are asked to show who you are. If more time is needed, you are told why."),
        stop=N_("Yes, at any time."),
    ),
}

RISKS: Final[Mapping[str, str]] = {
    "only_if_it_feels_safe": N_("Only do this if it feels safe to you."),
    "the_other_has_power_over_me": N_("This person decides on things you depend on. That can make it riskier."),
}

DANGER: Final = N_("Danger to a life may have to be told, to the fewest people.")
"""The one thing that does not stay in a talk, said before it (policy 1 and 2.8)."""

READERS: Final[Mapping[str, tuple[str, ...]]] = {
    "support_referral": (
        N_("Those who arrange help read this."),
        N_("A service is told only what you agree to."),
    ),
    "sea_report": (
        N_("The oversight office reads this."),
        N_("Others are told only what they must know."),
    ),
    "informal_resolution": (
        N_("Only the focal point or ombudsperson who listens to you reads this."),
        DANGER,
        N_("It is destroyed when the talk has ended."),
    ),
    "supervisor_request": (
        N_("The manager you name reads this."),
        N_("If that manager may not have it, nobody reads it. You are asked what is next."),
        N_("Others learn what you agree to, or what must be reported."),
    ),
    "formal_report": (
        N_("The oversight office reads this."),
        N_("Others are told only what they must know."),
    ),
    "retaliation": (
        N_("The ethics office reads this."),
        N_("Others do only if it asks them to look into it or to decide."),
    ),
    "data_request": (
        N_("The data protection officer reads this."),
        N_("That officer sees no report."),
    ),
}
"""Who reads what is written on a route."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long something may take, for showing. `ours`: a default of this software and no rule of the organisation."""

    amount: int
    unit: str
    ours: bool


def length(policy: Policy, key: str) -> Length | None:
    """None for a deadline that the organisation has not set."""
    deadline: Deadline = policy.deadlines[key]
    if deadline.amount is None:
        return None
    return Length(deadline.amount, deadline.unit.value, deadline.confidence in (Confidence.C, Confidence.D))
