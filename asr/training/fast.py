"""Matrix products in bfloat16 while training, where the processor has them in hardware (AMX); weights and everything between stay float32."""
import torch
import torch.nn.functional as F

_LOW = [False]


def low_precision(on):
    """Switches the products of this module's layers to bfloat16 and back; off for export and measuring."""
    _LOW[0] = on


class Linear(torch.nn.Linear):
    """torch's, as one plain product of two dimensions: gradients over three are slow where there is no MKL."""

    def forward(self, x):
        y = x.reshape(-1, x.shape[-1])
        if _LOW[0]:
            y = F.linear(y.bfloat16(), *self.low()).float()
        else:
            y = F.linear(y, self.weight, self.bias)
        return y.view(*x.shape[:-1], -1)

    def low(self):
        """Weight and bias in bfloat16; made once where they are frozen."""
        if self.weight.requires_grad:
            return self.weight.bfloat16(), self.bias.bfloat16()
        if not hasattr(self, "_low"):
            self._low = self.weight.bfloat16(), self.bias.bfloat16()
        return self._low


class Conv(torch.nn.Conv1d):
    def forward(self, x):
        if _LOW[0]:
            return F.conv1d(x.bfloat16(), self.weight.bfloat16(), self.bias.bfloat16(), self.stride, self.padding).float()
        return super().forward(x)
