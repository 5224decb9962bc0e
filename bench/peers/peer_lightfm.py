"""LightFM: a user or an item is the sum of the embeddings of its features, identity being one; BPR, Adagrad."""

import protocol


def bpr(job):
    from lightfm import LightFM
    from scipy.sparse import hstack, identity

    class Timed(LightFM):
        """Stamps the epochs inside fit_partial, so that its checks and conversions are paid once, off the clock."""

        def _run_epoch(self, *arguments):
            seconds, _ = protocol.timed(super()._run_epoch, *arguments)
            self.on_epoch(seconds)

    def with_identity(side, rows):
        features = job.features(side)
        return None if features is None else hstack([identity(rows), features], format="csr", dtype="float32")

    ratings = job.train_csr(ones=True).tocoo()
    features = {
        "user_features": with_identity("user", job.users),
        "item_features": with_identity("item", job.items),
    }
    answer = protocol.Answer(job, "lightfm", "built here, -march=native -ffast-math")
    seconds = answer.result["epoch_seconds"]
    model = Timed(
        no_components=job.settings["factors"],
        learning_rate=job.settings["learning_rate"],
        loss="bpr",
        random_state=job.seed,
    )

    def on_epoch(elapsed):
        seconds.append(elapsed)
        if len(seconds) not in job.checkpoints:
            return
        user_bias, users = model.get_user_representations(features["user_features"])
        item_bias, items = model.get_item_representations(features["item_features"])
        answer.checkpoint(len(seconds), sum(seconds), users=users, items=items, user_bias=user_bias, item_bias=item_bias)

    model.on_epoch = on_epoch
    model.fit_partial(ratings, epochs=job.epochs, num_threads=job.threads, **features)
    answer.write()


protocol.run(bpr)
