"""Images per second of a network in PyTorch.

usage: training-torch.py FOLDER MODEL training|inference eager|channels-last|compile THREADS BATCH SIZE EPOCHS

FOLDER holds CIFAR-10's six binary files, SIZE is samples per class. `compile` is torch.compile with channels last, which
needs a C++ compiler. A GPU that is to be seen is used, with the images there from the beginning. Prints the rate as its
last line: of all epochs but the first, or of one pass over test and training images after another one.
"""

import sys
import time

import torch
from cifar10 import inference_images, training_images
from torch_networks import NETWORKS

folder, name, mode, variant = sys.argv[1:5]
threads, batch, size, epochs = (int(word) for word in sys.argv[5:9])
torch.set_num_threads(threads)
torch.set_num_interop_threads(1)
torch.manual_seed(42)
device = "cuda" if torch.cuda.is_available() else "cpu"
layout = torch.contiguous_format if variant == "eager" else torch.channels_last
model = NETWORKS[name]().to(device, memory_format=layout)
network = torch.compile(model) if variant == "compile" else model
images, labels = (training_images if mode == "training" else inference_images)(folder, size)
x = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(memory_format=layout).to(device)
y = torch.from_numpy(labels).to(device)
cross_entropy = torch.nn.CrossEntropyLoss()
adam = torch.optim.Adam(model.parameters(), 0.001, eps=1e-7, foreach=True)


def train():
    """An epoch with its running loss and accuracy, as elbow and Keras tell them."""
    model.train()
    for indices in torch.randperm(len(x), device=device).split(batch):
        some, answers = x[indices], y[indices]
        adam.zero_grad(set_to_none=True)
        logits = network(some)
        loss = cross_entropy(logits, answers)
        loss.backward()
        adam.step()
        loss.item()
        (logits.argmax(1) == answers).sum().item()


@torch.inference_mode()
def evaluate():
    model.eval()
    for some, answers in zip(x.split(batch), y.split(batch)):
        logits = network(some)
        cross_entropy(logits, answers).item()
        (logits.argmax(1) == answers).sum().item()


run, times = (train, epochs) if mode == "training" else (evaluate, 1)
run()
begin = time.perf_counter()
for _ in range(times):
    run()
print(len(x) * times / (time.perf_counter() - begin))
