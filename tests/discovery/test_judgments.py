"""Files of ratings, of every form that is known, and what is wrong with those that are none."""

import gzip
from pathlib import Path

import pytest

from entrepot.discovery.judgments import read_judgments, write_judgments
from entrepot.kernel import Invalid

OWN = "query,docid,rating\nred sofa,1,3\nred sofa,2,0\nlamp,7,1.5\n"


def read(path: Path, text: str | bytes) -> dict[str, dict[str, float]]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_judgments(path).ratings


def test_our_own_form_packed_or_not_is_read_and_written_back(tmp_path: Path) -> None:
    wanted = {"red sofa": {"1": 3.0, "2": 0.0}, "lamp": {"7": 1.5}}
    assert read(tmp_path / "plain.csv", OWN) == read(tmp_path / "packed.csv.gz", gzip.compress(OWN.encode())) == wanted
    assert read(tmp_path / "again.csv", write_judgments(wanted)) == wanted


def test_wands_has_its_queries_beside_it(tmp_path: Path) -> None:
    (tmp_path / "query.csv").write_text("query_id\tquery\tquery_class\n0\tsalon chair\tChairs\n")
    label = "id\tquery_id\tproduct_id\tlabel\n0\t0\t25434\tExact\n1\t0\t12088\tIrrelevant\n2\t0\t42931\tPartial\n"
    assert read(tmp_path / "label.csv", label) == {"salon chair": {"25434": 2.0, "12088": 0.0, "42931": 1.0}}


def test_a_table_as_a_spreadsheet_writes_it_is_read(tmp_path: Path) -> None:
    saved = "\ufeffRating; Query; DocID\r\n3;red sofa;1\r\n;;\r\n0;red sofa;2\r\n"
    assert read(tmp_path / "saved.csv", saved) == {"red sofa": {"1": 3.0, "2": 0.0}}


def test_parquet_is_read_or_refused(tmp_path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {"query": ["fan"], "query_id": [0], "product_id": ["B1"], "product_locale": ["us"], "esci_label": ["E"]}
    parquet.write_table(arrow.table(columns), tmp_path / "examples.parquet")
    assert read_judgments(tmp_path / "examples.parquet").ratings == {"fan": {"B1": 3.0}}
    parquet.write_table(arrow.table({"other": [1]}), tmp_path / "other.parquet")
    with pytest.raises(Invalid, match="needs the columns"):
        read_judgments(tmp_path / "other.parquet")
    with pytest.raises(Invalid, match="no Parquet file"):
        read(tmp_path / "broken.parquet", b"PAR1 and no more")


def test_esci_knows_four_labels(tmp_path: Path) -> None:
    text = "example_id,query,product_id,esci_label\n0,fan,B1,E\n1,fan,B2,S\n2,fan,B3,C\n3,fan,B4,I\n"
    assert read(tmp_path / "esci.csv", text) == {"fan": {"B1": 3.0, "B2": 2.0, "B3": 1.0, "B4": 0.0}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("query,docid,rating\nsofa,1,good\n", "line 2: 'good' is no rating"),
        ("query,docid,rating\nsofa,1,-1\n", "no rating"),
        ("query,docid,rating\nsofa,1,nan\n", "no rating"),
        ("query,docid,rating\nsofa,,1\n", "line 2: there is nothing in the column docid"),
        ("query,docid,rating\nsofa,1,2\n\n\nsofa,2\n", "line 5: there is nothing in the column rating"),
        ("query,docid,rating\n", "holds no ratings"),
        ("q,doc,score\nsofa,1,3\n", "needs the columns query, docid and rating in its first line, which has: q, doc"),
        ("query,product_id,esci_label\nfan,B1,Q\n", "'Q' is none of E"),
        (b"\xff\xfe\x00query", "no text in UTF-8"),
        (b"\x1f\x8bbroken", "no text in UTF-8"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        read(tmp_path / "ratings.csv", text)
