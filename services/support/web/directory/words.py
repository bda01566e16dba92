"""What the pages call services, warnings and facts that a law punishes."""

from collections.abc import Mapping
from typing import Final

from chassis.web.pages.words import N_
from services.support.domain.help import Service

SERVICES: Final[Mapping[Service, str]] = {
    Service.EMERGENCY: N_("Emergency"),
    Service.SECURITY: N_("Security"),
    Service.MEDICAL: N_("Medical help"),
    Service.WELFARE: N_("Staff welfare"),
    Service.PSYCHOSOCIAL: N_("Counselling"),
    Service.SAFETY: N_("Safety and shelter"),
    Service.LEGAL: N_("Legal advice"),
    Service.MATERIAL: N_("Money, housing and things"),
    Service.CHILD_PROTECTION: N_("Protection of children"),
    Service.OMBUDSPERSON: N_("Ombudsperson"),
    Service.ETHICS: N_("Ethics office"),
    Service.PSEAH: N_("Protection from exploitation and abuse"),
}
PUNISHED: Final[Mapping[str, str]] = {
    "same_sex_conduct": N_("The law here punishes same-sex conduct."),
    "sex_outside_marriage": N_("The law here punishes sex outside marriage."),
}
"""What a law makes a crime of, as a sentence; a fact without one is shown as the directory names it."""
