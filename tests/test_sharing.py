"""Answers that are handed on as a Parquet file."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from click.testing import CliRunner

import geopandas_batch
from geopandas_batch import export_cache, import_cache
from geopandas_batch.cli import main
from geopandas_batch.errors import SettingsError
from geopandas_batch.places import Location, Query
from geopandas_batch.places.lines import Wanted
from geopandas_batch.services import Geoapify
from geopandas_batch.sharing import Imported
from geopandas_batch.store import Store
from geopandas_batch.store.keys import Keys

KEYS = Keys("s", {})
OSLO = Location(
    59.91, 10.75, "Oslo, Norway", "city", 0.9, "", "s", "© Somebody", (("place_id", "51"), ("distance", 2.5))
)
HERE = {KEYS.key(Query("Oslo")): OSLO, KEYS.key(Query("Atlantis")): None, KEYS.key(Query("x")): Location(1.0, 2.0)}
SECRET = "4 Privet Drive"


@pytest.fixture
def exported(cache_file: Path, tmp_path: Path) -> Path:
    """A file of three answers."""
    store = Store(cache_file)
    store.keep(HERE.items(), service="s")
    store.keep([(KEYS.key(Query(SECRET)), None)], service="s", keep_for=timedelta(microseconds=1))
    store.close()
    assert export_cache(tmp_path / "answers.parquet") == 3
    return tmp_path / "answers.parquet"


def altered(file: Path, column: str, value: object) -> Path:
    """The file with another value in one cell."""
    table = pyarrow.parquet.read_table(file)
    place = table.schema.get_field_index(column)
    values = [*table.column(place).to_pylist()[:-1], value]
    table = table.set_column(place, table.schema.field(place), pyarrow.array(values, table.schema.field(place).type))
    pyarrow.parquet.write_table(table, file)
    return file


def test_answers_go_whole_from_one_cache_to_another(exported, tmp_path):
    other = tmp_path / "other.sqlite"

    assert import_cache(exported, cache=other) == Imported(new=3, known=0, expired=0)
    assert import_cache(exported, cache=other) == Imported(new=0, known=3, expired=0)

    assert Store(other).answers(list(HERE)) == {**HERE, KEYS.key(Query("x")): Location(1.0, 2.0, service="s")}


@pytest.mark.parametrize("by", ["itself", "link", "wal"])
def test_the_cache_is_not_replaced_by_its_own_answers(exported, cache_file, tmp_path, by):
    (tmp_path / "link.parquet").symlink_to(cache_file)
    file = {"itself": cache_file, "link": tmp_path / "link.parquet"}.get(by, Path(f"{cache_file}-wal"))

    with pytest.raises(SettingsError, match="is a database, as the cache file is: write the answers to another file"):
        export_cache(file)

    assert Store(cache_file).answers(list(HERE)).keys() == HERE.keys()


def test_a_table_of_another_kind_is_not_replaced_by_answers(exported, tmp_path):
    table = tmp_path / "customers.CSV"
    table.write_text("precious")

    with pytest.raises(SettingsError, match=r"give a name that ends in .parquet, not .*customers.CSV"):
        export_cache(table)

    assert table.read_text() == "precious"
    assert export_cache(tmp_path / "answers") == 3  # which says nothing else


def test_what_a_colleague_has_paid_is_not_bought_again(cache_file, fake, geoapify, tmp_path):
    addresses = [f"{n} Main Street, Springfield" for n in range(1, 31)]
    geopandas_batch.locate(addresses, service=geoapify(fake), cache=tmp_path / "colleague.sqlite")
    export_cache(tmp_path / "answers.parquet", cache=tmp_path / "colleague.sqlite")
    import_cache(tmp_path / "answers.parquet")
    paid = fake.credits

    located = geopandas_batch.locate(addresses, service=geoapify(fake))
    assert located["lat"].notna().all()
    assert fake.credits == paid > 0

    # Another option is another question.
    geopandas_batch.locate(addresses, service=Geoapify(api_key=fake.key, base_url=fake.url, lang="fr"))
    assert fake.credits == 2 * paid


def test_neither_addresses_nor_corrections_are_in_the_file(cache_file, tmp_path):
    store = Store(cache_file)
    store.keep([(KEYS.key(Query(SECRET)), OSLO)], service="s")
    store.claim(KEYS.scope, Wanted([KEYS.key(Query("2 " + SECRET))], [Query("2 " + SECRET)]))
    store.overrides.keep({"3 " + SECRET: Location(1.0, 2.0)}, kind="set")
    export_cache(tmp_path / "answers.parquet")

    table = pyarrow.parquet.read_table(tmp_path / "answers.parquet")
    assert table.num_rows == 1
    assert SECRET not in str(table.to_pylist())
    assert SECRET.encode() not in (tmp_path / "answers.parquet").read_bytes()


def test_the_newer_of_two_answers_stays(exported, tmp_path):
    moved = Location(60.0, 11.0, service="s")
    key = next(iter(HERE))
    Store(tmp_path / "newer.sqlite").keep([(key, moved)], service="s")
    Store(tmp_path / "older.sqlite").keep([(key, moved)], service="s")
    with sqlite3.connect(tmp_path / "older.sqlite") as db:
        db.execute("UPDATE answer SET asked = 0")
    db.close()

    import_cache(exported, cache=tmp_path / "newer.sqlite")
    import_cache(exported, cache=tmp_path / "older.sqlite")

    assert Store(tmp_path / "newer.sqlite").answers([key]) == {key: moved}
    assert Store(tmp_path / "older.sqlite").answers([key]) == {key: OSLO}


def test_what_has_expired_on_the_way_is_not_taken_over(exported, tmp_path):
    assert import_cache(altered(exported, "until", 1.0), cache=tmp_path / "b.sqlite") == Imported(2, 0, 1)
    assert len(Store(tmp_path / "b.sqlite").answers(list(HERE))) == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("key", None),
        ("lat", 91.0),
        ("lon", float("nan")),
        ("match", 99),
        ("confidence", 7.0),
        ("service", None),
        ("service", ""),
        ("extra", "[["),
        ("extra", '[["place_id", {"a": 1}]]'),
        ("asked", 1e11),
        ("asked", None),
        ("formatted", None),
        ("until", float("inf")),
    ],
)
def test_of_a_file_with_one_wrong_answer_none_is_taken_over(exported, tmp_path, column, value):
    """The last row has an answer that was found, as the keys are in order."""
    table = pyarrow.parquet.read_table(exported)
    pyarrow.parquet.write_table(table.take([0, 0, table.column("lat").to_pylist().index(59.91)]), exported)

    with pytest.raises(SettingsError, match="Nothing was taken over"):
        import_cache(altered(exported, column, value), cache=tmp_path / "b.sqlite")

    assert Store(tmp_path / "b.sqlite").info() == {"(jobs under way)": 0}


def test_text_that_is_no_utf_8_is_seen_before_the_first_answer_is_taken_over(exported, tmp_path):
    table = pyarrow.parquet.read_table(exported)
    pyarrow.parquet.write_table(table, exported, compression="none", use_dictionary=False, write_statistics=False)
    content = exported.read_bytes()
    assert content.count(b"Oslo, Norway") == 1
    exported.write_bytes(content.replace(b"Oslo, Norway", b"Oslo, Norw\xff\xff"))

    with pytest.raises(SettingsError, match=r"answers\.parquet"):
        import_cache(exported, cache=tmp_path / "b.sqlite")

    assert Store(tmp_path / "b.sqlite").info() == {"(jobs under way)": 0}


@pytest.mark.parametrize("kind", ["text", "truncated", "garbage", "another table", "missing", "folder"])
def test_a_file_of_another_kind_is_refused(exported, tmp_path, kind):
    content = exported.read_bytes()
    if kind == "another table":
        pyarrow.parquet.write_table(pyarrow.table({"key": [b"1" * 16], "lat": [1.0]}), exported)
    elif kind in ("missing", "folder"):
        exported.unlink()
        if kind == "folder":
            exported.mkdir()
    else:
        middle = len(content) // 8
        pieces = {
            "text": b"a,b\n1,2\n",
            "truncated": content[:-30],
            "garbage": content[:4] + b"\xff" * middle + content[4 + middle :],
        }
        exported.write_bytes(pieces[kind])

    with pytest.raises(SettingsError, match=r"answers\.parquet"):
        import_cache(exported, cache=tmp_path / "b.sqlite")

    assert Store(tmp_path / "b.sqlite").info() == {"(jobs under way)": 0}


def test_without_a_cache_file_there_is_nothing_to_share(tmp_path):
    with pytest.raises(SettingsError, match="nothing is kept yet"):
        export_cache(tmp_path / "answers.parquet")
    with pytest.raises(SettingsError, match="cache=False"):
        import_cache(tmp_path / "answers.parquet", cache=False)


def test_the_command_line_shares_too(exported, tmp_path):
    run = CliRunner().invoke(main, ["cache", "export", str(tmp_path / "again.parquet")])
    assert run.output == "3 answers written\n"
    run = CliRunner().invoke(main, ["cache", "import", str(tmp_path / "again.parquet")])
    assert run.output == "0 answers new, 3 known, 0 expired\n"
    run = CliRunner().invoke(main, ["cache", "import", str(Path(__file__))])
    assert run.exit_code == 2
    assert "no Parquet file of answers" in run.stderr


def test_the_command_replaces_no_file_unless_it_is_told_to(exported, tmp_path):
    (tmp_path / "customers.parquet").write_text("precious")
    arguments = ["cache", "export", str(tmp_path / "customers.parquet")]

    refused = CliRunner().invoke(main, arguments)

    assert refused.exit_code == 2
    assert "is there already. Pass --overwrite" in refused.output
    assert (tmp_path / "customers.parquet").read_text() == "precious"
    assert CliRunner().invoke(main, [*arguments, "--overwrite"]).exit_code == 0
    assert (tmp_path / "customers.parquet").read_bytes().startswith(b"PAR1")
