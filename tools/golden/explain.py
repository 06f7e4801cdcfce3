"""Golden numbers for attributions: `explain.json`.

In: nothing but this file's seed. Out: `crates/gatewise/tests/golden/`. Captum computes integrated gradients, input ×
gradient and occlusion of PyTorch models in float64, on the vectors of padded rows. Contextual decomposition is
computed here in NumPy: every signal is a relevant part, an irrelevant part and, before it enters a product, a constant
part, as in Murdoch, Liu and Yu, "Beyond Word Importance" (ICLR 2018), section 3; GRU, SimpleRNN and Dense
follow the same two rules. Relevant and irrelevant parts are checked to add up to PyTorch's logit. Weights and inputs
are float32 values.

Run: python tools/golden/explain.py        (pip install torch captum numpy)
"""

import importlib.metadata
import json
import pathlib

import captum.attr
import numpy as np
import torch

OUT = pathlib.Path(__file__).parents[2] / "crates/gatewise/tests/golden/explain.json"
VOCABULARY, STEPS, WIDTH = 11, 7, 3
LENGTHS = [1, 3, 5, 7, 10]
POINTS = [16, 50]
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def rnn(kind, units, sequences=False):
    return {"layer": kind, "units": units, "return_sequences": sequences}


def both(wrapped):
    return {"layer": "bidirectional", "wrapped": wrapped, "merge_mode": "concat"}


def dense(units, activation="linear"):
    return {"layer": "dense", "units": units, "activation": activation}


EMBEDDING = {"layer": "embedding", "input_dim": VOCABULARY, "output_dim": WIDTH}
VECTORS = {"layer": "input", "features": WIDTH}
YES, CLASSES = dense(1, "sigmoid"), dense(3, "softmax")
CASES = {
    "lstm": [EMBEDDING, rnn("lstm", 5), YES],
    "lstm_classes": [EMBEDDING, rnn("lstm", 4), CLASSES],
    "lstm_stacked": [EMBEDDING, rnn("lstm", 4, True), rnn("lstm", 3), YES],
    "lstm_hidden": [EMBEDDING, rnn("lstm", 3), dense(4, "tanh"), YES],
    "gru": [EMBEDDING, rnn("gru", 5), YES],
    "simple_rnn": [EMBEDDING, rnn("simple_rnn", 5), YES],
    "both_ways": [EMBEDDING, both(rnn("lstm", 3)), YES],
    "vectors": [VECTORS, rnn("lstm", 4), YES],
    "vectors_gru": [VECTORS, rnn("gru", 3, True), rnn("gru", 3), CLASSES],
}
MODULES = {"lstm": (torch.nn.LSTM, 4), "gru": (torch.nn.GRU, 3), "simple_rnn": (torch.nn.RNN, 1)}
FUNCTIONS = {"linear": lambda z: z, "tanh": torch.tanh}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# PyTorch, with Keras's weights


def gate_order(kind):
    """PyTorch's gates by the index of Keras's: a GRU is r, z, n there and z, r, h here."""
    return {"lstm": [0, 1, 2, 3], "gru": [1, 0, 2], "simple_rnn": [0]}[kind]


def set_recurrent(module, kind, units, weights, suffix=""):
    kernel, recurrent, bias = weights
    columns = np.concatenate([np.arange(g * units, (g + 1) * units) for g in gate_order(kind)])
    own, apart = bias if kind == "gru" else (bias, np.zeros_like(bias))
    values = {"weight_ih": kernel.T, "weight_hh": recurrent.T, "bias_ih": own, "bias_hh": apart}
    with torch.no_grad():
        for name, value in values.items():
            getattr(module, f"{name}_l0{suffix}").copy_(torch.from_numpy(value[columns].copy()))


def torch_logits(layers, weights):
    """A function from vectors `[B, T, D]` to logits `[B, K]`."""
    steps, width = [], WIDTH
    for position, (layer, own) in enumerate(zip(layers, weights)):
        last = position + 1 == len(layers)
        kind = layer["layer"]
        if kind == "dense":
            kernel, bias = map(torch.from_numpy, own)
            f = FUNCTIONS["linear" if last else layer["activation"]]
            steps.append(lambda x, kernel=kernel, bias=bias, f=f: f(x @ kernel + bias))
            width = layer["units"]
            continue
        two = kind == "bidirectional"
        inner = layer["wrapped"] if two else layer
        module = MODULES[inner["layer"]][0](width, inner["units"], batch_first=True, bidirectional=two)
        set_recurrent(module, inner["layer"], inner["units"], own[:3])
        if two:
            set_recurrent(module, inner["layer"], inner["units"], own[3:], "_reverse")

        def run(x, module=module, two=two, sequences=inner["return_sequences"]):
            every, final = module(x)
            if sequences:
                return every
            final = final[0] if isinstance(final, tuple) else final
            return torch.cat([final[0], final[1]], dim=-1) if two else final[-1]

        steps.append(run)
        width = inner["units"] * (2 if two else 1)

    def logits(x):
        for step in steps:
            x = step(x)
        return x

    return logits


