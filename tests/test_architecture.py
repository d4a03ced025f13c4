"""The shape of the program: layers, one room for each outside library, nothing heavy behind `rag --help`."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOMS = Path(__file__).parents[1] / "rag"

LAYERS = [
    # 0: records, errors, and helpers that know nothing of articles
    "schema errors quiet sanitising trusting health logistic",
    "briefing_schema",
    "chat_schema eval_schema",
    # 1: from a file to a source
    "characters",
    "reading decoding dates fields",
    "frontmatter linkeddata overrides segments lines embedding_cache",
    "pagemetadata pdf finding embedding_graph embedding_onnx embedding_torch embedding_endpoint",
    "webpages records embedding_export embedding_static config",
    "distilling",
    "documents embedding",
    "embedding_memory encoding_ray",
    "loading",
    "addresses",
    "fetching",
    "bounded",
    # 1: from a source to an article
    "cleaning sentences",
    "blocks",
    "kinds",
    "metadata",
    "paragraphs",
    "banding",
    "chunking numbering deduplication locking full_disk",
    # 2: the store and what is found in it
    "catalogue_schema catalogue_rows",
    "catalogue_file",
    "catalogue vectors",
    "wiping removed_quotes",
    "keeping probing",
    "guarding setting_aside",
    "postings",
    "serialising session_names session_sources",
    "session_rows",
    "sessions upkeep session_erasing",
    "removal backup",
    "places",
    "holdings facts lexical storing",
    "dense fusion matching ingesting",
    "catalogue_checks paragraph_checks file_checks vector_checks session_checks text_checks",
    "doctor",
    "repairing",
    "answer_types terms",
    "sentence_ranking",
    "retrieval extraction reranking topics",
    "findings timexes",
    "citations confidence tokens",
    # 2: does the cited text say this?
    "polarity verbatim evidence",
    "alignment",
    "support",
    "omissions",
    "verification",
    "standpoints",
    "joining openings",
    # 2: language models
    "llm_records llm_context",
    "llm_stream",
    "llm_faults",
    "llm_wishes llm_llamaindex",
    "llm_endpoint",
    "llm_local reply_cache",
    "llm",
    # 2: vectors elsewhere
    "vectors_server vectors_llamaindex",
    "vectors_opening",
    # 2: what a model is shown, and what is made of its reply
    "injection_signs",
    "marks damaged_json declining injections",
    "fencing structured plain_reply",
    "parsing prompts",
    "history rewording",
    "judging",
    # 3: the chain
    "leaning offices",
    "question_dates question_names question_rules question_subjects",
    "question_filters question_parts",
    "searching",
    "generation",
    "answering",
    # 4: many questions, one page
    "gathering expressions clauses vocabulary",
    "counts clause_order",
    "speakers",
    "speech identities denials quantities",
    "contradictions",
    "keypoints facets timeline voices disagreements unknowns covering",
    "planning translating",
    "composing",
    "briefing",
    "entities",
    "mentions",
    "followups condensing",
    "chat",
    # 4: how good is it?
    "asking",
    "fair_questions",
    "questioning question_writing",
    "locating eval_stores judged_questions set_files",
    "squad",
    "set_attribution set_chunking set_clapnq set_lareqa set_limit set_summhay set_wice set_xquad",
    "public_sets",
    "eval_metrics",
    "evaluation",
    # what a reader sees: the schema only
    "wording",
    "links excerpts quoting output plain_signs",
    "eval_runs eval_reading",
    "comparing",
    "eval_wording",
    "pages svg briefing_wording word_parts",
    "charts timeline_chart layout eval_charts",
    "eval_layout eval_sets_layout",
    "briefing_layout session_parts",
    "page_statements",
    "page_sections",
    "rendering render_json render_markdown render_html render_status render_doctor progress",
    "turn_layout",
    "render_briefing_json render_briefing_markdown render_briefing_html render_docx bibliography",
    "render_session_markdown render_session_html render_session_json render_pdf",
    "render_eval_json render_eval_html",
    # the parts put together, and the ways in
    "restoring",
    "parts",
    "conversing maintaining",
    "examining",
    "engine",
    "evaluating",
    "console",
    "options",
    "clipboard launching slash warming",
    "screen viewer completing",
    "chat_input",
    "chat_state",
    "chat_sources chat_commands",
    "terminal piped",
    "cli_backup cli_brief cli_chat cli_doctor cli_eval cli_sessions cli_writing",
    "cli llamaindex",
]

LIBRARY_ROOMS = {
    "Stemmer": {"matching"},
    "charset_normalizer": {"decoding"},
    "chromadb": {"vectors", "vectors_server"},
    "datasketch": {"deduplication"},
    "dateparser": {"dates"},
    "docx": {"documents", "word_parts"},
    "ebooklib": {"documents"},
    "filelock": {"locking"},
    "httpx": {"fetching"},
    "llama_index": {"llamaindex", "llm_llamaindex", "vectors_llamaindex"},
    "onnxruntime": {"embedding_onnx", "embedding_graph"},
    "openai": {"embedding_endpoint", "llm_endpoint"},
    "platformdirs": {"parts"},
    "prompt_toolkit": {"chat_input", "completing", "viewer"},
    "pydantic": {"eval_runs", "serialising"},
    "py3langid": {"paragraphs"},
    "pyarrow": {"encoding_ray"},
    "pypdf": {"pdf"},
    "rapidfuzz": {"verbatim"},
    "ray": {"encoding_ray"},
    "sentence_transformers": {"embedding_torch", "judging", "reranking"},
    "sentencex": {"sentences"},
    "ir_measures": {"eval_metrics"},
    "scipy": {"eval_metrics", "facets"},
    "text_to_num": {"tokens"},
    "tokenizers": {"embedding_onnx"},
    "trafilatura": {"webpages"},
    "typer": {
        *(
            "cli",
            "cli_backup",
            "cli_brief",
            "cli_chat",
            "cli_doctor",
            "cli_eval",
            "cli_sessions",
            "cli_writing",
            "options",
        )
    },
    "xllamacpp": {"llm_local"},
    "yaml": {"frontmatter"},
}
"""Where each outside library may be imported. numpy and rich are everybody's notation for vectors and for a screen."""

