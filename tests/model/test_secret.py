"""A secret gives nothing away by accident."""

import copy
import pickle

import pytest

from scopeaudit.model.secret import Secret

TEXT = "planted-" + "value" * 4


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{:>20}".format, lambda each: f"{each!r}"])
def test_no_ordinary_way_of_showing_shows_it(show):
    assert TEXT not in show(Secret(TEXT))


def test_it_is_not_pickled():
    with pytest.raises(TypeError):
        pickle.dumps(Secret(TEXT))


def test_it_has_no_dictionary_and_no_plain_attribute():
    secret = Secret(TEXT)
    assert not hasattr(secret, "__dict__")
    assert not hasattr(secret, "text")


def test_a_copy_is_the_same_object():
    secret = Secret(TEXT)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_equal_texts_are_equal_and_hash_alike():
    assert Secret(TEXT) == Secret(TEXT)
    assert hash(Secret(TEXT)) == hash(Secret(TEXT))
    assert Secret(TEXT) != Secret(TEXT + "x")
    assert Secret(TEXT) != TEXT


def test_lone_surrogates_do_not_break_it():
    assert Secret("\udcff") == Secret("\udcff")
    assert isinstance(hash(Secret("\udcff")), int)
