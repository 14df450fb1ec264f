"""The commands about the answers that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from geopandas_batch.frames.markup import counted

if TYPE_CHECKING:
    from geopandas_batch.store.overrides import Overrides


@click.group()
def cache() -> None:
    """The answers that are kept on this computer."""


@cache.command()
def info() -> None:
    """Say where the answers are, and how many."""
    from geopandas_batch import settings
    from geopandas_batch.store import Store

    file = settings.cache_file(True)
    if file is None:
        click.echo("no file: GEOPANDAS_BATCH_CACHE says :memory:")
        return
    click.echo(file)
    if not file.exists():
        click.echo("nothing is kept yet")
        return
    store, size = Store(file), file.stat().st_size
    counts = store.info()
    answers = sum(count for name, count in counts.items() if not name.startswith("("))
    click.echo(f"{size / 1e6:10,.1f} MB" + (f", {size / answers:,.0f} bytes an answer" if answers >= 1000 else ""))
    for name, count in counts.items():
        click.echo(f"{count:10,} {name}")
    click.echo(f"{len(store.overrides.all()):10,} (corrections by a person)")


@cache.command()
@click.confirmation_option(prompt="Forget all answers? What was paid for will be paid again.")
@click.option("--corrections", is_flag=True, help="Also what a person has set or accepted.")
def clear(corrections: bool) -> None:
    """Forget all answers. Jobs under way stay on record, and what a person has decided does."""
    _forget(expired_only=False)
    if corrections:
        overrides = _overrides()
        click.echo(f"{_corrections(overrides.undo(each.address for each in overrides.all()))} forgotten")


@cache.command()
def corrections() -> None:
    """List what a person has set or accepted.

    Address, latitude, longitude and who said so, tab between.
    """
    for each in _overrides().all():
        click.echo(f"{each.address}\t{each.location.lat}\t{each.location.lon}\t{each.location.reason}")


@cache.command()
@click.argument("addresses", nargs=-1, required=True)
def undo(addresses: tuple[str, ...]) -> None:
    """Take back what a person has said of ADDRESSES."""
    from geopandas_batch.places.texts import former_text, tidy

    asked = list(map(tidy, addresses))
    count = _overrides().undo({*asked, *map(former_text, asked)})
    if not count:
        raise click.UsageError("there is no such correction. All of them: geopandas-batch cache corrections")
    click.echo(f"{_corrections(count)} undone")


@cache.command()
def prune() -> None:
    """Forget answers that may not be kept any longer."""
    _forget(expired_only=True)


@cache.command("export")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--overwrite", is_flag=True, help="Replace FILE if it is there.")
def export(file: str, overwrite: bool) -> None:
    """Write the answers to a Parquet FILE, for others.

    It is of use to who asks the same service with the same options. It holds the places that were found, and digests in
    the place of the addresses that were asked.
    """
    from geopandas_batch.sharing import export_cache

    if Path(file).exists() and not overwrite:
        raise click.UsageError(f"{file} is there already. Pass --overwrite, or another name.")
    click.echo(f"{_answers(export_cache(file))} written")


@cache.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def take_over(file: str) -> None:
    """Take over the answers in a FILE of `cache export`. Newer ones stay."""
    from geopandas_batch.sharing import import_cache

    done = import_cache(file)
    click.echo(f"{_answers(done.new)} new, {done.known:,} known, {done.expired:,} expired")


def _overrides() -> Overrides:
    from geopandas_batch import settings
    from geopandas_batch.store import Store

    return Store(settings.cache_file(True)).overrides


def _forget(*, expired_only: bool) -> None:
    from geopandas_batch import settings
    from geopandas_batch.store import Store

    count = Store(settings.cache_file(True)).clear(expired_only=expired_only)
    click.echo(f"{_answers(count)} forgotten")


def _answers(count: int) -> str:
    return counted(count, "answer", "answers")


def _corrections(count: int) -> str:
    return counted(count, "correction", "corrections")
