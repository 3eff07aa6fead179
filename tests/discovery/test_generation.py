"""A generation's files: opened as they were, damage said in a sentence, crashes without effect, switches unnoticed."""

import itertools
import os
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import tantivy

from entrepot.discovery.index import vectors
from entrepot.discovery.index.base import DIMENSIONS, Busy, Damaged, IndexQuery
from entrepot.discovery.index.columns import change_of
from entrepot.discovery.index.generation import Generation
from entrepot.discovery.index.served import ServedIndex
from entrepot.discovery.types import Document
from tests.discovery.conftest import FLOOR, nowhere, product, put


def found(generation: Generation, text: str) -> list[str]:
    return [hit.id for hit in generation.index.search(IndexQuery(text, limit=600)).hits]


def opened(folder: Path, *, writing: bool = True) -> Generation:
    return Generation.open(folder, FLOOR, writing=writing)


def test_an_index_opens_as_it_was_closed(generation: Generation) -> None:
    put(generation.index, *(product(n, f"lamp number {n}", brand="Acme", price_minor=n) for n in range(20)))
    generation.index.remove([product(3, "").id])
    put(generation.index, product(4, "a sofa now"))
    generation.checkpoint(77)
    before = generation.index.search(IndexQuery("lamp", sort="price", limit=600))
    generation.close()
    again = opened(generation.folder)
    assert again.manifest.position == 77
    assert again.index.search(IndexQuery("lamp", sort="price", limit=600)) == before
    assert found(again, "sofa") == [product(4, "").id]
    assert again.index.suggest("la", 3) != []
    again.close()


def test_what_was_not_checkpointed_is_gone_after_a_crash_and_can_come_again(generation: Generation) -> None:
    put(generation.index, product(1, "old lamp"))
    generation.checkpoint(1)
    put(generation.index, product(1, "new lamp"), product(2, "new sofa"))
    generation.close()  # nothing is made durable by closing: to the files this is a crash
    again = opened(generation.folder)
    assert (again.manifest.position, again.index.count()) == (1, 1)
    assert found(again, "sofa") == []
    put(again.index, product(1, "new lamp"), product(2, "new sofa"))
    again.checkpoint(2)
    assert sorted(found(again, "new")) == [product(1, "").id, product(2, "").id]
    assert again.index.postings.count() == 2
    again.close()


def ahead(generation: Generation, *documents: Document) -> None:
    """Written, and not shown yet."""
    generation.index.upsert(documents, nowhere(len(documents)))
    generation.index.add_new()


def test_what_is_written_ahead_is_shown_by_its_commit(generation: Generation) -> None:
    put(generation.index, product(1, "old lamp"))
    ahead(generation, product(1, "new lamp"), product(2, "new sofa"))
    assert (generation.index.count(), found(generation, "new")) == (1, [])
    assert found(generation, "old") == [product(1, "").id]
    generation.index.commit()
    assert (generation.index.count(), sorted(found(generation, "new"))) == (2, [product(1, "").id, product(2, "").id])
    ahead(generation, product(3, "red chair"))
    generation.index.commit()
    assert found(generation, "chair") == [product(3, "").id]
    generation.checkpoint(1)
    assert generation.index.postings.count() == 3


@pytest.mark.parametrize("is_removed", [False, True])
def test_what_is_written_ahead_and_replaced_at_once_leaves_no_word(generation: Generation, is_removed: bool) -> None:
    ahead(generation, product(1, "first lamp"), product(2, "green sofa"))
    if is_removed:
        generation.index.remove([product(1, "").id])
    else:
        ahead(generation, product(1, "second lamp"))
    generation.index.commit()
    assert [generation.index.frequency(word) for word in ("first", "second", "green")] == [0, 1 - is_removed, 1]
    assert found(generation, "first") == []
    assert found(generation, "second") == ([] if is_removed else [product(1, "").id])
    generation.checkpoint(1)
    assert generation.index.postings.count() == 2 - is_removed


def test_what_was_written_ahead_of_a_crash_is_gone(generation: Generation) -> None:
    put(generation.index, product(1, "old lamp"))
    generation.checkpoint(1)
    ahead(generation, product(2, "new sofa"))
    generation.close()
    again = opened(generation.folder)
    put(again.index, product(3, "red chair"))
    again.checkpoint(2)
    assert (found(again, "sofa"), found(again, "chair"), again.index.count()) == ([], [product(3, "").id], 2)
    assert len(again.index.vectors.rows) == 2
    again.close()


