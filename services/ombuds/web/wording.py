"""What the pages of this desk call its states, actions and fields."""

from collections.abc import Mapping
from typing import Final

from chassis.web.pages.words import N_
from lifecycle.pages.texts import under

_TALK: Final = {
    **under(
        "informal_resolution.state",
        {
            "requested": N_("Somebody wishes to talk"),
            "rematching": N_("Another listener is needed"),
            "offered": N_("A listener has been asked"),
            "talking": N_("Talking"),
            "steps_agreed": N_("Steps are agreed"),
            "ended": N_("The talk has ended"),
            "purged": N_("Destroyed"),
        },
    ),
    **under(
        "informal_resolution.action",
        {
            "offer_match": N_("Ask somebody to listen"),
            "accept_match": N_("Yes, I listen"),
            "decline_match": N_("No, not I"),
            "reassign": N_("A listener has left"),
            "note_options": N_("Note the options you went through"),
            "propose_mediation": N_("Propose a mediation"),
            "raise_imminent_harm": N_("Somebody is in danger: raise it"),
            "pause_talk": N_("The person asks for a pause"),
            "end_talk": N_("The person ends the talk"),
        },
    ),
    **under(
        "informal_resolution.hint",
        {
            "offer_match": N_(
                "Somebody free of conflict who speaks the language. They are told only after they say yes."
            ),
            "accept_match": N_("First tell the person what you have to report, and what you keep to yourself."),
            "decline_match": N_("Nobody asks for a reason. You are not asked again in this matter."),
            "note_options": N_("For the two of you alone. It is destroyed together with the talk."),
            "propose_steps": N_("Write the steps to the person first. Only their own yes makes them agreed."),
            "propose_mediation": N_("The other party is not asked before the person has said yes."),
            "raise_imminent_harm": N_("The only word that leaves this cell: what the danger is and what is needed."),
            "told_limits": N_(
                "Exploitation or abuse of people we serve has to be reported. Of a danger to life, the least is told. "
                "All else stays here."
            ),
            "danger": N_("The danger and the place, nothing of the talk."),
            "person_told": N_("Tell the person first where that is safe."),
        },
    ),
    **under(
        "informal_resolution.field",
        {
            "focal_point": N_("Staff number of the listener"),
            "told_limits": N_("I have told the person what I have to report"),
            "options": N_("Options you went through"),
            "exploitation_or_abuse": N_("Is it about exploitation or abuse of people we serve?"),
            "sexual_assault": N_("Is it about sexual assault?"),
            "minor_involved": N_("Is somebody under 18 involved?"),
            "danger": N_("What the danger is"),
            "needed": N_("What is needed now"),
            "person_told": N_("The person knows that I raise this"),
            "not_from_my_office": N_("Somebody from another office"),
            "safe_channel": N_("How the person can be reached"),
        },
    ),
    **under(
        "informal_resolution.choice",
        {
            "security": N_("Security"),
            "medical": N_("A doctor"),
            "separation": N_("Keeping people apart"),
            "police": N_("The police"),
        },
    ),
}
_MEDIATION: Final = {
    **under(
        "mediation.state",
        {
            "proposed": N_("Proposed to the person"),
            "person_agreed": N_("The person has said yes"),
            "invited": N_("The other party has been asked"),
            "both_agreed": N_("Both have said yes"),
            "in_sessions": N_("They meet"),
            "agreement": N_("They agree"),
            "no_agreement": N_("They do not agree"),
            "follow_up": N_("Asked how it holds"),
            "stopped": N_("Stopped"),
            "ended": N_("Ended with the talk"),
            "purged": N_("Destroyed"),
        },
    ),
    **under(
        "mediation.action",
        {
            "take_mediation": N_("Mediate this"),
            "agree_to_mediation": N_("The person says yes"),
            "decline_mediation": N_("The person says no"),
            "invite_other_party": N_("Invite the other party"),
            "let_in_other_party": N_("The other party can see the invitation"),
            "accept_invitation": N_("Say yes to the mediation"),
            "decline_invitation": N_("Say no to the mediation"),
            "leave_mediation": N_("Leave the mediation"),
            "revoke_consent": N_("The person takes the yes back"),
            "schedule_session": N_("Set a meeting"),
            "record_agreement": N_("Record the agreement"),
            "record_no_agreement": N_("Record that there is none"),
            "follow_up": N_("Ask how it holds"),
            "stop_mediation": N_("Stop the mediation"),
            "release_mediator": N_("The mediator has left"),
            "end_with_talk": N_("Ended with the talk"),
        },
    ),
    **under(
        "mediation.hint",
        {
            "take_mediation": N_("Whoever listens to the person does not mediate."),
            "invite_other_party": N_("By staff number, the one whom the person named. They see the invitation alone."),
            "accept_invitation": N_(
                "It is your own choice. You can take it back at any time, and nothing is held against you."
            ),
            "decline_invitation": N_(
                "Nothing is held against you. The other side learns only that it does not take place."
            ),
            "leave_mediation": N_("You need no reason. What was said is used nowhere else."),
            "schedule_session": N_("Both have to have said yes lately. An old yes is asked for anew."),
            "record_agreement": N_(
                "The words that both agreed to. An agreement that binds the organisation needs authority."
            ),
            "authority_reference": N_(
                "Only where the organisation is bound. Authority is asked for without the story."
            ),
            "stop_mediation": N_("It cannot be taken up again. Another one can be proposed."),
        },
    ),
    **under(
        "mediation.field",
        {
            "other_party": N_("Staff number of the other party"),
            "part": N_("Part of the other party"),
            "session_at": N_("When you meet"),
            "form": N_("How you meet"),
            "authority_reference": N_("Reference of the authority given"),
            "terms": N_("The words of the agreement"),
        },
    ),
    **under(
        "mediation.choice",
        {
            "apart": N_("Each apart, the mediator goes between"),
            "together": N_("Together in one room"),
            "remote": N_("By call"),
            "agreement": N_("An agreement between the two"),
            "binding_agreement": N_("One that binds the organisation too"),
            "unsuitable": N_("It does not suit the matter"),
            "unsafe": N_("It is not safe"),
            "no_answer": N_("There was no answer"),
        },
    ),
}
TEXTS: Final[Mapping[str, str]] = {
    "lifecycle.informal_resolution": N_("Talk"),
    "lifecycle.mediation": N_("Mediation"),
    **_TALK,
    **_MEDIATION,
    **under("field", {"letter_since": N_("Letter: from"), "letter_until": N_("Letter: until")}),
    **under(
        "purpose",
        {
            "conversation": N_("To talk with the person"),
            "handover": N_("To take the talk over from somebody"),
            "agreement": N_("For the agreement"),
        },
    ),
    **under(
        "refused",
        {
            "DECLINED_BEFORE": N_("They have said no to this talk before. Ask somebody else."),
            "NEVER_MEDIATED": N_("This kind of matter is never mediated."),
            "NOTHING_PROPOSED": N_("Nothing has been proposed to the person yet."),
            "MEDIATION_RUNS": N_("Another mediation is open. It has to end first."),
            "AUTHORITY_MISSING": N_("To bind the organisation you need authority first. Enter its reference."),
            "CONSENT_NOT_FRESH": N_("A yes is too old. Ask both again before they meet."),
        },
    ),
    "mediation.clock.ombuds.first": N_("Invite the other party"),
    **under(
        "clock",
        {
            "ombuds.first": N_("First answer by the ombuds office"),
            "rwfp.first": N_("First answer by the focal point"),
            "ombuds.purge": N_("Destroyed on"),
            "mediation.consent": N_("Both have answered"),
            "mediation.session": N_("Meeting"),
            "mediation.follow_up": N_("Ask how it holds"),
        },
    ),
}
"""See `lifecycle.pages.wording.Wording`."""
