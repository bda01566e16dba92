"""What each act of hers is called, and what follows from it, said before she does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chassis.web.pages.words import N_

PARKED: Final = N_("It waits a few days first, so that nobody can do this for you. Until then you can take it back.")
_STOPS: Final = N_("Nobody writes to you or asks you to take part, if you tick so.")
_GOES_ON: Final = N_("The office may go on without you, where others could be at risk. It tells you if it does.")
_NOT_HELD: Final = N_("You need no reason, and it is never held against you.")
_ANEW: Final = N_("Every other way stays open, and you can begin again.")
_TAKEN_BACK: Final = N_("You can take this back at any time.")
_AGAIN: Final = N_("You may be written to here again.")
_TAKEN_UNTIL: Final = N_("Until it is done you can take it back.")


@dataclass(frozen=True)
class Act:
    """`says`: what it brings, one sentence each. `sure`: what she has to tick for it to be done at all, by the name of
    the field.
    """

    label: str
    says: tuple[str, ...] = ()
    sure: Mapping[str, str] | None = None


_SURE: Final = {"effects_seen": N_("Tick this when you have read what changes for you.")}

ACTS: Final[Mapping[tuple[str, str], Act]] = {
    ("data_request", "withdraw_request"): Act(
        N_("Take my request back"), (N_("Nothing more is done about it."), _ANEW, _NOT_HELD)
    ),
    ("formal_report", "answer_question"): Act(
        N_("I have answered"),
        (N_("Write your answer as a message first. Then say here that it is there."),),
    ),
    ("formal_report", "state_view"): Act(
        N_("Say what I think of the step"),
        (N_("You are asked what you think. You may also say nothing."),),
    ),
    ("formal_report", "agree_to_referral"): Act(
        N_("Agree that my report goes there"),
        (N_("They learn what they need to act on it."), _TAKEN_UNTIL),
    ),
    ("formal_report", "refuse_referral"): Act(
        N_("Do not agree that it goes there"), (N_("Nothing goes there."), _NOT_HELD)
    ),
    ("formal_report", "agree_to_naming"): Act(
        N_("Agree that my name is told"),
        (N_("It is told to this recipient alone."), _TAKEN_UNTIL),
    ),
    ("formal_report", "refuse_naming"): Act(
        N_("Do not agree that my name is told"),
        (N_("Your consent is then no ground for telling it."), _NOT_HELD),
    ),
    ("formal_report", "ask_for_protection"): Act(
        N_("Ask for protection"),
        (
            N_("Those who can decide on a temporary measure are told that you ask for one."),
            N_("Nothing that changes your own work happens without your yes."),
        ),
    ),
    ("formal_report", "request_assessment"): Act(
        N_("Ask for the assessment"), (N_("The office decides what you are given to read, and tells you why."),)
    ),
    ("formal_report", "request_review"): Act(
        N_("Ask for a second look"), (N_("Somebody who had no part in it looks at it."),)
    ),
    ("formal_report", "say_who_writes"): Act(
        N_("Say whether it happened to me"),
        (
            N_("If it happened to you, you are asked here before anything changes for you."),
            N_("You say it once. It is not changed later."),
        ),
    ),
    ("formal_report", "withdraw"): Act(
        N_("Withdraw"), (N_("You no longer take part."), _STOPS, _GOES_ON, PARKED, _NOT_HELD)
    ),
    ("formal_report", "take_back_withdrawal"): Act(N_("Take my withdrawal back"), (N_("You take part again."), _AGAIN)),
    ("informal_resolution", "agree_steps"): Act(
        N_("Agree to these steps"), (N_("Nothing more happens than what stands there."), _TAKEN_BACK)
    ),
    ("informal_resolution", "ask_check_ins"): Act(
        N_("Ask me how things are"), (N_("You are asked here, on a few days that are far apart."),)
    ),
    ("informal_resolution", "stop_check_ins"): Act(N_("Stop asking me"), (N_("Nobody asks how things are any more."),)),
    ("informal_resolution", "pause_talk"): Act(
        N_("Pause"),
        (
            N_("Whoever listens to you is told to wait until you write."),
            N_("Nobody asks how things are any more."),
            N_("You go on with a message, whenever you like."),
            _NOT_HELD,
        ),
    ),
    ("informal_resolution", "end_talk"): Act(
        N_("End this talk"),
        (
            N_("Nobody writes to you here any more."),
            N_("After some days the whole talk is destroyed. The inbox shows the day."),
            N_("Until then you can take your own words over to another way."),
            _NOT_HELD,
        ),
    ),
    ("interim_measure", "note_need"): Act(
        N_("Say what I need to be safe"),
        (N_("Write the least that is needed. It goes to those who handle your report."),),
    ),
    ("interim_measure", "consent_to_measure"): Act(
        N_("Agree to the change"),
        (
            N_("The decision is not taken yet. A head of office or HR takes it."),
            N_("The other person could move instead of you."),
            _TAKEN_BACK,
        ),
        sure=_SURE,
    ),
    ("interim_measure", "refuse_measure"): Act(
        N_("Do not agree to the change"), (N_("Your own work stays as it is."), _NOT_HELD)
    ),
    ("interim_measure", "renew_consent"): Act(N_("Still agree to the change"), (_TAKEN_BACK,), sure=_SURE),
    ("interim_measure", "withdraw_consent"): Act(
        N_("No longer agree to the change"),
        (N_("You are asked first what you need before anything is undone."), _NOT_HELD),
    ),
    ("interim_measure", "end_aftercare"): Act(
        N_("Say how it is now"), (N_("The questions after the measure end with this."),)
    ),
    ("interim_measure", "ask_review"): Act(
        N_("Ask for a second look at the measure"), (N_("Somebody who did not decide it looks at it."),)
    ),
    ("mediation", "agree_to_mediation"): Act(
        N_("Say yes to a mediator"),
        (
            N_("The other person is asked only after your yes, and may say no just as freely."),
            N_("What is said there is used nowhere else."),
            _TAKEN_BACK,
        ),
    ),
    ("mediation", "decline_mediation"): Act(
        N_("Say no to a mediator"), (N_("The other person is not told that you were asked."), _NOT_HELD)
    ),
    ("mediation", "revoke_consent"): Act(
        N_("Stop the mediation"), (N_("It does not go on. The other person is not told who stopped it."), _NOT_HELD)
    ),
    ("retaliation", "agree_steps"): Act(N_("Agree to these steps"), (_TAKEN_BACK,)),
    ("retaliation", "ask_for_other_steps"): Act(
        N_("Ask for other steps"), (N_("Write as a message what would help."),)
    ),
    ("retaliation", "report_act"): Act(
        N_("Report pressure or punishment"),
        (
            N_("The ethics office looks at it as a request of yours."),
            N_("Others see it only if that office asks them to look into it or to decide."),
        ),
    ),
    ("retaliation", "ask_tolling"): Act(
        N_("Let my request wait"),
        (N_("The time stands still while you talk with the ombudsperson or a focal point."),),
        sure={"process_confirmed": N_("Tick this when that talk has begun.")},
    ),
    ("retaliation", "end_tolling"): Act(N_("Go on with my request"), (N_("The time runs again."),)),
    ("retaliation", "withdraw"): Act(
        N_("Withdraw"), (N_("Your request ends."), _STOPS, PARKED, N_("Your protection goes on."), _NOT_HELD)
    ),
    ("retaliation", "take_back_withdrawal"): Act(N_("Take my withdrawal back"), (N_("Your request goes on."),)),
    ("retaliation", "agree_contact"): Act(
        N_("Say whether the ethics office may contact me"), (N_("It writes to you here, unless you chose otherwise."),)
    ),
    ("retaliation", "ask_review"): Act(
        N_("Ask for a second look"), (N_("Somebody who had no part in it looks at it."),)
    ),
    ("retaliation", "answer_check_in"): Act(
        N_("Say how it is now"), (N_("You need not answer. You can write a message as well."),)
    ),
    ("review", "record_appeal"): Act(
        N_("Say that I have taken it further"), (N_("Nothing here is destroyed while that goes on."),)
    ),
    ("review", "withdraw_request"): Act(N_("Stop the second look"), (N_("The decision stays as it is."), _NOT_HELD)),
    ("sea_report", "report_to_oio"): Act(
        N_("Let it go on as a report"), (N_("The oversight office receives it at once."),)
    ),
    ("sea_report", "leave_it"): Act(N_("Leave it"), (N_("It is not taken further."), _ANEW)),
    ("sea_report", "record_assistance"): Act(
        N_("Say whether help has come"), (N_("Then nobody is asked about it again."),)
    ),
    ("sea_report", "give_identity_consent"): Act(
        N_("Let the name be told"),
        (N_("Only with that person's own yes. The oversight office then learns who it is."), _TAKEN_BACK),
    ),
    ("sea_report", "withdraw_identity_consent"): Act(
        N_("No longer let the name be told"), (N_("From now on nobody more is told it."),)
    ),
    ("sea_report", "stop_taking_part"): Act(
        N_("Stop taking part"), (N_("You no longer take part."), _STOPS, _GOES_ON, _NOT_HELD)
    ),
    ("sea_report", "take_back_withdrawal"): Act(N_("Take my withdrawal back"), (N_("You take part again."), _AGAIN)),
    ("supervisor_request", "agree_steps"): Act(
        N_("Agree to these steps"),
        (N_("Nothing more is said than this."), N_("Until it is done you can take it back.")),
    ),
    ("supervisor_request", "ask_for_other_steps"): Act(
        N_("Ask for other steps"),
        (
            N_("Nothing is done until you agree. Write as a message what would help."),
            N_("If you had agreed to steps, this takes your yes back."),
        ),
    ),
    ("supervisor_request", "ask_for_more"): Act(
        N_("Say that it is not settled"), (N_("The manager is asked again. Write as a message what would help."),)
    ),
    ("supervisor_request", "ask_check_ins"): Act(
        N_("Ask me how things are"), (N_("You are asked here, on a few days that are far apart."),)
    ),
    ("supervisor_request", "stop_check_ins"): Act(N_("Stop asking me"), (N_("Nobody asks how things are any more."),)),
    ("supervisor_request", "ask_next_level"): Act(
        N_("Ask the next manager up"), (N_("The first one sees nothing more of it."),)
    ),
    ("supervisor_request", "end_request"): Act(
        N_("End this request"), (N_("The manager does nothing more."), _ANEW, _NOT_HELD)
    ),
    ("support_referral", "give_consent"): Act(
        N_("Say yes to this help"),
        (N_("Nothing is shared yet. You are shown the exact words first."), _TAKEN_BACK),
    ),
    ("support_referral", "decline"): Act(
        N_("Say no to this help"), (N_("Nobody writes to you about it. The offer stands."),)
    ),
    ("support_referral", "approve_referral"): Act(
        N_("Agree to these words"), (N_("They go to the place that helps, and no others do."), _TAKEN_BACK)
    ),
    ("support_referral", "ask_for_changes"): Act(
        N_("Ask for other words"), (N_("Nothing is shared. Write as a message what should be different."),)
    ),
    ("support_referral", "revoke_consent"): Act(
        N_("Take my agreement back"), (N_("Nothing more is shared. Whoever holds your words is told."), _NOT_HELD)
    ),
    ("support_referral", "renew_consent"): Act(N_("Still agree"), (_TAKEN_BACK,)),
    ("support_referral", "say_how_it_goes"): Act(N_("Say how it goes"), (N_("You need not answer."),)),
    ("support_referral", "ask_for_another"): Act(
        N_("Ask for another kind of help"), (N_("What you have stays as it is."),)
    ),
    ("support_referral", "end_support"): Act(
        N_("End this help"), (N_("Nobody asks you any more. Help stays open to you."), _NOT_HELD)
    ),
}
"""By procedure and action. What is not here is offered to nobody: a test asks that nothing is missing."""
