"""Tables to keep, for a spreadsheet."""

from __future__ import annotations

import csv
import io

from litestar import Response

from entrepot.kernel import guarded


def csv_file(name: str, rows: list[list[object]]) -> Response[str]:
    """A CSV file to keep. A text that a spreadsheet would compute is marked as text."""
    out = io.StringIO()
    csv.writer(out).writerows([guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(out.getvalue(), media_type="text/csv", headers=headers)
