"""Of several rows of one record the newest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from core.imports.packing import pack_values, unpack_values
from core.imports.staging import check_rows

# Number, cells and how new; no rank where the row does not say.
Version = tuple[int, list[str], object]
Packed = tuple[int, bytes, object]


@dataclass(slots=True)
class Newest:
    """``kept`` are the rows that count; ``older`` the numbers of those that do not.

    ``ties`` were as new as another and had other values; ``left_out`` are records whose newest row
    is none of ours.
    """

    kept: list[Packed] = field(default_factory=list)
    older: list[int] = field(default_factory=list)
    ties: int = 0
    left_out: int = 0

    def drain(self) -> Iterator[Version]:
        """The rows that count in their order; each is let go once it was given."""
        self.kept.reverse()
        while self.kept:
            number, packed, rank = self.kept.pop()
            yield number, unpack_values(packed), rank


def newest_of(
    rows: Iterable[Version],
    key_of: Callable[[Sequence[str]], tuple[str, ...]],
    left_out: Collection[int],
) -> Newest:
    """Of rows with one key that with the greatest rank, the last of equals.

    A row without a key or a rank stands alone. ``left_out`` are rows that are none of ours: where
    one of them is the newest of its record, nothing of the record is kept.
    """
    found = Newest()
    best: dict[bytes, Packed] = {}
    for number, cells, rank in rows:
        whole_key = key_of(cells)
        key, each = pack_values(whole_key), (number, pack_values(cells), rank)
        earlier = best.get(key)
        if rank is None or not whole_key:
            check_rows(len(found.kept))
            found.kept.append(each)  # of no record that could have a newer row
        elif earlier is None:
            check_rows(len(best))
            best[key] = each
        else:
            found.ties += earlier[2] == each[2] and earlier[1] != each[1]
            newer = not earlier[2] > each[2]  # type: ignore[operator]
            found.older.append(earlier[0] if newer else each[0])
            if newer:
                best[key] = each
    whole = [each for each in best.values() if each[0] not in left_out]
    found.left_out = len(best) - len(whole)
    found.kept = sorted([*whole, *found.kept], key=lambda each: each[0])
    return found
