"""myFM: a factorization machine over user and movie by Gibbs sampling; predictions are means over the samples."""

import protocol


def gibbs(job):
    import myfm
    import numpy as np
    from scipy.sparse import csr_matrix

    def one_hot(users, items):
        rows = np.repeat(np.arange(len(users)), 2)
        columns = np.column_stack([users, job.users + items]).ravel()
        return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(users), job.users + job.items))

    users, items, values = job.train()
    pairs, wanted = one_hot(users, items), one_hot(*job.test())
    answer = protocol.Answer(job, "myfm", "wheel, one thread")
    model = myfm.MyFMRegressor(rank=job.settings["factors"], random_seed=job.seed)
    seconds, _ = protocol.timed(
        model.fit, pairs, values, n_iter=job.epochs, n_kept_samples=job.epochs * 9 // 10,
        group_shapes=[job.users, job.items],
    )
    answer.result["epoch_seconds"] = [seconds / job.epochs] * job.epochs
    answer.checkpoint(job.epochs, seconds, predictions=model.predict(wanted))
    answer.write()


protocol.run(gibbs)
