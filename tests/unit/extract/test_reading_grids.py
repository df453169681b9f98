"""Grids to segments: heads, forms, columns that are records, cells that slice to their values."""

from mailguard.extract.grid import GridRow, column_letter, shape
from mailguard.model import SegmentKind


def grid(*rows, start=1):
    out = []
    for number, row in enumerate(rows, start):
        values = [(column, text, "") for column, text in enumerate(row, 1) if text]
        if values:
            out.append(GridRow(number, values))
    return list(shape(out, ("a.xlsx",)))


def texts(*rows):
    return [segment.text for segment in grid(*rows)]


CLASS = [("Surname", "Forename", "DOB"), ("Osei", "Ama", "14/03/2014"), ("Mensah", "Kofi", "15/03/2014")]


def test_rows_carry_their_heads_and_cells_slice_to_values():
    segments = grid(*CLASS)
    row = segments[1]
    assert row.text == "Surname: Osei | Forename: Ama | DOB: 14/03/2014"
    assert row.kind is SegmentKind.ROW
    assert row.place == ("a.xlsx", "row 2")
    assert [(c.column, c.head, row.text[c.start : c.end]) for c in row.cells] == [
        ("A", "Surname", "Osei"),
        ("B", "Forename", "Ama"),
        ("C", "DOB", "14/03/2014"),
    ]


def test_other_spellings_stand_beside_the_value_and_outside_the_cell():
    row = GridRow(2, [(1, "Osei", ""), (2, "Ama", ""), (3, "14 Mar", "14/03/2014, 2014-03-14")])
    segment = list(shape([GridRow(1, [(1, "Surname", ""), (2, "Forename", ""), (3, "DOB", "")]), row], ("a",)))[1]
    assert segment.text == "Surname: Osei | Forename: Ama | DOB: 14 Mar (14/03/2014, 2014-03-14)"
    assert segment.text[segment.cells[2].start : segment.cells[2].end] == "14 Mar"


def test_titles_above_the_heads():
    assert texts(("Class 7B",), ("Autumn term", "2026"), *CLASS)[3] == "Surname: Osei | Forename: Ama | DOB: 14/03/2014"


def test_heads_go_on_after_a_blank_row():
    assert texts(*CLASS, (), ("Vane", "Idris", "16/03/2014"))[-1] == "Surname: Vane | Forename: Idris | DOB: 16/03/2014"


def test_a_second_table_has_its_own_heads():
    rows = texts(*CLASS, (), ("Pupil", "Score"), ("Osei Ama", "93"), ("Mensah Kofi", "88"))
    assert "Pupil: Osei Ama | Score: 93" in rows
    assert "Surname: Osei Ama | Forename: 93" not in rows


def test_heads_repeated_on_each_printed_page():
    assert texts(*CLASS, CLASS[0], ("Vane", "Idris", "16/03/2014"))[-1].startswith("Surname: Vane")


def test_no_heads_no_invention():
    assert texts(("Osei", "Ama", "14/03/2014"), ("Mensah", "Kofi", "15/03/2014")) == [
        "Osei | Ama | 14/03/2014",
        "Mensah | Kofi | 15/03/2014",
    ]


def test_a_first_pupil_is_never_taken_for_heads():
    rows = [(f"Pupil{n}", "Ama", "Red") for n in range(5)]
    assert texts(*rows)[1] == "Pupil1 | Ama | Red"
    names = [("Osei", "Ama", "Red"), ("Mensah", "Kofi", "Blue"), ("Vane", "Idris", "Red")]
    assert texts(*names)[1] == "Mensah | Kofi | Blue"


def test_unknown_words_head_a_column_of_figures():
    rows = [("Nom", "Prenom", "Naissance"), ("Osei", "Ama", "14/03/2014"), ("Mensah", "Kofi", "15/03/2014")]
    assert texts(*rows)[1] == "Nom: Osei | Prenom: Ama | Naissance: 14/03/2014"


def test_label_and_value_are_one_form():
    segments = grid(("Name:", "Ama Osei"), ("DOB", "14/03/2014"), ("Doctor", "Dr Vane"))
    assert [(s.text, s.kind) for s in segments] == [
        ("Name: Ama Osei\nDOB: 14/03/2014\nDoctor: Dr Vane", SegmentKind.BODY)
    ]


def test_labels_and_values_side_by_side_are_one_form():
    assert texts(("Surname:", "Osei", "Forename:", "Ama"), ("DOB:", "14/03/2014", "Class:", "7B")) == [
        "Surname: Osei\nForename: Ama\nDOB: 14/03/2014\nClass: 7B"
    ]


