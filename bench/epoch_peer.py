"""One training epoch of SpectralMamba in PyTorch, with the fastest of four pure-PyTorch scans for its length.

usage: epoch_peer.py FILE     one epoch for every line on standard input (see harness.ts)
"""

import json
import resource
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

BATCH = 64
torch.set_num_threads(2)


def scan_steps(dt, u, a, b, c):
    """One step after the other. dt, u (l, b, d), a (d, n), b, c (l, b, n)."""
    h = torch.zeros(dt.shape[1], dt.shape[2], a.shape[1])
    out = []
    for dt_t, u_t, b_t, c_t in zip(dt.unbind(0), u.unbind(0), b.unbind(0), c.unbind(0)):
        h = torch.exp(dt_t.unsqueeze(-1) * a) * h + (dt_t * u_t).unsqueeze(-1) * b_t.unsqueeze(1)
        out.append((h * c_t.unsqueeze(1)).sum(-1))
    return torch.stack(out)


def all_terms(dt, u, a, b):
    """Decays and driven terms of all steps, (l, b, d, n)."""
    return torch.exp(dt.unsqueeze(-1) * a), (dt * u).unsqueeze(-1) * b.unsqueeze(2)


def read_out(h, c):
    return torch.matmul(h, c.unsqueeze(-1)).squeeze(-1)


def scan_loop(dt, u, a, b, c):
    decay, x = all_terms(dt, u, a, b)
    h = torch.zeros_like(x[0])
    out = []
    for a_t, x_t, c_t in zip(decay.unbind(0), x.unbind(0), c.unbind(0)):
        h = torch.addcmul(x_t, a_t, h)
        out.append(read_out(h, c_t))
    return torch.stack(out)


def scan_log_steps(dt, u, a, b, c):
    """Hillis and Steele: log2(l) passes over the whole sequence."""
    decay, x = all_terms(dt, u, a, b)
    reach = 1
    while reach < x.shape[0]:
        x = torch.cat([x[:reach], torch.addcmul(x[reach:], decay[reach:], x[:-reach])])
        decay = torch.cat([decay[:reach], decay[reach:] * decay[:-reach]])
        reach *= 2
    return read_out(x, c)


def scan_chunks(dt, u, a, b, c, width=16):
    """Recurrences inside chunks side by side, then the states between chunks."""
    decay, x = all_terms(dt, u, a, b)
    steps = x.shape[0]
    padding = -steps % width
    if padding:
        decay = torch.cat([decay, torch.ones_like(decay[:padding])])
        x = torch.cat([x, torch.zeros_like(x[:padding])])
    decay = decay.reshape(-1, width, *decay.shape[1:])
    x = x.reshape(-1, width, *x.shape[1:])
    product, h = decay[:, 0], x[:, 0]
    products, states = [product], [h]
    for t in range(1, width):
        product = product * decay[:, t]
        h = torch.addcmul(x[:, t], decay[:, t], h)
        products.append(product)
        states.append(h)
    carry, carries = torch.zeros_like(h[0]), []
    for j in range(x.shape[0]):
        carries.append(carry)
        carry = torch.addcmul(h[j], product[j], carry)
    carried = torch.stack(carries).unsqueeze(1)
    full = torch.addcmul(torch.stack(states, 1), torch.stack(products, 1), carried)
    return read_out(full.flatten(0, 1)[:steps], c)


