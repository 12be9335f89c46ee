"""Every text of the console is there in both languages, and used."""

import re

from openfrs.console.pages import pages

LINE = re.compile(r'^  "([^"]+)": "(.*)",$', re.MULTILINE)
LITERAL = re.compile(r'"([a-z][A-Za-z]*(?:\.[A-Za-z]+)+)"')
FORMS = (".one", ".other")


def table(language: str) -> dict[str, str]:
    source = pages()[f"i18n/{language}.js"].content.decode()
    found = LINE.findall(source)
    assert len(found) == source.count('": "')
    assert len(dict(found)) == len(found), "a key stands there twice"
    return dict(found)


def literals() -> set[str]:
    """What looks like a key in the modules."""
    sources = [
        page.content.decode()
        for name, page in pages().items()
        if name.endswith(".js") and not name.startswith("i18n/")
    ]
    return {literal for source in sources for literal in LITERAL.findall(source)}


def test_both_languages_have_the_same_texts() -> None:
    english, chinese = table("en"), table("zh")
    assert list(english) == list(chinese)
    for key, text in english.items():
        places = set(re.findall(r"\{\w+\}", text)) | ({"{n}"} if key.endswith(FORMS) else set())
        assert set(re.findall(r"\{\w+\}", chinese[key])) <= places, key
        assert text.strip(), key
        assert chinese[key].strip(), key


def test_every_text_is_used() -> None:
    unused = {key.removesuffix(".one").removesuffix(".other") for key in table("en")} - literals()
    assert unused == set()


def test_every_key_has_a_text() -> None:
    keys = {key.removesuffix(".one").removesuffix(".other") for key in table("en")}
    groups = {key.split(".")[0] for key in keys}
    named = {literal for literal in literals() if literal.split(".")[0] in groups}
    assert named - keys == {"camera.jpg"}


def test_counted_texts_have_both_forms() -> None:
    english = table("en")
    counted = {key.removesuffix(".one") for key in english if key.endswith(".one")}
    assert counted == {key.removesuffix(".other") for key in english if key.endswith(".other")}


def test_no_markup_is_made_of_text() -> None:
    for name, page in pages().items():
        assert not re.search(
            rb"innerHTML|outerHTML|insertAdjacentHTML|document\.write", page.content
        ), name


def test_modules_stay_small() -> None:
    sizes = {name: page.content.count(b"\n") for name, page in pages().items()}
    long = {n for n, size in sizes.items() if size >= 250 and not n.startswith("i18n/")}
    assert long == set()
