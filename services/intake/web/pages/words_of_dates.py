"""What the date is that her inbox shows of a case: whose turn it is by then, in the reader's language."""

from collections.abc import Mapping
from typing import Final

from chassis.web.pages.words import N_

_ANSWER: Final = N_("You get an answer by")
_HOW_IS_IT: Final = N_("We ask you how it is on")
_SECOND_LOOK: Final = N_("You can ask for a second look until")
_LOOKED_AGAIN: Final = N_("The second look is due by")
_INVESTIGATED: Final = N_("The investigation is due to end by")
_PASSED_ON: Final = N_("It is passed on by")
_KEPT: Final = N_("Kept until")

NEXT: Final = N_("Next date")
CLOCKS: Final[Mapping[str, str]] = {
    "rwfp.first": _ANSWER,
    "ombuds.first": _ANSWER,
    "support.first": _ANSWER,
    "supervisor.ack": _ANSWER,
    "report.ack": _ANSWER,
    "ret.ack": _ANSWER,
    "dsr.reply": _ANSWER,
    "dsr.reply.extension": _ANSWER,
    "report.update": N_("You hear from us by"),
    "report.feedback": N_("You are told what was done by"),
    "anon.silence": N_("We wait for your answer until"),
    "informal.checkin": _HOW_IS_IT,
    "informal.checkin.second": _HOW_IS_IT,
    "informal.checkin.third": _HOW_IS_IT,
    "mediation.follow_up": _HOW_IS_IT,
    "support.checkin": _HOW_IS_IT,
    "im.aftercare": _HOW_IS_IT,
    "ret.monitor": _HOW_IS_IT,
    "ret.monitor.second": _HOW_IS_IT,
    "ret.monitor.third": _HOW_IS_IT,
    "ret.monitor.fourth": _HOW_IS_IT,
    "ret.monitor.last": _HOW_IS_IT,
    "mediation.consent": N_("Both sides say yes or no by"),
    "mediation.session": N_("The mediation goes on by"),
    "support.refer": _PASSED_ON,
    "misdirect.forward": _PASSED_ON,
    "support.connect": N_("The help is due to begin by"),
    "sea.assist": N_("The help is due to be there by"),
    "support.recall": N_("What was shared is back by"),
    "sea.report": N_("It is reported by"),
    "supervisor.act": N_("The manager acts by"),
    "assess.target": N_("The assessment is due by"),
    "investigation": _INVESTIGATED,
    "ret.investigation": _INVESTIGATED,
    "leg.review": N_("The legal review is due by"),
    "review.request": _SECOND_LOOK,
    "ret.appeal": _SECOND_LOOK,
    "review.decide": _LOOKED_AGAIN,
    "ret.review": _LOOKED_AGAIN,
    "review.appeal": N_("You can go to a tribunal until"),
    "im.begin": N_("It begins by"),
    "im.review": N_("Looked at again"),
    "im.end": N_("Ends at the latest"),
    "consent.refresh": N_("We ask whether you still agree on"),
    "ret.complete": N_("All that is needed is there by"),
    "ret.prelim": N_("The first look is due by"),
    "ret.refer": N_("Whoever investigates is named by"),
    "ret.determine": N_("The decision is due by"),
    "ret.remedy": N_("It is put right by"),
    "ret.hold": N_("HR was asked to wait until"),
    "ombuds.purge": _KEPT,
    "keep.support": _KEPT,
    "keep.hold": _KEPT,
    "keep.release": _KEPT,
}
"""By the clock; a clock that a desk has and this table does not says NEXT."""
