"""Images a second of the published ARoW code's training step under bfloat16 autocast: published_step.py CHECKOUT cuda|cpu [--small].

Nothing of Arow depends on this; bench/gpu.sh runs it where AROW_PUBLISHED names a checkout.
"""
import sys
import time

import torch

checkout, device, small = sys.argv[1], sys.argv[2], "--small" in sys.argv
sys.path.insert(0, checkout)
from attacks.pgd import PGD_Linf
from loss import ARoW_loss
from models.resnet import resnet

if device == "cpu":
    torch.Tensor.cuda = lambda self, *rest, **named: self
torch.backends.cudnn.benchmark = True
batch, steps = (4, 1) if small else (128, 40)
model = resnet("resnet18", 3, num_classes=10).to(device).to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
attack = PGD_Linf(model=model, epsilon=8 / 255, step_size=2 / 255, num_steps=10, random_start=True, criterion="kl", bn_mode="eval", train=True)
x = torch.rand(batch, 3, 32, 32, device=device).contiguous(memory_format=torch.channels_last)
y = torch.arange(batch, device=device) % 10


def step():
    with torch.autocast(device, dtype=torch.bfloat16):
        adversarial, _ = attack.perturb(x, y)
        supervised, robust = ARoW_loss(x, adversarial.detach(), y, model, 0.2)
        loss = supervised + 7.0 * robust
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def wait():
    if device == "cuda":
        torch.cuda.synchronize()


for _ in range(1 if small else 5):
    step()
rates = []
for _ in range(3):
    wait()
    began = time.perf_counter()
    for _ in range(steps):
        last = step()
    wait()
    rates.append(steps * batch / (time.perf_counter() - began))
assert torch.isfinite(last), "the loss is no number"
print(f"{sorted(rates)[1]:.1f}")
