"""implicit: alternating least squares (exact by Cholesky, or three steps of conjugate gradients) and BPR."""

import protocol


def als(job):
    from implicit.cpu.als import AlternatingLeastSquares

    ratings = job.train_csr(ones=True)
    model = AlternatingLeastSquares(
        factors=job.settings["factors"],
        regularization=job.settings["regularization"],
        alpha=job.settings["alpha"],
        use_cg=job.method == "implicit-als-cg",
        iterations=job.epochs,
        num_threads=job.threads,
        random_state=job.seed,
    )
    fit(job, model, ratings)


def bpr(job):
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    ratings = job.train_csr(ones=True)
    model = BayesianPersonalizedRanking(
        factors=job.settings["factors"],
        learning_rate=job.settings["learning_rate"],
        regularization=job.settings["regularization"],
        iterations=job.epochs,
        num_threads=job.threads,
        random_state=job.seed,
    )
    fit(job, model, ratings)


def fit(job, model, ratings):
    answer = protocol.Answer(job, "implicit", "wheel")
    seconds = answer.result["epoch_seconds"]

    def on_epoch(iteration, elapsed, *_):  # the seconds of this iteration by the package's own clock
        seconds.append(elapsed)
        if iteration + 1 in job.checkpoints:
            answer.checkpoint(iteration + 1, sum(seconds), users=model.user_factors, items=model.item_factors)

    model.fit(ratings, show_progress=False, callback=on_epoch)
    answer.write()


protocol.run(lambda job: bpr(job) if job.method == "implicit-bpr" else als(job))
