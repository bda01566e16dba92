"""What is wrong with the record, in the words of the page; the proof file says it in English, as the command does."""

from collections.abc import Callable, Mapping
from typing import Final

from chassis.web.pages.words import N_, Language
from services.audit.verify import Fault, Finding

# Translators: source is the name of a service, shard a number.
_IN_CHAIN: Final = N_("Entry %(first)s of %(source)s, shard %(shard)s, does not follow from the one before it.")
_REFUSED_ENTRY: Final = N_("Entry %(first)s of %(source)s, shard %(shard)s, was refused. Later ones wait.")
_ONE: Final[Mapping[Fault, str]] = {
    Fault.CHANGED: N_("Entry %(first)s is not as it was written: what it says no longer fits its hash."),
    Fault.REMOVED: N_("Entry %(first)s was removed from the record."),
    Fault.MISSING: N_("Entry %(first)s of %(source)s, shard %(shard)s, is missing from the record."),
    Fault.CHECKPOINT: N_("The checkpoint at entry %(first)s does not fit the record, or its signature is not ours."),
    Fault.ACTOR: N_("Who acted in entry %(first)s does not stand there as it was written."),
    Fault.REFUSED: N_("What %(source)s sent was refused: it does not fit what it had sent before."),
    Fault.SILENT: N_("%(source)s has given no sign of life for more than a day."),
}
_SEVERAL: Final[Mapping[Fault, str]] = {
    Fault.REMOVED: N_("Entries %(first)s to %(last)s were removed from the record."),
    Fault.MISSING: N_("Entries %(first)s to %(last)s of %(source)s, shard %(shard)s, are missing from the record."),
}


def sentence_in(language: Language) -> Callable[[Finding], str]:
    """Numbers stand as in the proof file, so that one is found in the other."""

    def sentence(one: Finding) -> str:
        known = _SEVERAL if one.last > one.first and one.fault in _SEVERAL else _ONE
        text = known[one.fault]
        if one.first and one.source:
            text = {Fault.CHANGED: _IN_CHAIN, Fault.REFUSED: _REFUSED_ENTRY}.get(one.fault, text)
        return language.text(
            text, first=str(one.first), last=str(one.last), source=one.source or "", shard=str(one.shard)
        )

    return sentence
