"""Text of nftables as words: nft(8), "LEXICAL CONVENTIONS"."""

from __future__ import annotations

import re

from zoneguard.model.text import Reason
from zoneguard.parsers._nftables.tree import SyntaxProblemError

_V6 = (
    r"(?:(?=[0-9A-Fa-f:.]{0,40}::)[0-9A-Fa-f:]{2,39}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3})?"
    r"|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4})(?![0-9A-Za-z:_.])(?:/[0-9]{1,3})?"
)
_TOKEN = re.compile(
    r"[A-Za-z0-9_][A-Za-z0-9_./]*+(?![$@*:\\-])|[{},;]"  # nearly all words: no address of a MAC or IPv6 among them
    r"|\\\"[^\"\n\\]*\\\"|\"[^\"\n]*\""
    r"|(?:[0-9A-Fa-f]{1,2}:){5}[0-9A-Fa-f]{1,2}(?![0-9A-Fa-f:])"
    rf"|{_V6}(?:-{_V6})?"
    r"|@(?:ll|nh|th|ih),[0-9]+,[0-9]+"
    r"|(?:[A-Za-z0-9_.$@*/-]|\\(?=[A-Za-z0-9_.$@*/-]))+"
    r"|\\\r?\n|\n|\#[^\n]*|[!=<>]=|<<|>>|[^ \t\r\f\v]"
)

END = ""


class Words:
    """The words of a text with their lines; ``;`` and line ends are words too, comments are not.

    A quoted string keeps its first quote, so that it is told from a name.
    """

    def __init__(self, text: str) -> None:
        self.words: list[str] = []
        self.lines: list[int] = []
        self.at = 0
        self.comments: dict[int, str] = {}
        contents = text.split("\n")
        for line, content in enumerate(contents, 1):
            found = _TOKEN.findall(content)
            goes_on = content.endswith(("\\", "\\\r")) and found[-1] == "\\" and line < len(contents)
            if goes_on:
                found.pop()
            if '"' in content or "\\" in content or "#" in content:
                found = [word if word[0] not in '"\\' else _quoted(word) for word in found]
                if found and found[-1][0] == "#":
                    self.comments[line] = found.pop()
            if not goes_on:
                found.append("\n" if line < len(contents) else END)
            self.words += found
            self.lines += [line] * len(found)

    @property
    def word(self) -> str:
        """The next word; ``END`` at the end."""
        return self.words[self.at]

    @property
    def line(self) -> int:
        """The line of the next word."""
        return self.lines[self.at]

    def take(self) -> str:
        """The next word, which is consumed."""
        word = self.words[self.at]
        if word != END:
            self.at += 1
        return word

    def accept(self, *words: str) -> bool:
        """Consume the next word if it is one of these."""
        word = self.words[self.at]
        if word in words and word:
            self.at += 1
            return True
        return False

    def expect(self, word: str) -> None:
        """Consume ``word``. Raises ``SyntaxProblemError`` where something else comes."""
        if not self.accept(word):
            raise SyntaxProblemError(
                Reason("{word} expected, not {found}", word=repr(word), found=repr(self.word[:40]))
            )

    def name(self) -> str:
        """A name or quoted string, without its quote."""
        word = self.take()
        if word[:1] == '"':
            return word[1:]
        if not word or word in "{};,\n" or not (word[0].isalnum() or word[0] in "_$@*./\\" or "::" in word):
            raise SyntaxProblemError(Reason("a name expected, not {word}", word=repr(word[:40])))
        return word

    def skip_lines(self) -> None:
        """Consume line ends and ``;``."""
        while self.words[self.at] in ("\n", ";"):
            self.at += 1

    def skip_breaks(self) -> None:
        """Consume line ends."""
        while self.words[self.at] == "\n":
            self.at += 1

    @property
    def ended(self) -> bool:
        """Whether the statement ends here."""
        return self.words[self.at] in ("\n", ";", "}", END)

    def skip_statement(self) -> None:
        """Consume up to the end of the statement, blocks within it included."""
        depth = 0
        while (word := self.words[self.at]) != END:
            if depth == 0 and word in ("\n", ";", "}"):
                return
            depth += (word == "{") - (word == "}")
            self.at += 1


def _quoted(word: str) -> str:
    """A quoted string's text behind one quote; corpora quote with a backslash too."""
    if word[0] == '"' and len(word) > 1:
        return word[:-1]
    return word[1:-2] if word[0] == "\\" and len(word) > 3 else word
