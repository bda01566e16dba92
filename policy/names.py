"""The names that policies are written in: roles, offices, how far a source can be trusted."""

from enum import StrEnum


class Role(StrEnum):
    """What staff are appointed to. Stored in cases and audit rows: a value never changes its meaning."""

    FOCAL_POINT = "focal_point"
    OMBUDSPERSON = "ombudsperson"
    INTAKE_OFFICER = "intake_officer"
    INVESTIGATOR = "investigator"
    ETHICS_OFFICER = "ethics_officer"
    LEGAL_OFFICER = "legal_officer"
    ADMINISTRATIVE_HEAD = "administrative_head"
    HR_DIRECTOR = "hr_director"
    HR_OFFICER = "hr_officer"
    WELFARE_OFFICER = "welfare_officer"
    AUDITOR = "auditor"
    CUSTODIAN = "custodian"
    REGISTRAR = "registrar"
    PSEAH_OFFICER = "pseah_officer"
    PSEA_FOCAL_POINT = "psea_focal_point"
    SPECIALIST = "specialist"
    SECURITY_OFFICER = "security_officer"
    CONTRACT_OWNER = "contract_owner"
    EXECUTIVE_HEAD = "executive_head"
    OVERSIGHT_COMMITTEE = "oversight_committee"
    OUTSIDE_INVESTIGATOR = "outside_investigator"
    OUTSIDE_COUNSEL = "outside_counsel"
    ALTERNATE_ETHICS_OFFICER = "alternate_ethics_officer"
    EXTERNAL_OMBUDSPERSON = "external_ombudsperson"
    REVIEWER = "reviewer"
    POLICY_OFFICER = "policy_officer"
    DATA_PROTECTION_OFFICER = "data_protection_officer"
    MANAGER = "manager"
    ALLEGED_OFFENDER = "alleged_offender"


BY_ASSIGNMENT = frozenset({Role.MANAGER, Role.ALLEGED_OFFENDER})
"""Parts in one case that nobody is appointed to: the manager who was told, and the one whom a matter is about."""


class Office(StrEnum):
    """The bodies roles belong to; their names and old names are policy data (`OfficeEntry`)."""

    OOM = "oom"
    RWFP = "rwfp"
    OIO = "oio"
    ECO = "eco"
    LEG = "leg"
    ADMINISTRATION = "administration"
    DHR = "dhr"
    SWO = "swo"
    AUDIT = "audit"
    CUSTODY = "custody"
    REGISTRY = "registry"
    PSEAH = "pseah"
    SECURITY = "security"
    PROCUREMENT = "procurement"
    EXECUTIVE = "executive"
    COMMITTEE = "committee"
    REVIEW = "review"
    OUTSIDE = "outside"
    POLICY = "policy"
    DATA_PROTECTION = "data_protection"
    LINE = "line"


class Confidence(StrEnum):
    """A text seen · B secondary source seen · C recalled, text not seen · D default of this software."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
