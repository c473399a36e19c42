"""Makes operations.json and training.json with PyTorch in float64.

usage: python make_goldens.py            (needs torch; the JSON files are committed, so tests do not)

Inputs follow one formula, so that the files hold results only: value[i] = c + a * sin(b * i + p).
"""

import json
import math
import os

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
FOLDER = os.path.dirname(os.path.abspath(__file__))


def wave(shape, a=1.0, b=0.7, c=0.0, p=0.1):
    i = torch.arange(math.prod(shape), dtype=torch.float64)
    # Rounded to float32, as the engines see it.
    return (c + a * torch.sin(b * i + p)).float().double().reshape(shape)


def numbers(x):
    return [float(f"{v:.9g}") for v in x.detach().reshape(-1).tolist()]


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def conv2d(x, kernel, stride, padding, groups=1):
    return nhwc(F.conv2d(nchw(x), kernel.permute(3, 2, 0, 1), stride=stride, padding=padding, groups=groups))


def mat_mul(a, b, transposeA=False, transposeB=False):
    return torch.matmul(a.mT if transposeA else a, b.mT if transposeB else b)


def resize(x, size, alignCorners):
    return nhwc(F.interpolate(nchw(x), size=tuple(size), mode="bilinear", align_corners=alignCorners))


def pad(x, paddings):
    flat = [n for pair in reversed(paddings) for n in pair]
    return F.pad(x, flat)


OPERATIONS = {
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "divide": torch.div,
    "maximum": torch.maximum,
    "matMul": mat_mul,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "erf": torch.erf,
    "sigmoid": torch.sigmoid,
    "softmax": lambda x: torch.softmax(x, -1),
    "logSoftmax": lambda x: torch.log_softmax(x, -1),
    "mean": lambda x, axes, keepDimensions=False: x.mean(axes, keepdim=keepDimensions),
    "sum": lambda x, axes, keepDimensions=False: x.sum(axes, keepdim=keepDimensions),
    "reshape": lambda x, shape: x.reshape(shape),
    "transpose": lambda x, permutation: x.permute(permutation),
    "slice": lambda x, begin, size: x[tuple(slice(b, b + s) for b, s in zip(begin, size))],
    "concat": lambda *xs, axis: torch.cat(xs, axis),
    "gatherRows": lambda x, rows, count: torch.stack([x[b, r] for b, r in enumerate(torch.tensor(rows).reshape(-1, count))]),
    "pad": pad,
    "conv2d": conv2d,
    "maxPool": lambda x, size, stride: nhwc(F.max_pool2d(nchw(x), size, stride)),
    "averagePool": lambda x, size, stride: nhwc(F.avg_pool2d(nchw(x), size, stride)),
    "resizeBilinear": resize,
}


def i(*shape, **constants):
    return {"shape": list(shape), **constants}


CASES = [
    ("add", [i(2, 3, 4), i(3, 1, b=0.3)], {}),
    ("subtract", [i(4), i(2, 3, 4, b=0.3)], {}),
    ("multiply", [i(2, 3, 4), i(2, 1, 4, b=0.3)], {}),
    ("multiply", [i(5, 7), i(1, b=0.3)], {}),
    ("divide", [i(2, 3, 4), i(3, 1, b=0.3, c=2.0)], {}),
    ("maximum", [i(3, 5), i(5, b=0.41, p=0.77)], {}),
    ("matMul", [i(7, 5), i(5, 3, b=0.3)], {}),
    ("matMul", [i(5, 7), i(5, 3, b=0.3)], {"transposeA": True}),
    ("matMul", [i(7, 5), i(3, 5, b=0.3)], {"transposeB": True}),
    ("matMul", [i(5, 7), i(3, 5, b=0.3)], {"transposeA": True, "transposeB": True}),
    ("matMul", [i(2, 3, 7, 5), i(2, 3, 5, 4, b=0.3)], {}),
    ("matMul", [i(6, 9, 5), i(6, 4, 5, b=0.3)], {"transposeB": True}),
    ("matMul", [i(3, 7, 5), i(5, 4, b=0.3)], {}),
    ("matMul", [i(3, 1, 4, 5), i(2, 5, 6, b=0.3)], {}),
    ("exp", [i(3, 17, a=4.0)], {}),
    ("log", [i(3, 17, c=1.2)], {}),
    ("sqrt", [i(3, 17, c=1.2)], {}),
    ("erf", [i(3, 17, a=2.5)], {}),
    ("sigmoid", [i(3, 17, a=8.0)], {}),
    ("softmax", [i(2, 3, 7, a=5.0)], {}),
    ("logSoftmax", [i(4, 7, a=5.0)], {}),
    ("mean", [i(2, 3, 4)], {"axes": [1]}),
    ("mean", [i(2, 3, 4)], {"axes": [0, 2], "keepDimensions": True}),
    ("sum", [i(2, 3, 4)], {"axes": [2]}),
    ("sum", [i(2, 3, 4)], {"axes": [0, 1], "keepDimensions": True}),
    ("reshape", [i(2, 3, 4)], {"shape": [4, 6]}),
    ("transpose", [i(2, 3, 4)], {"permutation": [2, 0, 1]}),
    ("slice", [i(4, 5, 6)], {"begin": [1, 0, 2], "size": [2, 5, 3]}),
    ("concat", [i(2, 3, 4), i(2, 2, 4, b=0.3), i(2, 1, 4, b=0.5)], {"axis": 1}),
    ("gatherRows", [i(2, 5, 3)], {"rows": [4, 0, 4, 2, 1, 1, 3, 0], "count": 4}),
    ("pad", [i(2, 3, 4)], {"paddings": [[0, 0], [1, 2], [3, 0]]}),
    ("conv2d", [i(2, 7, 6, 3), i(3, 3, 3, 5, b=0.3)], {"stride": 1, "padding": 1}),
    ("conv2d", [i(2, 8, 9, 3), i(2, 2, 3, 4, b=0.3)], {"stride": 2, "padding": 0}),
    ("conv2d", [i(2, 7, 6, 5), i(3, 3, 1, 5, b=0.3)], {"stride": 1, "padding": 1, "groups": 5}),
    ("conv2d", [i(1, 6, 6, 4), i(3, 3, 1, 8, b=0.3)], {"stride": 1, "padding": 1, "groups": 4}),
    ("conv2d", [i(2, 5, 6, 4), i(3, 3, 2, 6, b=0.3)], {"stride": 1, "padding": 1, "groups": 2}),
    ("maxPool", [i(2, 8, 6, 3, b=1.7)], {"size": 2, "stride": 2}),
    ("maxPool", [i(1, 9, 7, 2, b=1.7)], {"size": 3, "stride": 2}),
    ("averagePool", [i(2, 8, 6, 3)], {"size": 2, "stride": 2}),
    ("averagePool", [i(1, 9, 7, 2)], {"size": 3, "stride": 2}),
    ("resizeBilinear", [i(2, 5, 4, 3)], {"size": [9, 7], "alignCorners": True}),
    ("resizeBilinear", [i(2, 5, 4, 3)], {"size": [10, 8], "alignCorners": False}),
    ("resizeBilinear", [i(1, 9, 8, 2)], {"size": [5, 3], "alignCorners": True}),
    ("resizeBilinear", [i(1, 9, 8, 2)], {"size": [5, 3], "alignCorners": False}),
]

