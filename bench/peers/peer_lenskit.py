"""LensKit: alternating least squares, compiled by Numba: ratings with biases by coordinate descent, and rankings."""

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
    return {"predictions": bias.mean_ + user_bias + item_bias + dots}


def vectors(model, job):
    return {
        "users": rows(model.user_features_, model.user_index_, np.arange(job.users)),
        "items": rows(model.item_features_, model.item_index_, np.arange(job.items)),
    }


def explicit(job):
    from lenskit.algorithms.als import BiasedMF

    fit(job, BiasedMF, {"reg": job.settings["regularization"]}, predictions)


def implicit(job):
    from lenskit.algorithms.als import ImplicitMF

    # Its weight is what a pair with a rating weighs more than another.
    options = {"reg": job.settings["regularization"], "weight": job.settings["alpha"] - 1, "method": "lu"}
    fit(job, ImplicitMF, options, vectors)


def fit(job, algorithm, options, model_of):
    import pandas
    from lenskit import util

    class Timed(algorithm):
        """Stamps what comes between its data frame and the first sweep: matrices of both sides, first vectors."""

        def _initial_model(self, *arguments):
            self.prepared, model = protocol.timed(super()._initial_model, *arguments)
            return model

    users, items, values = job.train()
    ratings = pandas.DataFrame({"user": users, "item": items, "rating": values.astype(np.float64)})
    options = {"features": job.settings["factors"], "rng_spec": job.seed, **options}
    algorithm(iterations=1, **options).fit(ratings.head(5000))  # compiles; off the clock
    answer = protocol.Answer(job, "lenskit", "wheel, compiled by Numba")
    seconds = answer.result["epoch_seconds"]
    model = Timed(iterations=job.epochs, **options)
    model.timer = util.Stopwatch()
    steps = model.fit_iters(ratings)
    for epoch in range(1, job.epochs + 1):  # the first step holds the fit of the biases, too
        elapsed, _ = protocol.timed(next, steps)
        seconds.append(elapsed if seconds else elapsed - model.prepared)
        if epoch in job.checkpoints:
            answer.checkpoint(epoch, sum(seconds), **model_of(model, job))
    answer.result["prepare_seconds"] = model.prepared
    answer.write()


protocol.run(lambda job: implicit(job) if job.method == "lenskit-implicit" else explicit(job))
