"""The phoneme reader: layers of Whisper's encoder in, log-probabilities of phonemes out, 50 frames a second."""
import torch
import torch.nn.functional as F

import encoder
from fast import Conv, Linear

WIDTH = 512


class Near(torch.nn.Module):
    """A residual convolution over `kernel` frames."""

    def __init__(self, d, kernel=7):
        super().__init__()
        self.norm = torch.nn.LayerNorm(d)
        self.over = Conv(d, d, kernel, padding=kernel // 2)

    def forward(self, x, keep=None):
        y = self.norm(x)
        if keep is not None:
            y = y * keep
        return x + F.relu(self.over(y.transpose(1, 2)).transpose(1, 2))


class Far(torch.nn.Module):
    """A residual recurrent layer, both ways."""

    def __init__(self, d):
        super().__init__()
        self.norm = torch.nn.LayerNorm(d)
        self.both = torch.nn.GRU(d, d // 2, bidirectional=True, batch_first=True)

    def forward(self, x, keep=None):
        return x + self.both(self.norm(x))[0]


class Reader(torch.nn.Module):
    """layers: names of the encoder outputs it reads. tuned: how many blocks of the encoder it has as its own copy, which training changes; they
    read layer_START, which must be among layers, and what comes out joins the others."""

    def __init__(self, layers, symbols, d=256, near=2, far=2, drop=0.1, tuned=0, start=4):
        super().__init__()
        self.config = {"layers": layers, "symbols": symbols, "d": d, "near": near, "far": far, "drop": drop, "tuned": tuned, "start": start}
        self.layers = layers
        self.blocks = torch.nn.ModuleList(encoder.Block(WIDTH) for _ in range(tuned))
        self.first = f"layer_{start}"
        n = len(layers) + (1 if tuned else 0)
        self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(WIDTH, elementwise_affine=False) for _ in range(n))
        self.join = Linear(n * WIDTH, d)
        self.drop = torch.nn.Dropout(drop)
        self.steps = torch.nn.ModuleList([Near(d) for _ in range(near)] + [Far(d) for _ in range(far)])
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
        if len(self.blocks):
            x = inputs[self.layers.index(self.first)]
            for b in self.blocks:
                x = b(x, mask)
            inputs.append(x)
        x = self.drop(self.join(torch.cat([n(i) for n, i in zip(self.norms, inputs)], 2)))
        for s in self.steps:
            x = s(x, keep)
        return F.log_softmax(self.out(self.norm(x)), -1)

    def load_blocks(self, w):
        """Starts its own blocks as the encoder's (variables of encoder.read_ct2)."""
        for i, b in enumerate(self.blocks):
            b.load({k.removeprefix("encoder/"): v for k, v in w.items()}, f"layer_{self.config['start'] + i}")


def load(path):
    saved = torch.load(path, map_location="cpu")
    net = Reader(**saved["config"])
    net.load_state_dict(saved["state"])
    return net.eval()
