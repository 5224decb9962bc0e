"""Surprise: matrix factorization with biases by stochastic gradient descent, one thread."""

import protocol


def svd(job):
    import numpy as np
    import pandas
    import surprise

    users, items, values = job.train()
    frame = pandas.DataFrame({"user": users, "item": items, "rating": values})
    scale = surprise.Reader(rating_scale=(float(values.min()), float(values.max())))
    train = surprise.Dataset.load_from_df(frame, scale).build_full_trainset()
    answer = protocol.Answer(job, "scikit-surprise", "wheel, one thread")
    model = surprise.SVD(
        n_factors=job.settings["factors"],
        n_epochs=job.epochs,
        lr_all=job.settings["learning_rate"],
        reg_all=job.settings["regularization"],
        random_state=job.seed,
    )
    seconds, _ = protocol.timed(model.fit, train)
    answer.result["epoch_seconds"] = [seconds / job.epochs] * job.epochs
    pairs = zip(*(ids.tolist() for ids in job.test()))
    answer.checkpoint(job.epochs, seconds, predictions=np.array([model.predict(u, i).est for u, i in pairs]))
    answer.write()


protocol.run(svd)
