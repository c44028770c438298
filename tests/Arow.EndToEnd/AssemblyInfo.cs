// The programs under test use all cores.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
