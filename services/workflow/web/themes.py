"""What the steps beside the way of a report are about: one in hand has some thirty, and they are looked for by this."""

from typing import Final

from chassis.web.pages.words import N_
from lifecycle.pages.next_steps import Themes

THEMES: Final[Themes] = (
    (
        N_("The person who reported or is affected"),
        frozenset(
            {
                "send_update", "weigh_preference", "check_withdrawal", "go_on_without_person", "record_person_gone",
                "record_person_back", "ask_view", "record_view", "ask_redress", "consider_redress",
                "disclose_to_person",
            }
        ),
    ),
    (N_("Protection"), frozenset({"alert_interim_measures"})),
    (
        N_("The alleged offender"),
        frozenset(
            {
                "notify_subject", "defer_notice", "record_response", "extend_response", "go_on_unheard",
                "extend_reply", "refuse_more_time", "disclose_to_subject", "record_subject_left", "decide_clearcheck",
            }
        ),
    ),
    (
        N_("Whose name may be given"),
        frozenset({"announce_disclosure", "ask_naming_consent", "disclose_identity"}),
    ),
    (
        N_("Other offices and authorities"),
        frozenset(
            {
                "ask_referral_consent", "record_referral_consent", "record_outside_demand", "answer_outside_demand",
                "tell_person_of_demand", "propose_national_referral", "decide_national_referral",
            }
        ),
    ),
    (
        N_("Time"),
        frozenset(
            {
                "pause_assessment", "resume_assessment", "pause_investigation", "resume_investigation",
                "flag_time_limit", "decide_time_limit",
            }
        ),
    ),
    (
        N_("The file and who works on it"),
        frozenset(
            {
                "hand_over", "open_subfile", "link_report", "record_witness", "name_legal_officer", "name_decider",
                "name_second", "set_hold", "release_hold",
            }
        ),
    ),
)  # fmt: skip
