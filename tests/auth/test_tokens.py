import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.auth.tokens import Tokens
from openfrs.domain.errors import TokenExpired, TokenUnreadable

KEY = bytes(range(32))
NOW = datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)
URL_SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@pytest.mark.parametrize("project_id", ["p1", None])
def test_a_token_says_what_it_was_issued_with(project_id: str | None) -> None:
    token, claims = Tokens(KEY).issue("u1", 3, project_id, NOW)
    assert Tokens(KEY).read(token, NOW) == claims
    assert (claims.user_id, claims.generation, claims.project_id) == ("u1", 3, project_id)
    assert claims.issued == NOW.replace(microsecond=0)


def test_a_token_is_good_for_twenty_four_hours_and_no_longer() -> None:
    token, claims = Tokens(KEY).issue("u1", 0, None, NOW)
    assert claims.expires - claims.issued == timedelta(hours=24)
    assert Tokens(KEY).read(token, claims.expires - timedelta(microseconds=1)) == claims
    with pytest.raises(TokenExpired):
        Tokens(KEY).read(token, claims.expires)


def test_times_are_the_same_in_every_zone() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=8)))
    assert Tokens(KEY).issue("u", 0, None, elsewhere) == Tokens(KEY).issue("u", 0, None, NOW)


def test_a_token_is_made_of_url_safe_characters() -> None:
    token, _ = Tokens(KEY).issue("üser", 0, "a?b&c", NOW)
    assert set(token) <= URL_SAFE


def test_a_token_of_another_installation_is_unreadable() -> None:
    token, _ = Tokens(bytes(32)).issue("u1", 0, None, NOW)
    with pytest.raises(TokenUnreadable):
        Tokens(KEY).read(token, NOW)


@given(st.text() | st.text("abc.-_=", max_size=80))
def test_any_other_text_is_unreadable(text: str) -> None:
    with pytest.raises(TokenUnreadable):
        Tokens(KEY).read(text, NOW)


@given(st.data())
def test_a_token_with_any_character_changed_is_unreadable(data: st.DataObject) -> None:
    token, _ = Tokens(KEY).issue("u1", 0, "p1", NOW)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from(sorted(URL_SAFE - {token[place]})))
    with pytest.raises(TokenUnreadable):
        Tokens(KEY).read(token[:place] + other + token[place + 1 :], NOW)


def test_an_expired_token_cannot_be_given_another_date() -> None:
    token, _ = Tokens(KEY).issue("u1", 0, "p1", NOW)
    said, seal = token.split(".")
    fields = json.loads(urlsafe_b64decode(said + "=="))
    fields[4] += 1
    forged = urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode()).rstrip(b"=")
    with pytest.raises(TokenUnreadable):
        Tokens(KEY).read(f"{forged.decode()}.{seal}", NOW)


def test_an_overlong_token_is_unreadable() -> None:
    token, _ = Tokens(KEY).issue("u" * 5000, 0, None, NOW)
    with pytest.raises(TokenUnreadable):
        Tokens(KEY).read(token, NOW)
