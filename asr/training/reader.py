"""The phoneme reader: layers of Whisper's encoder in, log-probabilities of phonemes out, 50 frames a second."""
import torch
import torch.nn.functional as F

import encoder

WIDTH = 512


class Linear(torch.nn.Linear):
    """torch's, by one plain matrix product: its gradients over three dimensions are slow where there is no MKL."""

    def forward(self, x):
        return F.linear(x.reshape(-1, x.shape[-1]), self.weight, self.bias).view(*x.shape[:-1], -1)


class Mix(torch.nn.Module):
    """A residual step over time: pointwise, depthwise over `kernel` frames, pointwise."""

    def __init__(self, d, kernel):
        super().__init__()
        self.norm = torch.nn.LayerNorm(d)
        self.up = Linear(d, 2 * d)
        self.depth = torch.nn.Conv1d(2 * d, 2 * d, kernel, padding=kernel // 2, groups=2 * d)
        self.down = Linear(2 * d, d)

    def forward(self, x, keep=None):
        y = F.relu(self.up(self.norm(x)))
        if keep is not None:
            y = y * keep
        y = F.relu(self.depth(y.transpose(1, 2)).transpose(1, 2))
        return x + self.down(y)


class Reader(torch.nn.Module):
    """layers: names of the encoder outputs it reads. tuned: how many upper blocks of the encoder it has as its own copy; they read
    layer_(6 - tuned), which must be among layers, and their output joins the others."""

    def __init__(self, layers, symbols, d=320, steps=3, kernel=9, drop=0.1, tuned=0, depth=6):
        super().__init__()
        self.config = {"layers": layers, "symbols": symbols, "d": d, "steps": steps, "kernel": kernel, "drop": drop, "tuned": tuned, "depth": depth}
        self.layers = layers
        self.blocks = torch.nn.ModuleList(encoder.Block(WIDTH) for _ in range(tuned))
        self.last = torch.nn.LayerNorm(WIDTH) if tuned else None
        self.first = f"layer_{depth - tuned}"
        n = len(layers) + (1 if tuned else 0)
        self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(WIDTH) for _ in range(n))
        self.join = Linear(n * WIDTH, d)
        self.drop = torch.nn.Dropout(drop)
        self.steps = torch.nn.ModuleList(Mix(d, kernel) for _ in range(steps))
        self.norm = torch.nn.LayerNorm(d)
        self.out = Linear(d, symbols)

    def forward(self, inputs, lengths=None):
        """inputs: one [B, T, 512] for each of self.layers → [B, T, symbols], log-softmax."""
        keep = mask = None
        if lengths is not None:
            at = torch.arange(inputs[0].shape[1])[None]
            mask = at >= lengths[:, None]
            keep = (~mask)[:, :, None].float()
        inputs = list(inputs)
        if self.last is not None:
            x = inputs[self.layers.index(self.first)]
            for b in self.blocks:
                x = b(x, mask)
            inputs.append(self.last(x))
        x = self.drop(self.join(torch.cat([n(i) for n, i in zip(self.norms, inputs)], 2)))
        for s in self.steps:
            x = s(x, keep)
        return F.log_softmax(self.out(self.norm(x)), -1)

    def load_blocks(self, w):
        """Starts its own blocks as the encoder's (variables of encoder.read_ct2)."""
        for i, b in enumerate(self.blocks):
            b.load({k.removeprefix("encoder/"): v for k, v in w.items()}, f"layer_{self.config['depth'] - len(self.blocks) + i}")
        if self.last is not None:
            with torch.no_grad():
                self.last.weight.copy_(torch.tensor(w["encoder/layer_norm/gamma"]))
                self.last.bias.copy_(torch.tensor(w["encoder/layer_norm/beta"]))


def load(path):
    saved = torch.load(path, map_location="cpu")
    net = Reader(**saved["config"])
    net.load_state_dict(saved["state"])
    return net.eval()
