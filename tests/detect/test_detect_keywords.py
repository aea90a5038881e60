"""Where a provider's word counts."""

import pytest

from scopeaudit.catalogue.provider import Kind, Needs
from scopeaudit.catalogue.templates import expand
from scopeaudit.detect.detect import build_engine, detect
from scopeaudit.detect.keywords import keyword_expression
from scopeaudit.detect.plan import plan
from scopeaudit.detect.structure import assigned
from scopeaudit.model.document import Document
from scopeaudit.model.location import Source

VALUE = expand("<alnum:24>", seed=1)


def _kind(word: str) -> Kind:
    return Kind(
        id="key",
        title="key",
        pattern="[0-9A-Za-z]{24}",
        needs=Needs.KEYWORD,
        keywords=(word,),
        random_bits=142,
        source="https://example.com/",
    )


def _found(text: str, *words: str) -> list[str]:
    chosen = plan([(word, _kind(word)) for word in words])
    document = Document(source=Source.TREE, path="a.txt", data=text.encode())
    return [held.credential.provider for held in detect([document], chosen, build_engine(chosen)).credentials]


@pytest.mark.parametrize(
    "text", ["meraki", "MERAKI_KEY", "ciscoMeraki", "CISCO_meraki", "x=1\\nmeraki: y", "api.meraki.com"]
)
def test_a_long_keyword_counts_where_a_word_begins(text: str) -> None:
    assert keyword_expression("meraki").search(text.encode())


@pytest.mark.parametrize("text", ["CameraKit", "camerakit", "cameraki"])
def test_a_long_keyword_inside_a_word_does_not_count(text: str) -> None:
    assert not keyword_expression("meraki").search(text.encode())


@pytest.mark.parametrize("text", ["etsy_key", "ETSYToken", "myEtsyToken", "CORP_ETSY_KEY", "etsy.com"])
def test_a_short_keyword_counts_as_a_word_of_its_own(text: str) -> None:
    assert keyword_expression("etsy").search(text.encode())


@pytest.mark.parametrize("text", ["etsyx", "betsy", "BETSY", "ETSYs", "Etsyan"])
def test_a_short_keyword_in_a_longer_word_does_not_count(text: str) -> None:
    assert not keyword_expression("etsy").search(text.encode())


@pytest.mark.parametrize("name", ["OKTA_TOKEN", "CORP_OKTA_TOKEN", "corp_okta_token", "OKTAToken"])
def test_a_short_keyword_is_found_at_the_beginning_and_behind_an_underscore(name: str) -> None:
    assert _found(f'{name} = "{VALUE}"', "okta") == ["okta"]


def test_a_name_that_ends_in_a_shorter_provider_s_word_is_not_that_provider_s() -> None:
    assert _found(f"scraperbox token = '{VALUE}'", "scraperbox", "box-token") == ["scraperbox"]


@pytest.mark.parametrize("glue", ["@", "?", "!", "%", "^"])
def test_a_value_that_is_glued_to_what_stands_before_it_is_a_part_of_something_longer(glue: str) -> None:
    assert _found(f"airtable token = '{VALUE}'", "airtable") == ["airtable"]
    assert _found(f"airtable token = '{glue}{VALUE}'", "airtable") == []


@pytest.mark.parametrize("text", [f"{{{VALUE}}}", f"{{ENCRYPTED {VALUE}}}", f"Bearer {VALUE}"])
def test_the_secret_of_an_element_may_stand_in_braces_and_behind_a_word(text: str) -> None:
    assert _found(f"<id>airtable</id>\n  <secret>{text}</secret>", "airtable") == ["airtable"]


def test_an_element_that_speaks_of_no_secret_names_nothing_behind_a_word() -> None:
    assert assigned(f"<id>word {VALUE}".encode(), 9).name is None


@pytest.mark.parametrize(
    "text",
    [
        'curl -H "Authorization: Bearer {}" https://api.airtable.com/v0/meta',
        "curl -d access_token={} https://airtable.com/v0",
        'curl -H "Authorization: Bearer {}" -X POST -d x=1 https://eu.api.airtable.com',
    ],
)
def test_a_value_belongs_to_the_provider_to_whose_address_its_line_sends_it(text: str) -> None:
    assert _found(text.format(VALUE), "airtable") == ["airtable"]


@pytest.mark.parametrize(
    "text",
    [
        'curl -H "Authorization: Bearer {}" https://example.com/airtable',
        'curl -H "Authorization: Bearer {}" https://airtable.example.com/v0',
        'curl -H "Authorization: Bearer {}"\ncurl https://api.airtable.com/v0',
        'curl -H "Authorization: Bearer {}x" https://api.airtable.com/v0',
    ],
)
def test_an_address_elsewhere_or_a_value_of_another_form_says_nothing(text: str) -> None:
    assert _found(text.format(VALUE), "airtable") == []
