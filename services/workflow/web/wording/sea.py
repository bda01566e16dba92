"""Sexual exploitation or abuse of people whom the organisation serves."""

from typing import Final

from chassis.web.pages.words import N_
from lifecycle.pages.texts import under

SEA: Final = {
    **under(
        "sea_report.state",
        {
            "told": N_("Told"),
            "safety_first": N_("Safety first"),
            "class_open": N_("Who is affected is not clear"),
            "her_choice": N_("The person chooses"),
            "reported_to_oio": N_("With the oversight office"),
            "oio_acknowledged": N_("Acknowledged"),
            "referred": N_("Told to another organisation"),
        },
    ),
    **under(
        "sea_report.action",
        {
            "take_over_allegation": N_("Taken over from a manager"),
            "report_to_oio": N_("Reported to the oversight office"),
            "leave_class_open": N_("Who is affected is not clear yet"),
            "find_exploitation_or_abuse": N_("It is exploitation or abuse"),
            "find_personnel_matter": N_("It is a matter among personnel"),
            "leave_it": N_("The person leaves it"),
            "note_offender_class": N_("Note for whom the alleged offender works"),
            "refer_to_entity": N_("Tell the other organisation"),
            "tell_contract_owner": N_("Tell whoever owns the contract"),
            "record_contract_answer": N_("Record what whoever owns the contract has answered"),
            "record_assistance": N_("Record whether help is there"),
            "give_identity_consent": N_("The person lets their name be shared"),
            "withdraw_identity_consent": N_("The person no longer lets it be shared"),
            "stop_taking_part": N_("The person stops taking part"),
            "record_report_erased": N_("The formal report is erased"),
        },
    ),
    **under(
        "sea_report.hint",
        {
            "find_exploitation_or_abuse": N_("From then on it has to be reported. The name still needs consent."),
            "find_personnel_matter": N_("Then the person chooses what happens."),
            "refer_to_entity": N_("What is said to have happened, without the name unless there is consent."),
            "tell_contract_owner": N_("Only what they have to carry out."),
            "acknowledge": N_("It opens the formal report."),
        },
    ),
    **under(
        "sea_report.field",
        {
            "basis": N_("How it became known"),
            "offender_class": N_("Whom the alleged offender works for"),
            "urgent_needs": N_("Is help needed at once?"),
            "assistance": N_("Help"),
            "identity_consent": N_("May the name be shared?"),
            "allegation": N_("What was told"),
            "what_was_told": N_("What they were told"),
            "writer": N_("Who wrote it"),
            "withdrawn": N_("The person has stopped taking part"),
            "affected_named": N_("Is the affected individual named there?"),
            "contract_answer": N_("The answer"),
            "contract_owner_told": N_("Whoever owns the contract was told"),
        },
    ),
    **under(
        "sea_report.choice",
        {
            "personnel": N_("Personnel"),
            "unclear": N_("Not clear"),
            "connected": N_("There"),
            "declined": N_("Declined"),
            "told": N_("Told"),
            "seen": N_("Seen"),
            "rumour": N_("A rumour"),
            "not_said": N_("Not said"),
            "given": N_("Yes"),
            "not_given": N_("No"),
            "own_personnel": N_("This organisation"),
            "contractor_or_partner": N_("A contractor or partner"),
            "other_entity": N_("Another organisation"),
            "unknown": N_("Not known"),
            "another_way": N_("Another way"),
            "not_now": N_("Not now"),
            "people_of_another_entity": N_("They are people of another organisation"),
            "affected": N_("The affected individual"),
            "focal_point": N_("A focal point"),
            "carried_out": N_("It is done"),
            "under_way": N_("It is under way"),
            "not_our_contract": N_("It is no contract of ours"),
        },
    ),
    **under(
        "refused",
        {
            "DUTY_TO_REPORT": N_("This has to be reported."),
            "NO_DUTY_TO_REPORT": N_("It is not clear yet that this has to be reported."),
            "OFFENDER_OF_ANOTHER_CLASS": N_("The alleged offender works for somebody else."),
            "NOT_TOLD_YET": N_("Whoever owns the contract has not been told yet."),
        },
    ),
    **under(
        "clock",
        {
            "sea.report": N_("Report it"),
            "sea.assist": N_("Help is there"),
            "sea.contract": N_("Whoever owns the contract answers"),
        },
    ),
}
