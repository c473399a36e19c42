"""Class probabilities of many spectra by SpectralMamba in PyTorch, with the scan and batch that take least time.

usage: probabilities_peer.py FILE     all spectra for every line on standard input (see harness.ts)
"""

import json
import resource
import sys
import time

import torch

from epoch_peer import load
from job_peer import choose


def main():
    network, spectra, _ = load(sys.argv[1])
    network.eval()
    with torch.inference_mode():
        # Scans that hold all steps' states take 0.6 GB an array at 1,024 spectra of 145 steps.
        batch = choose([network], spectra, (64, 256, 1024))
        for _ in sys.stdin:
            cpu, wall = time.process_time(), time.perf_counter()
            scores = torch.cat([torch.softmax(network(part), 1) for part in spectra.split(batch)])
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            digest = json.dumps(scores.double().mean(0).tolist())
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            print(json.dumps({"cpu": cpu, "wall": wall, "digest": digest, "peakRss": peak}), flush=True)


main()