class Mixer(nn.Module):
    def __init__(self, width, inner, states, rank, taps):
        super().__init__()
        self.rank, self.states = rank, states
        self.A_log = nn.Parameter(torch.empty(inner, states))
        self.D = nn.Parameter(torch.empty(inner))
        self.in_proj = nn.Linear(width, 2 * inner, bias=False)
        self.conv1d = nn.Conv1d(inner, inner, taps, groups=inner, padding=taps - 1)
        self.x_proj = nn.Linear(inner, rank + 2 * states, bias=False)
        self.dt_proj = nn.Linear(rank, inner)
        self.out_proj = nn.Linear(inner, width, bias=False)
        self.scan = scan_steps

    def forward(self, v):
        steps = v.shape[1]
        u, z = self.in_proj(v).chunk(2, dim=-1)
        u = F.silu(self.conv1d(u.transpose(1, 2))[..., :steps].transpose(1, 2))
        dt, b, c = self.x_proj(u).split([self.rank, self.states, self.states], dim=-1)
        dt = F.softplus(self.dt_proj(dt))
        first = [x.transpose(0, 1) for x in (dt, u)] + [-torch.exp(self.A_log)]
        y = self.scan(*first, b.transpose(0, 1), c.transpose(0, 1)).transpose(0, 1)
        return self.out_proj((y + self.D * u) * F.silu(z))


class SpectralMamba(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["width"]
        self.pieces, self.bands = config["pieces"], config["bands"]
        self.embed = nn.Linear(self.pieces, width)
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(config["depth"])])
        sizes = (width, config["expand"] * width, config["states"], config["timeRank"], config["kernel"])
        self.mixers = nn.ModuleList([Mixer(*sizes) for _ in range(config["depth"])])
        self.norm_f = nn.LayerNorm(width)
        self.head = nn.Linear(width, config["classes"])

    def forward(self, x):
        missing = -self.bands % self.pieces
        if missing:
            x = torch.cat([x, x[:, -1:].expand(-1, missing)], dim=1)
        h = self.embed(x.reshape(x.shape[0], self.pieces, -1).transpose(1, 2))
        for norm, mixer in zip(self.norms, self.mixers):
            h = h + mixer(norm(h))
        return self.head(self.norm_f(h).mean(1))


def load(file):
    with open(file + ".json") as opened:
        task = json.load(opened)
    numbers = torch.from_numpy(np.fromfile(file + ".bin", "<f4"))
    state, at = {}, 0
    for entry in task["table"]:
        count = int(np.prod(entry["shape"]))
        state[entry["path"]] = numbers[at : at + count].reshape(entry["shape"])
        at += count
    net = SpectralMamba(task["config"])
    net.load_state_dict(state)
    samples, bands = task["samples"], task["config"]["bands"]
    x = numbers[at : at + samples * bands].reshape(samples, bands)
    return net, x, numbers[at + samples * bands :].long()


def fastest_scan(net, x, y):
    best, chosen = float("inf"), None
    for candidate in (scan_steps, scan_loop, scan_log_steps, scan_chunks):
        for mixer in net.mixers:
            mixer.scan = candidate
        seconds = float("inf")
        for _ in range(3):
            started = time.perf_counter()
            F.cross_entropy(net(x[:BATCH]), y[:BATCH]).backward()
            seconds = min(seconds, time.perf_counter() - started)
        net.zero_grad(set_to_none=True)
        print(f"  {candidate.__name__}: {seconds * 1000:.0f} ms a step", file=sys.stderr)
        if seconds < best:
            best, chosen = seconds, candidate
    return chosen


def optimizer_of(net):
    """Adam in its fastest form: fused where this PyTorch has it for CPUs."""
    try:
        return torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
    except RuntimeError:
        return torch.optim.Adam(net.parameters(), lr=1e-3, foreach=True)


def main():
    net, x, y = load(sys.argv[1])
    scan = fastest_scan(net, x, y)
    for mixer in net.mixers:
        mixer.scan = scan
    optimizer = optimizer_of(net)
    for _ in sys.stdin:
        cpu, wall = time.process_time(), time.perf_counter()
        losses = []
        for start in range(0, len(x), BATCH):
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(net(x[start : start + BATCH]), y[start : start + BATCH])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        digest = json.dumps([losses[0], sum(losses) / len(losses)])
        print(json.dumps({"cpu": cpu, "wall": wall, "digest": digest, "peakRss": peak}), flush=True)


if __name__ == "__main__":
    main()
