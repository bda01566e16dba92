"""What the pages of this desk call its states, actions and fields."""

from collections.abc import Mapping
from typing import Final

from chassis.web.pages.words import N_
from lifecycle.pages.texts import under
from services.ethics.web.wording.retaliation import RETALIATION

_BESIDE: Final = {
    **under(
        "recommendation.state",
        {
            "with_administrative_head": N_("With the administrative head"),
            "with_hr_director": N_("With the director of HR"),
            "with_executive_head": N_("With the executive head"),
            "decided": N_("Decided"),
            "declined": N_("Declined"),
        },
    ),
    **under(
        "recommendation.action",
        {
            "decide_recommendation": N_("Decide"),
            "decline_recommendation": N_("Decline"),
            "explain": N_("What is recommended was put in words"),
        },
    ),
    **under(
        "recommendation.hint",
        {
            "decide_recommendation": N_("The person and the ethics office are told."),
            "decline_recommendation": N_("Your reasons go to the ethics office, which can take it further."),
        },
    ),
    **under(
        "recommendation.choice",
        {
            "as_recommended": N_("As recommended"),
            "otherwise": N_("Otherwise"),
            "not_possible": N_("Not possible"),
            "not_justified": N_("Not justified"),
            "done_already": N_("Done already"),
        },
    ),
    **under(
        "query.state",
        {"opened": N_("A look is needed"), "contacted": N_("The person was contacted"), "closed": N_("Looked at")},
    ),
    **under(
        "query.action",
        {
            "note_query": N_("Note what you found"),
            "contact_person": N_("Record that you contacted the person"),
            "close_query": N_("Close the query"),
        },
    ),
    "query.clock.ret.ack": N_("Look at it"),
    **under(
        "query.hint",
        {
            "note_query": N_("For this office alone."),
            "contact_person": N_("Only where the person agreed to it, or harm is near."),
            "protection": N_("The reference of the protection that the person agreed to be contacted for."),
        },
    ),
    **under(
        "query.field",
        {
            "about": N_("What was seen"),
            "ground": N_("On which ground"),
            "protection": N_("Protection"),
            "protections": N_("It touches"),
            "protection_id": N_("Reference of the protection"),
            "protected_since": N_("Protected since"),
            "activity": N_("What the person did that is protected"),
            "contact_agreed": N_("The person may be contacted"),
            "staff_id": N_("Staff number of the person"),
            "kind": N_("What HR did"),
            "effective_on": N_("In effect from"),
            "recorded_at": N_("Recorded"),
            "made_on": N_("Made on"),
            "contract_ends_on": N_("The contract ends on"),
        },
    ),
    **under(
        "query.choice",
        {
            "reported": N_("Reported something"),
            "told_supervisor": N_("Told a manager"),
            "cooperated": N_("Took part in an inquiry"),
            "personnel_action": N_("A personnel action"),
            "contract_end": N_("The end of a contract"),
            "counter_complaint": N_("A report against the person"),
            "confidentiality": N_("Confidentiality was broken"),
            "soon": N_("Soon"),
            "later": N_("Later"),
            "imminent_harm": N_("Harm is near"),
            "agreed": N_("The person has agreed"),
            "explained": N_("Explained"),
            "set_right": N_("Set right"),
            "taken_up": N_("Taken up as a case"),
        },
    ),
}
TEXTS: Final[Mapping[str, str]] = {
    **under(
        "lifecycle",
        {
            "retaliation": N_("Protection from retaliation"),
            "recommendation": N_("Recommendation"),
            "query": N_("A look is needed"),
        },
    ),
    **under("state", {"closed": N_("Closed"), "erased": N_("Erased")}),
    **RETALIATION,
    **_BESIDE,
    "field.contract_end": N_("End of the contract"),
    **under(
        "choice",
        {
            "asked_protection": N_("Asked for protection"),
            "rescind": N_("What was done is taken back"),
            "restore": N_("Things are as they were before"),
            "transfer_requester": N_("The person moves, as they wish"),
            "move_offender": N_("The alleged offender moves"),
            "compensate": N_("Compensation"),
            "refer_for_discipline": N_("It goes to discipline"),
        },
    ),
    **under(
        "purpose",
        {
            "assessment": N_("To look at it first"),
            "protection": N_("To protect the person"),
            "reply": N_("To write to the person"),
            "review": N_("For a review"),
            "investigation": N_("To investigate it"),
            "decision": N_("To decide"),
            "imminent_harm": N_("Harm is near"),
        },
    ),
    **under(
        "refused",
        {
            "BURDEN_NOT_MET": N_("The organisation has not shown that it would have acted the same anyway."),
            "DECLINED_BEFORE": N_("They have declined it before. Name the next level."),
            "HOLD_STANDS": N_("A hold stands already."),
            "NO_HOLD": N_("There is no hold."),
            "NOT_AGREED": N_("The person has not agreed to be contacted."),
            "NOT_COOLED_OFF": N_("The person still has time to take the withdrawal back."),
            "NOT_FOR_ANOTHER": N_("Only the person whom it is about can say this."),
            "NOT_WHAT_WAS_PROPOSED": N_("Other steps have been proposed since."),
            "NOT_WITHDRAWING": N_("The person is not withdrawing."),
            "WITHDRAWING_ALREADY": N_("The person is withdrawing already."),
            "REVIEW_STILL_OPEN": N_("The person can still ask for a second look."),
            "REVIEW_TOO_LATE": N_("The time for a second look is over."),
            "STILL_MONITORED": N_("The watch is not over yet."),
            "TIME_IN_THE_FUTURE": N_("Choose a day that is over."),
            "TOLLING_NOT_ASKED": N_("The person has not asked for it."),
            "IN_CONFLICT": N_("Whoever is named has a part in the matter. Name somebody else."),
            "HANDLES_THE_OTHER_SIDE": N_("You deal with the other side. Somebody else has to do this."),
            "PERSON_UNKNOWN": N_("Nobody has said who the person is. Ask in the conversation."),
        },
    ),
    **under(
        "clock",
        {
            "ret.ack": N_("Acknowledge"),
            "ret.query": N_("Look again, or close it"),
            "ret.complete": N_("The file is complete"),
            "ret.prelim": N_("First look"),
            "ret.refer": N_("Name who investigates"),
            "ret.investigation": N_("Investigation"),
            "ret.determine": N_("Determine"),
            "ret.decide": N_("Decide"),
            "ret.remedy": N_("Set it right"),
            "ret.review": N_("Second look"),
            "ret.appeal": N_("A second look can be asked for until"),
            "ret.withdrawal": N_("Time to take a withdrawal back"),
            "ret.hold": N_("The hold at HR ends"),
            "ret.monitor": N_("First check-in"),
            "ret.monitor.second": N_("Second check-in"),
            "ret.monitor.third": N_("Third check-in"),
            "ret.monitor.fourth": N_("Fourth check-in"),
            "ret.monitor.last": N_("Last check-in"),
        },
    ),
}
"""See `lifecycle.pages.wording.Wording`."""
