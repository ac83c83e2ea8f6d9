"""`flask portal translate`: catalogues of messages, for translators."""

import click

from portal.i18n import catalogues, proof


@click.group("translate")
def translate() -> None:
    """Add languages, keep their catalogues in step with the sources, compile them."""


@translate.command()
@click.argument("locale")
def add(locale: str) -> None:
    """Begin the catalogue of a language, named as `pt-BR`."""
    try:
        path = catalogues.add(locale)
    except ValueError as wrong:
        raise click.ClickException(f"{wrong}.") from None
    click.echo(f"Made {path}; fill it in, then run `flask portal translate compile`.")


@translate.command()
def update() -> None:
    """Bring every catalogue in step with the sources: new messages come empty, old ones go."""
    changed = catalogues.update()
    click.echo(f"Changed: {', '.join(locale.tag for locale in changed) or 'nothing'}.")


@translate.command("compile")
def compile_() -> None:
    """Compile every catalogue for the portal to read; it reads them when it starts."""
    compiled = catalogues.compile_all()
    click.echo(f"Compiled: {', '.join(locale.tag for locale in compiled) or 'nothing'}.")


@translate.command()
def check() -> None:
    """Say what is wrong with the catalogues: out of step, not filled, placeholders broken."""
    found = list(proof.faults())
    for line in found:
        click.echo(line)
    if found:
        raise click.ClickException(f"{len(found)} faults.")
