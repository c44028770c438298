using TorchSharp;

Arow.LibTorch.Load();
Console.WriteLine(torch.ones(3).sum().item<float>());
