"""Writes a trained reader as the product loads it: export.py READER.pt OUT_DIR [--int8]

OUT_DIR/reader.onnx (inputs named like the encoder's outputs, float32 [1, T, 512], output `logprobs` [1, T, P], T free; weights inside, matrices in
8 bits a row or float16) and phonemes.txt. Checks it against PyTorch on random frames of two lengths.
"""
import pathlib
import shutil
import sys

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

import phonemes
import reader


class Plain(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, *inputs):
        return self.net(list(inputs))


def smaller(model, bits):
    """Stores matrices of 64 KB and more in int8 with a scale a column, or float16; a DequantizeLinear or Cast widens them when the session is made."""
    graph, nodes = model.graph, []
    turned = {n.input[1] for n in graph.node if n.op_type == "Gemm" and any(a.name == "transB" and a.i for a in n.attribute)}
    for t in list(graph.initializer):
        w = numpy_helper.to_array(t)
        if w.dtype != np.float32 or w.ndim < 2 or w.size < 16384:
            continue
        name = t.name
        graph.initializer.remove(t)
        if bits == 8:
            # A convolution's outputs are its first dimension; a matrix is [in, out], or [out, in] where Gemm turns it over.
            axis = 0 if w.ndim == 3 or name in turned else 1
            scale = np.maximum(np.abs(w).max(tuple(i for i in range(w.ndim) if i != axis)), 1e-9) / 127
            wide = scale.reshape([-1 if i == axis else 1 for i in range(w.ndim)])
            graph.initializer.append(numpy_helper.from_array(np.clip(np.rint(w / wide), -127, 127).astype(np.int8), name + "_q"))
            graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), name + "_s"))
            nodes.append(helper.make_node("DequantizeLinear", [name + "_q", name + "_s"], [name], axis=axis))
        else:
            graph.initializer.append(numpy_helper.from_array(w.astype(np.float16), name + "_h"))
            nodes.append(helper.make_node("Cast", [name + "_h"], [name], to=TensorProto.FLOAT))
    for n in reversed(nodes):
        graph.node.insert(0, n)


def main():
    source, out = sys.argv[1], pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    net = reader.load(source)
    sample = [torch.randn(1, 60, reader.WIDTH) for _ in net.layers]
    path = out / "reader.onnx"
    torch.onnx.export(Plain(net).eval(), tuple(sample), str(path), input_names=list(net.layers), output_names=["logprobs"], opset_version=16,
                      dynamic_axes={n: {1: "frames"} for n in [*net.layers, "logprobs"]})
    model = onnx.load(str(path))
    smaller(model, 8 if "--int8" in sys.argv else 16)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    shutil.copy(phonemes.TABLES / "phonemes.txt", out / "phonemes.txt")
    import onnxruntime
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for t in (25, 313):
        sample = [torch.randn(1, t, reader.WIDTH) for _ in net.layers]
        with torch.no_grad():
            want = net(sample).numpy()
        got = session.run(["logprobs"], {n: s.numpy() for n, s in zip(net.layers, sample)})[0]
        assert got.shape == want.shape, (got.shape, want.shape)
        print(f"{t} frames: largest difference of a probability {np.abs(np.exp(got) - np.exp(want)).max():.4f}")
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
