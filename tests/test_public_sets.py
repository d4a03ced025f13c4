"""The public sets: read from small ones of the same shape, in invented words, and from the real ones where they are."""

from __future__ import annotations

import csv
import gzip
import json
from importlib import import_module
from pathlib import Path

import pytest

from rag.errors import InputError
from rag.eval_schema import JudgedSet, Reference
from rag.public_sets import SETS, place, read_set
from rag.set_files import SetFiles

DATA = Path(__file__).parents[2] / "shared" / "data"
CRANES = "The harbour of Lunde buys two cranes ."
PRICE = "They cost nine million crowns ."
FERRY = "The ferry to Brenn sails twice a day ."


def lines(records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def packed(path, text):
    path.write_bytes(gzip.compress(text.encode("utf-8")))


def held(found: JudgedSet) -> list[list[str]]:
    """Of each question the text that its references stand for; the name of the file where that is all they say."""
    stands = []
    for question in found.questions:
        for one in question.references:
            if one.start is not None:
                assert found.files[one.file][one.start : one.end] == one.contains
        stands.append([one.contains or one.file for one in question.references])
    return stands


def asked(found: JudgedSet) -> list[tuple[str, str]]:
    return [(question.id, question.question) for question in found.questions]


# --- small ones of the same shape --------------------------------------------------------------------------------


def clapnq(folder):
    def record(name, question, title, sentences, *answers):
        return {
            "id": name, "input": question,
            "passages": [{"title": title, "text": " ".join(sentences), "sentences": sentences}],
            "output": [{"answer": text, "selected_sentences": chosen, "meta": {}} for chosen, text in answers],
        }  # fmt: skip

    answerable = [
        record("1", "who buys cranes", "Lunde", [CRANES, PRICE], ([CRANES], "Lunde does."), ([CRANES], "Lunde.")),
        record("2", "what do cranes cost", "Lunde", [CRANES, PRICE], ([PRICE], "Nine million."), ([CRANES, ""], "-")),
        record("3", "how often does the ferry sail", "Ferry", [FERRY], ([""], "Twice a day, they say.")),
    ]
    unanswerable = [
        record("1", "who sails the ferry", "Ferry", [FERRY], ([], "")),
        record("4", "who owns it", "Two  lines", ["A line\u2028and\nanother ."], ([], "")),
    ]
    (folder / "clapnq_dev_answerable.jsonl").write_text(lines(answerable), encoding="utf-8")
    (folder / "clapnq_dev_unanswerable.jsonl").write_text(lines(unanswerable), encoding="utf-8")


def test_clapnq(small):
    found = small(clapnq)
    assert found.files == {
        "00000.txt": f"# Lunde\n\n{CRANES} {PRICE}\n",
        "00001.txt": f"# Ferry\n\n{FERRY}\n",
        "00002.txt": "# Two lines\n\nA line and another .\n",
    }, "a passage of two questions is one article"
    assert asked(found) == [
        ("a1", "who buys cranes"), ("a2", "what do cranes cost"), ("a3", "how often does the ferry sail"),
        ("u1", "who sails the ferry"), ("u4", "who owns it"),
    ]  # fmt: skip
    assert held(found) == [[CRANES], [PRICE, CRANES], [FERRY], [], []], "what any of several people used"
    assert [question.answer for question in found.questions[:3]] == [
        "Lunde does.", "Nine million.", "Twice a day, they say.",
    ]  # fmt: skip
    whole = [[one.whole for one in question.references] for question in found.questions]
    assert whole == [[False], [False, False], [True], [], []], "without sentences the passage is meant"


CONTEXT = "Two cranes came. The port paid for  two cranes.\nThen it paid again. Nobody saw two cranes."
"""Not every space in it is single, and the words `two cranes` stand in it twice."""
BREAKS = [[0, 16], [17, 47], [48, 67], [68, 90]]


def squad(folder, name, **more):
    def question(number, start, text):
        return {"id": f"q{number}", "question": f"Who {number}?", "answers": [{"answer_start": start, "text": text}]}

    first = [question(1, 36, "two cranes"), question(2, 79, "two cranes"), question(3, 20, " port paid for  two")]
    second = [
        {"context": "A ferry sank.", "qas": [question(4, 0, "A ferry")], "sentence_breaks": [[0, 13]]},
        {"context": "Again? A ferry sank.", "qas": [question(5, 7, "A ferry")], "sentence_breaks": [[0, 6], [7, 20]]},
    ]
    data = [
        {"title": "Port_of_Lunde", "paragraphs": [{"context": CONTEXT, "qas": first, **more}]},
        {"title": "Ferry", "paragraphs": second},
    ]
    (folder / name).write_text(json.dumps({"data": data}), encoding="utf-8")


FILES = {
    "00000.txt": "# Port of Lunde\n\nTwo cranes came. The port paid for two cranes. Then it paid again. Nobody saw two "
    "cranes.\n",
    "00001.txt": "# Ferry\n\nA ferry sank.\n\nAgain? A ferry sank.\n",
}


def test_xquad(small):
    found = small(MADE["xquad"], "xquad")
    assert found.files == FILES
    assert asked(found) == [(f"q{n}", f"Who {n}?") for n in (1, 2, 3, 4, 5)]
    assert held(found) == [["two cranes"], ["two cranes"], ["port paid for two"], ["A ferry"], ["A ferry"]]
    starts = [question.references[0].start for question in found.questions]
    text = FILES["00000.txt"]
    assert starts[:2] == [text.index("two cranes. Then"), text.rindex("two cranes")], "not where the words stand first"
    assert starts[3:] == [9, 31]
    assert found.questions[0].answer == "two cranes"


def test_lareqa(small):
    found = small(MADE["lareqa"], "lareqa")
    assert found.files == FILES
    second = "The port paid for two cranes."
    assert held(found) == [[second], ["Nobody saw two cranes."], [second], ["A ferry sank."], ["A ferry sank."]]
    assert [question.references[0].start for question in found.questions][3:] == [9, 31], "in its own paragraph"
    assert [question.id for question in found.questions] == ["q1", "q2", "q3", "q4", "q5"]


CORPUS = "Cranes stand.\r\n\r\n## Prices\nThey cost *nine* million – in crowns.\n"


def chunking(folder):
    (folder / "corpora").mkdir()
    for name in ("harbour", "ferry"):
        (folder / "corpora" / f"{name}.md").write_bytes(CORPUS.encode("utf-8"))
    cost, crowns = "They cost *nine* million", "in crowns"
    spans = [
        {"content": text, "start_index": CORPUS.index(text), "end_index": CORPUS.index(text) + len(text)}
        for text in (cost, crowns)
    ]
    with (folder / "questions_df.csv").open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["question", "references", "corpus_id"])
        writer.writerow(["What do cranes, and ferries, cost?", json.dumps(spans), "harbour"])
        writer.writerow(["In which money?", json.dumps(spans[1:]), "ferry"])


