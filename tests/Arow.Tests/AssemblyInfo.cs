// libtorch has the cores to itself in every test, and its global generator has one user at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
