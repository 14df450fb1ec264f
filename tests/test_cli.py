"""The command line, as processes of its own: what it writes, says and ends with."""

from __future__ import annotations

import json
import os
import pty
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest

from geopandas_batch.cli.portions import PORTION
from geopandas_batch.testing import FakeGeoapify

COMMAND = [sys.executable, "-m", "geopandas_batch.cli"]
SHOP = "id;Straße;PLZ;Ort;Umsatz\r\n007;Weg 5;50667;Köln;1,5\r\n008;Allee 1;80331;München;2,25\r\n"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def env(fake: FakeGeoapify, cache_file: Path, tmp_path: Path) -> dict[str, str]:
    """A key, the double's address, and a fast pace."""
    paths = os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "GEOAPIFY_API_KEY": fake.key, "GEOAPIFY_BASE_URL": fake.url, "PYTHONPATH": paths}


@pytest.fixture
def run(env: dict[str, str], tmp_path: Path) -> Run:
    def call(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        fast = ["--option", "max_per_second=1000"] if arguments[0] in ("locate", "reverse", "estimate") else []
        return subprocess.run(
            [*COMMAND, *arguments, *fast],
            **{"env": env, "cwd": tmp_path, "capture_output": True, "encoding": "utf-8", "timeout": 60, **options},
        )

    return call


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A table as a German Excel writes it."""
    file = tmp_path / "shop.csv"
    file.write_bytes(SHOP.encode("cp1252"))
    return file


def test_a_table_of_a_german_excel_gets_two_columns_and_keeps_every_byte(run, shop, fake):
    done = run("locate", "shop.csv", "--address", "{Straße}, {PLZ} {Ort}", "-o", "out.csv")

    assert done.returncode == 0, done.stderr
    lines = (shop.parent / "out.csv").read_bytes().split(b"\r\n")
    assert [line.rsplit(b";", 2)[0] for line in lines] == SHOP.encode("cp1252").split(b"\r\n")
    lat, lon = fake.expected("Weg 5, 50667 Köln")
    assert lines[1].decode("cp1252").split(";")[-2:] == [f"{lat!r}".replace(".", ","), f"{lon!r}".replace(".", ",")]


def test_what_was_found_out_of_the_file_is_reported(run, shop):
    done = run("locate", "shop.csv", "--address", "Ort")

    assert "shop.csv: 2 rows; cp1252, semicolon, decimal comma, CRLF" in done.stderr


def test_the_report_says_which_service_answered(run, shop):
    done = run("locate", "shop.csv", "--address", "Ort")

    assert done.stderr.splitlines()[-3].startswith("geoapify: 2 of 2 rows located")
    assert "München" in done.stdout


def test_without_an_address_a_script_gets_the_proposal(run, shop, fake):
    done = run("locate", "shop.csv", stdin=subprocess.DEVNULL)

    assert done.returncode == 2
    assert '--address "{Straße}, {PLZ} {Ort}"' in done.stderr
    assert fake.requests == []


def test_without_an_address_a_person_is_asked(env, shop, fake):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "locate", str(shop), "-o", str(shop.parent / "out.csv"), "--option", "max_per_second=1000"],
        env=env,
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
    )
    os.close(theirs)
    seen = b""
    while b"[{Stra" not in seen:
        seen += os.read(ours, 1024)
    os.write(ours, b"\n")  # take the proposal
    for _ in iter(lambda: _read(ours), b""):
        pass
    assert process.wait(30) == 0
    process.stdout.close()
    assert set(fake.inputs) == {"Weg 5, 50667 Köln", "Allee 1, 80331 München"}


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1024)
    except OSError:  # the other side is gone
        os.close(terminal)
        return b""


def test_a_pipe_in_is_a_pipe_out(run, shop):
    done = run("locate", "-", "--address", "Ort", "-o", "-", input="Ort,n\nOslo,1\n")

    assert done.stdout.splitlines()[0] == "Ort,n,lat,lon"
    assert done.stdout.splitlines()[1].startswith("Oslo,1,")


def test_json_says_what_the_report_says(run, shop, fake):
    done = run("locate", "shop.csv", "--address", "Ort", "-o", "out.csv", "--json")

    said = json.loads(done.stdout)
    assert (said["rows"], said["statuses"]["located"], said["credits"]) == (2, 2, fake.credits)


def test_a_row_that_fails_makes_it_exit_1_and_goes_to_the_failures(run, tmp_path):
    (tmp_path / "in.csv").write_text("id,place\n1,Oslo\n2,refused\n3,nowhere\n4,\n")

    done = run("locate", "in.csv", "--address", "place", "-o", "out.csv", "--failures", "failed.csv")

    assert done.returncode == 1
    rows = (tmp_path / "failed.csv").read_text().splitlines()
    assert rows[0] == "id,place,status,reason"
    assert [row.split(",")[2] for row in rows[1:]] == ["failed", "not_found", "blank"]


@pytest.mark.parametrize("options", [[], ["--keep-going"]], ids=["stops", "keeps going"])
def test_a_refused_key_is_exit_3_and_is_not_shown(options, run, env, shop):
    env["GEOAPIFY_API_KEY"] = "secret-of-mine"

    done = run("locate", "shop.csv", "--address", "Ort", "-o", "out.csv", *options)

    assert done.returncode == 3
    assert "secret-of-mine" not in done.stderr + done.stdout
    assert not (shop.parent / "out.csv").exists()


@pytest.mark.parametrize("file", ["", ":memory:"], ids=["kept", "not kept"])
def test_that_answers_are_kept_is_said_only_where_they_are(file, run, env, shop):
    env.update(GEOAPIFY_API_KEY="wrong", GEOPANDAS_BATCH_CACHE=file or env["GEOPANDAS_BATCH_CACHE"])

    done = run("locate", "shop.csv", "--address", "Ort", "-o", "out.xlsx")

    assert done.returncode == 3
    assert ("What was answered is kept" in done.stderr) is not bool(file)


def test_a_batch_that_fails_leaves_its_rows_blank_where_the_run_shall_go_on(env, cache_file, tmp_path):
    (tmp_path / "in.csv").write_text("place\n" + "".join(f"Street {number}\n" for number in range(2000)))
    with FakeGeoapify() as broken:
        broken.fail("swapped-ids", on="poll")
        env.update(GEOAPIFY_API_KEY=broken.key, GEOAPIFY_BASE_URL=broken.url)
        line = [*COMMAND, "locate", "in.csv", "--address", "place", "-o", "out.csv", "--option", "max_per_second=1000"]
        done = subprocess.run([*line, "--keep-going"], env=env, cwd=tmp_path, capture_output=True, encoding="utf-8")

    assert done.returncode == 1, done.stderr
    assert (tmp_path / "out.csv").read_text().count(",,\n") == 2000
    assert "0 of 2,000 rows located, 2,000 failed" in done.stderr


def test_a_missing_key_is_exit_3(run, env, shop):
    env["GEOAPIFY_API_KEY"] = ""

    assert run("locate", "shop.csv", "--address", "Ort", "--service", "geoapify").returncode == 3


@pytest.mark.parametrize("options", [[], ["--keep-going"]], ids=["stops", "keeps going"])
def test_no_credits_left_is_exit_4(options, env, cache_file, tmp_path):
    (tmp_path / "in.csv").write_text("place\n" + "".join(f"Street {number}\n" for number in range(50)))
    with FakeGeoapify(credits=5) as poor:
        env.update(GEOAPIFY_API_KEY=poor.key, GEOAPIFY_BASE_URL=poor.url)
        done = subprocess.run(
            [*COMMAND, "locate", "in.csv", "--address", "place", "-o", "out.csv", *options],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )

    assert done.returncode == 4, done.stderr
    assert "run the same line again" in done.stderr
    assert ".partial" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["locate", "none.csv", "--address", "Ort"], "there is no file"),
        (["locate", "shop.csv", "--address", "Town"], "there is no column 'Town'. The columns are 'id', 'Straße'"),
        (["locate", "shop.csv", "--address", "Ort", "-o", "out.doc"], "does not say what it is"),
        (["locate", "shop.csv", "--address", "Ort", "-o", "none/out.csv"], "there is no folder"),
        (["locate", "shop.csv", "--address", "Ort", "-o", "shop.csv"], "there already"),
        (["locate", "shop.csv", "--address", "Ort", "--city", "Ort"], "not both"),
        (["locate", "twice.csv", "--address", "#2", "-o", "out.parquet"], "two columns are named 'a'"),
        (["reverse", "points.csv", "-o", "out.geojson"], "no column 'lat' to make points of"),
        (["locate", "shop.csv", "--address", "Ort", "--service", "x"], "there is no service 'x'"),
        (["locate", "shop.csv", "--address", "Ort", "--option", "api_key=1"], "does not belong on a command line"),
        (
            ["locate", "shop.csv", "--address", "Ort", "--option", "max_jobs=2.5"],
            "a whole number of 1 or more, not 2.5",
        ),
        (["locate", "shop.csv", "--address", "Ort", "--sheet", "x"], "--sheet is for workbooks"),
        (["locate", "shop.csv", "--address", "Ort", "--failures", "x.xlsx"], "x.xlsx should end in .csv or .tsv"),
        (["locate", "shop.csv", "--country", "=Norway"], '--address "{Straße}, {PLZ} {Ort}"'),
        (["locate", "shop.csv", "--address", "Orte"], "there is no column 'Orte'. Do you mean 'Ort'?"),
        (["locate", "shop.csv", "--city", "Ort", "--country", "Deutschland"], 'all rows: --country "=Deutschland"'),
        (
            ["locate", "shop.csv", "--address", "Ort", "--service", "gazetteer", "--option", "lang=de"],
            "--service geoapify",
        ),
        (["locate", "shop.csv", "--address", "#1", "--no-header", "--header-row", "2"], "not both"),
        (["locate", "book.csv", "--address", "Ort"], "book.csv is no text. A workbook? Pass --from xlsx"),
        (["locate", "shop.csv", "--address", "Ort", "--encoding", "klingon"], "no text encoding 'klingon'"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_wrong_line_is_exit_2_and_costs_nothing(arguments, said, run, shop, fake):
    (shop.parent / "twice.csv").write_text("a,a\n1,Oslo\n")
    (shop.parent / "points.csv").write_text("y,x\n1,2\n")
    openpyxl.Workbook().save(shop.parent / "book.csv")

    done = run(*arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert fake.requests == []


def test_settings_of_a_service_are_numbers_and_yes_or_no_as_they_are_meant(run, shop, fake):
    def asked(*settings: str) -> str:
        said = [word for setting in settings for word in ("--option", setting)]
        done = run("locate", "shop.csv", "--address", "Ort", "-o", "-", "--details", *said, encoding="cp1252")
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[0]

    assert asked("max_jobs=2", "mode=batch", "raw=true").endswith(";raw")
    plain = run("locate", "shop.csv", "--address", "Ort", "-o", "-", "--option", "raw=true", encoding="cp1252")
    assert plain.stdout.splitlines()[0].endswith(";lat;lon;raw")
    assert not asked("raw=False").endswith(";raw")
    assert [job.credits for job in fake.submits] == [1.0]


def test_a_title_above_the_names_of_the_columns_is_noticed(run, tmp_path):
    (tmp_path / "in.csv").write_text("Customers 2026;;\n;;\nid;place;land\n1;Oslo;Norway\n")

    done = run("locate", "in.csv", "--address", "place")

    assert done.returncode == 2
    assert "the header has one cell: if the names of the columns are below it, pass --header-row" in done.stderr


def test_a_title_by_itself_above_them_is_thought_of(run, tmp_path):
    (tmp_path / "in.csv").write_text("Customers 2026\n\nid;place;land\n1;Oslo;Norway\n")

    done = run("locate", "in.csv", "--address", "place")

    assert done.returncode == 2
    assert "no column 'place'. It has one column: where the names of columns are below a title, pass" in done.stderr
    assert run("locate", "in.csv", "--address", "place", "--header-row", "3").returncode == 0


def test_points_that_the_gazetteer_names_are_counted_as_asked(env, tmp_path):
    (tmp_path / "in.csv").write_text("lat,lon\n59.91,10.75\n59.91,10.75\n60.39,5.32\n,\n")
    asked = [*COMMAND, "reverse", "in.csv", "--service", "gazetteer", "-o", "-", "--json"]

    done = subprocess.run(asked, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)

    said = json.loads(done.stderr.splitlines()[-1])
    assert (said["asked"], said["cached"], said["statuses"]["located"]) == (2, 0, 3)


def test_addresses_of_portions_that_are_asked_at_the_same_time_are_counted_once(env, tmp_path):
    rows = [f"{number} Station Road; Oslo" for number in range(2 * PORTION)]
    (tmp_path / "in.csv").write_text("\n".join(["address", *rows]), encoding="utf-8")
    asked = [*COMMAND, "locate", "in.csv", "--address", "address", "--service", "gazetteer", "-o", "out.csv", "--json"]

    done = subprocess.run(asked, env=env, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60)

    assert json.loads(done.stdout)["asked"] == len(rows)


def test_quiet_says_nothing(env, tmp_path):
    (tmp_path / "in.csv").write_text("place\nOslo\n")
    asked = [*COMMAND, "locate", "in.csv", "--address", "place", "--service", "gazetteer", "-o", "-", "--quiet"]

    done = subprocess.run(asked, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize("where", [["-o", "out.csv"], ["-o", "out.xlsx", "--failures", "bad.csv"], []])
def test_cells_that_cannot_be_written_are_found_before_anything_is_asked(where, run, tmp_path, fake):
    book = openpyxl.Workbook()
    book.active.append(["place", "net"])
    book.active.append(["Oslo", "=1/1.19"])  # no program has computed it
    book.save(tmp_path / "in.xlsx")

    done = run("locate", "in.xlsx", "--address", "place", *where)

    assert done.returncode == 2
    assert "'net' in in.xlsx has formulas that no program has computed" in done.stderr
    assert fake.requests == []
    assert sorted(file.name for file in tmp_path.iterdir() if "out" in file.name or "bad" in file.name) == []


@pytest.mark.parametrize("note", ["[]", "null", "{}", '{"fingerprint": ', '{"fingerprint": 1, "sizes": 2}'])
def test_a_note_of_unfinished_work_that_is_damaged_is_begun_anew(note, run, tmp_path):
    (tmp_path / "in.csv").write_text("place\n1 Main Street\n")
    (tmp_path / "out.csv.part").write_text("pla")
    (tmp_path / "out.csv.part.json").write_text(note)

    done = run("locate", "in.csv", "--address", "place", "-o", "out.csv")

    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 2
    assert list(tmp_path.glob("*.part*")) == []


def test_no_room_for_the_file_is_one_line(env, tmp_path, fake):
    (tmp_path / "in.csv").write_text("place\n" + "".join(f"{number} Main Street\n" for number in range(3000)))
    asked = [*COMMAND, "locate", "in.csv", "--address", "place", "-o", "out.csv", "--option", "max_per_second=1000"]
    told = {"cwd": tmp_path, "env": env, "capture_output": True, "text": True, "timeout": 120}

    # As on a full disk: no process may write files larger than this.
    full = subprocess.run(
        [*asked, "--details"], preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (99999, 99999)), **told
    )
    again = subprocess.run([*asked, "--details"], **told)

    assert full.returncode == 2
    assert "Traceback" not in full.stderr
    assert "The same line goes on from what is kept" in full.stderr.splitlines()[-1]
    assert again.returncode == 0
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 3001


@pytest.mark.parametrize("kind", ["geojson", "gpkg"])
def test_no_room_for_points_is_one_line_too(kind, env, tmp_path):
    (tmp_path / "in.csv").write_text("place\n" + 3000 * "Oslo\n")
    asked = [*COMMAND, "locate", "in.csv", "--address", "place", "--service", "gazetteer", "-o", f"out.{kind}"]

    full = subprocess.run(
        asked,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, 70_000)),
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert full.returncode == 2
    assert "Traceback" not in full.stderr
    assert "cannot be written" in full.stderr.splitlines()[-1]
    assert [file.name for file in tmp_path.iterdir() if file.suffix == f".{kind}"] == []


@pytest.mark.parametrize("option", ["-o", "--failures"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_is_no_file_is_not_replaced_by_one(make, option, run, tmp_path, fake):
    (tmp_path / "in.csv").write_text("place\nOslo\n")
    make(tmp_path / "out.csv")
    kind = (tmp_path / "out.csv").stat().st_mode

    done = run("locate", "in.csv", "--address", "place", option, "out.csv", "--overwrite")

    assert done.returncode == 2
    assert "out.csv is a" in done.stderr
    assert (tmp_path / "out.csv").stat().st_mode == kind
    assert fake.requests == []


@pytest.mark.parametrize(("arguments", "closed"), [(("in.csv", "-o", "-"), 1), (("-", "-o", "out.csv"), 0)])
def test_a_pipe_that_is_closed_is_one_line(arguments, closed, run, tmp_path):
    (tmp_path / "in.csv").write_text("place\nOslo\n")
    options = {"stdin": None, "capture_output": False, "stderr": subprocess.PIPE}

    done = run("locate", *arguments, "--address", "place", preexec_fn=lambda: os.close(closed), **options)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"Error: standard {'output' if closed else 'input'} is closed"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_that_is_overwritten_keeps_its_rights_and_the_link_to_it(kind, run, tmp_path):
    (tmp_path / "in.csv").write_text("place\nOslo\n")
    (tmp_path / f"private.{kind}").touch(mode=0o600)
    (tmp_path / f"link.{kind}").symlink_to(f"private.{kind}")

    done = run("locate", "in.csv", "--address", "place", "-o", f"link.{kind}", "--overwrite")

    assert done.returncode == 0
    assert (tmp_path / f"link.{kind}").is_symlink()
    assert (tmp_path / f"private.{kind}").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / f"private.{kind}").stat().st_size > 0
    assert sorted(file.name for file in tmp_path.glob("*.part*")) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_in_which_nothing_may_be_written_is_told_before_anything_is_asked(run, tmp_path, fake):
    (tmp_path / "in.csv").write_text("place\nOslo\n")
    (tmp_path / "closed").mkdir(mode=0o500)

    done = run("locate", "in.csv", "--address", "place", "-o", "closed/out.xlsx")

    assert done.returncode == 2
    assert "in the folder closed nothing may be written" in done.stderr
    assert fake.requests == []


def test_columns_of_the_users_are_replaced_only_when_told(run, tmp_path):
    (tmp_path / "in.csv").write_text("lat,place,n\nold,Oslo,1\n")

    refused = run("locate", "in.csv", "--address", "place", "-o", "out.csv")
    done = run("locate", "in.csv", "--address", "place", "-o", "out.csv", "--overwrite")

    assert refused.returncode == 2
    assert done.returncode == 0
    head, row = (tmp_path / "out.csv").read_text().splitlines()
    assert head == "lat,place,n,lon"
    assert row.split(",")[0] != "old"
    assert row.split(",")[1:3] == ["Oslo", "1"]


def test_prefix_and_details_name_the_new_columns(run, shop):
    run("locate", "shop.csv", "--address", "Ort", "-o", "out.csv", "--details", "--prefix", "home_")

    head = (shop.parent / "out.csv").read_text("cp1252").splitlines()[0]
    new = ["lat", "lon", "formatted", "match", "confidence", "status", "reason", "service"]
    assert head.split(";")[5:13] == [f"home_{name}" for name in new]


def test_a_constant_part_goes_with_every_row(run, shop, fake):
    run("locate", "shop.csv", "--city", "Ort", "--country", "=Germany")

    assert {dict(parts)["country"] for parts in fake.inputs} == {"Germany"}


def test_without_a_cache_equal_addresses_of_different_portions_are_asked_once(run, tmp_path, fake, cache_file):
    (tmp_path / "in.csv").write_text("place\n" + "Oslo\nBergen\n" * 12_000)

    done = run("locate", "in.csv", "--address", "place", "-o", "out.csv", "--no-cache")

    assert done.returncode == 0, done.stderr
    assert sorted(fake.inputs) == ["Bergen", "Oslo"]
    assert not cache_file.exists()


@pytest.mark.parametrize("options", [[], ["--no-cache"]], ids=["cached", "not cached"])
def test_killed_and_started_again_it_goes_on_and_pays_nothing_twice(options, env, tmp_path, cache_file):
    rows = [f"{number},Street {number}" for number in range(25_000)]
    rows[3_000:3_000] = [f"again,Street {number}" for number in range(500)]
    rows[9_999:9_999] = rows[20_000:20_000] = ["", "", ""]  # no rows, and where portions end
    (tmp_path / "in.csv").write_text("id,place\n" + "".join(f"{row}\n" for row in rows))
    part = tmp_path / "out.csv.part.json"
    with FakeGeoapify(seconds_per_job=0.05) as slow:
        env.update(GEOAPIFY_API_KEY=slow.key, GEOAPIFY_BASE_URL=slow.url)
        line = [*COMMAND, "locate", "in.csv", "--address", "place", "-o", "out.csv", "--option", "max_per_second=1000"]
        process = subprocess.Popen([*line, *options], env=env, cwd=tmp_path, stderr=subprocess.DEVNULL)
        try:
            while not part.exists() and process.poll() is None:
                time.sleep(0.01)  # a look, not a wait for luck: it ends when the first portion is on disk
            while not options and process.poll() is None and not _on_record(process, slow, cache_file):
                process.send_signal(signal.SIGCONT)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        committed = json.loads(part.read_text())["state"]["rows"]
        asked_before = len(slow.inputs)
        assert not (tmp_path / "out.csv").exists()

        done = subprocess.run([*line, *options], env=env, cwd=tmp_path, capture_output=True, encoding="utf-8")

        assert done.returncode == 0, done.stderr
        assert f"{committed:,} rows were done before" in done.stderr
        assert committed >= 9_998
        if not options:
            assert len(slow.inputs) == len(set(slow.inputs)) == 25_000
        assert len(slow.inputs) - asked_before <= 25_500 - committed
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert [line.rsplit(",", 2)[0] for line in lines[1:]] == rows
    assert not any(line.endswith(",") for line in lines)
    assert not part.exists()


def located_meanwhile(kind: str, name: str, content: str, slow: FakeGeoapify, env, folder: Path) -> str:
    """Locate ``in.csv``, and write a file while the addresses are with the service; the last line that is said."""
    env.update(GEOAPIFY_API_KEY=slow.key, GEOAPIFY_BASE_URL=slow.url)
    (folder / "in.csv").write_text("place\n1 Main Street\n2 Main Street\n")
    line = [*COMMAND, "locate", "in.csv", "--address", "place", "-o", f"out.{kind}", "--option", "mode=batch"]
    process = subprocess.Popen(line, env=env, cwd=folder, stderr=subprocess.PIPE, encoding="utf-8")
    while not slow.submits and process.poll() is None:
        time.sleep(0.01)  # a look, as above
    (folder / name).write_text(content)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 2
    return said.splitlines()[-1]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("rows", ["0 Front Street\n1 Main Street\n", "5 Main Street\n"], ids=["others", "one less"])
def test_a_file_that_is_filled_anew_meanwhile_gets_no_answers_beside_wrong_rows(rows, kind, env, tmp_path):
    with FakeGeoapify(seconds_per_job=0.5) as slow:
        said = located_meanwhile(kind, "in.csv", f"place\n{rows}", slow, env, tmp_path)

    assert said.startswith("Error: in.csv was changed meanwhile")
    assert not (tmp_path / f"out.{kind}").exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_that_is_made_meanwhile_is_not_overwritten(kind, env, tmp_path):
    with FakeGeoapify(seconds_per_job=0.5) as slow:
        said = located_meanwhile(kind, f"out.{kind}", "somebody's own", slow, env, tmp_path)

        assert f"out.{kind} was made meanwhile" in said
        assert (tmp_path / f"out.{kind}").read_text() == "somebody's own"
        if kind == "xlsx":
            assert openpyxl.load_workbook(tmp_path / said.split()[-1]).active["A2"].value == "1 Main Street"
        else:
            again = [*COMMAND, "locate", "in.csv", "--address", "place", "-o", "out.csv", "--overwrite"]
            assert subprocess.run([*again, "--option", "mode=batch"], env=env, cwd=tmp_path, timeout=60).returncode == 0
            assert len((tmp_path / "out.csv").read_text().splitlines()) == 3
            assert slow.inputs == ["1 Main Street", "2 Main Street"]


def _on_record(process: subprocess.Popen[bytes], fake: FakeGeoapify, cache_file: Path) -> bool:
    """Stop the process and look whether it knows of all jobs that were accepted: no reply is on its way to it."""
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.05)  # what it has sent arrives
    with closing(sqlite3.connect(f"file:{cache_file}?mode=ro", uri=True)) as journal:
        known = {job for (job,) in journal.execute("SELECT id FROM job")}
    return all(submit.polls or submit.id in known for submit in fake.submits)


def test_ctrl_c_is_one_line_and_exit_130(env, tmp_path, cache_file):
    (tmp_path / "in.csv").write_text("place\n" + "".join(f"Street {number}\n" for number in range(2000)))
    with FakeGeoapify(never_ready=True) as slow:
        env.update(GEOAPIFY_API_KEY=slow.key, GEOAPIFY_BASE_URL=slow.url)
        process = subprocess.Popen(
            [*COMMAND, "locate", "in.csv", "--address", "place", "-o", "out.csv", "--quiet"],
            env=env,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        while not slow.polls and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)

    assert process.returncode == 130
    assert said.strip() == "Stopped. The same line goes on from what is kept."


def test_an_estimate_says_the_price_and_sends_nothing(run, shop, fake):
    done = run("estimate", "shop.csv", "--address", "{Straße}, {PLZ} {Ort}", "--json")

    said = json.loads(done.stdout)
    assert (said["rows"], said["to_ask"], said["first"]) == (2, 2, ["Weg 5, 50667 Köln", "Allee 1, 80331 München"])
    assert fake.requests == []


def test_an_estimate_counts_rows_of_which_it_keeps_the_different_ones(run, tmp_path, fake):
    (tmp_path / "in.csv").write_text("place\n" + 'Oslo\n" "\n""\nBergen\n' * 5000)

    said = json.loads(run("estimate", "in.csv", "--address", "place", "--json").stdout)

    assert [said[name] for name in ("rows", "blank", "distinct", "to_ask")] == [20_000, 10_000, 2, 2]
    assert said["first"] == ["Oslo", "Bergen"]


def test_a_dry_run_says_the_price_and_writes_nothing(run, shop, fake):
    done = run("locate", "shop.csv", "--address", "Ort", "-o", "out.csv", "--dry-run")

    assert done.returncode == 0
    assert "to ask    2 addresses" in done.stdout
    assert fake.requests == []
    assert not (shop.parent / "out.csv").exists()


def test_rows_that_repeat_are_answered_from_memory_and_counted_as_what_they_are(run, tmp_path, fake):
    few = ["Oslo", "nowhere", "", "refused", "Bergen"]
    rows = [f"{number},{few[number % 5]}" for number in range(50_000)]
    (tmp_path / "in.csv").write_text("id,place\n" + "".join(f"{row}\n" for row in rows))

    done = run("locate", "in.csv", "--address", "place", "-o", "out.csv", "--failures", "failed.csv", "--json")

    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert said["statuses"] == {"located": 20_000, "not_found": 10_000, "blank": 10_000, "failed": 10_000, "skipped": 0}
    assert (said["rows"], said["matches"]) == (50_000, {"building": 20_000})
    assert list(said["reasons"].values()) == [10_000]
    assert len(fake.requests) == 4  # five portions; one of the four is refused, and that is known then
    ends = {place: "{!r},{!r}".format(*fake.expected(place)) for place in ("Oslo", "Bergen")}
    expected = [f"{row},{ends.get(row.partition(',')[2], ',')}" for row in rows]
    assert (tmp_path / "out.csv").read_text().splitlines() == ["id,place,lat,lon", *expected]
    kinds = [row.split(",")[2] for row in (tmp_path / "failed.csv").read_text().splitlines()[1:]]
    assert kinds == ["not_found", "blank", "failed"] * 10_000


def test_matches_that_are_too_weak_are_counted_as_not_found(run, env, tmp_path):
    env["GEOAPIFY_API_KEY"] = ""
    (tmp_path / "in.csv").write_text("place\nOslo\nBergen\nOslo\n")

    line = [*COMMAND, "locate", "in.csv", "--address", "place", "-o", "-", "--min-confidence", "1"]
    done = subprocess.run(line, env=env, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60)

    assert "gazetteer: 0 of 3 rows located, 3 not found" in done.stderr
    assert done.stdout == "place,lat,lon\nOslo,,\nBergen,,\nOslo,,\n"


def test_a_cell_may_be_longer_than_csv_readers_like(run, tmp_path):
    shape = "POINT(1 2)," * 20_000
    (tmp_path / "in.csv").write_text(f'place,shape\nOslo,"{shape}"\n')

    done = run("locate", "in.csv", "--address", "place", "-o", "out.csv")

    assert done.returncode == 0, done.stderr
    assert f'"{shape}"' in (tmp_path / "out.csv").read_text()


def test_a_budget_is_kept_over_all_portions_and_is_exit_4(run, tmp_path, fake):
    (tmp_path / "in.csv").write_text("place\n" + "".join(f"Street {number}\n" for number in range(21_000)))

    done = run("locate", "in.csv", "--address", "place", "-o", "out.csv", "--budget", "5500")

    assert done.returncode == 4
    assert fake.credits == 5500
    rows = (tmp_path / "out.csv").read_text().splitlines()[1:]
    assert [row.endswith(",,") for row in rows] == [number >= 11_000 for number in range(21_000)]


def test_points_get_their_address(run, tmp_path, fake):
    (tmp_path / "in.csv").write_text("id;Breite;Lon\n1;52,5;13,4\n2;;\n3;x;1\n")

    done = run("reverse", "in.csv", "--lat", "Breite", "-o", "out.csv", "--failures", "failed.csv")

    assert done.returncode == 1
    assert (tmp_path / "out.csv").read_text().splitlines() == [
        "id;Breite;Lon;formatted",
        f"1;52,5;13,4;{fake.expected_address(52.5, 13.4)}",
        "2;;;",
        "3;x;1;",
    ]
    assert "latitude is not a number" in (tmp_path / "failed.csv").read_text()


def test_a_workbook_in_is_a_workbook_out(run, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["id", "Address"], [1, "Oslo"], [2, "Bergen"]):
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")

    done = run("locate", "in.xlsx", "--address", "address", "-o", "out.xlsx")

    assert done.returncode == 0, done.stderr
    rows = list(openpyxl.load_workbook(tmp_path / "out.xlsx").active.values)
    assert rows[0] == ("id", "Address", "lat", "lon")
    assert all(isinstance(value, float) for row in rows[1:] for value in row[2:])


def test_a_workbook_down_a_pipe_is_csv_with_numbers_as_they_are(run, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["place", "n", "tel", "note"], ["Oslo", -3, "+47 22 00 00 00", "x"]):
        book.active.append(row)
    book.active["D2"].value, book.active["D2"].data_type = "=1+1", "s"
    book.save(tmp_path / "in.xlsx")

    done = run("locate", "in.xlsx", "--address", "place", "-o", "-", "--to", "csv", "--failures", "failed.tsv")

    assert done.stdout.splitlines()[0] == "place,n,tel,note,lat,lon"
    assert done.stdout.splitlines()[1].startswith("Oslo,-3,+47 22 00 00 00,'=1+1,")
    assert (tmp_path / "failed.tsv").read_text("utf-8-sig") == "place\tn\ttel\tnote\tstatus\treason\n"


def test_help_and_version_need_nothing_but_the_core():
    code = (
        "import sys\n"
        "for name in ('openpyxl', 'geopandas', 'pyarrow', 'chardet', 'clevercsv', 'aiohttp'):\n"
        "    sys.modules[name] = None\n"
        "from geopandas_batch.cli import main\n"
        "main(['locate', '--help'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=60)

    assert done.returncode == 0, done.stderr
    assert "geopandas-batch locate customers.xlsx --address Address -o located.xlsx\n" in done.stdout


def test_the_tab_key_completes_commands(env):
    env = {**env, "_GEOPANDAS_BATCH_COMPLETE": "bash_complete", "COMP_WORDS": "geopandas-batch loc", "COMP_CWORD": "1"}

    done = subprocess.run(COMMAND, env=env, capture_output=True, encoding="utf-8", timeout=60)

    assert "locate" in done.stdout


def test_the_demo_runs_without_a_key_or_a_network(env):
    env = {**env, "GEOAPIFY_API_KEY": "", "GEOAPIFY_BASE_URL": ""}

    done = subprocess.run([*COMMAND, "demo"], env=env, capture_output=True, encoding="utf-8", timeout=60)

    assert done.returncode == 0
    assert "10 Downing Street" in done.stdout


def test_what_is_kept_is_told_and_cleared(run, shop):
    run("locate", "shop.csv", "--address", "Ort")

    before, cleared, after = run("cache", "info"), run("cache", "clear", "--yes"), run("cache", "info")

    assert "2 geoapify" in before.stdout
    assert cleared.stdout == "2 answers forgotten\n"
    assert "geoapify" not in after.stdout


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    yield


def test_no_room_for_the_failures_leaves_the_file_that_was_to_be_replaced_as_it_is(run, tmp_path):
    book = openpyxl.Workbook()
    for row in [["adr", "note"], ["Weg 5, Köln", ""], *([None, "x" * 20_000] for _ in range(100))]:
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")

    done = run(
        *("locate", "in.xlsx", "--address", "adr", "-o", "in.xlsx", "--overwrite", "--failures", "failed.csv"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)),
    )

    assert done.returncode == 2
    assert "File too large" in done.stderr and "changed meanwhile" not in done.stderr
    assert openpyxl.load_workbook(tmp_path / "in.xlsx").active.max_column == 2
