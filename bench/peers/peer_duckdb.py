"""DuckDB: aggregates of ratings, and ratings in the order of compressed rows, from a table in memory to arrays."""

import numpy as np
import protocol


def aggregate(database):
    sums = "count(*) AS n, sum(2 * value) AS s, sum(4 * value * value) AS q"
    sides = ("user_id", "item_id")
    return [database.execute(f"SELECT {side} AS id, {sums} FROM r GROUP BY id").fetchnumpy() for side in sides]


def aggregate_answer(job, sides):
    parts = []
    for side, rows in zip(sides, (job.users, job.items)):
        for column in ("n", "s", "q"):
            part = np.zeros(rows, np.int64)
            part[side["id"]] = side[column]
            parts.append(part)
    return np.concatenate(parts)


def csr(database):
    return database.execute("SELECT user_id, item_id, value FROM r ORDER BY user_id, item_id").fetchnumpy()


def csr_answer(job, rows):
    offsets = np.searchsorted(rows["user_id"], np.arange(job.users + 1))
    return np.concatenate([offsets, rows["item_id"], (2 * rows["value"]).astype(np.int64)])


def work(job):
    import duckdb

    users, items, values = job.train()
    arrays = {"user_id": users, "item_id": items, "value": values}  # found by DuckDB under this name
    database = duckdb.connect(config={"threads": job.threads})
    database.execute("CREATE TABLE r AS SELECT * FROM arrays")
    answer = protocol.Answer(job, "duckdb", "wheel")
    run, to_answer = {"duckdb-aggregate": (aggregate, aggregate_answer), "duckdb-csr": (csr, csr_answer)}[job.method]
    for _ in range(job.epochs):
        seconds, result = protocol.timed(run, database)
        answer.result["epoch_seconds"].append(seconds)
    answer.save("answer", to_answer(job, result).astype(np.int64))
    answer.write()


protocol.run(work)
