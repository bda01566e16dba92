"""What the pages promise a person, and what holds each of it: the register that administrators see.

A promise in words names its rule and the test that would fail if it were broken. A promise about time is a clock whose
date her inbox shows; those of the organisation's side are read from its own tables, the others are listed here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Promise:
    """`says`: the words as a page of the portal has them. `rule`: the number of the invariant."""

    says: str
    rule: int
    test: str


SAID: Final[Sequence[Promise]] = (
    Promise(
        "A name must sometimes be told, so that a matter can be looked into. You are told first.",
        4,
        "test_inv_04_her_name_goes_further_only_with_ground_recipient_and_notice",
    ),
    Promise(
        "You can add to it at any time.",
        6,
        "test_inv_06_with_the_code_alone_both_directions_stand_in_the_inbox_in_order",
    ),
    Promise(
        "You get none unless you choose it here. You can change or end it at any time.",
        7,
        "test_inv_07_without_her_choice_no_news_asks_for_a_mail",
    ),
    Promise(
        "You can take another way at any time. Nothing goes over unless you tick it.",
        11,
        "test_inv_11_an_informal_talk_goes_on_beside_it",
    ),
    Promise("Yes, at any time. What was written is then destroyed.", 14, "test_inv_14_only_her_own_word_ends_a_talk"),
    Promise(
        "Yes. The manager may still act so that it does not go on. You are told first.",
        14,
        "test_inv_14_a_manager_acts_without_her_only_after_her_inbox_has_said_so",
    ),
    Promise("Yes, at any time.", 15, "test_inv_15_each_yes_is_her_own_and_can_be_taken_back_wherever_it_counts"),
    Promise(
        "You can take this back at any time.",
        15,
        "test_inv_15_each_yes_is_her_own_and_can_be_taken_back_wherever_it_counts",
    ),
    Promise(
        "Until it is done you can take it back.",
        15,
        "test_inv_15_each_yes_is_her_own_and_can_be_taken_back_wherever_it_counts",
    ),
    Promise(
        "The other person is not told that you were asked.",
        15,
        "test_inv_15_she_takes_it_back_before_anybody_was_invited",
    ),
    Promise(
        "It does not go on. The other person is not told who stopped it.",
        15,
        "test_inv_15_either_takes_the_consent_back_at_any_time_and_it_ends_for_both_alike",
    ),
    Promise(
        "You can change this at any time. Each answer is kept with its day.",
        15,
        "test_inv_15_she_agrees_to_contact_and_takes_it_back_and_each_answer_is_kept",
    ),
    Promise(
        "Each yes is for one thing. It can be taken back at any time. A no is enough.",
        15,
        "test_inv_15_each_consent_is_its_own_and_taking_one_back_stops_that_one_at_once",
    ),
    Promise(
        "It waits a few days first, so that nobody can do this for you. Until then you can take it back.",
        16,
        "test_inv_16_it_is_checked_by_another_way_after_a_while_before_anything_rests_on_it",
    ),
    Promise(
        "You need no reason, and it is never held against you.",
        16,
        "test_inv_16_she_can_come_back_and_nothing_was_held_against_her",
    ),
    Promise(
        "That person is named only with consent, and can stop taking part at any time.",
        20,
        "test_inv_20_nobody_consents_for_anybody_else",
    ),
    Promise(
        "The child is told first, in words for their age. Write to whoever helps you.",
        24,
        "test_inv_24_where_a_child_is_concerned_what_must_be_reported_is_said_first",
    ),
    Promise(
        "One person who listens. The organisation is not told.",
        27,
        "test_inv_27_nothing_of_a_talk_leaves_for_the_organisations_side_but_a_danger",
    ),
    Promise("It is destroyed when the talk has ended.", 28, "test_inv_28_a_talk_is_gone_on_the_day_that_was_promised"),
    Promise(
        "Your words go to one person, sealed. They are destroyed when the talk has ended.",
        28,
        "test_inv_28_a_talk_is_gone_on_the_day_that_was_promised",
    ),
    Promise(
        "After some days the whole talk is destroyed. The inbox shows the day.",
        28,
        "test_inv_28_what_was_said_is_destroyed_after_the_end_and_she_is_warned_before",
    ),
    Promise(
        "They are not told that you named them.",
        32,
        "test_inv_32_somebody_whom_she_refuses_later_gets_nothing_from_then_on",
    ),
    Promise(
        "You can stop writing at any time. Nothing is closed because you are silent.",
        50,
        "test_inv_50_silence_closes_nothing_and_even_after_long_somebody_has_to_say_so",
    ),
    Promise(
        "Nothing here is destroyed while that goes on.", 53, "test_inv_53_nothing_is_erased_while_a_review_is_open"
    ),
    Promise(
        "Then the keys are destroyed. What is left says only that there was something, and when it ended.",
        53,
        "test_inv_53_it_is_erased_when_the_look_ahead_is_over_and_not_before",
    ),
)

OF_CLOCKS: Final = "test_it_reminds_and_rings_once_when_it_is_due"
"""The test that plays every clock of every procedure."""
ELSEWHERE: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "ombuds": {
        "informal_resolution": (
            "rwfp.first",
            "ombuds.first",
            "informal.checkin",
            "informal.checkin.second",
            "informal.checkin.third",
            "ombuds.purge",
        ),
        "mediation": ("mediation.consent", "mediation.session", "mediation.follow_up", "ombuds.purge"),
    },
    "support": {
        "support_referral": (
            "support.first",
            "support.refer",
            "support.connect",
            "support.recall",
            "support.checkin",
            "keep.support",
        ),
    },
    "ethics": {
        "retaliation": (
            "ret.ack",
            "ret.complete",
            "ret.prelim",
            "ret.investigation",
            "ret.determine",
            "ret.remedy",
            "ret.review",
            "ret.appeal",
            "ret.hold",
            "ret.monitor",
            "ret.monitor.second",
            "ret.monitor.third",
            "ret.monitor.fourth",
            "ret.monitor.last",
        ),
    },
}
"""The clocks of other services, by service and procedure. How often they are kept is theirs to know: of a single talk,
request for help or for protection nothing comes here, and a rate of few would tell of them.
"""
