"""The alleged offender's side, as he reads it himself and as those who deal with it do."""

from typing import Final

from chassis.web.pages.words import N_
from lifecycle.pages.texts import under

ALLEGED_OFFENDER: Final = {
    **under(
        "respondent.state",
        {
            "to_notify": N_("Not told yet"),
            "notified": N_("Told of it"),
            "responded": N_("A response has come"),
            "charged": N_("Charged"),
            "replied": N_("A reply has come"),
            "outcome_told": N_("The outcome is told"),
            "cleared": N_("Cleared"),
        },
    ),
    **under(
        "respondent.action",
        {
            "notify": N_("Told, by letter"),
            "write_letter": N_("Write a letter"),
            "receive_statement": N_("A statement was put forward"),
            "respond": N_("Respond"),
            "extend_response": N_("Give more time to respond"),
            "charge": N_("The charge was sent"),
            "reply_to_charge": N_("Reply to the charge"),
            "extend_reply": N_("More time to reply was given"),
            "ask_more_time": N_("Ask for more time"),
            "refuse_more_time": N_("Refuse more time"),
            "name_companion": N_("Name a companion"),
            "name_support": N_("Name who supports them"),
            "ask_review": N_("Ask for a review"),
            "receive_review": N_("The review has been decided"),
            "tell_outcome": N_("The outcome was told"),
            "tell_no_finding": N_("The inquiry has ended without a finding"),
            "clear": N_("Nothing was found"),
            "close_respondent": N_("Close"),
        },
    ),
    **under(
        "respondent.hint",
        {
            "respond": N_("In your own words, as often as you like. Nothing is found against you unheard."),
            "reply_to_charge": N_("In your own words, as often as you like, until your time is over."),
            "ask_more_time": N_("The answer comes by letter. Until then the old date counts."),
            "name_companion": N_("Somebody who goes with you. They do not see the file."),
            "ask_review": N_("Somebody who had no part in it looks at it again."),
            "name_support": N_("Somebody in no line of the matter, whom they can ask anything about how it goes."),
            "extend_response": N_("They are told the new date."),
            "refuse_more_time": N_("Say what speaks against it."),
        },
    ),
    **under(
        "respondent.field",
        {
            "subject": N_("What it is about"),
            "letter_about": N_("What the letter is about"),
            "support_contact": N_("Whom to turn to"),
            "from_at": N_("From"),
            "until_at": N_("Until"),
            "response": N_("The response"),
            "response_until": N_("Time to respond until"),
            "reply": N_("The reply"),
            "reply_until": N_("Time to reply until"),
            "time_for": N_("What more time is needed for"),
            "companion": N_("The companion"),
            "request": N_("What is to be looked at again"),
            "statement": N_("The statement"),
            "evidence": N_("The evidence"),
            "respondent": N_("Their part"),
            "origin": N_("Comes from"),
        },
    ),
    **under(
        "respondent.choice",
        {
            "measure": N_("An interim measure"),
            "decision": N_("What was decided"),
            "closure": N_("That it was closed"),
            "allegation": N_("What is said to have happened"),
            "dates": N_("Dates"),
            "information": N_("A piece of news"),
            "answer": N_("An answer"),
            "oversight": N_("The oversight office"),
            "ethics": N_("The ethics office"),
            "upheld": N_("Upheld"),
            "changed": N_("Changed"),
            "sent_back": N_("Sent back"),
            "not_admitted": N_("Not admitted"),
            "cleared": N_("Nothing was found"),
            "outcome_told": N_("The outcome is told"),
            "translation": N_("A translation"),
            "companion": N_("A companion has to be found"),
            "much_to_read": N_("There is much to read"),
        },
    ),
    **under(
        "respondent.clock",
        {
            "respondent.answer": N_("Answer to what was asked"),
            "subject.response": N_("Time to respond"),
            "charge.reply": N_("Time to reply"),
        },
    ),
}