# Contextual decomposition, one row


def decompose_three(relevant, irrelevant, constant, f):
    """The parts of f(relevant + irrelevant + constant): Shapley values with the constant first."""
    none, whole = f(constant), f(relevant + irrelevant + constant)
    with_relevant, with_irrelevant = f(relevant + constant), f(irrelevant + constant)
    return (
        (with_relevant - none + whole - with_irrelevant) / 2,
        (with_irrelevant - none + whole - with_relevant) / 2,
        none,
    )


def decompose_two(relevant, irrelevant, f):
    r, i, constant = decompose_three(relevant, irrelevant, np.zeros_like(relevant), f)
    assert np.all(constant == 0)
    return r, i


def multiply(p, q):
    """Products of relevant parts with relevant and constant parts are relevant, all others are not."""
    (rp, ip, cp), (rq, iq, cq) = p, q
    return rp * rq + rp * cq + cp * rq, ip * (rq + iq + cq) + (rp + cp) * iq + cp * cq


def lstm_step(w, u, b, units, x, h, c):
    gate = lambda n: slice(n * units, (n + 1) * units)
    sums = lambda n: [x[part] @ w[:, gate(n)] + h[part] @ u[:, gate(n)] for part in (0, 1)]
    i = decompose_three(*sums(0), b[gate(0)], sigmoid)
    f = decompose_three(*sums(1), b[gate(1)], sigmoid)
    g = decompose_three(*sums(2), b[gate(2)], np.tanh)
    o = sigmoid(sum(sums(3)) + b[gate(3)])  # not decomposed
    added, kept = multiply(i, g), multiply(f, (c[0], c[1], 0))
    c = kept[0] + added[0], kept[1] + added[1]
    r, rest = decompose_two(*c, np.tanh)
    return (o * r, o * rest), c


def gru_step(w, u, b, units, x, h):
    own, apart = b
    gate = lambda n: slice(n * units, (n + 1) * units)
    of_x = lambda n: [x[part] @ w[:, gate(n)] for part in (0, 1)]
    of_h = lambda n: [h[part] @ u[:, gate(n)] for part in (0, 1)]
    sums = lambda n: [a + b for a, b in zip(of_x(n), of_h(n))]
    z = decompose_three(*sums(0), (own + apart)[gate(0)], sigmoid)
    r = decompose_three(*sums(1), (own + apart)[gate(1)], sigmoid)
    bias = apart[gate(2)]
    relevant, irrelevant = multiply(r, (*of_h(2), bias))
    constant = r[2] * bias  # a constant of the candidate's sum
    a = of_x(2)
    g = decompose_three(a[0] + relevant, a[1] + irrelevant - constant, own[gate(2)] + constant, np.tanh)
    kept, new = multiply(z, (h[0], h[1], 0)), multiply((-z[0], -z[1], 1 - z[2]), g)
    return kept[0] + new[0], kept[1] + new[1]


def simple_rnn_step(w, u, b, x, h):
    r, i, constant = decompose_three(*[x[part] @ w + h[part] @ u for part in (0, 1)], b, np.tanh)
    return r, i + constant


def recurrent_parts(layer, weights, xs, backwards=False):
    w, u, b = weights
    units = layer["units"]
    zero = (np.zeros(units), np.zeros(units))
    h, c, out = zero, zero, []
    for x in reversed(xs) if backwards else xs:
        if layer["layer"] == "lstm":
            h, c = lstm_step(w, u, b, units, x, h, c)
        elif layer["layer"] == "gru":
            h = gru_step(w, u, b, units, x, h)
        else:
            h = simple_rnn_step(w, u, b, x, h)
        out.append(h)
    return out if layer["return_sequences"] else out[-1]


def logit_parts(layers, weights, x, phrase):
    """The relevant and the irrelevant part of every logit for vectors `[T, D]` and the steps of a phrase."""
    zero = np.zeros_like(x[0])
    now = [(v, zero) if t in phrase else (zero, v) for t, v in enumerate(x)]
    for position, (layer, own) in enumerate(zip(layers, weights)):
        kind = layer["layer"]
        if kind == "dense":
            kernel, bias = own
            sums = now[0] @ kernel, now[1] @ kernel
            if position + 1 == len(layers):
                now = sums[0], sums[1] + bias
            else:
                r, i, constant = decompose_three(*sums, bias, np.tanh)
                now = r, i + constant
        elif kind == "bidirectional":
            ahead = recurrent_parts(layer["wrapped"], own[:3], now)
            back = recurrent_parts(layer["wrapped"], own[3:], now, backwards=True)
            now = tuple(np.concatenate(pair) for pair in zip(ahead, back))
        else:
            now = recurrent_parts(layer, own, now)
    return now