HEAVY = [
    *("chromadb", "docx", "llama_index", "numpy", "onnxruntime", "openai", "prompt_toolkit", "pydantic", "scipy"),
    *("ray", "sentence_transformers", "torch", "trafilatura", "weasyprint"),
]


def imports_of(room: str) -> set[str]:
    """Full names of the modules a room imports, inside functions too; not those for type checking only."""
    tree = ast.parse((ROOMS / f"{room}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"rag.{alias.name}" for alias in node.names} if node.module == "rag" else {node.module}
    return found


def all_rooms() -> list[str]:
    return sorted(path.stem for path in ROOMS.glob("*.py") if path.stem != "__init__")


def test_every_room_has_its_place() -> None:
    assert sorted(" ".join(LAYERS).split()) == all_rooms()


@pytest.mark.parametrize("room", all_rooms())
def test_imports_point_down(room: str) -> None:
    order = {name: i for i, layer in enumerate(LAYERS) for name in layer.split()}
    inside = {name.split(".")[1] for name in imports_of(room) if name.startswith("rag.")} & order.keys()
    upward = {name for name in inside if order[name] > order[room]}
    assert not upward, f"{room} imports {upward}, which stand above it"


@pytest.mark.parametrize("library", sorted(LIBRARY_ROOMS))
def test_every_library_has_its_room(library: str) -> None:
    users = {room for room in all_rooms() if any(name.split(".")[0] == library for name in imports_of(room))}
    assert users == LIBRARY_ROOMS[library]


def test_nothing_prints_but_the_command_line() -> None:
    for room in all_rooms():
        tree = ast.parse((ROOMS / f"{room}.py").read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        prints = [node for node in calls if isinstance(node.func, ast.Name) and node.func.id == "print"]
        assert room == "console" or not prints


def loaded_after(statement: str) -> set[str]:
    """Names of all modules that are loaded once `statement` has run in a new interpreter."""
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(shown.stdout.split())


@pytest.mark.parametrize(
    "statement",
    ["import rag.cli", "import rag.engine, rag.config", "import rag.schema, rag.rendering", "import rag.llm"],
)
def test_importing_the_command_line_loads_nothing_heavy(statement: str) -> None:
    assert not loaded_after(statement) & set(HEAVY)


def test_answering_a_question_loads_neither_torch_nor_chroma_nor_llamaindex(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "A short title\n\nThe ferry to Lunde leaves at nine in the morning.\n", encoding="utf-8"
    )
    with_store = ["--store", str(tmp_path / "store")]
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom rag.cli import app\n"
        f"result = CliRunner().invoke(app, ['ask', 'When does the ferry to Lunde leave?', *{with_store!r}])\n"
        "assert result.exit_code == 0, result.output\nprint('\\n'.join(sys.modules))"
    )
    ingest = [str(Path(sys.executable).with_name("rag")), "ingest", str(tmp_path / "a.txt"), *with_store]
    subprocess.run(ingest, check=True, capture_output=True)
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "chromadb", "llama_index", "sentence_transformers", "transformers", "openai", "trafilatura"}
    assert not set(shown.stdout.split()) & heavy
