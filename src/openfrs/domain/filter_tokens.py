"""The tokens of a filter, and a cursor over them; the grammar itself is query.py's (spec 6.1)."""

import re

from openfrs.domain.errors import FilterMalformed

_TOKEN = re.compile(r"\s+|(?P<symbol>&&|\|\||[!():\[\]{}*])|(?P<word>[A-Za-z0-9_.+-]+)")


class FilterTokens:
    """A cursor over the tokens of one filter. Its refusals name the position in the text.

    Raises FilterMalformed where the text holds a character that no token has.
    """

    def __init__(self, text: str) -> None:
        self._tokens: list[re.Match[str]] = []
        self._next = 0
        self._end = len(text)
        position = 0
        while position < self._end:
            match = _TOKEN.match(text, position)
            if match is None:
                raise _refusal("unexpected character", position)
            if match.lastgroup is not None:
                self._tokens.append(match)
            position = match.end()

    @property
    def position(self) -> int:
        """Where the next token starts, counted from 0; at the end, the length of the text."""
        return self._tokens[self._next].start() if self._more() else self._end

    def peek(self) -> str | None:
        """The next token, or None at the end."""
        return self._tokens[self._next][0] if self._more() else None

    def take(self, *symbols: str) -> str | None:
        """The next token where it is one of ``symbols``, else None."""
        token = self.peek()
        if token not in symbols:
            return None
        self._next += 1
        return token

    def expect(self, symbol: str) -> None:
        if self.take(symbol) is None:
            raise self.refusal(f"{symbol} expected")

    def word(self) -> str:
        """The next token, which is a word. Raises FilterMalformed where it is a symbol."""
        if not self._more() or self._tokens[self._next].lastgroup != "word":
            raise self.unexpected()
        self._next += 1
        return self._tokens[self._next - 1][0]

    def finish(self) -> None:
        if self._more():
            raise self.unexpected()

    def unexpected(self) -> FilterMalformed:
        token = self.peek()
        return self.refusal("unexpected end" if token is None else f"unexpected {token}")

    def refusal(self, reason: str) -> FilterMalformed:
        """The refusal for that reason, at the next token."""
        return _refusal(reason, self.position)

    def _more(self) -> bool:
        return self._next < len(self._tokens)


def _refusal(reason: str, position: int) -> FilterMalformed:
    return FilterMalformed(f"filter: {reason} at position {position}", position=position)
