"""A mail says nothing: not to whom it matters, not what about, not that any office is concerned (policy 2.10)."""

import re
from datetime import UTC, date, datetime
from email.message import EmailMessage
from uuid import uuid4

import pytest

from chassis.web.pages.words import OWN_NAMES
from policy.load import load
from policy.names import Office
from services.notifications.mail import Refused, compose, message_id
from services.notifications.wording import WORDS, Said, digest, to_person, to_phone, to_staff, to_staff_above

CELL_KEY, OTHER_KEY = b"c" * 32, b"d" * 32
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SITE = "Staff services"
NEUTRAL = to_staff(WORDS["en"])
MATTERS = {
    "en": """
        case report complaint harassment retaliation measure interim ombuds ombudsperson ethics investigation
        investigator oversight legal query talk focal supervisor protection protected confidential anonymous recourse
        conduct abuse respect help support victim code inbox message answer office name number
    """,
    "fr": """
        cas dossier signalement plainte harcèlement représailles mesure ombuds médiation médiateur éthique enquête
        juridique entretien superviseur protection confidentiel anonyme recourse conduite abus respect aide soutien
        victime code message réponse bureau nom numéro
    """,
    "es": """
        caso denuncia informe queja acoso represalia medida ombuds mediación mediador ética investigación jurídico
        conversación supervisor protección confidencial anónimo recourse conducta abuso respeto ayuda apoyo víctima
        código mensaje respuesta oficina nombre número
    """,
    "ar": """
        قضية بلاغ شكوى تحرش انتقام تدبير وسيط أمين أخلاقيات تحقيق رقابة قانوني محادثة مشرف حماية سري مجهول سلوك
        إساءة احترام مساعدة دعم ضحية رمز رسالة جواب مكتب اسم رقم
    """,
}
LANGUAGES = sorted(OWN_NAMES)


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def says(language: str) -> list[Said]:
    here = WORDS[language]
    return [to_person(here, SITE), to_phone(here), to_staff(here), digest(here, 0, None)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_s26_no_mail_has_a_word_of_any_matter_a_name_a_number_a_domain_or_markup(language: str) -> None:
    offices = {name for one in load("iom-2024-03").offices.values() for name in words(one.name) if len(name) > 3}
    for said in says(language):
        text = f"{said.subject} {said.text}"
        assert words(text) & words(MATTERS[language]) == set()
        assert words(text) & (offices - words(SITE)) == set()
        assert re.search(r"[0-9@{}<>%$/\\#&;]|https?:|www\.|\w\.\w", text) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_s26_every_language_says_it_in_its_own_words(language: str) -> None:
    english, here = says("en"), says(language)
    assert all((one.text == other.text) is (language == "en") for one, other in zip(english, here, strict=True))
    subjects = [(one.subject, other.subject) for one, other in zip(english, here, strict=True) if one.subject]
    assert all((one == other) is (language == "en") for one, other in subjects)


def test_s26_the_words_are_those_that_were_agreed() -> None:
    assert to_person(WORDS["en"], SITE) == Said(
        "Staff services: there is something to read",
        "There is something new for you.\nGo to the site when it is safe for you.\nThis mailbox is not read.\n",
    )
    assert to_phone(WORDS["en"]) == Said("", "You have an update.\n")
    assert to_staff(WORDS["en"]) == Said(
        "Something new for you",
        "There is something new for you at work.\nSign in as usual when it suits you.\n\nThis mailbox is not read.\n",
    )


DAY = date(2026, 11, 24)
DIGESTS = {
    "en": ["1 item needs you", "2 items need you before 24 November 2026"],
    "fr": ["1 point vous attend", "2 points vous attendent avant le 24 novembre 2026"],
    "es": ["1 punto le espera", "2 puntos le esperan antes del 24 de noviembre de 2026"],
    "ar": ["عنصر واحد بانتظاركم", "عنصران بانتظاركم قبل 24 نوفمبر 2026"],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_s26_a_digest_counts_and_says_by_when_and_nothing_else(language: str) -> None:
    found = [digest(WORDS[language], 1, None), digest(WORDS[language], 2, DAY)]
    assert [one.subject for one in found] == DIGESTS[language]
    assert all(one.text == f"{one.subject}\n" for one in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_s26_a_mail_to_those_above_names_the_desk_and_no_case(language: str) -> None:
    office = load("iom-2024-03").offices[Office.OIO].name
    here = WORDS[language]
    said, usual = to_staff_above(here, office), to_staff(here)
    assert said.subject == usual.subject
    assert said.text.splitlines()[1:] == usual.text.splitlines()[1:]
    first = said.text.splitlines()[0]
    assert here.text(office) in first
    assert words(first.replace(here.text(office), "")) & words(MATTERS[language]) <= {"office", "bureau", "oficina"}


def to_somebody(said: Said, address: str) -> EmailMessage:
    number = message_id(CELL_KEY, uuid4(), "work.example")
    return compose("post@work.example", address, number, said, AT)


def without_what_every_mail_has_of_its_own(message: EmailMessage) -> bytes:
    for name in ("To", "Message-ID", "Date"):
        assert message[name]
        del message[name]
    return message.as_bytes()


@pytest.mark.parametrize("language", LANGUAGES)
def test_s26_two_mails_to_persons_differ_in_address_time_and_id_alone(language: str) -> None:
    said = to_person(WORDS[language], SITE)
    one, other = (to_somebody(said, address) for address in ("a@b.example", "somebody.else@mail.example"))
    assert set(one.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
        "MIME-Version",
    }  # fmt: skip
    assert one.get_content_type() == "text/plain"
    assert without_what_every_mail_has_of_its_own(one) == without_what_every_mail_has_of_its_own(other)


@pytest.mark.parametrize("language", LANGUAGES)
def test_s26_two_texts_differ_in_number_time_and_id_alone(language: str) -> None:
    """A gateway sends the subject and the body: the one is not there, and the other is one short line."""
    said = to_phone(WORDS[language])
    one, other = (to_somebody(said, f"{number}@text.example.org") for number in ("12025550123", "41791234567"))
    assert set(one.keys()) == {
        "From", "To", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
        "MIME-Version",
    }  # fmt: skip
    assert len(said.text.splitlines()) == 1
    assert len(said.text) <= 70, "one text message, in any script"
    assert without_what_every_mail_has_of_its_own(one) == without_what_every_mail_has_of_its_own(other)


def test_no_notice_of_the_policy_has_a_wording_of_its_own_in_mails() -> None:
    texts = load("iom-2024-03").wording.values()
    assert texts
    assert not any(text and text in NEUTRAL.text for text in texts)


def test_a_mail_is_the_wording_and_what_every_mail_has() -> None:
    event_id = uuid4()
    number = message_id(CELL_KEY, event_id, "work.example")
    message = compose("post@work.example", "s0018@staff.example", number, NEUTRAL, AT)
    assert {name: str(value) for name, value in message.items() if name != "Message-ID"} == {
        "From": "post@work.example",
        "To": "s0018@staff.example",
        "Subject": NEUTRAL.subject,
        "Date": "Sun, 22 Nov 2026 09:30:00 +0000",
        "Auto-Submitted": "auto-generated",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "7bit",
        "MIME-Version": "1.0",
    }
    assert message.get_content() == NEUTRAL.text
    assert event_id.hex not in message.as_string().replace("-", "")


def test_the_message_id_is_that_of_the_event_and_tells_nobody_which() -> None:
    event_id = uuid4()
    again = message_id(CELL_KEY, event_id, "work.example")
    assert again == message_id(CELL_KEY, event_id, "work.example")
    assert again != message_id(CELL_KEY, uuid4(), "work.example")
    assert again != message_id(OTHER_KEY, event_id, "work.example")


@pytest.mark.parametrize("address", ["", "nobody", "a@b\nBcc: c@d", "a@b, c@d", "Name <a@b.example>", "a@"])
def test_what_is_no_single_address_gets_no_mail_and_is_not_repeated(address: str) -> None:
    with pytest.raises(Refused) as refused:
        compose("post@work.example", address, "<1@work.example>", NEUTRAL, AT)
    assert str(refused.value) == ""
