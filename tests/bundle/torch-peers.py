# torch-peers.py DEVICE synth:USERSxITEMSxRATINGS: what embrace-bench-ops times, by PyTorch on a GPU; medians of ten runs
# between events. Data are of those sizes, with a power law as there.
import statistics
import sys

import torch

device = torch.device("cuda", int(sys.argv[1]))
users, items, ratings = (int(size) for size in sys.argv[2].split(":")[1].split("x"))
torch.cuda.set_device(device)
torch.manual_seed(1)
torch.backends.cuda.matmul.allow_tf32 = False


def skewed(size):
    return (torch.rand(ratings, device=device, dtype=torch.float64) ** 3 * size).long()


def report(name, work, unit, count):
    work()
    seconds = []
    for _ in range(10):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        work()
        end.record()
        end.synchronize()
        seconds.append(begin.elapsed_time(end) / 1000)
    median = statistics.median(seconds)
    print(f"{name:<28}{median * 1e3:12.4f} ms {count / median:12.4g} {unit}/s", flush=True)


print(f"PyTorch {torch.__version__}, {torch.cuda.get_device_name(device)}, {users} x {items}, {ratings} ratings")
user, item = skewed(users), skewed(items)
value = torch.randint(1, 11, (ratings,), device=device) * 0.5


def aggregate():
    for rows, size in ((user, users), (item, items)):
        torch.bincount(rows, minlength=size)
        torch.zeros(size, device=device).index_add_(0, rows, value)
        torch.zeros(size, device=device).index_add_(0, rows, value * value)


def csr():
    order = torch.argsort(user * items + item, stable=True)
    torch.cumsum(torch.bincount(user, minlength=users), 0)
    return item[order], value[order]


numbers = torch.rand(64 << 20, device=device)
target = torch.empty_like(numbers)
report("copy", lambda: target.copy_(numbers), "B", 8 * numbers.numel())
square = torch.randn(4096, 4096, device=device)
report("gemm, float", lambda: square @ square, "flop", 2 * 4096**3)
half = square.bfloat16()
report("gemm, bf16", lambda: half @ half, "flop", 2 * 4096**3)
report("aggregate", aggregate, "rating", ratings)
report("csr", csr, "rating", ratings)
for k in (64, 128):
    p, q = torch.randn(users, k, device=device) / k**0.5, torch.randn(items, k, device=device) / k**0.5
    some = p[:4096]
    report(f"rank, k = {k}", lambda: torch.topk(some @ q.T, min(10, items)), "score", some.shape[0] * items)
    part = slice(0, 1 << 22)
    report(f"predict, k = {k}", lambda: (p[user[part]] * q[item[part]]).sum(1), "pair", user[part].numel())
