"""cornac: matrix factorization with biases by stochastic gradient descent, parallel."""

import protocol


def sgd(job):
    import numpy as np
    from cornac.data import Dataset
    from cornac.models import MF

    users, items, values = job.train()
    train = Dataset(
        job.users, job.items, {u: u for u in range(job.users)}, {i: i for i in range(job.items)},
        (users.astype(np.int64), items.astype(np.int64), values.astype(np.float64)),
    )
    answer = protocol.Answer(job, "cornac", "wheel")
    model = MF(
        k=job.settings["factors"],
        max_iter=job.epochs,
        learning_rate=job.settings["learning_rate"],
        lambda_reg=job.settings["regularization"],
        num_threads=job.threads,
        seed=job.seed,
    )
    seconds, _ = protocol.timed(model.fit, train)
    answer.result["epoch_seconds"] = [seconds / job.epochs] * job.epochs
    users, items = job.test()
    dots = np.einsum("ij,ij->i", model.u_factors[users], model.i_factors[items])
    answer.checkpoint(
        job.epochs, seconds, predictions=model.global_mean + model.u_biases[users] + model.i_biases[items] + dots
    )
    answer.write()


protocol.run(sgd)
