"""Classifies a picture with a state dict of arow export --format pytorch: predict.py MODEL.pth PICTURE CLASS,CLASS,…

The network is Arow's tiny-cnn; for resnet18, wrn-34-10 and others the keys are those of the published classes.
"""
import sys

import numpy
import torch
from PIL import Image
from torch import nn


class TinyCnn(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16)
        self.conv2, self.bn2 = nn.Conv2d(16, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32)
        self.conv3, self.bn3 = nn.Conv2d(32, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64)
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        x = torch.relu(self.bn3(self.conv3(x)))
        return self.fc(x.mean((2, 3)))


path, picture, names = sys.argv[1], sys.argv[2], sys.argv[3].split(",")
state = torch.load(path, weights_only=True)
channels = state["conv1.weight"].shape[1]
network = TinyCnn(channels, len(names)).eval()
network.load_state_dict(state, strict=True)
pixels = numpy.asarray(Image.open(picture).convert("L" if channels == 1 else "RGB"), dtype="float32") / 255
x = torch.from_numpy(pixels.reshape(*pixels.shape[:2], channels)).permute(2, 0, 1)[None]
with torch.no_grad():
    p = network(x).softmax(1)[0]
print(f"{picture}: {names[p.argmax()]} {100 * p.max():.1f} %")
