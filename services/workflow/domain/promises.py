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
        "Until you send it, it goes when these pages close. It stays only if you keep your place.",
        26,
        "test_inv_26_with_the_draft_its_files_go",
    ),
    Promise(
        "Say what others may have told, or whether anybody has. That is the same for everybody.",
        1,
        "test_inv_01_whoever_is_named_in_a_report_asks_and_is_answered_as_somebody_who_is_not",
    ),
    Promise(
        "That officer sees no report.",
        1,
        "test_inv_01_whoever_answers_sees_no_other_case_and_nobody_else_sees_the_request",
    ),
    Promise(
        "Your staff number is sealed to the custodian. Nobody at the office reads it there.",
        2,
        "test_inv_02_the_custodian_gives_who_reports_to_one_handler_for_one_purpose_and_it_ends_with_the_part",
    ),
    Promise(
        "Before somebody opens what you sent, it is written down. You see here as what they did, and what for.",
        2,
        "test_inv_02_she_sees_as_what_and_for_what_each_reader_has_opened_what_she_sent",
    ),
    Promise(
        "Only the focal point or ombudsperson who listens to you reads this.",
        2,
        "test_inv_02_an_ombudsperson_sees_that_there_is_a_talk_and_reads_those_that_are_theirs",
    ),
    Promise(
        "A name must sometimes be told, so that a matter can be looked into. You are told first.",
        4,
        "test_inv_04_her_name_goes_further_only_with_ground_recipient_and_notice",
    ),
    Promise(
        "Only those whom these pages name know who you are.",
        4,
        "test_inv_04_her_name_goes_further_only_with_ground_recipient_and_notice",
    ),
    Promise(
        "It has not been given. It is given only if you agree and the custodian does too.",
        4,
        "test_inv_04_her_name_goes_further_only_with_ground_recipient_and_notice",
    ),
    Promise(
        "With each message only its day is kept. When a report came is kept to the minute.",
        5,
        "test_inv_05_no_column_has_room_for_where_a_request_came_from",
    ),
    Promise(
        "You can add to it at any time.",
        6,
        "test_inv_06_with_the_code_alone_both_directions_stand_in_the_inbox_in_order",
    ),
    Promise(
        "Nothing is sent to you unless you choose it here. You can change or end it at any time.",
        7,
        "test_inv_07_without_her_choice_no_news_asks_for_a_mail",
    ),
    Promise(
        "We write here, and only you open it with your code. Nothing else is sent unless you choose it.",
        7,
        "test_inv_07_without_her_choice_no_news_asks_for_a_mail",
    ),
    Promise(
        "Once this is sent, you can choose mails in your inbox. They say only that there is something new.",
        7,
        "test_inv_07_a_notice_becomes_one_mail_that_says_nothing",
    ),
    Promise(
        "Nobody reads what you wrote. Only this code opens it.",
        8,
        "test_inv_08_the_code_itself_is_nowhere_in_the_stores",
    ),
    Promise(
        "The oversight office. Others only as far as they must know.",
        9,
        "test_inv_09_whoever_does_not_work_on_it_reads_only_what_was_written_for_them",
    ),
    Promise(
        "Others are told only what they must know.",
        9,
        "test_inv_09_whoever_does_not_work_on_it_reads_only_what_was_written_for_them",
    ),
    Promise(
        "You can take another way at any time. Nothing goes over unless you tick it.",
        11,
        "test_inv_11_an_informal_talk_goes_on_beside_it",
    ),
    Promise(
        "Only what you tick. Nothing on the new way leads back to the old one.",
        11,
        "test_inv_11_an_informal_talk_goes_on_beside_it",
    ),
    Promise(
        "Nothing on the new way leads back to the old one. Your code alone opens both.",
        11,
        "test_inv_11_an_informal_talk_goes_on_beside_it",
    ),
    Promise("Yes, at any time. What was written is then destroyed.", 14, "test_inv_14_only_her_own_word_ends_a_talk"),
    Promise(
        "Yes. The manager may still act so that it does not go on. You are told first.",
        14,
        "test_inv_14_a_manager_acts_without_her_only_after_her_inbox_has_said_so",
    ),
    Promise(
        "Without that yes you may act only to stop it happening again. "
        "You tell the person first, and you give no name.",
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
        "A service is told only what you agree to.",
        15,
        "test_inv_15_each_consent_is_its_own_and_taking_one_back_stops_that_one_at_once",
    ),
    Promise(
        "It looks out for people who have spoken up. It contacts you only with your yes.",
        15,
        "test_inv_15_she_agrees_to_contact_and_takes_it_back_and_each_answer_is_kept",
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
        "Nobody in your reporting line sees it, unless you choose them.",
        17,
        "test_inv_17_her_own_supervisor_never_gets_what_she_did_not_send_to_him",
    ),
    Promise(
        "If that manager may not have it, nobody reads it. You are asked what is next.",
        17,
        "test_inv_17_her_own_supervisor_never_gets_what_she_did_not_send_to_him",
    ),
    Promise(
        "That person is named only with consent, and can stop taking part at any time.",
        20,
        "test_inv_20_nobody_consents_for_anybody_else",
    ),
    Promise(
        "The other person is asked only after your yes, and may say no just as freely.",
        20,
        "test_inv_20_no_meeting_without_the_fresh_consent_of_both",
    ),
    Promise(
        "Only with that person's own yes. The oversight office then learns who it is.",
        20,
        "test_inv_20_nobody_consents_for_anybody_else",
    ),
    Promise(
        "Only the person whom the help is for can say yes to it.",
        20,
        "test_inv_20_nobody_consents_for_anybody_else",
    ),
    Promise(
        "The person harmed is named only if that person agrees.",
        20,
        "test_inv_20_nobody_consents_for_anybody_else",
    ),
    Promise(
        "You are named only if you agree.",
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
        "After some days the whole talk is destroyed. The inbox shows the day.",
        28,
        "test_inv_28_what_was_said_is_destroyed_after_the_end_and_she_is_warned_before",
    ),
    Promise(
        "Whoever listens to you reads it. It is destroyed with the talk.",
        28,
        "test_inv_28_a_talk_is_gone_on_the_day_that_was_promised",
    ),
    Promise(
        "Whoever helps you reads it, and nobody else.",
        30,
        "test_inv_30_nobody_outside_the_cell_sees_that_there_is_anything",
    ),
    Promise(
        "The ethics office. Others only if it asks them to look into it or to decide.",
        31,
        "test_inv_31_a_request_is_the_ethics_offices_alone_until_it_refers_it_to_one_investigator",
    ),
    Promise(
        "Others do only if it asks them to look into it or to decide.",
        31,
        "test_inv_31_a_request_is_the_ethics_offices_alone_until_it_refers_it_to_one_investigator",
    ),
    Promise(
        "Others see it only if that office asks them to look into it or to decide.",
        31,
        "test_inv_31_a_request_is_the_ethics_offices_alone_until_it_refers_it_to_one_investigator",
    ),
    Promise(
        "For pressure or punishment. Others see it only if that office asks them to look into it or to decide.",
        31,
        "test_inv_31_a_request_is_the_ethics_offices_alone_until_it_refers_it_to_one_investigator",
    ),
    Promise(
        "They are not told that you named them.",
        32,
        "test_inv_32_somebody_whom_she_refuses_later_gets_nothing_from_then_on",
    ),
    Promise(
        "What you send is sealed. Only your code and the one office it goes to can open it.",
        32,
        "test_inv_32_the_office_it_is_about_cannot_open_it_and_the_next_body_can",
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
        "Then the keys are destroyed. What is left says when something was there, and for a while who opened it.",
        53,
        "test_inv_53_it_is_erased_when_the_look_ahead_is_over_and_not_before",
    ),
    Promise(
        "A talk is never held for a court or a claim.",
        53,
        "test_inv_53_everything_can_be_held_but_what_is_said_in_confidence",
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
        "mediation": ("ombuds.first", "mediation.consent", "mediation.session", "mediation.follow_up", "ombuds.purge"),
    },
    "support": {
        "support_referral": (
            "support.first",
            "support.refer",
            "support.connect",
            "support.recall",
            "support.checkin",
            "keep.support",
            "keep.hold",
            "keep.release",
        ),
    },
    "ethics": {
        "retaliation": (
            "ret.ack",
            "ret.complete",
            "ret.prelim",
            "ret.refer",
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
