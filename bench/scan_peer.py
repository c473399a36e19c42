"""The selective scan, forward and backward, in pure PyTorch: the fastest of four ways for the given length.

usage: scan_peer.py STEPS     runs for ROUND_SECONDS for every line on standard input (see harness.ts)
"""

import json
import resource
import sys
import time

import torch
import torch.nn.functional as F

BATCH, CHANNELS, STATES = 64, 64, 16
# A round takes one run after the other for this long, as training takes its steps (and as PyTorch's own blocked_autorange times): the
# first run after a rest takes up to twice as long on either side, which of a run of 4 ms is no small part.
ROUND_SECONDS = 0.2
torch.set_num_threads(2)


def wave(shape, b, a=1.0, c=0.0):
    count = 1
    for n in shape:
        count *= n
    i = torch.arange(count, dtype=torch.float64)
    return (c + a * torch.sin(b * i + 0.1)).float().reshape(shape)


def scan_steps(dt, u, a, b, c):
    """One step after the other; nothing of all steps' states at once. dt, u (l, b, d), b, c (l, b, n)."""
    h = torch.zeros(BATCH, CHANNELS, STATES)
    out = []
    for dt_t, u_t, b_t, c_t in zip(dt.unbind(0), u.unbind(0), b.unbind(0), c.unbind(0)):
        d = dt_t.unsqueeze(-1)
        h = torch.exp(d * a) * h + (dt_t * u_t).unsqueeze(-1) * b_t.unsqueeze(1)
        out.append((h * c_t.unsqueeze(1)).sum(-1))
    return torch.stack(out)


def with_states(scan):
    """A scan over decays and driven terms of all steps (l, b, d, n)."""

    def run(dt, u, a, b, c):
        decay = torch.exp(dt.unsqueeze(-1) * a)
        return scan(decay, (dt * u).unsqueeze(-1) * b.unsqueeze(2), c)

    run.__name__ = scan.__name__
    return run


@with_states
def scan_loop(a, x, c):
    """As scan_steps, with all decays computed at once."""
    h = torch.zeros_like(x[0])
    out = []
    for at, xt, ct in zip(a.unbind(0), x.unbind(0), c.unbind(0)):
        h = torch.addcmul(xt, at, h)
        out.append(torch.matmul(h, ct.unsqueeze(-1)).squeeze(-1))
    return torch.stack(out)


def read_out(h, c):
    return torch.matmul(h, c.unsqueeze(-1)).squeeze(-1)


@with_states
def scan_log_steps(a, x, c):
    """Hillis and Steele: log2(l) passes over the whole sequence."""
    reach = 1
    while reach < x.shape[0]:
        x = torch.cat([x[:reach], torch.addcmul(x[reach:], a[reach:], x[:-reach])])
        a = torch.cat([a[:reach], a[reach:] * a[:-reach]])
        reach *= 2
    return read_out(x, c)


@with_states
def scan_chunks(a, x, c, width=16):
    """Recurrences inside chunks side by side, then the states between chunks."""
    steps = x.shape[0]
    padding = -steps % width
    if padding:
        a = torch.cat([a, torch.ones_like(a[:padding])])
        x = torch.cat([x, torch.zeros_like(x[:padding])])
    chunks = x.shape[0] // width
    a = a.reshape(chunks, width, *a.shape[1:])
    x = x.reshape(chunks, width, *x.shape[1:])
    product, h = a[:, 0], x[:, 0]
    products, states = [product], [h]
    for t in range(1, width):
        product = product * a[:, t]
        h = torch.addcmul(x[:, t], a[:, t], h)
        products.append(product)
        states.append(h)
    carry = torch.zeros_like(h[0])
    carries = []
    for j in range(chunks):
        carries.append(carry)
        carry = torch.addcmul(h[j], product[j], carry)
    carried = torch.stack(carries).unsqueeze(1)
    full = torch.addcmul(torch.stack(states, 1), torch.stack(products, 1), carried)
    return read_out(full.flatten(0, 1)[:steps], c)


def forward(inputs, scan):
    u, dt_raw, a, b, c, skip, z, bias = inputs
    u, z = u.transpose(0, 1), z.transpose(0, 1)
    dt = F.softplus(dt_raw.transpose(0, 1) + bias)
    y = scan(dt, u, a, b.transpose(0, 1), c.transpose(0, 1))
    return ((y + skip * u) * F.silu(z)).transpose(0, 1)


def work(inputs, upstream, scan):
    out = forward(inputs, scan)
    return (out, *torch.autograd.grad(out, inputs, upstream))


def main():
    steps = int(sys.argv[1])
    wide, narrow = (BATCH, steps, CHANNELS), (BATCH, steps, STATES)
    a = -torch.arange(1, STATES + 1, dtype=torch.float32).repeat(CHANNELS, 1)
    inputs = [wave(wide, 0.7), wave(wide, 0.31), a, wave(narrow, 0.53), wave(narrow, 0.41)]
    inputs += [wave((CHANNELS,), 1.1), wave(wide, 0.23), wave((CHANNELS,), 1.3, 1.0, -3.0)]
    inputs = [x.requires_grad_() for x in inputs]
    upstream = wave(wide, 0.37)
    best, scan = float("inf"), None
    for candidate in (scan_steps, scan_loop, scan_log_steps, scan_chunks):
        work(inputs, upstream, candidate)
        started = time.perf_counter()
        work(inputs, upstream, candidate)
        seconds = time.perf_counter() - started
        print(f"  {candidate.__name__}, {steps} steps: {seconds * 1000:.0f} ms", file=sys.stderr)
        if seconds < best:
            best, scan = seconds, candidate
    results = work(inputs, upstream, scan)
    digest = json.dumps([[x.double().sum().item(), x.double().abs().sum().item()] for x in results])
    del results
    for _ in sys.stdin:
        cpu, started, runs, wall = time.process_time(), time.perf_counter(), 0, 0.0
        while wall < ROUND_SECONDS:
            work(inputs, upstream, scan)
            runs += 1
            wall = time.perf_counter() - started
        cpu, wall = (time.process_time() - cpu) / runs, wall / runs
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"cpu": cpu, "wall": wall, "digest": digest, "peakRss": peak}), flush=True)


main()
