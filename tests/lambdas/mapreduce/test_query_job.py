"""Declarative jobs: the same groups, totals and bad records as SQLite, however odd the input and however it is cut."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refarch_lambdas.mapreduce.contract import load_job
from refarch_lambdas.mapreduce.errors import BadRecordsError, JobContractError
from refarch_lambdas.mapreduce.examples import ad_revenue
from refarch_lambdas.mapreduce.query import engine, mapper, text_input, totals
from refarch_lambdas.mapreduce.query.check import parse
from refarch_lambdas.mapreduce.query.document import read_document
from refarch_lambdas.mapreduce.query.job import load_query
from rehearsals.uservisits import objects
from tests.lambdas.mapreduce.local_job import LocalJob, slices_of
from tests.lambdas.mapreduce.query_jobs import (
    document,
    expected,
    good_csv_lines,
    good_json_lines,
    job_of,
    run,
    same,
)

FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.sampled_from(["ab", "", "a,b", 'q"u', "né", "日本語", " x ", "none", "abc", "a\tb", "#c"])
AMOUNTS = st.sampled_from(["1", "-2.5", "", "1e3", "0.1", "7", " 3 ", "abc", "nan", "inf", "1e999", "1.5.2"])


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


GOOD_LINE = st.tuples(TEXTS, TEXTS, AMOUNTS).map(lambda row: ",".join(map(quoted, row)))
PLAIN_LINE = st.tuples(st.sampled_from(["ab", "x", "", "né"]), st.sampled_from(["k", "none"]), AMOUNTS).map(",".join)
ODD_LINE = st.sampled_from(["", "  ", "a,b", "a,b,1,2", '"open,k,1', 'q"u,k,1', '"a"b,k,1', "lone\rreturn,k,1"])
LINES = st.lists(st.one_of(PLAIN_LINE, PLAIN_LINE, GOOD_LINE, ODD_LINE).map(str.encode) | st.just(b"\xff,k,1"))


@FEW
@given(st.lists(PLAIN_LINE | GOOD_LINE).map(lambda lines: [line.encode() for line in lines]) | LINES, st.data())
def test_csv_gives_what_sqlite_gives(lines: list[bytes], data: st.DataObject) -> None:
    end = data.draw(st.sampled_from([b"\n", b"\r\n"]))
    body = end.join(lines) + data.draw(st.sampled_from([b"", end]))
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=3)) if body else []
    good, count = good_csv_lines(body)
    result, rows, bad = run(body, document("csv"), cuts)
    assert (rows, bad) == (count, count - len(good))
    same(result, expected(good))


def test_a_file_in_several_parts_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"".join(b"%d,k,%d.25\n" % (number % 40, number) for number in range(3000)) + b'"1,k,9\n2,k,x\n'
    whole = run(body, document("csv"), [5000])
    assert whole[1:] == (3002, 2)
    monkeypatch.setattr(text_input, "PIECE_BYTES", 500)
    monkeypatch.setattr(mapper.QueryMapper.__init__, "__kwdefaults__", {"file_bytes": 1000})
    assert run(body, document("csv"), [5000]) == whole


def test_the_article_s_query_gives_the_totals_of_the_python_job() -> None:
    """The whole job both ways, over objects with every kind of line end, packed ones among them."""
    python = load_job("refarch_lambdas.mapreduce.examples.ad_revenue")
    declared = load_query(Path(ad_revenue.__file__).with_suffix(".toml"))
    results = []
    for job in (python, declared):
        local = LocalJob(job, reducers=3)
        stored = [slices_of(local.storage, each.key, each.body) for each in objects(2_000, seed=11) if each.body]
        local.run([[part for parts in stored for part in parts]])
        results.append(local.storage.get_json(local.layout.result_json))
    same({key: [value] for key, value in results[1].items()}, {key: [value] for key, value in results[0].items()})


@pytest.mark.parametrize("room", [True, False])
def test_more_groups_than_the_table_takes_are_the_same_groups(room: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [b"%05d,k,%d.5\n" % (number % 700, number) for number in range(2000)]
    body, wide = b"".join([*lines, b"00001,k,none\n", b"1,none,1\n"]), document("csv", group_by=["name"])
    whole = run(body, wide, [9000])
    assert (len(whole[0]), *whole[1:]) == (700, 2002, 1)
    monkeypatch.setattr(mapper.QueryMapper.__init__, "__kwdefaults__", {"file_bytes": 1000})
    monkeypatch.setattr(totals, "ROWS", 100)
    monkeypatch.setattr(engine, "ROWS", 30)
    if not room:
        monkeypatch.setattr(totals.Totals, "_store", Mock(side_effect=engine.NoRoom))
    assert run(body, wide, [9000]) == whole


@pytest.mark.parametrize("delimiter", ["|", "\t"])
def test_a_bad_number_in_a_plain_file_spoils_its_record_alone(delimiter: str) -> None:
    good = ["ab|k|1.5", "ab|none|oops", "ab|k|", "ab|k| 2 "]
    bad = ["ab|k|0x10", "ab|k|1,5", "ab|k|1e999"]
    body = "\n".join([*good, *bad]).replace("|", delimiter).encode()
    result, rows, spoilt = run(body, document("csv", delimiter=delimiter))
    assert (rows, spoilt) == (7, 4)  # "oops" is no number, whether its record is wanted or not
    assert result == {"ab": [3.5, 1.75, 1.5, "ab", 2, 3]}


@FEW
@given(
    st.lists(
        st.one_of(
            st.fixed_dictionaries(
                {
                    "name": TEXTS,
                    "kind": TEXTS,
                    "amount": st.one_of(st.none(), st.integers(-99, 99), st.floats(-1e6, 1e6)),
                    "more": st.just({"deep": [1]}),
                }
            ).map(json.dumps),
            st.sampled_from(["", " ", "[1]", "5", "not json", '{"name":"x"', '{"name":"x","kind":"k","amount":1} {}']),
        )
    ),
    st.data(),
)
def test_json_lines_give_what_sqlite_gives(lines: list[str], data: st.DataObject) -> None:
    body = "\n".join(lines).encode()
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=2)) if body else []
    good, count = good_json_lines(body)
    result, rows, bad = run(body, document("json"), cuts)
    assert (rows, bad) == (count, count - len(good))
    same(result, expected(good))


def test_bad_records_beyond_the_tolerance_end_the_task_and_are_shown() -> None:
    with pytest.raises(BadRecordsError, match=r"in\.data at byte 6: .*record: 'ab,k,none'"):
        run(b"x,k,1\nab,k,none\n", document("csv"), bad=0)


def test_integers_are_exact_and_whole() -> None:
    counted = {
        "format": "csv",
        "columns": [{"name": "n", "type": "integer"}],
        "aggregates": [{"function": "sum", "column": "n"}],
    }
    body = b"9007199254740993\n9007199254740993\n\n1.5\n0x10\n99999999999999999999\n"
    assert run(body, counted) == ({"all": 2 * 9007199254740993}, 5, 3)


def test_several_groups_are_columns_of_the_result(tmp_path: Path) -> None:
    several = document("csv", group_by=["name", "kind"], aggregates=[{"function": "count", "column": "*"}])
    job = LocalJob(job_of(several | {"filters": [], "result_header": True, "header_lines": 1}))
    job.run([slices_of(job.storage, "in.csv", b"name,kind,amount\na,k,1\na,k,2\nb,,3\n")])
    assert job.storage.get(job.layout.result).decode() == "name,kind,count\na,k,2\nb,,1\n"


def test_all_problems_of_a_document_at_once() -> None:
    query, problems = parse(
        {
            "format": "xml",
            "columns": ["a", "a", {"name": "b", "type": "money"}],
            "group_by": [{"column": "a", "start": 0, "length": 2}],
            "aggregates": [{"function": "median", "column": "b"}, {"function": "sum", "column": "a"}],
            "filters": [{"column": "a", "operator": "=", "value": 5}, {"column": "z", "operator": "in", "value": []}],
            "limit": 10,
        }
    )
    assert query is None
    for words in ("limit is unknown", "format is 'xml'", "'a' comes twice", "'money'"):
        assert any(words in problem for problem in problems), (words, problems)


@pytest.mark.parametrize("value", ["x'); DROP TABLE records; --", 'a"b', "\\", "{}", "%"])
def test_values_and_names_of_a_document_are_never_sql(value: str) -> None:
    odd = {
        "format": "json",
        "columns": [value, "kind"],
        "group_by": [value],
        "aggregates": [{"function": "count", "column": "*"}],
        "filters": [{"column": value, "operator": "=", "value": value}],
    }
    assert run(json.dumps({value: value, "kind": "k"}).encode(), odd) == ({value: 1}, 1, 0)


def test_a_document_in_toml_is_the_same_as_in_json(tmp_path: Path) -> None:
    toml, plain = tmp_path / "query.toml", tmp_path / "query.json"
    toml.write_text(
        'format = "csv"\ncolumns = ["a", {name = "n", type = "number"}]\n'
        'group_by = ["a"]\naggregates = [{function = "sum", column = "n"}]\n'
    )
    query = load_query(toml).query
    assert query is not None
    plain.write_text(json.dumps(query.to_json()))
    assert load_query(plain).query == query
    assert read_document(plain)["columns"][1] == {"name": "n", "type": "number"}
    plain.write_text("{")
    with pytest.raises(JobContractError, match="cannot be read"):
        load_query(plain)
