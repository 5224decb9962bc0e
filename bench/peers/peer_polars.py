"""Polars: from a CSV file to arrays in the order of compressed rows, users and items numbered by ascending id."""

import os

import numpy as np
import protocol


def prepare(polars, path):
    frame = polars.read_csv(path, columns=["user", "item", "rating"], schema_overrides={"rating": polars.Float32})
    frame = frame.with_columns(polars.col("user", "item").rank("dense").cast(polars.Int32) - 1).sort("user", "item")
    counts = np.bincount(frame["user"].to_numpy())
    return np.concatenate([[0], np.cumsum(counts)]), frame["item"].to_numpy(), frame["rating"].to_numpy()


def work(job):
    import polars

    answer = protocol.Answer(job, "polars", "wheel")
    for _ in range(job.epochs):
        seconds, parts = protocol.timed(prepare, polars, os.path.join(job.data, "train.csv"))
        answer.result["epoch_seconds"].append(seconds)
    offsets, items, values = parts
    answer.save("answer", np.concatenate([offsets, items, (2 * values).astype(np.int64)]).astype(np.int64))
    answer.write()


protocol.run(work)
