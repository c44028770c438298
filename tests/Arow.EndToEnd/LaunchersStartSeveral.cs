using Arow.EndToEnd.Infra;

namespace Arow.EndToEnd;

/// <summary>Started several times by a launcher, a training would be its own rival: it says so before any work.</summary>
public sealed class LaunchersStartSeveral
{
    [Theory]
    [InlineData("OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=1", "a launcher started 2 processes")]
    [InlineData("PMI_RANK=0 PMI_SIZE=3", "a launcher started 3 processes")]
    [InlineData("SLURM_STEP_NUM_TASKS=2", "srun started 2 processes")]
    [InlineData("RANK=0 WORLD_SIZE=4", "torchrun started 4 processes")]
    public void A_training_refuses(string environment, string says)
    {
        using var arow = new Program();
        foreach (var variable in environment.Split(' ').Select(v => v.Split('='))) arow.Environment[variable[0]] = variable[1];
        arow.Run("train", "--dataset", "glyphs", "--objective", "standard", "--output", "run").AssertRefused(says);
        Assert.False(Directory.Exists(arow.File("run")));
    }
}
