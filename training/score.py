"""Batch scoring: a log in, a Parquet file of predictions out, in one stream."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from models.atomic import whole_file
from models.errors import DataError
from models.predictor import Predictor
from training.data.reader import LogReader, csv_types
from training.data.source import LogSource
from training.ranking import with_score

READ_ROWS = 65_536


def score(
    predictor: Predictor,
    path: str,
    output: Path,
    keep: Sequence[str] = (),
    progress: Callable[[int], None] | None = None,
) -> int:
    """Predict every row of a log, in its order; labels are not needed.

    Args:
        predictor: the model, as it is served.
        path: a folder, a glob or a file; Parquet or CSV.
        output: a Parquet file, which appears whole or not at all.
        keep: columns of the log to write beside the predictions.
        progress: is told the rows so far.

    Returns:
        Rows written.

    Raises:
        DataError: the log lacks a column, a kept column has the name of a prediction, there are no rows, or the
            utility of a row is not finite.
    """
    reader = LogReader(LogSource(path, csv_types(predictor.config), READ_ROWS), predictor.config, with_labels=False)
    keep = list(dict.fromkeys(keep))
    reader.source.require(keep)
    fields = predictor.config.answer_fields
    if taken := sorted(set(keep) & set(fields)):
        raise DataError(f"kept columns and predictions have different names; both are called {', '.join(taken)}")
    num_rows = 0
    with whole_file(output) as beside:
        writer = None
        for chunk in reader.chunks(extra=keep):
            predictions = with_score(predictor.config, predictor.predict(chunk.features, chunk.num_rows), num_rows)
            columns = {name: chunk.extra.column(name) for name in keep}
            table = pa.table({**columns, **{field: pa.array(predictions[field]) for field in fields}})
            writer = writer or pq.ParquetWriter(beside, table.schema, compression="zstd")
            writer.write_table(table)
            num_rows += chunk.num_rows
            if progress is not None:
                progress(num_rows)
        if writer is None:
            raise DataError(f"a log to score has rows; found none in {path}: check the path")
        writer.close()
    return num_rows
