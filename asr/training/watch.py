"""List and phoneme errors of a reader on the measuring sets, in plain Python: watch.py READER.pt|.onnx MODEL.bin

PER is counted against the nearest of an entry's pronunciations.
"""
import sys

import numpy as np
import torch

import channel
import encoder
import measuring
import reader
import score

def layers_of(net, x16):
    pad = np.concatenate([np.zeros(3200), x16, np.zeros(6400)])
    pad = pad + np.random.default_rng(0).standard_normal(len(pad)) * 1e-4
    x8 = channel.telephone(pad / max(1e-9, np.abs(pad).max()) * 0.5)
    with torch.no_grad():
        return net(torch.from_numpy(encoder.log_mel(encoder.front_end(x8)))[None])


def reading(path):
    """A function from the encoder's layers to log-probabilities [T, P]."""
    if path.endswith(".onnx"):
        import onnxruntime
        s = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        names = [i.name for i in s.get_inputs()]
        return lambda layers: s.run(["logprobs"], {n: layers[n].numpy() for n in names})[0][0]
    net = reader.load(path)
    def run(layers):
        with torch.no_grad():
            return net([layers[n] for n in net.layers])[0].numpy()
    return run


def run(read, net, x16):
    """Log-probabilities [T, P] of a clean 16 kHz clip after the plain telephone."""
    return read(layers_of(net, x16))


def main():
    torch.set_num_threads(1)
    read, net = reading(sys.argv[1]), encoder.Encoder(encoder.read_ct2(sys.argv[2]))
    for name, items in measuring.sets().items():
        texts = [t for _, t in items]
        unique = sorted(set(texts))
        right = five = wrong = length = 0
        for f, t in items:
            lp = run(read, net, measuring.clean(f))
            order = np.argsort(-score.entries(lp, unique))[:5]
            ranked = [unique[i] for i in order]
            right += ranked[0] == t
            five += t in ranked
            said = score.greedy(lp)
            d, n = min((score.distance(said, p), len(p)) for p in score.pronunciations(t))
            wrong += d
            length += n
        print(f"{name}: {len(items)} clips, list of {len(unique)}: first {right / len(items):.3f}, first five {five / len(items):.3f}, PER {wrong / length:.3f}", flush=True)


if __name__ == "__main__":
    main()
