"""myFM: a factorization machine over user and movie by Gibbs sampling; predictions are means over the samples."""

import time

import numpy as np
import protocol


def gibbs(job):
    import myfm
    from scipy.sparse import csr_matrix

    def one_hot(users, items):
        rows = np.repeat(np.arange(len(users)), 2)
        columns = np.column_stack([users, job.users + items]).ravel()
        return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(users), job.users + job.items))

    users, items, values = job.train()
    pairs, wanted = one_hot(users, items), one_hot(*job.test())
    answer = protocol.Answer(job, "myfm", "wheel, one thread")
    model = myfm.MyFMRegressor(rank=job.settings["factors"], random_seed=job.seed)
    samples, stamps, looked = [], [time.perf_counter()], 0.0

    def look(_, sample, *__):  # after each sample; what is done here is off the clock
        nonlocal looked
        begin = time.perf_counter()
        stamps.append(begin - looked)
        samples.append(sample.predict_score(wanted, []))
        looked += time.perf_counter() - begin
        return False, None

    model.fit(pairs, values, n_iter=job.epochs, n_kept_samples=job.epochs * 9 // 10,
              group_shapes=[job.users, job.items], callback=look)
    answer.result["epoch_seconds"] = np.diff(stamps).tolist()
    for n in job.checkpoints:  # as if it had been asked for n samples: a tenth of them is left out
        answer.checkpoint(n, stamps[n] - stamps[0], predictions=np.mean(samples[n - max(1, n * 9 // 10) : n], axis=0))
    answer.write()


protocol.run(gibbs)
