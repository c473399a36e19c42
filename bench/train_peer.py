"""SpectralGPT's scene classifier in PyTorch with fused attention and fused AdamW.

usage: train_peer.py FILE forward|step BATCH     once for every line on standard input (see harness.ts)
"""

import json
import os
import resource
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x):
        b, n, width = x.shape
        q, k, v = (
            layer(x).view(b, n, self.heads, width // self.heads).transpose(1, 2) for layer in (self.q, self.k, self.v)
        )
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).reshape(b, n, width))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attn, self.mlp = Attention(width, heads), Mlp(width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, config):
        super().__init__()
        cell = (config["spectralPatch"], config["patch"], config["patch"])
        self.proj = nn.Conv3d(1, config["embedDim"], cell, stride=cell)

    def forward(self, image):
        return self.proj(image.unsqueeze(1)).flatten(2).transpose(1, 2)  # group, row, column


class SpectralGpt(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, side = config["embedDim"], config["imageSize"] // config["patch"]
        groups = config["bands"] // config["spectralPatch"]
        self.patch_embed = PatchEmbed(config)
        self.pos_embed_spatial = nn.Parameter(torch.empty(1, side * side, width))
        self.pos_embed_temporal = nn.Parameter(torch.empty(1, groups, width))
        self.blocks = nn.ModuleList([Block(width, config["heads"]) for _ in range(config["depth"])])
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, config["classes"])

    def forward(self, image):
        positions = (self.pos_embed_spatial.unsqueeze(1) + self.pos_embed_temporal.unsqueeze(2)).flatten(1, 2)
        x = self.patch_embed(image) + positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 1:].mean(1)))


def load(file, batch):
    with open(file + ".json") as opened:
        task = json.load(opened)
    config = task["config"]
    numbers = np.memmap(file + ".bin", "<f4", "r")
    net, at = SpectralGpt(config), 0
    parameters = dict(net.named_parameters())
    assert parameters.keys() == {entry["path"] for entry in task["table"]}
    for entry in task["table"]:
        count = int(np.prod(entry["shape"]))
        with torch.no_grad():
            parameters[entry["path"]].copy_(torch.tensor(numbers[at : at + count]).reshape(entry["shape"]))
        at += count
    shape = (task["images"], config["bands"], config["imageSize"], config["imageSize"])
    images = torch.tensor(numbers[at : at + int(np.prod(shape))]).reshape(shape)[:batch].clone()
    labels = torch.tensor(numbers[at + int(np.prod(shape)) :][:batch]).long()
    return net, images, labels


def forward_runner(net, images):
    def run():
        with torch.inference_mode():
            return net(images).flatten().tolist()

    return run


def step_runner(net, images, labels):
    decayed = [p for p in net.parameters() if p.ndim == 2 or p.ndim == 5]
    others = [p for p in net.parameters() if not (p.ndim == 2 or p.ndim == 5)]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-4, fused=True)

    def run():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(images), labels)
        loss.backward()
        optimizer.step()
        return [loss.item()]

    return run


def main():
    file, work, batch = sys.argv[1], sys.argv[2], int(sys.argv[3])
    net, images, labels = load(file, batch)
    run = forward_runner(net, images) if work == "forward" else step_runner(net, images, labels)
    for _ in sys.stdin:
        cpu, wall = time.process_time(), time.perf_counter()
        digest = json.dumps(run())
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"cpu": cpu, "wall": wall, "digest": digest, "peakRss": peak}), flush=True)


main()
