//! Quotation marks: those that enclose a field, those that belong to a text, and those that nobody closed.

use crate::case::Case;

const LABELS: [(&str, u64); 2] = [("0", 2), ("1", 2)];

#[test]
fn between_tabs_a_quotation_mark_is_a_character() {
    Case::new("a quotation mark that opens a text and does not close it")
        .file(
            "films.tsv",
            "sentence\tlabel\ngood film\t1\n\"never again\t0\nfine story\t1\ndull plot\t0\n\"best day\t1\nweak cast\t0\n",
        )
        .rows(6)
        .labels([("0", 3), ("1", 3)])
        .check();
    Case::new("unless its field is closed")
        .file(
            "films.tsv",
            "sentence\tlabel\n\"good film\"\t1\n\"bad \"\"film\"\"\"\t0\n\"fine\" story\t1\ndull\t0\n",
        )
        .rows(4)
        .labels(LABELS)
        .check();
    Case::new("a quoted field with a tab or a line break in it")
        .file("films.tsv", "label\tsentence\n1\t\"good\tfilm\"\n0\t\"bad\nfilm\"\n1\tfine\n0\tdull\n")
        .rows(4)
        .labels(LABELS)
        .check();
}

#[test]
fn a_text_may_have_several_lines() {
    Case::new("line breaks, blank lines, commas and doubled quotation marks in quotes")
        .file(
            "films.csv",
            "text,label\n\"good\n\nfilm, \"\"very\"\"\",1\n\"bad\r\nfilm\",0\n\"\"\"fine\"\"\",1\ndull,0\n",
        )
        .rows(4)
        .labels(LABELS)
        .check();
}

#[test]
fn an_open_quotation_mark_costs_one_line() {
    let open =
        "text,label\ngood film,1\n\"never again,0\nfine story,1\n\"best day\",1\nweak cast,0\nso dull,0\n";
    Case::new("it is reported with its line and with the line of the next one")
        .file("films.csv", open)
        .refused(1, &["films.csv:3: the quotation mark that opens a field here is never closed: line 5 has another one"]);
    Case::new("and the rows below are not lost")
        .file("films.csv", open)
        .options("--on-error skip")
        .rows(5)
        .skipped(1)
        .labels([("0", 2), ("1", 3)])
        .note("films.csv:3:")
        .check();
    Case::new("at the end of the file")
        .file("films.csv", "text,label\ngood film,1\n\"bad film,0\nfine,1\ndull,0\n")
        .options("--on-error skip")
        .rows(3)
        .skipped(1)
        .note("films.csv:3: the quotation mark that opens a field here is never closed")
        .check();
    Case::new("a record that it carries on has the wrong number of fields")
        .file("films.csv", "id,text,label\n1,good film,1\n2,\"bad film,0\n3,fine\"\n4,dull,0\n5,so dull,0\n")
        .refused(
            1,
            &["films.csv:3: there are 2 fields", "in a record that a quoted field carries on to line 4"],
        )
}

#[test]
fn a_field_that_might_have_swallowed_rows_is_reported() {
    Case::new("valid, but its lines look like rows")
        .file(
            "films.csv",
            "id,text,label\n1,good film,1\n2,\"bad film,0\n3,fine\",1\n4,dull,0\n5,so dull,0\n",
        )
        .rows(4)
        .note("1 quoted field runs over lines that look like rows, the first from line 3 on")
        .check();
    Case::new("a text of several lines does not")
        .file(
            "films.csv",
            "id,text,label\n1,\"good film,\nso fine\",1\n2,\"bad film\n\n\",0\n4,dull,0\n5,so dull,0\n",
        )
        .rows(4)
        .no_note("look like rows")
        .check();
}

#[test]
fn quotation_marks_in_a_text() {
    Case::new("a text that begins with one")
        .file(
            "films.csv",
            "text,label\n\"Titanic\" is a good film,1\nbad film,0\n\"Jaws\" is fine,1\ndull,0\n",
        )
        .rows(4)
        .labels(LABELS)
        .check();
    Case::new("single ones in a quoted field")
        .file("films.csv", "text,label\n\"a \"good\" film, really\",1\n\"bad, bad\",0\nfine,1\ndull,0\n")
        .rows(4)
        .labels(LABELS)
        .note("quotation marks that are not doubled; these are taken as characters")
        .check();
}

#[test]
fn spaces_around_quoted_fields() {
    Case::new("a space after each delimiter")
        .file(
            "films.csv",
            "text, label\n\"good, good film\", 1\nbad film, 0\nfine, \"1\"\n\"dull, dull\" ,0\n",
        )
        .rows(4)
        .labels(LABELS)
        .check();
    Case::new("before the text")
        .file("films.csv", "label, text\n1, \"good, good film\"\n0, bad film\n1, fine\n0, \"dull, dull\"\n")
        .rows(4)
        .labels(LABELS)
        .check();
}

#[test]
fn backslashes_before_quotation_marks() {
    Case::new("as MySQL and many a program write them")
        .file(
            "films.csv",
            "text,label\n\"he said \\\"good\\\", twice\",1\n\"a \\\"bad\\\" film\",0\n\"fine\",1\n\"dull\",0\n",
        )
        .rows(4)
        .labels(LABELS)
        .note("quotation marks in fields are escaped by backslashes")
        .check();
    Case::new("a folder of Windows is none of them")
        .file("films.csv", "text,folder,label\ngood film,\"C:\\\",1\nbad film,\"D:\\\",0\nfine,\"C:\\\",1\ndull,\"D:\\\",0\n")
        .options("--text-column text --label-column label")
        .rows(4)
        .labels(LABELS)
        .no_note("backslash")
        .check();
}
