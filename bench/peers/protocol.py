"""What every adapter shares: the job that it is given, the clock, the answer that it hands back.

An adapter is called as `python peer_x.py JOB.json`. The job names a folder with the training part as index arrays
(train_users, train_items: int32, train_values: float32), in the rating task the pairs to be predicted (test_users,
test_items, without their ratings) and, when the contest has them, features as compressed rows. The answer is
`result.json` in the job's output folder, and beside it the model of each checkpoint: `predictions` of these pairs
(rating task) or vectors and biases, `users`, `items`, `user_bias`, `item_bias` (ranking task), which the program ranks
by and measures itself. Only training is on the clock: not the start of Python, not imports, not the conversion of the
arrays.
"""

import json
import os
import resource
import sys
import time
from importlib import metadata

import numpy as np


class Job:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            job = json.load(file)
        self.data = job["data"]
        self.output = job["output"]
        self.method = job["method"]
        self.settings = job["settings"]
        self.users, self.items = job["users"], job["items"]
        self.threads, self.seed = job["threads"], job["seed"]
        self.epochs = job["epochs"]
        self.checkpoints = job["checkpoints"]  # epochs after which the model is wanted; ascending, the last is `epochs`

    def array(self, name):
        return np.load(os.path.join(self.data, name + ".npy"))

    def has(self, name):
        return os.path.exists(os.path.join(self.data, name + ".npy"))

    def train(self):
        return self.array("train_users"), self.array("train_items"), self.array("train_values")

    def test(self):
        return self.array("test_users"), self.array("test_items")

    def train_csr(self, ones=False):
        from scipy.sparse import csr_matrix

        users, items, values = self.train()
        values = np.ones(len(users), np.float32) if ones else values
        return csr_matrix((values, (users, items)), shape=(self.users, self.items))

    def features(self, side):
        """Rows of a side ("user", "item") as a CSR matrix, or None."""
        from scipy.sparse import csr_matrix

        if not self.has(side + "_features_offsets"):
            return None
        parts = [self.array(f"{side}_features_{part}") for part in ("values", "indices", "offsets")]
        columns = int(self.array(side + "_features_columns")[0])
        return csr_matrix(tuple(parts), shape=(len(parts[2]) - 1, columns))


class Answer:
    def __init__(self, job, package, build):
        self.job = job
        self.result = {
            "status": "ok",
            "package": f"{package} {metadata.version(package)}",
            "build": build,
            "libraries": libraries(),
            "prepare_seconds": 0.0,
            "epoch_seconds": [],
            "checkpoints": [],
        }

    def checkpoint(self, epochs, seconds, offset=0.0, **arrays):
        """The model after so many epochs and so many seconds of training."""
        for name, array in arrays.items():
            self.save(f"{epochs}-{name}", np.asarray(array, np.float32))
        self.result["checkpoints"].append({"epochs": epochs, "seconds": seconds, "offset": float(offset)})

    def save(self, name, array):
        np.save(os.path.join(self.job.output, name + ".npy"), np.ascontiguousarray(array))

    def write(self):
        self.result["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        with open(os.path.join(self.job.output, "result.json"), "w", encoding="utf-8") as file:
            json.dump(self.result, file, allow_nan=False)


def libraries():
    """Python, NumPy, and the BLAS kernels that are loaded."""
    names = [f"Python {sys.version.split()[0]}", f"NumPy {np.__version__}"]
    try:
        import threadpoolctl

        for pool in threadpoolctl.threadpool_info():
            if pool["user_api"] == "blas":
                names.append(f"{pool['internal_api']} {pool['version']} {pool.get('architecture')}")
    except ImportError:
        pass
    return ", ".join(dict.fromkeys(names))


def timed(function, *arguments, **options):
    """The function's seconds and its value."""
    begin = time.perf_counter()
    value = function(*arguments, **options)
    return time.perf_counter() - begin, value


def run(adapter):
    """Runs adapter(job) on the job of the command line; a package that is not there is an answer, too."""
    job = Job(sys.argv[1])
    try:
        adapter(job)
    except ImportError as error:
        with open(os.path.join(job.output, "result.json"), "w", encoding="utf-8") as file:
            json.dump({"status": "unsupported", "reason": f"cannot be imported: {error}"}, file)
