"""Texts that commands keep: they must be storable and readable later."""

import click

LONGEST = 500


class PrintableText(click.ParamType[str]):
    """A text of 1 to 500 printable characters; what is not UTF-8 in the terminal is none."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text without blanks around it."""
        text = value.strip()
        if not (0 < len(text) <= LONGEST and text.isprintable()):
            self.fail(f"1 to {LONGEST} printable characters in UTF-8 are required", param, ctx)
        return text


REASON = PrintableText()
