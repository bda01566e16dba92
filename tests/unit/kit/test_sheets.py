"""What becomes of somebody else's style sheet before it is ours."""

import pytest

from ops.kit.sheets import UnknownSheet, made_ours


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("a{margin-left:1px;padding-right:2px}", "a{margin-inline-start:1px;padding-inline-end:2px}"),
        ("a{left:0;right:1px;top:2px}", "a{inset-inline-start:0;inset-inline-end:1px;top:2px}"),
        ("a{border-left:1px solid}", "a{border-inline-start:1px solid}"),
        ("a{border-right-color:red}", "a{border-inline-end-color:red}"),
        ("a{border-bottom-left-radius:1px 2px}", "a{border-end-start-radius:1px 2px}"),
        ("a{float:left;clear:right}", "a{float:inline-start;clear:inline-end}"),
        ("a{text-align:right!important}", "a{text-align:end!important}"),
        ("a{text-align:center;justify-content:left}", "a{text-align:center;justify-content:start}"),
        ("a{margin:1px 2px 3px 4px}", "a{margin-block:1px 3px;margin-inline:4px 2px}"),
        ("a{border-width:1px max(1px,2em) 0 0}", "a{border-block-width:1px 0;border-inline-width:0 max(1px,2em)}"),
        ("a{inset:0 1px 2px 3px}", "a{inset-block:0 2px;inset-inline:3px 1px}"),
        ("a{padding:1px 2px 3px 2px}", "a{padding:1px 2px 3px 2px}"),
        ("a{margin:0 auto}", "a{margin:0 auto}"),
        (
            "a{border-radius:1px 2px 1px}",
            "a{border-start-start-radius:1px;border-start-end-radius:2px;border-end-end-radius:1px;border-end-start-radius:2px}",
        ),
        ("@media print{a{left:0}}", "@media print{a{inset-inline-start:0}}"),
    ],
)
def test_a_side_becomes_the_begin_or_end_of_a_line(theirs: str, ours: str) -> None:
    assert made_ours(theirs, with_variables=True) == ours


@pytest.mark.parametrize(
    "theirs",
    [
        "a{margin-left:calc(15px + env(safe-area-inset-left))}",
        "a .govuk-checkboxes__label:after{border-width:0 0 5px 5px}",
        ".govuk-details__summary:before{border-width:7px 0 7px 12px;border-left-color:inherit}",
    ],
)
def test_the_edge_of_a_device_and_a_shape_that_is_turned_stay_where_they_are(theirs: str) -> None:
    assert made_ours(theirs, with_variables=True) == theirs


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("@font-face{font-family:Theirs;src:url(x)}a{color:red}", "a{color:red}"),
        ("a{font-family:GDS Transport,arial,sans-serif}", "a{font-family:var(--govuk-font-family)}"),
        ("@media print{a{font-family:sans-serif}}", ""),
        ("a{font-family:inherit}", "a{font-family:inherit}"),
        ("a{background-image:url(x.svg);color:red}", "a{color:red}"),
        ('a{mask:image-set(url("x.svg") 1x)}', ""),
        (".govuk-header__logo{left:0}", ""),
        (".govuk-footer__crown,.govuk-generic-header{color:red}", ".govuk-generic-header{color:red}"),
        ("a{color:#1d70b8}", "a{color:var(--govuk-brand-colour)}"),
        ("a{color:var(--govuk-brand-colour,#1d70b8)}", "a{color:var(--govuk-brand-colour)}"),
        (":root{--govuk-brand-colour:#1d70b8;--govuk-hover-colour:#fff}", ":root{--govuk-hover-colour:#fff}"),
        ("@media screen\\0 {a{left:0}}", ""),
    ],
)
def test_what_is_theirs_or_would_be_fetched_is_left_out(theirs: str, ours: str) -> None:
    assert made_ours(theirs, with_variables=True) == ours


def test_a_second_sheet_does_not_set_the_variables_of_the_first_again() -> None:
    theirs = ":root{--a:1}@media print{:root{--a:2}}a{color:var(--a)}"
    assert made_ours(theirs, with_variables=False) == "a{color:var(--a)}"


@pytest.mark.parametrize("theirs", ["@layer a{b{left:0}}", "a{b{left:0}}", "a{border-radius:1px 2px/3px}", "}"])
def test_what_nobody_has_thought_of_is_refused(theirs: str) -> None:
    with pytest.raises(UnknownSheet):
        made_ours(theirs, with_variables=True)