UPSTREAM = {"a": 1.0, "b": 0.37, "c": 0.2, "p": 0.5}


def operation_case(name, inputs, options):
    tensors = [wave(**spec).requires_grad_() for spec in inputs]
    out = OPERATIONS[name](*tensors, **options)
    upstream = wave(list(out.shape), **UPSTREAM)
    grads = torch.autograd.grad((out * upstream).sum(), tensors)
    return {
        "operation": name,
        "options": options,
        "inputs": inputs,
        "out": {"shape": list(out.shape), "values": numbers(out)},
        "gradients": [numbers(g) for g in grads],
    }


def training():
    """Two layers, six AdamW steps, decay on matrices only: with and without clipping, class weights, smoothing."""
    shapes = {"one.weight": [5, 4], "one.bias": [5], "two.weight": [3, 5], "two.bias": [3]}
    cases = []
    for options in (
        {"weightDecay": 0.05},
        {"weightDecay": 0.1, "clipNorm": 0.3, "classWeights": [0.5, 2.0, 1.25], "labelSmoothing": 0.1},
    ):
        weights = {
            path: wave(shape, a=0.5, b=0.3 + 0.1 * k, p=0.2 * k).requires_grad_()
            for k, (path, shape) in enumerate(shapes.items())
        }
        groups = [
            {"params": [w for p, w in weights.items() if p.endswith("weight")], "weight_decay": options["weightDecay"]},
            {"params": [w for p, w in weights.items() if p.endswith("bias")], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=0.02, betas=(0.9, 0.99), eps=1e-6)
        losses = []
        for step in range(6):
            x = wave([7, 4], a=1.0, b=0.9, p=0.3 * step)
            labels = torch.tensor([(3 * n + step) % 3 if n % 2 else n % 3 for n in range(7)])
            hidden = torch.relu(x @ weights["one.weight"].T + weights["one.bias"])
            logits = hidden @ weights["two.weight"].T + weights["two.bias"]
            loss = F.cross_entropy(
                logits,
                labels,
                weight=torch.tensor(options["classWeights"]) if "classWeights" in options else None,
                label_smoothing=options.get("labelSmoothing", 0.0),
            )
            optimizer.zero_grad()
            loss.backward()
            if "clipNorm" in options:
                torch.nn.utils.clip_grad_norm_(list(weights.values()), options["clipNorm"])
            optimizer.step()
            losses.append(float(f"{loss.item():.9g}"))
        final = {path: numbers(w) for path, w in weights.items()}
        cases.append({"options": options, "losses": losses, "weights": final})
    return {"shapes": shapes, "cases": cases}


def write(name, content):
    with open(os.path.join(FOLDER, name), "w") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")


write("operations.json", {"upstream": UPSTREAM, "cases": [operation_case(*case) for case in CASES]})
write("training.json", training())
