"""Somebody asks what is held about them."""

from typing import Final

from chassis.web.pages.words import N_
from lifecycle.pages.texts import under

OWN_DATA: Final = {
    **under(
        "data_request.state",
        {
            "received": N_("Received"),
            "identity_shown": N_("It is known who asks"),
            "extended": N_("More time was taken"),
            "answered": N_("Answered"),
            "refused": N_("Ended without an answer"),
            "taken_back": N_("Taken back"),
        },
    ),
    **under(
        "data_request.action",
        {
            "record_identity": N_("Record how they showed who they are"),
            "extend_time": N_("Take more time"),
            "answer_request": N_("Answer"),
            "refuse_request": N_("End without an answer"),
            "withdraw_request": N_("The request is taken back"),
        },
    ),
    **under(
        "data_request.hint",
        {
            "record_identity": N_("Before that, write nothing that only they may know: another may have written."),
            "extend_time": N_("Write the reason to the person first. It is possible once, while the first time runs."),
            "answer_request": N_(
                "Write it to the person first. Tell what they gave themselves, what HR and the directory hold,"
                " their own steps at desks, and what they were told officially."
                " Of reports say neither that there is one nor that there is none: their page says the same to"
                " everybody."
            ),
            "refuse_request": N_("Write the reason to the person first, and that they can ask again."),
            "nothing_of_others": N_("Not that somebody spoke, and not that nobody did. Also not of third persons."),
        },
    ),
    **under(
        "data_request.field",
        {
            "right": N_("What is asked for"),
            "shown": N_("How they showed who they are"),
            "ground": N_("What the time is needed for"),
            "first_month_ends": N_("The first time ends"),
            "nothing_of_others": N_("It says nothing of what others may have told"),
        },
    ),
    **under(
        "data_request.choice",
        {
            "know": N_("To know what is held"),
            "put_right": N_("To have something put right"),
            "object": N_("To object"),
            "in_person": N_("In person"),
            "at_the_registry": N_("On paper, at the registry"),
            "by_video": N_("By video"),
            "much_to_look_at": N_("There is much to look at"),
            "many_requests": N_("There are many requests"),
            "told_what_may_be_told": N_("What may be told has been told"),
            "identity_not_shown": N_("They have not shown who they are"),
            "asked_before": N_("They had the same answer not long ago"),
            "not_about_the_person": N_("It is not about the person who asks"),
        },
    ),
    **under(
        "refused",
        {
            "TOO_LATE_FOR_MORE_TIME": N_("More time can be taken only while the first time runs."),
            "TIME_NOT_OVER": N_("They have time to show who they are until you are reminded of the answer."),
        },
    ),
    **under(
        "clock",
        {
            "dsr.reply": N_("Answer the person"),
            "dsr.reply.extension": N_("Answer the person, with more time"),
            "keep.data_request": N_("Erased after the answer"),
        },
    ),
}
