"""The warning codes of the liveness operations (spec 8.3)."""

from openfrs.domain.liveness import LivenessWarning


def test_the_codes_are_those_of_the_wire() -> None:
    assert [int(warning) for warning in LivenessWarning] == [*range(1, 9), *range(101, 107)]


def test_every_code_has_a_sentence_of_its_own() -> None:
    messages = [warning.message for warning in LivenessWarning]
    assert len(set(messages)) == len(messages)
    assert all(message.endswith(".") for message in messages)


def test_the_sentences_are_those_of_the_wire() -> None:
    assert LivenessWarning(5).message == "No face is detected."
    assert LivenessWarning(106).message == "The image contains multiple faces."