def test_two_columns_with_heads_are_rows():
    rows = texts(("Pupil", "Date of birth"), ("Ama Osei", "14/03/2014"), ("Kofi Mensah", "15/03/2014"))
    assert rows[1:] == ["Pupil: Ama Osei | Date of birth: 14/03/2014", "Pupil: Kofi Mensah | Date of birth: 15/03/2014"]


def test_a_table_on_its_side_is_read_by_columns():
    rows = grid(("Surname", "Osei", "Mensah"), ("Forename", "Ama", "Kofi"), ("DOB", "14/03/2014", "15/03/2014"))
    assert [s.text for s in rows] == [
        "Surname: Osei | Forename: Ama | DOB: 14/03/2014",
        "Surname: Mensah | Forename: Kofi | DOB: 15/03/2014",
    ]
    assert rows[0].place == ("a.xlsx", "column B")
    assert rows[0].text[rows[0].cells[2].start : rows[0].cells[2].end] == "14/03/2014"


def test_a_form_right_below_a_table_is_no_row_of_it():
    assert texts(*CLASS, ("Doctor", "Dr Vane"), ("Allergy", "Nuts"))[-1] == "Doctor: Dr Vane\nAllergy: Nuts"


def test_a_small_table_without_names_is_kept_with_its_title():
    segments = grid(
        ("Attendance of Ama Osei",), ("Date", "Mark", "Reason"), ("01/09/2026", "/", "x"), ("02/09/2026", "M", "y")
    )
    whole = [s for s in segments if s.kind is SegmentKind.ALTERNATE]
    assert len(whole) == 1
    assert "Ama Osei" in whole[0].text
    assert "02/09/2026" in whole[0].text


def test_every_text_comes_out_whatever_the_shape():
    import random

    chance = random.Random(7)
    words = ["Surname", "DOB", "Osei", "Ama", "14/03/2014", "Name:", "x", "7B", "", "", "a@example.org", "Notes"]
    for _ in range(400):
        rows = [[chance.choice(words) for _ in range(chance.randint(1, 5))] for _ in range(chance.randint(1, 9))]
        out = "\n".join(s.text for s in grid(*rows))
        assert all(cell.rstrip(" :") in out for row in rows for cell in row)


def test_long_sheets_stream():
    def rows():
        yield GridRow(1, [(1, "Surname", ""), (2, "DOB", "")])
        for number in range(2, 10_000):
            yield GridRow(number, [(1, f"Osei{number}", ""), (2, "14/03/2014", "")])

    segments = shape(rows(), ("a",))
    assert next(segments).text == "Surname | DOB"
    assert list(segments)[-1].text == "Surname: Osei9999 | DOB: 14/03/2014"


def test_a_row_below_a_merged_name_goes_on_with_it():
    rows = texts(("Name", "Contact", "Phone"), ("Ama Osei", "Grace", "07700 900001"), ("", "Kwame", "07700 900002"))
    assert rows[2] == "Name: Ama Osei | Contact: Kwame | Phone: 07700 900002"


def test_a_name_does_not_go_on_over_a_blank_row():
    rows = texts(*CLASS, (), ("", "", "16/03/2014"), ("", "", "17/03/2014"))
    assert rows[-1] == "DOB: 17/03/2014"


def test_column_letters():
    assert [column_letter(n) for n in (1, 26, 27, 702, 703, 16384)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


def test_a_box_for_each_letter_is_read_as_the_word_as_well():
    form = [("Surname", *"STONE"), ("Forename:", *"AMY"), ("Date of birth", *"14/03/2014")]
    whole = [segment for segment in grid(*form) if segment.kind is SegmentKind.ALTERNATE]
    assert [segment.text for segment in whole] == ["Surname: STONE\nForename: AMY\nDate of birth: 14/03/2014"]
    assert whole[0].place == ("a.xlsx", "row 1")
    names = [("Name", *"AMY", "", *"STONE")]
    assert "Name: AMY STONE" in texts(*names)


def test_marks_of_a_register_spell_nothing():
    marks = [
        ("Name", "Mon", "Tue", "Wed", "Thu"),
        ("Ama Osei", "P", "L", "P", "N"),
        ("Kofi Mensah", "P", "P", "P", "P"),
    ]
    assert all(segment.kind is not SegmentKind.ALTERNATE for segment in grid(*marks))
    assert all("PP" not in text for text in texts(("Y", "N", "Y"), ("N", "N", "N")))
