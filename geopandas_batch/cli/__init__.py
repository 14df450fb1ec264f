"""The command line."""

from __future__ import annotations

import errno
import logging
import re
import sys
from typing import Any

import click

from geopandas_batch.cli.calc import calc
from geopandas_batch.cli.keeping import cache
from geopandas_batch.cli.locating import estimate, locate
from geopandas_batch.cli.reversing import reverse
from geopandas_batch.cli.showing import demo, services
from geopandas_batch.errors import GeocodingError, KeyRefused, MissingKeyError, QuotaExhausted, SettingsError

# By kind, so that a script can tell what to do.
SOME_FAILED, USAGE, KEY, QUOTA = 1, 2, 3, 4
INTERRUPTED = 130  # as a shell has it

_OPTIONS = {
    r"service='(\w+)'": r"--service \1",
    r", or pass api_key=": "",
    r" or cache= to": " to",
    r"cache=False": "--no-cache",
    r"\b(job_timeout|max_per_second)=": r"--option \1=",
}


class _Group(click.Group):
    """Turns our errors into one clear line and an exit code."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except GeocodingError as error:
            click.echo(f"Error: {_as_options(str(error))}", err=True)
            sys.exit(code_of(error))
        except OSError as error:  # no room on the disk, no right to read or write
            if error.errno == errno.EPIPE:  # whoever reads has had enough, which click knows
                raise
            click.echo(f"Error: {error}. The same line goes on from what is kept.", err=True)
            sys.exit(USAGE)
        except KeyboardInterrupt:
            click.echo("Stopped. The same line goes on from what is kept.", err=True)
            sys.exit(INTERRUPTED)


def _as_options(said: str) -> str:
    """What to do, in the words of the command line; a key has no place there."""
    for words, options in _OPTIONS.items():
        said = re.sub(words, options, said)
    return said


def code_of(error: GeocodingError) -> int:
    """The exit code of a run that ended with this error."""
    if isinstance(error, KeyRefused | MissingKeyError):
        return KEY
    if isinstance(error, QuotaExhausted):
        return QUOTA
    return USAGE if isinstance(error, SettingsError) else SOME_FAILED


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="geopandas-batch", prog_name="geopandas-batch")
def main() -> None:
    """Coordinates for the addresses of a table.

    \b
    geopandas-batch demo
    geopandas-batch locate customers.csv --address Address -o located.csv
    geopandas-batch estimate customers.csv --address "{Street}, {City}"

    Without a key, an embedded gazetteer answers, at place level. For houses, set GEOAPIFY_API_KEY.

    Exit codes: 0 all rows answered, 1 some failed, 2 usage or input, 3 key missing or refused, 4 quota or budget
    used up, 130 stopped by Ctrl-C.

    Completion by the Tab key, for bash: eval "$(_GEOPANDAS_BATCH_COMPLETE=bash_source geopandas-batch)"; for zsh and
    fish, zsh_source and fish_source.
    """
    logging.basicConfig(format="%(message)s", stream=sys.stderr)


for command in (locate, estimate, reverse, services, cache, calc, demo):
    main.add_command(command)