# The cases


def numbers(values):
    return [float(f"{value:.9g}") for value in np.asarray(values, dtype=np.float64).ravel()]


def shapes(layer, width):
    """The shapes of a layer's weights in Keras's order, and the width of its output."""
    if layer["layer"] == "dense":
        return [(width, layer["units"]), (layer["units"],)], layer["units"]
    if layer["layer"] == "bidirectional":
        one, units = shapes(layer["wrapped"], width)
        return one + one, 2 * units
    units, gates = layer["units"], MODULES[layer["layer"]][1]
    bias = (2, gates * units) if layer["layer"] == "gru" else (gates * units,)
    return [(width, gates * units), (units, gates * units), bias], units


def one(name, index):
    described = CASES[name]
    random = np.random.default_rng([1601, index])
    draw = lambda *shape: random.uniform(-1, 1, shape).astype(np.float32).astype(np.float64)
    first, layers = described[0], described[1:]
    own_weights, weights, width = [], [], WIDTH
    if first is EMBEDDING:
        table = draw(VOCABULARY, WIDTH)
        rows = [random.integers(1, VOCABULARY, length).tolist() for length in LENGTHS]
        vectors, pad = [table[row] for row in rows], table[0]
        own_weights.append(table)
    else:
        vectors, pad = [draw(length, WIDTH) for length in LENGTHS], np.zeros(WIDTH)
        rows = [numbers(row) for row in vectors]
    for layer in layers:
        made, width = shapes(layer, width)
        weights.append([draw(*shape) for shape in made])
        own_weights += weights[-1]
    logits = torch_logits(layers, weights)
    k = layers[-1]["units"] - 1

    results = []
    for own in vectors:
        seen = own[-STEPS:]
        start = STEPS - len(seen)
        row = np.concatenate([np.tile(pad, (start, 1)), seen])
        x, base = torch.from_numpy(row)[None], torch.from_numpy(np.tile(pad, (STEPS, 1)))[None]
        own_steps = lambda values: numbers(values.detach().numpy()[0, start:])
        gradients, deltas = {}, {}
        for points in POINTS:
            method = captum.attr.IntegratedGradients(logits)
            values, delta = method.attribute(
                x, base, target=k, n_steps=points, method="gausslegendre", return_convergence_delta=True
            )
            gradients[str(points)], deltas[str(points)] = own_steps(values), float(delta[0])
        times_input = captum.attr.InputXGradient(logits).attribute(x.clone().requires_grad_(), target=k)
        occluded = captum.attr.Occlusion(logits).attribute(
            x, (1, WIDTH), strides=(1, WIDTH), baselines=base, target=k
        )
        count = len(seen)
        phrases = [[t, t + 1] for t in range(count)] + [[t, t + 2] for t in range(count - 1)]
        phrases += [[0, count], [count // 3, count], [0, (count + 1) // 2]]
        scores = []
        logit = logits(x)[0, k].item()
        for begin, end in phrases:
            relevant, irrelevant = logit_parts(layers, weights, row, range(start + begin, start + end))
            np.testing.assert_allclose(relevant[k] + irrelevant[k], logit, rtol=1e-9, atol=1e-12)
            scores.append(relevant[k])
        # Phrases are counted in the inputs of the whole row.
        left_out = len(own) - count
        results.append(
            {
                "logit": float(f"{logit:.9g}"),
                "baseline": float(f"{logits(base)[0, k].item():.9g}"),
                "integrated_gradients": gradients,
                "convergence_delta": deltas,
                "input_x_gradient": own_steps(times_input),
                "occlusion": numbers(occluded[0, start:, 0].detach().numpy()),
                "phrases": [[begin + left_out, end + left_out] for begin, end in phrases],
                "contextual_decomposition": numbers(scores),
            }
        )
    return {
        "name": name,
        "layers": described,
        "weights": [numbers(weight) for weight in own_weights],
        "rows": rows,
        "output": k,
        "results": results,
    }


def main():
    golden = {
        "torch": torch.__version__,
        "captum": importlib.metadata.version("captum"),
        "numpy": np.__version__,
        "steps": STEPS,
        "cases": [one(name, index) for index, name in enumerate(CASES)],
    }
    OUT.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"wrote {OUT.name}: {OUT.stat().st_size} bytes")


main()
