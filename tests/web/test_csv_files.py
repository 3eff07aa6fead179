"""Tables that people open in a spreadsheet."""

from entrepot.web.csv_files import csv_file


def test_texts_are_not_computed_and_numbers_are_numbers() -> None:
    assert csv_file("x.csv", [["=1+1", "%0A", -5, "lamp"]]).content == "'=1+1,'%0A,-5,lamp\r\n"
