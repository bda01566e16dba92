"""Why an appointment, its end, or a version of the policy does not come into force."""

from typing import Final

from chassis.web.pages.words import N_
from lifecycle.pages.texts import under

ADMINISTRATION: Final = under(
    "refused",
    {
        "APPOINTS_ONESELF": N_("Nobody appoints themselves. Ask a colleague to draft or approve it."),
        "UNKNOWN_ROLE": N_("Nobody is appointed to this. It is a part in one case."),
        "UNKNOWN_PERSON": N_("The people directory knows nobody at work by this number."),
        "UNKNOWN_PLACE": N_("The people directory knows nobody at this duty station."),
        "UNKNOWN_APPOINTMENT": N_("This appointment is not there any more."),
        "NOBODY_TO_STAND_IN_FOR": N_("Whoever is stood in for has to hold the same role on those days."),
        "END_BEFORE_START": N_("The last day is before the first."),
        "IN_THE_PAST": N_("What is over stays as it was. Choose a later day."),
        "ENDS_SOONER_ALREADY": N_("It ends on that day or sooner already. To go on longer, draft a new appointment."),
        "HELD_ALREADY": N_("The person holds this role at this place on some of these days already."),
        "HELD_APART": N_("The policy keeps this role apart from one that the person holds on some of these days."),
        "ENDED_ALREADY": N_("The same appointment was ended before. Choose another first day."),
        "TOO_FEW_TO_DECIDE": N_("Fewer than two people could then decide on appointments. Appoint somebody first."),
        "UNKNOWN_VERSION": N_("There is no such version."),
        "NOT_WHAT_WAS_DRAFTED": N_("Its files have changed since it was drafted. Draft it again."),
        "HAS_MISTAKES": N_("Something is wrong in this version. The operator finds it with recourse policy lint."),
        "NOT_HELD": N_(
            "By this version somebody is missing: nobody holds a role, or one person holds two that it keeps apart."
            " Appoint first, then decide."
        ),
        "LATER_ONE_MISSING": N_(
            "The files of a version that is decided for a later day are not here as they were. The operator restores"
            " them on every machine; then decide."
        ),
        "IN_FORCE_ALREADY": N_("New cases begin with this version already."),
        "LATER_ONE_TAKES_BACK": N_(
            "A later version that is decided already would take protection back. Decide that one anew first."
        ),
        "SECOND_OFFICE_MISSING": N_("It protects less, and needs somebody of a second office."),
        "SAME_OFFICE": N_("It protects less, and both of you are of one office."),
        "TOO_EARLY": N_("It protects less, and its first day is too early. Draft it with a later one."),
    },
)
