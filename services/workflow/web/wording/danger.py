"""Somebody is in danger: told by the ombuds cell, or people separated at once."""

from typing import Final

from chassis.web.pages.words import N_
from lifecycle.pages.texts import under

DANGER: Final = {
    **under("danger_alert.state", {"raised": N_("Nobody has taken it yet"), "in_hand": N_("Somebody deals with it")}),
    **under(
        "danger_alert.action",
        {
            "record_danger": N_("The danger was told"),
            "take_in_hand": N_("Take it in hand"),
            "close_alert": N_("Close the alert"),
        },
    ),
    **under(
        "danger_alert.hint",
        {
            "take_in_hand": N_("Act first, write later. Ask nobody how it became known."),
            "close_alert": N_("Only when the danger is over, or others have it in hand."),
        },
    ),
    **under("danger_alert.field", {"danger": N_("The danger"), "needed": N_("What is needed")}),
    **under(
        "danger_alert.choice",
        {
            "security": N_("Security"),
            "medical": N_("A doctor"),
            "separation": N_("Keeping people apart"),
            "police": N_("The police"),
            "safe_now": N_("Everybody is safe now"),
            "separated": N_("They have been separated"),
            "with_authorities": N_("The authorities have it"),
        },
    ),
    **under(
        "clock",
        {
            "danger.answer": N_("Somebody takes it in hand"),
            "danger.close": N_("Somebody says that it is over"),
            "keep.danger": N_("Erased on"),
        },
    ),
    **under(
        "emergency_separation.state",
        {
            "danger_seen": N_("Danger seen"),
            "separated": N_("Separated"),
            "taken_up": N_("Taken up by the oversight office"),
            "measure_asked": N_("A measure has been asked for"),
            "confirmed": N_("Confirmed by a measure"),
            "ended": N_("Ended"),
            "lapsed": N_("Lapsed"),
        },
    ),
    **under(
        "emergency_separation.action",
        {
            "separate": N_("Separate people at once"),
            "take_up": N_("Take it up"),
            "record_confirmed": N_("A measure confirms it"),
            "end_separation": N_("End the separation"),
        },
    ),
    **under(
        "emergency_separation.hint",
        {
            "separate": N_("At most five working days, without effect on pay. The oversight office hears of it."),
            "affected_agrees": N_("The affected individual is never moved against their wish."),
            "take_up": N_("Ask for a measure, or end it, before it lapses."),
            "end_separation": N_("Ask first whether it is safe."),
        },
    ),
    **under(
        "emergency_separation.field",
        {
            "danger": N_("What the danger is"),
            "moved": N_("Who goes elsewhere"),
            "from_at": N_("The measure begins"),
            "affected_agrees": N_("The affected individual agrees to move"),
            "safety_check": N_("Everybody concerned was asked whether it is safe"),
        },
    ),
    **under(
        "emergency_separation.choice",
        {
            "weapon": N_("A weapon"),
            "violence": N_("Violence"),
            "threat": N_("A threat"),
            "stalking": N_("Stalking"),
            "danger_over": N_("The danger is over"),
            "other_means": N_("There are other means"),
            "mistaken": N_("It was a mistake"),
        },
    ),
    **under(
        "refused",
        {
            "AGAINST_HER_WISH": N_("The affected individual is not moved without their yes."),
            "BEGINS_TOO_LATE": N_("The measure begins only after the separation has ended."),
        },
    ),
    **under(
        "clock",
        {
            "emergency.alert": N_("The oversight office takes it up"),
            "emergency.separation": N_("The separation lapses"),
        },
    ),
}
