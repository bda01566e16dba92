"""Reviews, and reports that came to the wrong place."""

from typing import Final

from chassis.web.pages.words import N_
from lifecycle.pages.texts import under

REVIEWS: Final = {
    **under(
        "review.state",
        {
            "requested": N_("Asked for"),
            "under_review": N_("Being reviewed"),
            "decided": N_("Decided"),
            "appealed": N_("Before a tribunal"),
            "ended": N_("Ended"),
        },
    ),
    **under(
        "review.action",
        {
            "take_review": N_("Take this review"),
            "decide_review": N_("Decide the review"),
            "record_appeal": N_("Record that it went to a tribunal"),
            "record_appeal_outcome": N_("Record what the tribunal said"),
            "end_review": N_("End the review"),
            "withdraw_request": N_("The request is taken back"),
        },
    ),
    **under(
        "review.hint",
        {
            "take_review": N_("You may have had no part in the file."),
            "decide_review": N_("Whoever asked is told, and can go to a tribunal."),
            "end_review": N_("Only when the time to go to a tribunal is over."),
        },
    ),
    **under(
        "review.field",
        {
            "party": N_("Who asks"),
            "after_the_window": N_("After the time for it"),
            "forum": N_("Where"),
        },
    ),
    **under(
        "review.choice",
        {
            "closure": N_("That it was closed"),
            "decision": N_("What was decided"),
            "measure": N_("An interim measure"),
            "tribunal": N_("The tribunal"),
            "forum_of_the_contract": N_("The forum that the contract names"),
            "dismissed": N_("Dismissed"),
            "allowed": N_("Allowed"),
            "settled": N_("Settled"),
            "upheld": N_("Upheld"),
            "changed": N_("Changed"),
            "sent_back": N_("Sent back"),
            "not_admitted": N_("Not admitted"),
            "person": N_("The affected individual"),
            "not_appealed": N_("Nobody went to a tribunal"),
        },
    ),
    **under(
        "refused",
        {
            "NOT_YOUR_REVIEW": N_("Somebody else asked for this review."),
            "HAS_ITS_REVIEWER": N_("A reviewer has it, and still has time."),
        },
    ),
    **under(
        "clock",
        {
            "review.decide": N_("Decide the review"),
            "review.appeal": N_("Go to a tribunal until"),
            "review.end": N_("End the review"),
        },
    ),
    **under(
        "misdirected_report.state",
        {
            "received": N_("Received"),
            "locked": N_("Locked"),
            "referred": N_("Passed on"),
            "copy_purged": N_("The copy is destroyed"),
            "told": N_("The person has been told"),
        },
    ),
    **under(
        "misdirected_report.action",
        {
            "lock": N_("Locked: nobody can forward it"),
            "record_referred": N_("The right office has it"),
            "record_purged": N_("The copy is destroyed"),
        },
    ),
    **under(
        "misdirected_report.field",
        {
            "received_at": N_("First received"),
            "received_by": N_("Received by"),
        },
    ),
    **under("misdirected_report.choice", {"manager": N_("A manager"), "oversight": N_("The oversight office")}),
    **under("clock", {"misdirect.forward": N_("Pass it on")}),
}