def test_chunking(small):
    found = small(chunking)
    assert found.files == {"harbour.md": CORPUS, "ferry.md": CORPUS}, "line ends stay as they are"
    assert asked(found) == [("harbour-1", "What do cranes, and ferries, cost?"), ("ferry-2", "In which money?")]
    assert held(found) == [["They cost *nine* million", "in crowns"], ["in crowns"]]


def limit(folder):
    likes = {"Ines": "Ines likes cranes.", "Bo Lind": "Bo Lind likes\ncranes and ferries.", "Åsa": "Åsa likes none."}
    corpus = [{"_id": name, "title": "Åsa" if name == "Åsa" else "", "text": text} for name, text in likes.items()]
    pairs = [("q0", "Ines", 1), ("q0", "Bo Lind", 1), ("q1", "Bo Lind", 1), ("q1", "Ines", 0), ("q2", "Åsa", 1)]
    qrels = [{"query-id": query, "corpus-id": name, "score": score} for query, name, score in pairs]
    queries = [{"_id": f"q{n}", "text": f"Who likes {what}?"} for n, what in enumerate(("cranes", "ferries", "none"))]
    for name, records in (("corpus", corpus), ("qrels", qrels), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text(lines(records), encoding="utf-8")


def test_limit(small):
    found = small(limit)
    assert list(found.files.values()) == [
        "Ines likes cranes.\n", "Bo Lind likes cranes and ferries.\n", "# Åsa\n\nÅsa likes none.\n",
    ]  # fmt: skip
    assert asked(found)[0] == ("q0", "Who likes cranes?")
    both = "Bo Lind likes cranes and ferries."
    assert held(found) == [["Ines likes cranes.", both], [both], ["Åsa likes none."]]
    assert all(one.whole for question in found.questions for one in question.references)


def wice(folder):
    page = ["Lunde 2024 news", "", "Share", "The port buys cranes.", "2024", "Share"]
    records = [
        ("supported", [[3, 4], [4, 5]], "Cranes were bought in 2024.", page),
        ("partially_supported", [[3]], "Ten cranes were bought.", page),
        ("not_supported", [], "The ferry sank.", page),
        ("not_supported", [[3]], "The ferry burnt.", ["Another page", " ", "of two lines", "3"]),
        ("supported", [[1]], "It has lines.", ["Another page", "of two lines"]),
    ]
    text = lines(
        {"label": label, "supporting_sentences": chosen, "claim": claim, "evidence": evidence, "meta": {"id": "dev1"}}
        for label, chosen, claim, evidence in records
    )
    packed(folder / "wice_claim_dev.jsonl.gz", text)


def test_wice(small):
    found = small(wice)
    page = "Lunde 2024 news\n\nShare\n\nThe port buys cranes.\n\n2024\n\nShare\n"
    assert list(found.files.values()) == [
        page, "Another page\n\nof two lines\n\n3\n", "Another page\n\nof two lines\n",
    ]  # fmt: skip
    assert asked(found)[1] == ("2", "Ten cranes were bought.")
    cranes = "The port buys cranes."
    assert held(found) == [[cranes, "2024", "Share"], [cranes], [], [], ["of two lines"]]
    starts = [one.start for one in found.questions[0].references]
    assert starts == [page.index(cranes), page.index("\n2024\n") + 1, page.rindex("Share")], "not in the lines before"


def attribution(folder):
    titled, plain = f"Title: Lunde\n\n{CRANES}\n\n{PRICE}", f"{FERRY}\nIt is white."
    records = [
        ("c1", "Lunde buys cranes.", [titled, " "], "attributable"),
        ("c2", "A ferry sails.", [plain, titled, plain], "attributable"),
        ("c3", "A ferry sank.", [plain], "not attributable"),
        ("c4", "Nothing is cited.", [], "attributable"),
        ("c5", "A title is all.", ["Title: Lunde\n\n"], "attributable"),
    ]
    text = lines(
        {"id": name, "claim": claim, "references": texts, "attribution_label": label, "question": "?", "response": ""}
        for name, claim, texts, label in records
    )
    packed(folder / "dev_all_subset_balanced.jsonl.gz", text)


def test_attribution(small):
    found = small(attribution)
    assert list(found.files.values())[:2] == [f"# Lunde\n\n{CRANES}\n\n{PRICE}\n", f"{FERRY} It is white.\n"]
    assert asked(found) == [("c1", "Lunde buys cranes."), ("c2", "A ferry sails."), ("c5", "A title is all.")]
    assert held(found) == [["00000.txt"], ["00001.txt", "00000.txt"], ["00002.txt"]]


def summhay(folder):
    documents = [
        {"document_id": f"d{i}", "document_text": f"Text {i}.\n\nMore.", "insights_included": insights}
        for i, insights in enumerate((["i1"], ["i2", "i3"], [], ["i3"], ["i1"]), 1)
    ]
    subtopics = [
        {"subtopic_id": "s1", "query": "Cranes?", "insights": [{"insight_id": "i1"}, {"insight_id": "i2"}]},
        {"subtopic_id": "s2", "query": "Ferries?", "insights": [{"insight_id": "i3"}]},
        {"subtopic_id": "s3", "query": "Chess?", "insights": [{"insight_id": "i9"}]},
    ]
    for name in ("topic_news1", "topic_news2"):
        packed(folder / f"{name}.json.gz", json.dumps({"documents": documents, "subtopics": subtopics}))


def test_summhay(small):
    found = small(summhay)
    assert len(found.files) == 10
    assert found.files["topic_news2-003.txt"] == "Text 3.\n\nMore."
    assert asked(found)[3] == ("topic_news2-s1", "Cranes?")
    holding = [f"topic_news1-00{n}.txt" for n in (1, 2, 5)]
    assert held(found)[:3] == [holding, ["topic_news1-002.txt", "topic_news1-004.txt"], []]


MADE = {
    "clapnq": clapnq, "chunking": chunking, "limit": limit, "wice": wice, "attribution": attribution,
    "summhay": summhay, "xquad": lambda folder: squad(folder, "xquad.en.json"),
    "lareqa": lambda folder: squad(folder, "xquad_r.en.json", sentence_breaks=BREAKS, sentences=[]),
}  # fmt: skip


@pytest.fixture
def small(tmp_path):
    """Writes a set and reads it."""

    def read(write, name=""):
        name = name or write.__name__
        folder = tmp_path / import_module(f"rag.set_{name}").FOLDER
        folder.mkdir()
        write(folder)
        found = read_set(name, tmp_path)
        assert found.name == name
        assert all(one.file in found.files for question in found.questions for one in question.references)
        return found

    return read


# --- what holds of every set -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_found_in_its_folder_and_around_it(name, tmp_path, monkeypatch):
    folder = tmp_path / import_module(f"rag.set_{name}").FOLDER
    assert place(name, tmp_path) is None
    folder.mkdir()
    assert place(name, tmp_path) == place(name, folder) == folder
    MADE[name](folder)
    assert read_set(name, tmp_path) == read_set(name, folder)
    monkeypatch.chdir(folder)
    assert place(name, Path()) == Path()


def refusal(name, data):
    with pytest.raises(InputError) as error:
        read_set(name, data)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("name", SETS)
def test_a_set_that_is_not_there_is_told(name, tmp_path):
    folder = import_module(f"rag.set_{name}").FOLDER
    assert refusal(name, tmp_path) == f"no {folder} in {tmp_path}; --data names the folder that the public sets lie in"
    (tmp_path / folder).write_text("a file")
    assert "--data names the folder" in refusal(name, tmp_path)


def broken(folder):
    """Every file cut off in the middle."""
    for file in (path for path in folder.rglob("*") if path.is_file()):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def garbled(folder):
    """Files of the right names with something else in them."""
    for file in (path for path in folder.rglob("*") if path.is_file()):
        text = '{"data": [{"title": 7, "paragraphs": [null]}], "documents": [7], "id": {}}\n'
        file.write_bytes(gzip.compress(text.encode()) if file.suffix == ".gz" else text.encode())


def corrupt(folder):
    """Packed files damaged in their middle; others cut off."""
    for file in folder.rglob("*.gz"):
        content = bytearray(file.read_bytes())
        content[10:40] = b"\xff" * 30
        file.write_bytes(content)
    if not list(folder.rglob("*.gz")):
        broken(folder)


def emptied(folder):
    for file in (path for path in folder.rglob("*") if path.is_file()):
        file.unlink()


@pytest.mark.parametrize("harm", [broken, garbled, corrupt, emptied])
@pytest.mark.parametrize("name", SETS)
def test_a_folder_that_holds_something_else_is_told(name, harm, tmp_path):
    folder = tmp_path / import_module(f"rag.set_{name}").FOLDER
    folder.mkdir()
    MADE[name](folder)
    harm(folder)
    said = refusal(name, tmp_path)
    assert said.startswith(f"{folder} does not hold {name} as it is published (")
    assert said.endswith("; download it again")


def test_there_is_no_other_set(tmp_path):
    for name in ("squad", "files", "../clapnq", ""):
        assert "no public set" in refusal(name, tmp_path)


def test_every_set_has_a_room():
    rooms = {path.stem.removeprefix("set_") for path in Path(read_set.__code__.co_filename).parent.glob("set_*.py")}
    assert rooms == {*SETS, "files"}


# --- files -------------------------------------------------------------------------------------------------------


def test_the_same_text_is_in_one_file():
    files = SetFiles()
    assert files.add("Lunde", ["One  crane.", "Two."]) == files.add(" Lunde", ["One\ncrane.", "Two. "]) == "00000.txt"
    assert files.add("Lunde", ["One crane. Two."]) == files.add("Lunde", ["One crane. Two."]) == "00001.txt"
    assert files.add("", ["Two."]) == "00002.txt"
    assert files.contents["00000.txt"] == "# Lunde\n\nOne crane.\n\nTwo.\n"
    assert files.contents["00002.txt"] == "Two.\n"


def test_text_is_looked_for_from_a_paragraph_on():
    files = SetFiles()
    name = files.add("Cranes", ["Cranes here.", "Cranes  there."])
    starts = [files.reference(name, "Cranes", n).start for n in (0, 1)]
    assert starts == [10, 24], "not in the title"
    assert files.reference(name, "Cranes\nthere.", whole=True) == Reference(
        file=name, contains="Cranes there.", start=24, end=37, whole=True
    )
    with pytest.raises(ValueError, match="not found"):
        files.reference(name, "Cranes here.", 1)


# --- the real ones -----------------------------------------------------------------------------------------------

COUNTS = {
    "clapnq": (596, 600, 300, 894), "lareqa": (48, 1190, 0, 1190), "xquad": (48, 1190, 0, 1190),
    "chunking": (5, 472, 0, 790), "limit": (46, 1000, 0, 2000), "wice": (349, 349, 43, 1450),
    "attribution": (1084, 599, 0, 751), "summhay": (200, 18, 0, 400),
}  # fmt: skip
"""Files, questions, those that nothing answers, references. Two of CLAP NQ's 597 passages differ in spaces only."""


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the public sets in ../shared/data")
@pytest.mark.parametrize("name", SETS)
def test_the_real_set_is_read(name):
    found = read_set(name, DATA)
    held(found)
    references = [one for question in found.questions for one in question.references]
    assert (
        len(found.files), len(found.questions), sum(not one.references for one in found.questions), len(references)
    ) == COUNTS[name]  # fmt: skip
    assert len({question.id for question in found.questions}) == len(found.questions)
    assert {one.file for one in references} <= found.files.keys()


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the public sets in ../shared/data")
def test_the_sentences_and_paragraphs_of_the_real_sets_are_as_many_as_published():
    paragraphs = sum(text.count("\n\n") for text in read_set("xquad", DATA).files.values())
    assert paragraphs == 240
    published = json.loads((DATA / "lareqa_en" / "xquad_r.en.json").read_text(encoding="utf-8"))["data"]
    assert sum(len(one["sentences"]) for article in published for one in article["paragraphs"]) == 1180