def test_vectors_of_a_crash_do_not_shift_those_that_come_after(generation: Generation) -> None:
    rows = np.eye(5, DIMENSIONS, dtype=np.float32)
    generation.index.upsert([product(0, "thing")], rows[:1])
    generation.checkpoint(1)
    generation.index.upsert([product(1, "thing"), product(2, "thing")], rows[1:3])
    generation.index.commit()
    generation.close()
    again = opened(generation.folder)
    again.index.upsert([product(4, "thing")], rows[4:])
    again.checkpoint(2)
    for number in (0, 4):
        page = again.index.search(IndexQuery("couch", vector=rows[number]))
        assert [hit.id for hit in page.hits] == [product(number, "").id]
    again.close()


def test_upserting_never_leaves_a_second_text_behind(generation: Generation) -> None:
    """Deleting by an unsigned term deletes nothing, and says nothing: the files would grow and find twice."""
    for round_ in range(5):
        put(generation.index, *(product(n, f"lamp {round_}") for n in range(10)))
        generation.checkpoint(round_)
        assert generation.index.postings.count() == 10
    assert len(found(generation, "lamp")) == 10


def test_the_trap_of_unsigned_terms_is_still_there(tmp_path: Path) -> None:
    """When this fails, tantivy was mended, and the comment in `postings` may go."""
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("slot", indexed=True)
    index = tantivy.Index(builder.build(), path=str(tmp_path))
    writer = index.writer(15_000_000, 1)
    document = tantivy.Document()
    document.add_unsigned("slot", 1)
    writer.add_document(document)
    writer.commit()
    writer.delete_documents_by_term("slot", 1)
    writer.commit()
    index.reload()
    assert index.searcher().num_docs == 1


def files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]


def test_any_file_that_is_missing_is_damage_said_in_a_sentence(generation: Generation, tmp_path: Path) -> None:
    put(generation.index, *(product(n, "lamp") for n in range(5)))
    generation.checkpoint(1)
    generation.checkpoint(2)
    generation.close()
    assert len(files(generation.folder)) > 6
    stale = {f"state-{generation.manifest.checkpoint - 1}.npz", f"words-{generation.manifest.checkpoint - 1}.json"}
    for path in files(generation.folder):
        content = path.read_bytes()
        path.unlink()
        if path.name in stale:
            opened(generation.folder).close()
        else:
            with pytest.raises(Damaged) as damage:
                opened(generation.folder).close()
            assert str(generation.folder) in damage.value.sentence
        path.write_bytes(content)
    opened(generation.folder).close()


