"""LensKit: matrix factorization with biases by alternating least squares (coordinate descent), compiled by Numba."""

import numpy as np
import protocol


def rows(table, index, ids):
    """Rows of a table for ids, zeros for ids that it does not know."""
    places = index.get_indexer(ids)
    return np.where((places >= 0).reshape(-1, *[1] * (table.ndim - 1)), table[places], 0)


def predictions(model, job):
    users, items = job.test()
    bias = model.bias
    dots = np.einsum(
        "ij,ij->i",
        rows(model.user_features_, model.user_index_, users),
        rows(model.item_features_, model.item_index_, items),
    )
    user_bias = rows(bias.user_offsets_.to_numpy(), bias.user_offsets_.index, users)
    item_bias = rows(bias.item_offsets_.to_numpy(), bias.item_offsets_.index, items)
    return bias.mean_ + user_bias + item_bias + dots


def als(job):
    import pandas
    from lenskit import util
    from lenskit.algorithms.als import BiasedMF

    users, items, values = job.train()
    ratings = pandas.DataFrame({"user": users, "item": items, "rating": values.astype(np.float64)})
    options = {"features": job.settings["factors"], "reg": job.settings["regularization"], "rng_spec": job.seed}
    BiasedMF(iterations=1, **options).fit(ratings.head(5000))  # compiles; off the clock
    answer = protocol.Answer(job, "lenskit", "wheel, compiled by Numba")
    seconds = answer.result["epoch_seconds"]
    model = BiasedMF(iterations=job.epochs, **options)
    model.timer = util.Stopwatch()
    steps = model.fit_iters(ratings)
    for epoch in range(1, job.epochs + 1):  # the first step holds the fit of the biases, too
        elapsed, _ = protocol.timed(next, steps)
        seconds.append(elapsed)
        if epoch in job.checkpoints:
            answer.checkpoint(epoch, sum(seconds), predictions=predictions(model, job))
    answer.write()


protocol.run(als)
