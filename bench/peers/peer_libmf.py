"""LIBMF: matrix factorization without biases by stochastic gradient descent with an adaptive step, squared loss."""

import os
import threading
import time

import numpy as np
import protocol


def simd_build(path):
    """LIBMF chooses its vector code when it is compiled, and the default build has none: a race against that says
    nothing, so it is refused. 256-bit instructions are known by the prefix that most of them have."""
    with open(path, "rb") as file:
        wide = file.read().count(b"\xc5\xfc")
    if wide < 100:
        raise RuntimeError(f"{path} was built without AVX")
    return "AVX build"


class Lines:
    """Stamps the lines that LIBMF prints on descriptor 1, one an epoch, with the time at which they appear."""

    def __enter__(self):
        self.stamps = []
        self.read_end, write_end = os.pipe()
        self.saved = os.dup(1)
        os.dup2(write_end, 1)
        os.close(write_end)
        self.thread = threading.Thread(target=self.read)
        self.thread.start()
        return self

    def read(self):
        with os.fdopen(self.read_end, "rb") as stream:
            for line in stream:
                self.stamps.append((time.perf_counter(), line.split()))

    def __exit__(self, *_):
        os.dup2(self.saved, 1)
        os.close(self.saved)
        self.thread.join()

    def epochs(self):
        """Seconds of each epoch: from the line of headings to the first line, then from line to line."""
        numbered = [stamp for stamp, words in self.stamps if words and words[0].isdigit()]
        begin = next(stamp for stamp, words in self.stamps if words and words[0] == b"iter")
        return begin, [b - a for a, b in zip([begin, *numbered], numbered)]


def predictions(model, job):
    """P and Q by hand: libmf.predict reads its argument transposed. A row without ratings is NaN there."""
    users, items = job.test()
    p, q = model.p_factors(), model.q_factors()
    out = np.full(len(users), model.model.b, np.float32)
    known = (users < len(p)) & (items < len(q))
    for begin in range(0, len(users), 1 << 18):  # gathered rows are large
        part = np.flatnonzero(known[begin : begin + (1 << 18)]) + begin
        dots = np.einsum("ij,ij->i", p[users[part]], q[items[part]])
        out[part] = np.where(np.isnan(dots), model.model.b, dots)
    return out


def sgd(job):
    with Lines():  # it says at import which file it uses
        from libmf import mf
    answer = protocol.Answer(job, "libmf", simd_build(mf.compiled_src))
    ratings = np.column_stack([np.asarray(part, np.float32) for part in job.train()])
    for epochs in job.checkpoints:  # there is no call between epochs, so each checkpoint is a training of its own
        model = mf.MF(
            fun=mf.P_L2_MFR,
            k=job.settings["factors"],
            nr_threads=job.threads,
            nr_iters=epochs,
            lambda_p1=0.0,
            lambda_q1=0.0,
            lambda_p2=job.settings["regularization"],
            lambda_q2=job.settings["regularization"],
            eta=job.settings["learning_rate"],
            nr_bins=job.settings["bins"],
            quiet=False,
            copy_data=False,
        )
        start = time.perf_counter()
        with Lines() as lines:
            model.fit(ratings)
        begin, seconds = lines.epochs()
        answer.result["prepare_seconds"] = begin - start  # copying, shuffling, cutting the matrix into blocks
        answer.result["epoch_seconds"] = seconds
        answer.checkpoint(epochs, sum(seconds), predictions=predictions(model, job))
    answer.write()


protocol.run(sgd)