def test_segments_that_are_merged_while_a_reader_opens_are_no_damage(
    generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list that a reader has read names files that the writer has merged and taken away since."""
    put(generation.index, product(0, "lamp"))
    generation.checkpoint(1)
    listed = generation.folder / "text" / "meta.json"
    read = Path.read_bytes
    before = [read(listed)]
    for number in range(1, 12):  # tantivy merges eight segments into one
        put(generation.index, product(number, "lamp"))
    generation.checkpoint(2)
    generation.close()
    names = [each["segment_id"].replace("-", "") for each in msgspec.json.decode(before[0])["segments"]]
    assert not any((listed.parent / f"{name}.term").exists() for name in names)
    monkeypatch.setattr(Path, "read_bytes", lambda path: before.pop() if path == listed and before else read(path))
    reader = opened(generation.folder, writing=False)
    assert before == []
    assert len(found(reader, "lamp")) == 12
    reader.close()


@pytest.mark.parametrize("name", ["manifest.json", "state-*.npz", "words-*.json", "vectors.f32", "text/meta.json"])
def test_a_file_that_was_cut_short_is_damage(generation: Generation, name: str) -> None:
    put(generation.index, *(product(n, "lamp") for n in range(5)))
    generation.checkpoint(1)
    generation.close()
    for path in generation.folder.glob(name):
        os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(Damaged):
        opened(generation.folder)


def test_one_process_writes_and_others_read_beside_it(generation: Generation) -> None:
    put(generation.index, product(1, "lamp"))
    generation.checkpoint(1)
    with pytest.raises(Busy):
        opened(generation.folder)
    reader = opened(generation.folder, writing=False)
    put(generation.index, product(1, "sofa"), product(2, "lamp"))
    assert found(reader, "lamp") == [product(1, "").id], "a reader sees checkpoints, not what is under way"
    assert not reader.is_behind()
    generation.checkpoint(2)
    assert reader.is_behind()
    assert found(reader, "lamp") == [product(1, "").id], "and keeps what it opened until it opens anew"
    reader.close()
    reader = opened(generation.folder, writing=False)
    assert found(reader, "lamp") == [product(2, "").id]
    reader.close()
    put(generation.index, product(3, "lamp"))
    assert len(found(generation, "lamp")) == 2


def test_searches_go_on_while_documents_come_go_and_generations_switch(tmp_path: Path) -> None:
    """Half of the products stay for ever; no search may miss one of them, find one twice, or fail."""
    stays = [product(n, "lamp", price_minor=n) for n in range(50)]
    comes = [product(n, "lamp tall") for n in range(50, 80)]
    generations = [Generation.create(tmp_path / name, FLOOR) for name in ("a", "b")]
    for generation in generations:
        put(generation.index, *stays)
    served = ServedIndex()
    served.current = generations[0].index
    problems: list[str] = []
    done = threading.Event()

    def search() -> None:
        filtered: list[dict[str, tuple[str, ...]]] = [{}, {"price": ("0..",)}]
        queries = itertools.cycle([IndexQuery(q, filters=each, limit=600) for q in ("lamp", "") for each in filtered])
        expected = {document.id for document in stays}
        while not done.is_set():
            try:
                asked = next(queries)
                ids = [hit.id for hit in served.search(asked).hits]
            except Exception as error:
                problems.append(repr(error))
                return
            if len(ids) != len(set(ids)) or not expected <= set(ids):
                problems.append(f"{len(ids)} hits, {len(set(ids))} distinct, {len(expected - set(ids))} missing")
                return

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for round_ in range(12):
        generation = generations[round_ % 2]
        news = [msgspec.structs.replace(each, brand=f"brand {round_} {n}") for n, each in enumerate(comes)]
        put(generation.index, *news, *stays[round_::7])
        moved = [product(n, "lamp", price_minor=n, merchant=f"org {round_}") for n in range(50)]
        generation.index.change([change_of(each) for each in moved])
        generation.index.remove([document.id for document in comes[::2]])
        generation.index.commit()
        generation.checkpoint(round_)
        served.current = generation.index
    done.set()
    for thread in threads:
        thread.join()
    assert problems == []
    for generation in generations:
        generation.close()


@pytest.fixture
def small_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs from 200 rows on."""
    monkeypatch.setattr(vectors, "FLAT_MAX", 200)
    monkeypatch.setattr("entrepot.discovery.index.generation.FLAT_MAX", 200)


def test_a_graph_finds_what_looking_at_each_row_finds(
    generation: Generation, small_graphs: None, report_count: Callable[[str, int], None]
) -> None:
    random = np.random.default_rng(7)
    centres = random.normal(size=(40, DIMENSIONS))
    rows = centres[random.integers(0, 40, 2_000)] + 0.7 * random.normal(size=(2_000, DIMENSIONS))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    generation.index.upsert([product(n, "thing") for n in range(2_000)], rows)
    generation.index.remove([product(n, "").id for n in range(0, 2_000, 5)])
    generation.index.commit()
    generation.checkpoint(1)
    assert generation.is_graph_wanted()
    queries = [IndexQuery("couch", vector=rows[n], limit=600) for n in range(1, 60, 5)]
    flat = [{hit.id for hit in generation.index.search(query).hits} for query in queries]
    generation.index.attach(generation.make_graph())
    generation.checkpoint(2)
    assert not generation.is_graph_wanted()
    folder = generation.folder
    generation.close()
    again = opened(folder)
    assert again.index.graph is not None
    graph = [{hit.id for hit in again.index.search(query).hits} for query in queries]
    share = sum(len(a & b) for a, b in zip(flat, graph, strict=True)) / sum(map(len, flat))
    assert share > 0.97
    put(again.index, product(9_000, "sofa"))
    again.index.upsert([product(9_001, "thing")], rows[1:2])
    again.index.commit()
    # Rows beyond the graph count too.
    assert product(9_001, "").id in {hit.id for hit in again.index.search(queries[0]).hits}, (
        "rows beyond the graph count"
    )
    again.close()
